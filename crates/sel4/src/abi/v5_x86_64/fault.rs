// SPDX-License-Identifier: BSD-2-Clause
//! Fault messages of this kernel, decoded.

use super::fault_label;
use crate::fault::{CapFault, Fault, LookupFailure, NullFault, UnknownSyscall, UserException, VmFault};
use crate::{Word, abi::RawUserContext};

/// Decodes a fault message: its label, and its words by index (0 beyond the message's length).
/// `None` when the label is not a fault's, or its length not that fault's.
pub fn decode_fault(label: Word, length: usize, word: impl Fn(usize) -> Word) -> Option<Fault> {
    Some(match label {
        fault_label::NULL if length == 0 => Fault::NullFault(NullFault),
        fault_label::CAP if length >= 4 => Fault::CapFault(CapFault {
            ip: word(0),
            addr: word(1),
            in_recv_phase: word(2) != 0,
            lookup_failure: LookupFailure::from_words(word(3), [word(4), word(5), word(6)]),
        }),
        fault_label::UNKNOWN_SYSCALL if length >= 19 => {
            Fault::UnknownSyscall(UnknownSyscall { context: syscall_context(&word), syscall: word(18) })
        }
        fault_label::USER_EXCEPTION if length >= 5 => Fault::UserException(UserException {
            fault_ip: word(0),
            stack: word(1),
            flags: word(2),
            number: word(3),
            code: word(4),
        }),
        fault_label::VM if length >= 4 => {
            Fault::VmFault(VmFault::new(word(0), word(1), word(2) != 0, word(3)))
        }
        _ => return None,
    })
}

/// Bytes by which a thread stands behind the instruction that faulted, by the label of the fault's message and its fourth
/// word: a breakpoint (`int3`) is over when the processor tells of it.
pub const fn bytes_behind(label: Word, number: Word) -> u8 {
    const BREAKPOINT: Word = 3;
    (label == fault_label::USER_EXCEPTION && number == BREAKPOINT) as u8
}

/// The registers in an unknown system call's message, which has its own order.
fn syscall_context(word: &impl Fn(usize) -> Word) -> RawUserContext {
    RawUserContext {
        rax: word(0),
        rbx: word(1),
        rcx: word(2),
        rdx: word(3),
        rsi: word(4),
        rdi: word(5),
        rbp: word(6),
        r8: word(7),
        r9: word(8),
        r10: word(9),
        r11: word(10),
        r12: word(11),
        r13: word(12),
        r14: word(13),
        r15: word(14),
        rip: word(15),
        rsp: word(16),
        rflags: word(17),
        tls_base: 0,
    }
}
