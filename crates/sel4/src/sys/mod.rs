// SPDX-License-Identifier: BSD-2-Clause
//! The one way into the kernel.
//!
//! Every system call of this crate, and of everything above it, is [`syscall`]: the place to
//! count calls, and the seam where a host build can put a model of the kernel. The instruction
//! itself and its registers belong to the ABI module.

pub mod counters;

use crate::{Word, abi};

/// Numbers of the kernel's system calls, generated from its `syscall.xml`.
#[allow(non_upper_case_globals, missing_docs)]
pub mod number {
    include!(concat!(env!("OUT_DIR"), "/syscalls.rs"));
}

/// Labels of the kernel's invocations, generated from its interface files and configuration.
#[allow(non_upper_case_globals, missing_docs)]
pub mod label {
    include!(concat!(env!("OUT_DIR"), "/invocations.rs"));
}

/// What goes into the kernel, and what comes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Registers {
    /// The CPtr on the way in, the badge on the way back.
    pub cap_or_badge: Word,
    /// The message info word.
    pub info: Word,
    /// The message registers that are CPU registers.
    pub mrs: [Word; abi::NUM_FAST_MESSAGE_REGISTERS],
}

/// The kinds of system call, as the counters count them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
#[allow(missing_docs)]
pub enum Kind {
    Call,
    ReplyRecv,
    Send,
    NBSend,
    Recv,
    Reply,
    Yield,
    NBRecv,
    /// Debug calls, all of them.
    Debug,
}

impl Kind {
    /// All kinds, in counter order.
    pub const ALL: [Kind; 9] = [
        Kind::Call,
        Kind::ReplyRecv,
        Kind::Send,
        Kind::NBSend,
        Kind::Recv,
        Kind::Reply,
        Kind::Yield,
        Kind::NBRecv,
        Kind::Debug,
    ];

    /// The kernel's name.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Call => "Call",
            Kind::ReplyRecv => "ReplyRecv",
            Kind::Send => "Send",
            Kind::NBSend => "NBSend",
            Kind::Recv => "Recv",
            Kind::Reply => "Reply",
            Kind::Yield => "Yield",
            Kind::NBRecv => "NBRecv",
            Kind::Debug => "Debug",
        }
    }
}

/// Makes a system call of the given kind and number.
///
/// # Safety
/// An invocation can unmap or remap what this program stands on, write another thread's registers, or have the kernel
/// write its IPC buffer: none of that may be memory that Rust code holds a reference to or runs in.
#[inline(always)]
pub unsafe fn syscall(kind: Kind, number: i64, input: Registers) -> Registers {
    counters::syscall(kind);
    // SAFETY: the caller's.
    unsafe { abi::trap(number, input) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Read off a kernel that was booted and invoked, in this project's configuration of it.
    #[cfg(all(sel4_cfg = "VERSION=5.0.0", sel4_cfg = "MAX_NUM_NODES=1", not(sel4_cfg = "VTX")))]
    #[test]
    fn generated_numbers_are_those_that_the_kernel_answers_to() {
        assert_eq!([number::Call, number::Recv, number::NBRecv], [-1, -5, -8]);
        assert_eq!(
            [label::UntypedRetype, label::TCBConfigure, label::CNodeMint, label::IRQAckIRQ],
            [1, 5, 18, 24]
        );
    }

    #[test]
    fn counts_between_two_moments_are_their_difference() {
        let mut later = counters::Counters::ZERO;
        assert_eq!(later.total(), 0);
        later = later.since(&counters::Counters::ZERO);
        assert_eq!((later.kinds().count(), later.invocations().count()), (0, 0));
    }
}
