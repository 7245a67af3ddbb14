// SPDX-License-Identifier: BSD-2-Clause
//! A thread's registers in the order in which `TCB_ReadRegisters` gives them.

use crate::Word;

/// All registers of a thread.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct RawUserContext {
    pub rip: Word,
    pub rsp: Word,
    pub rflags: Word,
    pub rax: Word,
    pub rbx: Word,
    pub rcx: Word,
    pub rdx: Word,
    pub rsi: Word,
    pub rdi: Word,
    pub rbp: Word,
    pub r8: Word,
    pub r9: Word,
    pub r10: Word,
    pub r11: Word,
    pub r12: Word,
    pub r13: Word,
    pub r14: Word,
    pub r15: Word,
    pub tls_base: Word,
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
        &self.rip
    }

    /// Program counter.
    pub const fn pc_mut(&mut self) -> &mut Word {
        &mut self.rip
    }

    /// Stack pointer. Stale in a thread that stands in a system call (it is in `r14` then).
    pub const fn sp(&self) -> &Word {
        &self.rsp
    }

    /// Stack pointer.
    pub const fn sp_mut(&mut self) -> &mut Word {
        &mut self.rsp
    }

    /// The register of the `index`th argument of a C function, 0 to 5.
    pub const fn c_param_mut(&mut self, index: usize) -> Option<&mut Word> {
        match index {
            0 => Some(&mut self.rdi),
            1 => Some(&mut self.rsi),
            2 => Some(&mut self.rdx),
            3 => Some(&mut self.rcx),
            4 => Some(&mut self.r8),
            5 => Some(&mut self.r9),
            _ => None,
        }
    }

    /// The system call that the thread stands in, if its registers say so: number and CPtr.
    pub const fn syscall(&self) -> (i64, Word) {
        (self.rdx.cast_signed(), self.rdi)
    }

    /// Steps over the system call instruction with an answer in the message registers, as if the
    /// kernel had returned it (SPEC J-4).
    pub const fn answer_syscall(&mut self, info: Word, mr0: Word) {
        self.rip += super::SYSCALL_INSTRUCTION.len() as Word;
        self.rsi = info;
        self.rdi = 0;
        self.r10 = mr0;
    }
}

const _: () = assert!(RawUserContext::WORDS == 19);
