// SPDX-License-Identifier: BSD-2-Clause
//! From the loader's jump to the event loop.

use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::Handler;
use crate::handler::serve;

/// The address of the startup page.
static STARTUP_PAGE: AtomicUsize = AtomicUsize::new(0);

/// The address of the read-only page that the loader passed, or 0. What is in it is between the
/// loader and the layer above this crate.
pub fn startup_page_addr() -> usize {
    STARTUP_PAGE.load(Relaxed)
}

// The stack pointer is aligned to 16 bytes, so the call leaves it as a C function expects it.
#[cfg(all(target_sel4, target_arch = "x86_64"))]
core::arch::global_asm!(
    ".section .text._start, \"ax\", @progbits",
    ".globl _start",
    ".type _start, @function",
    "_start:",
    "xor ebp, ebp",
    "call {entry}",
    "ud2",
    ".size _start, . - _start",
    ".text",
    entry = sym entry,
);

#[cfg(all(target_sel4, target_arch = "aarch64"))]
core::arch::global_asm!(
    ".section .text._start, \"ax\", @progbits",
    ".globl _start",
    ".type _start, @function",
    "_start:",
    "mov x29, xzr",
    "bl {entry}",
    "udf #0",
    ".size _start, . - _start",
    ".text",
    entry = sym entry,
);

#[cfg(target_sel4)]
extern "C" fn entry(startup_page: usize, ipc_buffer: *mut sel4::IpcBuffer) -> ! {
    STARTUP_PAGE.store(startup_page, Relaxed);
    // SAFETY: the loader's promise, and the only reference ever made.
    if let Some(buffer) = unsafe { ipc_buffer.as_mut() } {
        sel4::set_ipc_buffer(buffer);
    }
    unsafe extern "Rust" {
        fn __sel4_microkit_main() -> !;
    }
    // SAFETY: defined by `declare_protection_domain!` with this signature.
    unsafe { __sel4_microkit_main() }
}

/// Serves until the handler ends the PD.
#[doc(hidden)]
pub fn run<H: Handler>(mut handler: H) -> ! {
    match serve(&mut handler) {
        Err(error) => ended(&error),
    }
}

fn ended<E: core::fmt::Display>(error: &E) -> ! {
    if sel4::debug::PRINTS {
        panic!("{error}")
    }
    let _ = error;
    panic!("handler ended the protection domain")
}
