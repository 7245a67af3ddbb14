// SPDX-License-Identifier: BSD-2-Clause
//! The end of an incarnation, on purpose: a write into the null page, which is never mapped.

use partenza_protocol::{Code, GIVE_UP_MARK};

/// Ends the incarnation by a fault that carries the code. Not inlined, so that the report names one place.
#[inline(never)]
pub(crate) fn end(code: Code) -> ! {
    // Page 0 is where all codes are.
    write(usize::from(code.0), GIVE_UP_MARK)
}

/// Writes to `address`, which is in the null page: what a null pointer does. Never inlined, so that the fault report
/// names it.
#[inline(never)]
pub fn crash(address: usize) -> ! {
    write(address, 0)
}

#[inline(always)]
fn write(address: usize, mark: u64) -> ! {
    let address = address & 0xfff;
    loop {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the page is never mapped in a service, so the write faults before it changes anything, and the
        // Supervisor does not resume what has faulted.
        unsafe {
            core::arch::asm!(
                "mov byte ptr [{}], 0",
                in(reg) address,
                in("rax") mark,
                options(nostack, preserves_flags),
            );
        }
        #[cfg(target_arch = "aarch64")]
        // SAFETY: as above.
        unsafe {
            core::arch::asm!(
                "strb wzr, [{}]",
                in(reg) address,
                in("x0") mark,
                options(nostack, preserves_flags),
            );
        }
    }
}
