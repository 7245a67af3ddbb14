// SPDX-License-Identifier: BSD-2-Clause
//! The system call instruction.

use crate::sys::Registers;

/// Enters the kernel: number in `x7`, capability or badge in `x0`, message info in `x1`, message registers in `x2` to `x5`.
/// The kernel gives back the last six and keeps all other registers.
///
/// # Safety
/// The kernel does what the capability and label say, to memory too: whoever passes the label of
/// an unmap, a revoke or a write to a thread's registers answers for what that takes away.
#[cfg(target_arch = "aarch64")]
#[inline(always)]
pub unsafe fn trap(number: i64, input: Registers) -> Registers {
    let Registers { cap_or_badge: mut x0, info: mut x1, mrs: [mut x2, mut x3, mut x4, mut x5] } = input;
    // SAFETY: all registers that the kernel changes are outputs, nothing is pushed; memory may change (the IPC buffer), so
    // it is not `nomem`.
    unsafe {
        core::arch::asm!(
            "svc #0",
            in("x7") number,
            inout("x0") x0,
            inout("x1") x1,
            inout("x2") x2,
            inout("x3") x3,
            inout("x4") x4,
            inout("x5") x5,
            options(nostack),
        );
    }
    Registers { cap_or_badge: x0, info: x1, mrs: [x2, x3, x4, x5] }
}

/// Unit tests of this ABI run on hosts of another architecture, where there is no such instruction; none of them calls it.
///
/// # Safety
/// None needed: it panics.
#[cfg(not(target_arch = "aarch64"))]
pub unsafe fn trap(number: i64, _input: Registers) -> Registers {
    unreachable!("system call {number} of AArch64 on a host that is none")
}
