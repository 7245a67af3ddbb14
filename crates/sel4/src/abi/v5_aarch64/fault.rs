// SPDX-License-Identifier: BSD-2-Clause
//! What a fault's words mean on AArch64: the fourth word of a VM fault is ESR_EL1 (Arm DDI 0487, D17.2.37).

use super::RawUserContext;
use crate::Word;
use crate::fault::{ExceptionCause, UnknownSyscall, VmFaultCause};

/// Words of an unknown system call's message.
pub const UNKNOWN_SYSCALL_WORDS: usize = 13;

/// An unknown system call's message: `x0` to `x7`, program counter of the instruction, stack pointer, program counter after
/// it, SPSR, number. Other registers are not told.
pub fn unknown_syscall(word: impl Fn(usize) -> Word) -> UnknownSyscall {
    UnknownSyscall {
        context: RawUserContext {
            x0: word(0),
            x1: word(1),
            x2: word(2),
            x3: word(3),
            x4: word(4),
            x5: word(5),
            x6: word(6),
            x7: word(7),
            pc: word(8),
            sp: word(9),
            spsr: word(11),
            ..RawUserContext::default()
        },
        syscall: word(12),
    }
}

/// Exception class of a data abort of user level.
const DATA_ABORT: Word = 0x24;

/// Whether the access was a write: WnR, bit 6, of a data abort that was no cache operation (CM, bit 8, has it set too).
pub const fn vm_fault_is_write(esr: Word) -> bool {
    esr >> 26 & 0x3f == DATA_ABORT && esr >> 6 & 1 != 0 && esr >> 8 & 1 == 0
}

/// Why the access failed: the fault status code, bits 0 to 5. Its low two bits are the level of the tables.
pub const fn vm_fault_cause(esr: Word) -> VmFaultCause {
    match esr & 0x3f {
        0x04..=0x07 => VmFaultCause::NotMapped,
        0x0c..=0x0f => VmFaultCause::Permission,
        // External aborts and parity errors, of the access or of the walk of the tables.
        0x10 | 0x13..=0x1f => VmFaultCause::External,
        0x21 => VmFaultCause::Alignment,
        _ => VmFaultCause::Other,
    }
}

/// What an exception was for. This kernel tells number and code 0 for all, so the instruction decides.
pub const fn exception_cause(_number: Word, instruction: Option<u32>) -> ExceptionCause {
    let Some(instruction) = instruction else { return ExceptionCause::InvalidInstruction };
    match instruction {
        // BRK, and HLT, which only a debugger or emulator knows.
        _ if instruction & 0xffe0_001f == 0xd420_0000 => ExceptionCause::Breakpoint,
        _ if instruction & 0xffe0_001f == 0xd440_0000 => ExceptionCause::Breakpoint,
        // HVC, SMC.
        _ if instruction & 0xffe0_001f == 0xd400_0002 => ExceptionCause::Privileged,
        _ if instruction & 0xffe0_001f == 0xd400_0003 => ExceptionCause::Privileged,
        // ERET, and the system instructions: MSR, MRS, SYS (caches, TLB).
        0xd69f_03e0 => ExceptionCause::Privileged,
        _ if instruction & 0xffc0_0000 == 0xd500_0000 => ExceptionCause::Privileged,
        _ => ExceptionCause::InvalidInstruction,
    }
}

/// Bytes by which a thread stands behind the instruction that faulted: none, a breakpoint's thread stands at it.
pub const fn bytes_behind(_label: Word, _number: Word) -> u8 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words that QEMU's processor and the kernel gave for the accesses named.
    #[test]
    fn causes_of_memory_faults_are_told_apart() {
        let faults = [
            (0x9200_0046, true, VmFaultCause::NotMapped, "store to an unmapped page"),
            (0x9200_0006, false, VmFaultCause::NotMapped, "load of an unmapped page"),
            (0x9200_004f, true, VmFaultCause::Permission, "store to a read-only page"),
            (0x8200_000f, false, VmFaultCause::Permission, "fetch of an execute-never page"),
            (0x8200_0006, false, VmFaultCause::NotMapped, "jump to address 0"),
            (0x9200_0021, false, VmFaultCause::Alignment, "exclusive load of an odd address"),
            (0x9200_0010, false, VmFaultCause::External, "load where no device is"),
            (0x9200_0146, false, VmFaultCause::NotMapped, "cache operation on an unmapped page"),
        ];
        for (esr, write, cause, what) in faults {
            assert_eq!((vm_fault_is_write(esr), vm_fault_cause(esr)), (write, cause), "{what}");
        }
    }

    #[test]
    fn an_exception_is_told_by_its_instruction() {
        let instructions = [
            (0xd420_0000, ExceptionCause::Breakpoint, "brk #0"),
            (0xd43e_0000, ExceptionCause::Breakpoint, "brk #0xf000"),
            (0xd45e_0000, ExceptionCause::Breakpoint, "hlt #0xf000"),
            (0xd400_0002, ExceptionCause::Privileged, "hvc #0"),
            (0xd400_0003, ExceptionCause::Privileged, "smc #0"),
            (0xd538_1000, ExceptionCause::Privileged, "mrs x0, sctlr_el1"),
            (0xd51b_e340, ExceptionCause::Privileged, "msr cntv_cval_el0, x0"),
            (0xd508_871f, ExceptionCause::Privileged, "tlbi vmalle1"),
            (0x0000_0000, ExceptionCause::InvalidInstruction, "udf #0"),
        ];
        for (instruction, cause, what) in instructions {
            assert_eq!(exception_cause(0, Some(instruction)), cause, "{what}");
        }
        assert_eq!(exception_cause(0, None), ExceptionCause::InvalidInstruction);
    }

    #[test]
    fn an_unknown_system_call_tells_where_it_is() {
        let words = [1, 2, 3, 4, 5, 6, 7, 99, 0x20_0104, 0x20_9060, 0x20_0108, 0x40, 99];
        let fault = unknown_syscall(|i| words[i]);
        assert_eq!((fault.fault_ip(), fault.syscall(), *fault.context.sp()), (0x20_0104, 99, 0x20_9060));
    }
}
