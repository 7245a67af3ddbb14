// SPDX-License-Identifier: BSD-2-Clause
//! What a fault message means (SPEC J-1): kind, address, likely cause, function.

use partenza_plan::PAGE;
use partenza_plan::archived::{Image, Service};
use partenza_plan::symbols::Symbols;
use partenza_protocol::GIVE_UP_MARK;
use partenza_protocol::event::{Cause, Fault, FaultKind, MAX_REGISTERS};
use sel4::UserContext;

/// Invalid opcode and its kin among x86's exceptions.
const DIVIDE: u64 = 0;
const INVALID_OPCODE: u64 = 6;
const GENERAL_PROTECTION: u64 = 13;
/// First page: what a null pointer with a small offset touches.
const NULL_PAGE: u64 = PAGE;

/// What `rax` holds when a Rust service faults to report its panic: `PANIC` in ASCII (`sel4_microkit::panicking`).
const PANIC_MARK: u64 = 0x50_41_4e_49_43;

/// What a panicking service left in its registers, as text of its own image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panic<'a> {
    pub file: &'a str,
    pub line: u64,
    /// Empty when the message was not a constant.
    pub message: &'a str,
}

/// Reads a panic's particulars, `source` being what the image lies in; addresses are looked up in the image's read-only segments, and nowhere else.
#[must_use]
pub fn panic<'a>(registers: &UserContext, image: &Image, source: &'a [u8]) -> Option<Panic<'a>> {
    if registers.rax != PANIC_MARK {
        return None;
    }
    let text = |address: u64, len: u64| {
        let segment = image.read_only_segment(address)?;
        let end = address.checked_add(len).filter(|end| *end <= segment.range().end)?;
        let bytes = source.get(segment.place_of(address)..segment.place_of(end))?;
        core::str::from_utf8(bytes).ok()
    };
    Some(Panic {
        file: text(registers.rdi, registers.rsi).unwrap_or("?"),
        line: registers.rdx,
        message: text(registers.rcx, registers.r8).unwrap_or(""),
    })
}

/// Decodes `fault`. `None` when the message is none of the kernel's faults, which only a kernel that this library does
/// not know could send.
#[must_use]
pub fn describe<'a>(
    fault: Option<sel4::Fault>,
    registers: Option<&UserContext>,
    service: &Service,
    image: &Image,
    symbols: Option<Symbols<'a>>,
) -> Fault<'a> {
    let place = Place { service, image };
    let (kind, cause, ip, address, status) = match &fault {
        Some(sel4::Fault::VmFault(vm)) => {
            // Where pages are always executable, the processor does not tell fetches from reads.
            let fetch = vm.prefetch_fault() || (!vm.is_write() && vm.addr() == vm.ip());
            let kind = match (fetch, vm.is_write()) {
                (true, _) => FaultKind::VmExecute,
                (false, true) => FaultKind::VmWrite,
                (false, false) => FaultKind::VmRead,
            };
            let gave_up = vm.is_write() && vm.addr() < NULL_PAGE;
            let cause = if gave_up && registers.is_some_and(|r| r.rax == GIVE_UP_MARK) {
                Cause::GaveUp
            } else {
                place.vm_cause(kind, vm.addr(), vm.is_protection())
            };
            (kind, cause, vm.ip(), vm.addr(), vm.fsr())
        }
        Some(sel4::Fault::CapFault(cap)) => (
            FaultKind::Capability,
            Cause::MissingCapability,
            cap.ip(),
            cap.addr(),
            u64::from(cap.in_recv_phase()),
        ),
        Some(sel4::Fault::UserException(exception)) => {
            let cause = match exception.number() {
                DIVIDE => Cause::DivideByZero,
                INVALID_OPCODE if registers.is_some_and(|r| r.rax == PANIC_MARK) => Cause::Panic,
                INVALID_OPCODE => Cause::InvalidInstruction,
                GENERAL_PROTECTION => Cause::PrivilegedInstruction,
                _ => Cause::Unknown,
            };
            (FaultKind::UserException, cause, exception.fault_ip(), exception.number(), exception.code())
        }
        Some(sel4::Fault::UnknownSyscall(call)) => {
            (FaultKind::UnknownSyscall, Cause::ForeignSyscall, call.fault_ip(), call.syscall(), 0)
        }
        Some(sel4::Fault::NullFault(_)) | None => (FaultKind::Other, Cause::Unknown, 0, 0, 0),
    };
    let mut words = heapless::Vec::new();
    if let Some(registers) = registers {
        // Both hold as many as the kernel has.
        words.extend(registers.to_words().into_iter().take(MAX_REGISTERS));
    }
    Fault {
        kind,
        cause,
        ip,
        address,
        status,
        symbol: symbols.and_then(|symbols| symbols.lookup(ip)),
        registers: words,
    }
}

struct Place<'a> {
    service: &'a Service,
    image: &'a Image,
}

impl Place<'_> {
    fn vm_cause(&self, kind: FaultKind, address: u64, protection: bool) -> Cause {
        let bottom = self.service.stack_bottom();
        match kind {
            _ if address < NULL_PAGE => Cause::NullPointer,
            _ if (bottom - PAGE..bottom).contains(&address) => Cause::StackOverflow,
            FaultKind::VmExecute => Cause::JumpToUnmapped,
            FaultKind::VmWrite if protection || self.is_read_only(address) => Cause::WriteToReadOnly,
            _ => Cause::Unmapped,
        }
    }

    fn is_read_only(&self, address: u64) -> bool {
        self.image.read_only_segment(address).is_some()
    }
}
