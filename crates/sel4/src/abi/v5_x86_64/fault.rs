// SPDX-License-Identifier: BSD-2-Clause
//! What a fault's words mean on x86_64.

use super::{RawUserContext, fault_label};
use crate::Word;
use crate::fault::{ExceptionCause, UnknownSyscall, VmFaultCause};

/// Words of an unknown system call's message.
pub const UNKNOWN_SYSCALL_WORDS: usize = 19;

/// An unknown system call's message.
pub fn unknown_syscall(word: impl Fn(usize) -> Word) -> UnknownSyscall {
    UnknownSyscall { context: syscall_context(&word), syscall: word(18) }
}

/// Whether the access was a write: bit 1 of the page fault's error code.
pub const fn vm_fault_is_write(fsr: Word) -> bool {
    fsr & 2 != 0
}

/// Why the access failed: bit 0 of the page fault's error code tells that the page is mapped.
pub const fn vm_fault_cause(fsr: Word) -> VmFaultCause {
    if fsr & 1 != 0 { VmFaultCause::Permission } else { VmFaultCause::NotMapped }
}

/// What an exception was for, by its number. The instruction is not needed for that.
pub const fn exception_cause(number: Word, _instruction: Option<u32>) -> ExceptionCause {
    match number {
        0 => ExceptionCause::DivideByZero,
        3 => ExceptionCause::Breakpoint,
        6 => ExceptionCause::InvalidInstruction,
        13 => ExceptionCause::Privileged,
        _ => ExceptionCause::Other,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_fault_tells_write_and_permission() {
        assert_eq!((vm_fault_is_write(6), vm_fault_cause(6)), (true, VmFaultCause::NotMapped));
        assert_eq!((vm_fault_is_write(5), vm_fault_cause(5)), (false, VmFaultCause::Permission));
    }

    #[test]
    fn a_breakpoint_is_over_when_it_is_told() {
        assert_eq!([0, 3, 6].map(|number| bytes_behind(fault_label::USER_EXCEPTION, number)), [0, 1, 0]);
        assert_eq!(exception_cause(3, None), ExceptionCause::Breakpoint);
    }
}
