// SPDX-License-Identifier: BSD-2-Clause
//! The system call instruction.

use core::arch::asm;

use crate::sys::Registers;

/// Enters the kernel: number in `rdx`, capability or badge in `rdi`, message info in `rsi`,
/// message registers in `r10 r8 r9 r15`. The kernel gives back the last six. `syscall` itself
/// takes `rcx` and `r11`, and this kernel loses `rsp`, which therefore waits in `r14`: a register
/// that the kernel restores, also when the thread is resumed after its registers were written.
///
/// # Safety
/// The kernel does what the capability and label say, to memory too: whoever passes the label of
/// an unmap, a revoke or a write to a thread's registers answers for what that takes away.
#[inline(always)]
pub unsafe fn trap(number: i64, input: Registers) -> Registers {
    let Registers { cap_or_badge: mut rdi, info: mut rsi, mrs: [mut r10, mut r8, mut r9, mut r15] } = input;
    // SAFETY: all registers that the kernel changes are outputs or clobbers, the stack pointer is
    // restored, nothing is pushed; memory may change (the IPC buffer), so it is not `nomem`.
    unsafe {
        asm!(
            "mov r14, rsp",
            "syscall",
            "mov rsp, r14",
            in("rdx") number,
            inout("rdi") rdi,
            inout("rsi") rsi,
            inout("r10") r10,
            inout("r8") r8,
            inout("r9") r9,
            inout("r15") r15,
            lateout("rcx") _,
            lateout("r11") _,
            out("r14") _,
            options(nostack),
        );
    }
    Registers { cap_or_badge: rdi, info: rsi, mrs: [r10, r8, r9, r15] }
}
