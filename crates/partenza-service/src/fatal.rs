// SPDX-License-Identifier: BSD-2-Clause
//! The end of an incarnation, on purpose: a write into the null page, which is never mapped.

use partenza_protocol::control::Level;
use partenza_protocol::{Code, GIVE_UP_MARK};

use crate::Context;

/// Says why in the event log and writes to the address that is the code's number: the fault report carries it.
pub fn give_up(context: &Context, code: Code) -> ! {
    // By hand: a number's formatting code is larger than a small service.
    let mut text = *b"gives up: PZ-E0000";
    let mut rest = code.0;
    for digit in text.iter_mut().rev().take(4) {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    context.emit(Level::Error, core::str::from_utf8(&text).unwrap_or(""));
    end(code)
}

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
