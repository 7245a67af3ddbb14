// SPDX-License-Identifier: BSD-2-Clause
//! One fault of each kind that the Supervisor tells apart (SPEC J-1).

use core::arch::asm;

use partenza_service::{Code, ServiceError};

/// Faults.
///
/// # Errors
/// `kind` is none, or what should have faulted did not.
pub fn fault(kind: &str) -> Result<(), Code> {
    match kind {
        "null-write" => null_write(),
        "null-read" => null_read(),
        "panic" => panic!("told to panic"),
        "long-panic" => panic!(
            "a message that is longer than a line of the event log, which has room for 160 bytes: the beginn\
             ing tells what went wrong, so it is the end that has to go; this is the end, and nobody needs to read it at all"
        ),
        "ud2" => undefined(),
        "stack-overflow" => {
            core::hint::black_box(overflow(0));
        }
        "write-text" => write_text(),
        "jump" => jump(),
        "divide" => divide(),
        "privileged" => privileged(),
        "breakpoint" => breakpoint(),
        "unknown-syscall" => unknown_syscall(),
        "missing-cap" => missing_cap(),
        _ => return Err(ServiceError::BadArgument.code()),
    }
    Err(ServiceError::NotSupported.code())
}

fn null_write() {
    // SAFETY: page 0 is never mapped; faults.
    unsafe { asm!("mov byte ptr [0], 0", options(nostack)) }
}

fn null_read() {
    // SAFETY: page 0 is never mapped; faults.
    unsafe { asm!("mov rax, qword ptr [8]", out("rax") _, options(nostack)) }
}

fn undefined() {
    // SAFETY: faults.
    unsafe { asm!("ud2", options(nostack)) }
}

/// Each call keeps 256 bytes, so no guard page is jumped over.
#[expect(unconditional_recursion, reason = "it is to overflow")]
#[inline(never)]
fn overflow(depth: u64) -> u64 {
    let frame = core::hint::black_box([depth; 32]);
    let below = overflow(depth + 1);
    below + core::hint::black_box(frame)[(depth % 32) as usize]
}

fn write_text() {
    // SAFETY: the service's own code is mapped read-only; faults.
    unsafe { asm!("mov byte ptr [{}], 0", in(reg) fault as fn(&str) -> Result<(), Code>, options(nostack)) }
}

fn jump() {
    // SAFETY: nothing is mapped there; faults.
    unsafe { asm!("jmp {}", in(reg) 0x6000_0000_usize, options(nostack)) }
}

fn divide() {
    // SAFETY: faults.
    unsafe { asm!("xor ecx, ecx", "div ecx", out("ecx") _, out("eax") _, out("edx") _, options(nostack)) }
}

fn privileged() {
    // SAFETY: faults outside the kernel.
    unsafe { asm!("hlt", options(nostack)) }
}

fn breakpoint() {
    // SAFETY: an exception that nobody handles.
    unsafe { asm!("int3", options(nostack)) }
}

fn unknown_syscall() {
    // SAFETY: no kernel has this call; the fault handler does not go on.
    unsafe { asm!("syscall", in("rdx") -9999_i64, out("rcx") _, out("r11") _, options(nostack)) }
}

fn missing_cap() {
    // A receive on a capability that is not there is a fault, not an error.
    let _ = sel4::cap::Endpoint::from_bits(0x1ff).recv(());
}
