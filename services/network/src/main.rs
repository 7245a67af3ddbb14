// SPDX-License-Identifier: BSD-2-Clause
//! `network`: an NE2000 adapter on the ISA bus. Serves `network/link`.
//!
//! At start it looks whether the adapter answers, tells `driver_manager`, and records it. Sending and receiving are
//! not in this release; interrupts are counted and taken back at the adapter, so that a line held up by one that was
//! left running does not storm.
#![no_std]
#![no_main]

use core::fmt::Write;

use partenza_interfaces::drivers::{REGISTER, Register};
use partenza_interfaces::link::{Link, STATE};
use partenza_service::clients::{allowed, record};
use partenza_service::{Answered, Call, Code, Context, InfoText, Interrupt, Level, Ports, Service, serve};
use sel4_microkit::{Handler, protection_domain};

/// First port of the adapter, as the card's jumpers come set.
const BASE: u16 = 0x300;
/// Command register, and in page 0 the interrupt status.
const COMMAND: u16 = 0;
const INTERRUPT_STATUS: u16 = 7;
/// Stopped, no remote transfer, page 0.
const STOP: u8 = 0x21;
/// The command bits that read back as written; bit 2 tells of a transmission.
const COMMAND_MASK: u8 = 0xfb;

struct Network {
    ports: Option<Ports>,
    link: Link,
    interrupts: u32,
}

/// Stops the adapter and looks whether it took the command.
fn probe(ports: Ports) -> Result<Link, Code> {
    ports.write8(COMMAND, STOP)?;
    let command = ports.read8(COMMAND)?;
    Ok(if command & COMMAND_MASK == STOP { Link::Idle { command } } else { Link::NoAdapter })
}

impl Service for Network {
    fn start(&mut self, context: &Context) -> Result<(), Code> {
        let ports = Ports::find(BASE)?;
        self.ports = Some(ports);
        self.link = if allowed(context, "attach", "link")? { probe(ports)? } else { Link::Forbidden };
        let present = matches!(self.link, Link::Idle { .. });
        let register = Register { class: "network", device: "ne2000", present };
        context.peer("driver/registry")?.tell(REGISTER, &register)?;
        let line = match self.link {
            Link::NoAdapter => "no NE2000 answers at 0x300",
            Link::Forbidden => "using the adapter is forbidden by policy",
            Link::Idle { .. } => "an NE2000 answers at 0x300",
        };
        context.emit(Level::Info, line);
        record(context, line)?;
        Ok(())
    }

    fn call(&mut self, _context: &Context, call: &mut Call<'_>) -> Result<Answered, Code> {
        match call.label() {
            STATE => {
                call.needs_read()?;
                call.answer(&self.link)
            }
            _ => call.unknown(),
        }
    }

    fn interrupt(&mut self, _context: &Context, interrupt: Interrupt) {
        // The line is edge-triggered: what the adapter tells from here on interrupts again.
        interrupt.acknowledge();
        self.interrupts = self.interrupts.saturating_add(1);
        let (Some(ports), Link::Idle { .. }) = (self.ports, self.link) else { return };
        // Writing the status back takes back what it tells. The ports are the adapter's, so neither fails.
        if let Ok(status) = ports.read8(INTERRUPT_STATUS) {
            let _ = ports.write8(INTERRUPT_STATUS, status);
        }
    }

    fn describe(&self, _context: &Context, text: &mut InfoText) {
        // Text never fails.
        let _ = match self.link {
            Link::NoAdapter => write!(text, "no NE2000 adapter answers at {BASE:#x}"),
            Link::Forbidden => write!(text, "using the adapter is forbidden by policy"),
            Link::Idle { command } => {
                write!(text, "NE2000 adapter at {BASE:#x}, stopped, command register {command:#04x}")
            }
        };
        let _ =
            write!(text, "\n{} interrupts; sending and receiving is not in this release", self.interrupts);
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Network { ports: None, link: Link::NoAdapter, interrupts: 0 })
}
