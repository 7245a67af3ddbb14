// SPDX-License-Identifier: BSD-2-Clause
//! Invocations: operations on kernel objects, one function per operation, named as in rust-sel4.
//!
//! Each is one system call unless it says otherwise. Errors are the kernel's ([`Error`](crate::Error)), with its
//! own words in [`last_failure`](crate::last_failure).

mod cnode;
mod irq;
mod tcb;
mod untyped;
mod vspace;

pub(crate) use vspace::table_map;

use crate::error::failed;
use crate::sys::{Kind, Registers, counters, number, syscall};
use crate::{
    CPtr, CPtrBits, CPtrWithDepth, IpcBuffer, MessageInfo, NUM_EXTRA_CAPS, NUM_FAST_MESSAGE_REGISTERS,
    NUM_MESSAGE_REGISTERS, Result, Word,
};

/// One invocation, about to be made.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    cap: CPtrBits,
    label: u32,
}

impl Call {
    #[inline(always)]
    pub(crate) const fn new(cap: CPtrBits, label: u32) -> Self {
        Self { cap, label }
    }

    /// With words that fit in registers and no capabilities: touches no memory. Gives the
    /// answer's words.
    #[inline(always)]
    pub(crate) fn short<const M: usize>(
        self,
        words: [Word; M],
    ) -> Result<[Word; NUM_FAST_MESSAGE_REGISTERS]> {
        const { assert!(M <= NUM_FAST_MESSAGE_REGISTERS) };
        let mrs = core::array::from_fn(|i| if i < M { words[i] } else { 0 });
        let reply = self.trap(MessageInfo::new(self.label.into(), 0, 0, M), mrs);
        self.check(reply)
    }

    /// With capabilities, and any number of words.
    #[inline(always)]
    pub(crate) fn with_caps<const K: usize, const M: usize>(
        self,
        buffer: &mut IpcBuffer,
        caps: [CPtrBits; K],
        words: [Word; M],
    ) -> Result<()> {
        const { assert!(K <= NUM_EXTRA_CAPS && M <= NUM_MESSAGE_REGISTERS) };
        for (i, cap) in caps.into_iter().enumerate() {
            buffer.caps_or_badges_mut()[i] = cap;
        }
        let mut mrs = [0; NUM_FAST_MESSAGE_REGISTERS];
        for (i, word) in words.into_iter().enumerate() {
            if i < NUM_FAST_MESSAGE_REGISTERS {
                mrs[i] = word;
            } else {
                buffer.msg_regs_mut()[i] = word;
            }
        }
        let reply = self.trap(MessageInfo::new(self.label.into(), 0, K, M), mrs);
        self.check(reply).map(drop)
    }

    /// The call itself, its answer not looked at.
    #[inline(always)]
    pub(crate) fn trap(self, info: MessageInfo, mrs: [Word; NUM_FAST_MESSAGE_REGISTERS]) -> Registers {
        counters::invocation(self.label);
        let input = Registers { cap_or_badge: self.cap, info: info.into_word(), mrs };
        // SAFETY: a documented invocation; what it does to this program's own memory is the authority that the program was
        // given, and a program that unmaps or overwrites what it stands on stops there, seen by its fault handler.
        unsafe { syscall(Kind::Call, number::Call, input) }
    }

    #[inline(always)]
    pub(crate) fn check(self, reply: Registers) -> Result<[Word; NUM_FAST_MESSAGE_REGISTERS]> {
        if MessageInfo::from_word(reply.info).label() == 0 {
            Ok(reply.mrs)
        } else {
            Err(failed(CPtr::from_bits(self.cap), self.label, reply))
        }
    }
}

/// A path's depth as the kernel takes it.
#[inline(always)]
pub(crate) const fn depth_word(path: &CPtrWithDepth) -> Word {
    path.depth() as Word
}
