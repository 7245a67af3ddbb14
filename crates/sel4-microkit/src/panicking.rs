// SPDX-License-Identifier: BSD-2-Clause
//! A PD's panic: told where the kernel has a debug console, and then a fault in any case, whose
//! handler finds the particulars in the registers:
//!
//! | x86_64 | AArch64 | |
//! |---|---|---|
//! | `rax` | `x0` | [`PANIC_MARK`] |
//! | `rdi`, `rsi` | `x1`, `x2` | the source file's name: address, bytes |
//! | `rdx` | `x3` | line |
//! | `rcx`, `r8` | `x4`, `x5` | the message, if it is a constant: address, bytes; else 0, 0 |
//!
//! The addresses are of the PD's own constants. The fault is an invalid instruction (`ud2`, `udf #0`).

use sel4::{UserContext, Word};

/// What the first of the registers holds at a panic's fault: `PANIC` in ASCII.
pub const PANIC_MARK: u64 = 0x50_41_4e_49_43;

/// The registers of a panic in the order of the table, [`PANIC_MARK`] first if it is one.
pub const fn panic_registers(context: &UserContext) -> [Word; 6] {
    let registers = context.inner();
    #[cfg(sel4_cfg = "ARCH_X86_64")]
    {
        [registers.rax, registers.rdi, registers.rsi, registers.rdx, registers.rcx, registers.r8]
    }
    #[cfg(sel4_cfg = "ARCH_AARCH64")]
    {
        [registers.x0, registers.x1, registers.x2, registers.x3, registers.x4, registers.x5]
    }
}

#[cfg(target_sel4)]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    print(info);
    let (file, line) = info.location().map_or(("", 0), |at| (at.file(), at.line()));
    let message = info.message().as_str().unwrap_or("");
    #[cfg(target_arch = "aarch64")]
    // SAFETY: does not return and touches nothing.
    unsafe {
        core::arch::asm!(
            "udf #0",
            in("x0") PANIC_MARK,
            in("x1") file.as_ptr(),
            in("x2") file.len(),
            in("x3") u64::from(line),
            in("x4") message.as_ptr(),
            in("x5") message.len(),
            options(noreturn, nostack),
        )
    }
    #[cfg(target_arch = "x86_64")]
    // SAFETY: as above.
    unsafe {
        core::arch::asm!(
            "ud2",
            in("rax") PANIC_MARK,
            in("rdi") file.as_ptr(),
            in("rsi") file.len(),
            in("rdx") u64::from(line),
            in("rcx") message.as_ptr(),
            in("r8") message.len(),
            options(noreturn, nostack),
        )
    }
}

/// Prints name, place and message. By hand, all but the message: formatting a number and a padded
/// string would be a third of a small PD.
#[cfg(target_sel4)]
fn print(info: &core::panic::PanicInfo<'_>) {
    if !sel4::debug::PRINTS {
        return;
    }
    let text = |text: &[u8]| text.iter().copied().for_each(sel4::debug_put_char);
    text(crate::pd_name_bytes());
    text(b": panicked at ");
    if let Some(at) = info.location() {
        text(at.file().as_bytes());
        text(b":");
        line_number(at.line());
    }
    text(b": ");
    match info.message().as_str() {
        Some(message) => text(message.as_bytes()),
        None => sel4::debug_print!("{}", info.message()),
    }
    text(b"\n");
}

#[cfg(target_sel4)]
fn line_number(line: u32) {
    let mut divisor = 1;
    while line / divisor >= 10 {
        divisor *= 10;
    }
    while divisor != 0 {
        sel4::debug_put_char(b'0' + (line / divisor % 10) as u8);
        divisor /= 10;
    }
}
