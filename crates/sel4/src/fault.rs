// SPDX-License-Identifier: BSD-2-Clause
//! Fault messages: what a thread did that the kernel could not go on with (SPEC J-1).

use core::ops::Deref;

use crate::abi::{self, RawUserContext};
use crate::{IpcBuffer, MessageInfo, RecvWithMRs, Word};

/// Where the lookup of a CPtr ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum LookupFailure {
    /// The kernel gave no reason that this library knows.
    Unknown(Word),
    /// The root of the CSpace is not a CNode.
    InvalidRoot,
    /// The slot is empty.
    MissingCapability { bits_left: Word },
    /// The CPtr ended inside, or went on beyond, a CNode.
    DepthMismatch { bits_left: Word, bits_found: Word },
    /// The CPtr's bits are not the CNode's guard.
    GuardMismatch { bits_left: Word, guard_found: Word, bits_found: Word },
}

impl LookupFailure {
    /// The failure of a message's type word (`seL4_LookupFailureType`) and what follows it.
    pub const fn from_words(kind: Word, words: [Word; 3]) -> Self {
        let [bits_left, second, third] = words;
        match kind {
            1 => Self::InvalidRoot,
            2 => Self::MissingCapability { bits_left },
            3 => Self::DepthMismatch { bits_left, bits_found: second },
            4 => Self::GuardMismatch { bits_left, guard_found: second, bits_found: third },
            other => Self::Unknown(other),
        }
    }
}

/// A fault, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
#[allow(clippy::large_enum_variant, reason = "a box would need an allocator, and nobody keeps many of them")]
pub enum Fault {
    NullFault(NullFault),
    CapFault(CapFault),
    UnknownSyscall(UnknownSyscall),
    UserException(UserException),
    VmFault(VmFault),
}

impl Fault {
    /// Decodes a message whose words are in the IPC buffer, as [`recv`](crate::Cap::recv) leaves
    /// it. `None` when it is not a fault's message, which rust-sel4 panics about.
    pub fn new(ipc_buffer: &IpcBuffer, info: &MessageInfo) -> Option<Self> {
        let words = &ipc_buffer.msg_regs()[..info.length()];
        abi::decode_fault(info.label(), words.len(), |i| words.get(i).copied().unwrap_or(0))
    }

    /// Decodes a message whose first words are in registers, as
    /// [`recv_with_mrs`](crate::Cap::recv_with_mrs) returns it. An extension to rust-sel4.
    pub fn from_recv(ipc_buffer: &IpcBuffer, message: &RecvWithMRs) -> Option<Self> {
        let words = &ipc_buffer.msg_regs()[..message.info.length()];
        abi::decode_fault(message.info.label(), words.len(), |i| {
            message.msg.get(i).or(words.get(i)).copied().unwrap_or(0)
        })
    }
}

/// No fault: a label of 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NullFault;

/// A CPtr that could not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapFault {
    pub(crate) ip: Word,
    pub(crate) addr: Word,
    pub(crate) in_recv_phase: bool,
    pub(crate) lookup_failure: LookupFailure,
}

impl CapFault {
    /// Program counter, of the system call.
    pub const fn ip(&self) -> Word {
        self.ip
    }

    /// The CPtr.
    pub const fn addr(&self) -> Word {
        self.addr
    }

    /// Whether it was to receive on.
    pub const fn in_recv_phase(&self) -> bool {
        self.in_recv_phase
    }

    /// Where the lookup ended.
    pub const fn lookup_failure(&self) -> LookupFailure {
        self.lookup_failure
    }
}

/// A system call that the kernel does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownSyscall {
    pub(crate) context: RawUserContext,
    pub(crate) syscall: Word,
}

impl UnknownSyscall {
    /// Program counter.
    pub const fn fault_ip(&self) -> Word {
        *self.context.pc()
    }

    /// The number.
    pub const fn syscall(&self) -> Word {
        self.syscall
    }

    /// The thread's registers.
    pub const fn context(&self) -> &RawUserContext {
        &self.context
    }
}

/// What a processor exception was for. An extension to rust-sel4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExceptionCause {
    /// A division by zero, or whose result is too large.
    DivideByZero,
    /// A breakpoint instruction.
    Breakpoint,
    /// An instruction that the processor does not know.
    InvalidInstruction,
    /// An instruction that user level may not execute.
    Privileged,
    /// Another exception.
    Other,
}

impl ExceptionCause {
    /// The cause of an exception, by its number and the instruction at its program counter. Some kernels tell no number, so that
    /// the instruction is all there is; without it every exception is an invalid instruction there.
    pub const fn of(number: Word, instruction: Option<u32>) -> Self {
        abi::exception_cause(number, instruction)
    }

    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DivideByZero => "division by zero",
            Self::Breakpoint => "breakpoint",
            Self::InvalidInstruction => "invalid instruction",
            Self::Privileged => "privileged instruction",
            Self::Other => "processor exception",
        }
    }
}

/// A processor exception other than a page fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserException {
    pub(crate) fault_ip: Word,
    pub(crate) stack: Word,
    pub(crate) flags: Word,
    pub(crate) number: Word,
    pub(crate) code: Word,
}

impl UserException {
    /// Program counter.
    pub const fn fault_ip(&self) -> Word {
        self.fault_ip
    }

    /// Stack pointer.
    pub const fn stack(&self) -> Word {
        self.stack
    }

    /// Processor flags.
    pub const fn flags(&self) -> Word {
        self.flags
    }

    /// The exception's number, where the kernel tells one ([`ExceptionCause::of`]).
    pub const fn number(&self) -> Word {
        self.number
    }

    /// The exception's error code.
    pub const fn code(&self) -> Word {
        self.code
    }
}

/// Why an access failed. An extension to rust-sel4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VmFaultCause {
    /// Nothing is mapped at the address.
    NotMapped,
    /// The page is mapped, but not for this access.
    Permission,
    /// The address is not aligned as this access, or this memory, wants it.
    Alignment,
    /// The memory system refused: there is no device at the address, or it does not take such accesses.
    External,
    /// Another reason, which [`VmFault::fsr`] tells.
    Other,
}

impl VmFaultCause {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotMapped => "not mapped",
            Self::Permission => "not permitted",
            Self::Alignment => "not aligned",
            Self::External => "refused by the memory system",
            Self::Other => "memory fault",
        }
    }
}

/// An access that the thread's address space does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VmFault {
    ip: Word,
    addr: Word,
    prefetch_fault: bool,
    fsr: Word,
}

impl VmFault {
    pub(crate) const fn new(ip: Word, addr: Word, prefetch_fault: bool, fsr: Word) -> Self {
        Self { ip, addr, prefetch_fault, fsr }
    }

    /// Program counter.
    pub const fn ip(&self) -> Word {
        self.ip
    }

    /// The address, of which only the low [`VM_FAULT_ADDRESS_BITS`](abi::VM_FAULT_ADDRESS_BITS)
    /// are right.
    pub const fn addr(&self) -> Word {
        self.addr
    }

    /// Whether an instruction was fetched.
    pub const fn prefetch_fault(&self) -> bool {
        self.prefetch_fault
    }

    /// The processor's page fault code.
    pub const fn fsr(&self) -> Word {
        self.fsr
    }

    /// Whether it was a write.
    pub const fn is_write(&self) -> bool {
        abi::vm_fault_is_write(self.fsr)
    }

    /// Why the access failed.
    pub const fn cause(&self) -> VmFaultCause {
        abi::vm_fault_cause(self.fsr)
    }

    /// Whether the page is mapped, but not for this access.
    pub const fn is_protection(&self) -> bool {
        matches!(self.cause(), VmFaultCause::Permission)
    }
}

impl Deref for UnknownSyscall {
    type Target = RawUserContext;

    fn deref(&self) -> &RawUserContext {
        &self.context
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::fault_label;

    fn decode(label: Word, words: &[Word]) -> Option<Fault> {
        let mut buffer = IpcBuffer::default();
        buffer.msg_regs_mut()[..words.len()].copy_from_slice(words);
        Fault::new(&buffer, &MessageInfo::new(label, 0, 0, words.len()))
    }

    #[test]
    fn a_vm_fault_is_decoded() {
        let Some(Fault::VmFault(fault)) = decode(fault_label::VM, &[0x20_1000, 0x30, 1, 0]) else {
            panic!("not a VM fault");
        };
        assert_eq!((fault.ip(), fault.addr(), fault.prefetch_fault()), (0x20_1000, 0x30, true));
    }

    #[test]
    fn a_cap_fault_tells_where_the_lookup_ended() {
        let Some(Fault::CapFault(fault)) = decode(fault_label::CAP, &[1, 9, 1, 2, 55]) else {
            panic!("not a cap fault");
        };
        assert!(fault.in_recv_phase());
        assert_eq!(fault.lookup_failure(), LookupFailure::MissingCapability { bits_left: 55 });
    }

    #[test]
    fn what_is_no_fault_is_not_decoded() {
        assert_eq!(decode(64, &[1, 2, 3]), None);
        assert_eq!(decode(fault_label::VM, &[1, 2]), None);
    }

    #[test]
    fn words_in_registers_and_in_the_buffer_are_one_message() {
        let mut buffer = IpcBuffer::default();
        buffer.msg_regs_mut()[4] = 17;
        let message = RecvWithMRs {
            info: MessageInfo::new(fault_label::USER_EXCEPTION, 0, 0, 5),
            badge: 0,
            msg: [1, 2, 3, 13],
        };
        let Some(Fault::UserException(fault)) = Fault::from_recv(&buffer, &message) else {
            panic!("not a user exception");
        };
        assert_eq!((fault.fault_ip(), fault.number(), fault.code()), (1, 13, 17));
    }
}
