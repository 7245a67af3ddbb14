// SPDX-License-Identifier: BSD-2-Clause
//! `terminal`: a shell on the first serial line.
//!
//! The console is Init's until this service is ready, and its own from then on: the greeting comes after the
//! Supervisor has taken note. Input is driven by interrupts; what commands do is in `partenza-shell`.
#![no_std]
#![no_main]

mod uart;
mod world;

use partenza_service::{Code, Context, InfoText, Interrupt, Ports, Service, give_up, serve};
use partenza_shell::Shell;
use sel4_microkit::{Handler, protection_domain};
use static_cell::ConstStaticCell;

use uart::{COM1, Uart};
use world::World;

static SHELL: ConstStaticCell<Shell> = ConstStaticCell::new(Shell::new());

struct Terminal {
    shell: &'static mut Shell,
    uart: Option<Uart>,
}

impl Service for Terminal {
    fn start(&mut self, _context: &Context) -> Result<(), Code> {
        self.uart = Some(Uart::new(Ports::find(COM1)?));
        Ok(())
    }

    fn started(&mut self, context: &Context) {
        let Some(uart) = &mut self.uart else { return };
        if let Err(code) = uart.listen() {
            give_up(context, code);
        }
        // A line that takes nothing more has nobody who could be told; so below.
        let _ = self.shell.greet(&mut World::new(context), uart);
    }

    fn interrupt(&mut self, context: &Context, interrupt: Interrupt) {
        // The line is edge-triggered: a byte that comes from here on interrupts again.
        interrupt.acknowledge();
        let Some(uart) = &mut self.uart else { return };
        while let Some(byte) = uart.receive() {
            let _ = self.shell.byte(byte, &mut World::new(context), uart);
        }
    }

    fn describe(&self, _context: &Context, text: &mut InfoText) {
        text.push("shell on COM1, 115200 baud");
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Terminal { shell: SHELL.take(), uart: None })
}
