// SPDX-License-Identifier: BSD-2-Clause
//! A PD's panic: told where the kernel has a debug console, and then a fault in any case, whose
//! handler finds the particulars in the registers:
//!
//! | register | |
//! |---|---|
//! | `rax` | [`PANIC_MARK`] |
//! | `rdi`, `rsi` | the source file's name: address, bytes |
//! | `rdx` | line |
//! | `rcx`, `r8` | the message, if it is a constant: address, bytes; else 0, 0 |
//!
//! The addresses are of the PD's own constants. The fault is an invalid opcode (exception 6).

/// What `rax` holds at a panic's fault: `PANIC` in ASCII.
pub const PANIC_MARK: u64 = 0x50_41_4e_49_43;

#[cfg(target_sel4)]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    print(info);
    let (file, line) = info.location().map_or(("", 0), |at| (at.file(), at.line()));
    let message = info.message().as_str().unwrap_or("");
    // SAFETY: does not return and touches nothing.
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
