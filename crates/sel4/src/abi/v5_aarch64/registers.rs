// SPDX-License-Identifier: BSD-2-Clause
//! A thread's registers in the order in which `TCB_ReadRegisters` gives them.

use crate::Word;

/// All registers of a thread. `tpidr_el0` is not among them: it holds the address of the thread's IPC buffer, and the kernel
/// writes it again at each exit.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct RawUserContext {
    pub pc: Word,
    pub sp: Word,
    pub spsr: Word,
    pub x0: Word,
    pub x1: Word,
    pub x2: Word,
    pub x3: Word,
    pub x4: Word,
    pub x5: Word,
    pub x6: Word,
    pub x7: Word,
    pub x8: Word,
    pub x16: Word,
    pub x17: Word,
    pub x18: Word,
    pub x29: Word,
    pub x30: Word,
    pub x9: Word,
    pub x10: Word,
    pub x11: Word,
    pub x12: Word,
    pub x13: Word,
    pub x14: Word,
    pub x15: Word,
    pub x19: Word,
    pub x20: Word,
    pub x21: Word,
    pub x22: Word,
    pub x23: Word,
    pub x24: Word,
    pub x25: Word,
    pub x26: Word,
    pub x27: Word,
    pub x28: Word,
}

impl RawUserContext {
    /// Words in a full set.
    pub const WORDS: usize = size_of::<Self>() / size_of::<Word>();

    /// The set as words.
    pub const fn to_words(self) -> [Word; Self::WORDS] {
        // SAFETY: `repr(C)` of nothing but words: same size, alignment and validity.
        unsafe { core::mem::transmute(self) }
    }

    /// The set from words.
    pub const fn from_words(words: [Word; Self::WORDS]) -> Self {
        // SAFETY: as in `to_words`.
        unsafe { core::mem::transmute(words) }
    }

    /// Program counter.
    pub const fn pc(&self) -> &Word {
        &self.pc
    }

    /// Program counter.
    pub const fn pc_mut(&mut self) -> &mut Word {
        &mut self.pc
    }

    /// Stack pointer.
    pub const fn sp(&self) -> &Word {
        &self.sp
    }

    /// Stack pointer.
    pub const fn sp_mut(&mut self) -> &mut Word {
        &mut self.sp
    }

    /// The register of the `index`th argument of a C function, 0 to 7.
    pub const fn c_param_mut(&mut self, index: usize) -> Option<&mut Word> {
        match index {
            0 => Some(&mut self.x0),
            1 => Some(&mut self.x1),
            2 => Some(&mut self.x2),
            3 => Some(&mut self.x3),
            4 => Some(&mut self.x4),
            5 => Some(&mut self.x5),
            6 => Some(&mut self.x6),
            7 => Some(&mut self.x7),
            _ => None,
        }
    }

    /// The system call that the thread stands in, if its registers say so: number and CPtr.
    pub const fn syscall(&self) -> (i64, Word) {
        (self.x7.cast_signed(), self.x0)
    }

    /// Steps over the system call instruction with an answer in the message registers, as if the
    /// kernel had returned it (SPEC J-4).
    pub const fn answer_syscall(&mut self, info: Word, mr0: Word) {
        self.pc += super::SYSCALL_INSTRUCTION.len() as Word;
        self.x1 = info;
        self.x0 = 0;
        self.x2 = mr0;
    }
}

const _: () = assert!(RawUserContext::WORDS == 34);
