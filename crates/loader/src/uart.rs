// SPDX-License-Identifier: BSD-2-Clause
//! The PL011 of QEMU's `virt`, which QEMU leaves switched on. Errors are all that is printed.

use core::fmt;

const DATA: *mut u32 = 0x0900_0000 as *mut u32;
const FLAGS: *const u32 = 0x0900_0018 as *const u32;
/// The transmit FIFO is full.
const FULL: u32 = 1 << 5;

pub struct Uart;

impl fmt::Write for Uart {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // SAFETY: the device's registers, which nobody else uses yet.
            unsafe {
                while FLAGS.read_volatile() & FULL != 0 {}
                DATA.write_volatile(byte.into());
            }
        }
        Ok(())
    }
}
