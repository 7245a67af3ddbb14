// SPDX-License-Identifier: BSD-2-Clause
//! Fault messages, decoded.

use super::fault_label;
use crate::fault::{CapFault, Fault, LookupFailure, NullFault, UserException, VmFault};
use crate::{Word, abi};

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
        fault_label::UNKNOWN_SYSCALL if length >= abi::UNKNOWN_SYSCALL_WORDS => {
            Fault::UnknownSyscall(abi::unknown_syscall(word))
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
