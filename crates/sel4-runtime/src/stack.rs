// SPDX-License-Identifier: BSD-2-Clause
//! A stack inside the image.

use core::cell::UnsafeCell;

/// Bytes of the guard below a stack: one page.
pub const GUARD_BYTES: usize = 4096;

/// A stack of `N` bytes, a multiple of a page, above one page that nobody uses. Unmapping that
/// page turns an overflow into a fault instead of a write to whatever lies below.
#[repr(C, align(4096))]
pub struct Stack<const N: usize> {
    guard: UnsafeCell<[u8; GUARD_BYTES]>,
    stack: UnsafeCell<[u8; N]>,
}

// SAFETY: only ever used through its addresses, by the one thread whose stack it is.
unsafe impl<const N: usize> Sync for Stack<N> {}

impl<const N: usize> Stack<N> {
    /// An empty stack.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        const { assert!(N > 0 && N.is_multiple_of(GUARD_BYTES), "a stack is whole pages") };
        Self { guard: UnsafeCell::new([0; GUARD_BYTES]), stack: UnsafeCell::new([0; N]) }
    }

    /// The address of the guard page.
    pub fn guard(&self) -> usize {
        self.guard.get().addr()
    }

    /// The address after the stack's last byte.
    pub fn top(&self) -> usize {
        self.stack.get().addr() + N
    }
}

/// Leaves the present stack for good and runs `f` on the one that ends at `top`.
#[inline(always)]
pub fn call_on_stack(top: usize, f: extern "C" fn() -> !) -> ! {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: `top` is a stack's, aligned to 16 bytes; nothing of the old stack is used again.
    unsafe {
        core::arch::asm!(
            "mov rsp, {top}",
            "xor ebp, ebp",
            "call {f}",
            "ud2",
            top = in(reg) top,
            f = in(reg) f,
            options(noreturn),
        )
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: as above. A frame pointer of 0 ends the chain of frames.
    unsafe {
        core::arch::asm!(
            "mov sp, {top}",
            "mov x29, xzr",
            "blr {f}",
            "udf #0",
            top = in(reg) top,
            f = in(reg) f,
            options(noreturn),
        )
    }
}
