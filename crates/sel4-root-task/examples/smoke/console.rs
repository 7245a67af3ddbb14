// SPDX-License-Identifier: BSD-2-Clause
//! COM1, and two ways to end QEMU.

use core::fmt::{self, Write};

use sel4::init_thread::slot;
use sel4::{CPtr, cap};

const COM1: u16 = 0x3f8;
const LINE_STATUS: u16 = COM1 + 5;
const TRANSMITTER_EMPTY: u8 = 0x20;
/// QEMU's `isa-debug-exit`: 2v+1 is its exit status.
const DEBUG_EXIT: u16 = 0xf4;
/// The q35's power management control register, and "soft off".
const PM_CONTROL: u16 = 0x604;
const SOFT_OFF: u16 = 0x2000;

#[derive(Clone, Copy)]
pub struct Console {
    ports: cap::IOPort,
}

/// All ports are one capability, so that a panic can print whatever went wrong before.
static mut PORTS: CPtr = CPtr::from_bits(0);

impl Console {
    pub fn open(at: CPtr) -> sel4::Result<Console> {
        slot::IO_PORT_CONTROL.cap().ioport_control_issue(0, 0xffff, &crate::at(at))?;
        // SAFETY: one thread, before anything reads it.
        unsafe { PORTS = at };
        Ok(Console { ports: at.cast() })
    }

    pub fn print(&mut self, arguments: fmt::Arguments<'_>) {
        let _ = self.write_fmt(arguments);
    }

    pub fn power_off(self) -> ! {
        // Takes effect a moment later.
        let _ = self.ports.ioport_out16(PM_CONTROL, SOFT_OFF);
        sel4::init_thread::suspend_self()
    }

    pub fn fail(self) -> ! {
        let _ = self.ports.ioport_out8(DEBUG_EXIT, 16);
        sel4::init_thread::suspend_self()
    }
}

impl Write for Console {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        for byte in s.bytes() {
            while self.ports.ioport_in8(LINE_STATUS).is_ok_and(|s| s & TRANSMITTER_EMPTY == 0) {}
            self.ports.ioport_out8(COM1, byte).map_err(|_| fmt::Error)?;
        }
        Ok(())
    }
}

pub fn panicked(info: &core::panic::PanicInfo<'_>) {
    // SAFETY: written once, before the hook was set.
    let mut console = Console { ports: unsafe { PORTS }.cast() };
    console.print(format_args!("FAILED: {info}\n"));
    if let Some(failure) = sel4::last_failure() {
        console.print(format_args!("last failed invocation: {failure}\n"));
    }
    console.fail()
}

/// Checks that something holds, and says so.
#[macro_export]
macro_rules! check {
    ($kit:expr, $what:expr, $holds:expr) => {
        assert!($holds, "{}: {}", $what, stringify!($holds));
        $kit.console.print(format_args!("ok {}\n", $what));
    };
}
