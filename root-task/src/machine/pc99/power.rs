// SPDX-License-Identifier: BSD-2-Clause
//! The end: power off, reboot, halt (SPEC M-2). Who halts a machine first stops every thread: see `Supervisor::end`.

use partenza_lifecycle::Ending;
use partenza_plan::AtEnd;
use sel4::cap;

/// Reset control register of the PC's chipset: 2 asks for a hard reset, 6 performs it.
pub const RESET: u16 = 0xcf9;
/// Command port of the keyboard controller, for machines without that register.
pub const KEYBOARD: u16 = 0x64;

#[derive(Clone, Copy)]
pub struct Power {
    /// Ports, port and value of ACPI's power-off, if the platform has one.
    pub off: Option<(cap::IOPort, u16, u16)>,
    /// [`RESET`] and [`KEYBOARD`].
    pub reset: cap::IOPort,
    pub keyboard: cap::IOPort,
    /// What follows a failed boot.
    pub on_failure: AtEnd,
}

impl Power {
    /// What `ending` means for the machine.
    #[must_use]
    pub fn after(self, ending: Ending) -> AtEnd {
        match ending {
            Ending::PowerOff => AtEnd::PowerOff,
            Ending::Reboot => AtEnd::Reboot,
            Ending::Halt => AtEnd::Halt,
            Ending::Panic => self.on_failure,
        }
    }

    /// Everybody else stands still.
    pub fn finish(self, at_end: AtEnd) -> ! {
        self.act(at_end);
        halt()
    }

    /// What can be done about it from here; returns when nothing could.
    pub fn act(self, at_end: AtEnd) {
        match at_end {
            AtEnd::PowerOff => {
                if let Some((ports, port, value)) = self.off {
                    let _ = ports.ioport_out16(port, value);
                }
            }
            AtEnd::Reboot => {
                let _ = self.reset.ioport_out8(RESET, 2);
                let _ = self.reset.ioport_out8(RESET, 6);
                let _ = self.keyboard.ioport_out8(KEYBOARD, 0xfe);
            }
            AtEnd::Halt => {}
        }
    }
}

/// Stops Init for good.
pub fn halt() -> ! {
    sel4::init_thread::suspend_self()
}
