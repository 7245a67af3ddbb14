// SPDX-License-Identifier: BSD-2-Clause
//! What every freestanding program on seL4 needs below `main`, shared by `sel4-root-task` and
//! `sel4-microkit`:
//!
//! - the symbols that Rust's prebuilt `core` and `alloc` expect of a C library and an unwinder;
//! - a stack with a guard page, and a heap for who asks for one;
//! - the ABI note that says for which kernel the program was built ([`abi_note`]).
//!
//! The symbols exist only when built with `support/sel4-target.toml` (`cfg(target_sel4)`), so that
//! a host build of a crate above this one does not replace the host's.
#![no_std]
#![warn(missing_docs)]

pub mod abi_note;
#[cfg(feature = "heap")]
mod heap;
#[cfg(any(target_sel4, test))]
mod memory;
mod stack;
#[cfg(target_sel4)]
mod unwind;

#[cfg(feature = "heap")]
pub use heap::StaticHeap;
pub use stack::{GUARD_BYTES, Stack, call_on_stack};

/// Ends this thread with a fault that its fault handler sees as an invalid instruction.
#[cold]
#[inline(always)]
pub fn fault() -> ! {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: does not return and touches nothing.
    unsafe {
        core::arch::asm!("ud2", options(noreturn, nomem, nostack))
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: as above.
    unsafe {
        core::arch::asm!("udf #0", options(noreturn, nomem, nostack))
    }
}
