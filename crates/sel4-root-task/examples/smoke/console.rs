// SPDX-License-Identifier: BSD-2-Clause
//! Lines on the machine's console, also of a panic.

use core::fmt::{self, Write};

use crate::machine::Machine;

/// The machine, so that a panic can print whatever went wrong before.
static mut MACHINE: Option<Machine> = None;

#[derive(Clone, Copy)]
pub struct Console {
    machine: Machine,
}

impl Console {
    pub fn new(machine: Machine) -> Self {
        // SAFETY: one thread, before anything reads it.
        unsafe { MACHINE = Some(machine) };
        Self { machine }
    }

    pub fn print(&mut self, arguments: fmt::Arguments<'_>) {
        let _ = self.write_fmt(arguments);
    }
}

impl Write for Console {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        s.bytes().try_for_each(|byte| self.machine.put(byte)).map_err(|_| fmt::Error)
    }
}

pub fn panicked(info: &core::panic::PanicInfo<'_>) {
    // SAFETY: written once, before any other thread runs.
    let Some(machine) = (unsafe { MACHINE }) else { return };
    let mut console = Console { machine };
    console.print(format_args!("FAILED: {info}\n"));
    if let Some(failure) = sel4::last_failure() {
        console.print(format_args!("last failed invocation: {failure}\n"));
    }
    machine.fail()
}

/// Checks that something holds, and says so.
#[macro_export]
macro_rules! check {
    ($kit:expr, $what:expr, $holds:expr) => {
        assert!($holds, "{}: {}", $what, stringify!($holds));
        $kit.console.print(format_args!("ok {}\n", $what));
    };
}
