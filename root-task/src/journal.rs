// SPDX-License-Identifier: BSD-2-Clause
//! Where events go: into the ring always, to the human console while it is Init's, and to the event line when there
//! is time (SPEC A-4, E-1, I-6).
//!
//! Recording costs a few hundred instructions and never waits. The event line is written by interrupt, 16 bytes at a
//! time, and only once the boot is over, has stalled, or has filled half of the ring.

use core::fmt::Write;

use partenza_lifecycle::Instant;
use partenza_plan::{Plan, ServiceId};
use partenza_protocol::control::Level;
use partenza_protocol::event::{Event, Record, Words};
use partenza_protocol::frame::{self, MAX_FRAME, MAX_RECORD};

use crate::ring::{Cursor, Ring};
use crate::uart::Uart;

pub struct Journal {
    ring: Ring,
    names: &'static Plan<'static>,
    console: Option<Uart>,
    console_level: Level,
    line: Option<EventLine>,
}

/// The sending side of the event line: one frame in flight.
struct EventLine {
    uart: Uart,
    cursor: Cursor,
    frame: [u8; MAX_FRAME],
    /// Bytes of `frame` still to send.
    rest: core::ops::Range<usize>,
    flowing: bool,
}

impl Journal {
    #[must_use]
    pub fn new(
        plan: &'static Plan<'static>,
        capacity: usize,
        console: Option<Uart>,
        console_level: Level,
        line: Option<Uart>,
    ) -> Self {
        let line = line.map(|uart| EventLine {
            uart,
            cursor: Cursor::default(),
            frame: [0; MAX_FRAME],
            rest: 0..0,
            flowing: false,
        });
        Self { ring: Ring::new(capacity), names: plan, console, console_level, line }
    }

    /// Keeps `event` and shows it where somebody looks.
    pub fn record(&mut self, now: Instant, event: &Event<'_>) {
        let record =
            Record { sequence: self.ring.next_sequence(), time: now.as_micros(), event: event.clone() };
        let mut bytes = [0; MAX_RECORD];
        match postcard::to_slice(&record, &mut bytes) {
            Ok(bytes) => self.ring.push(bytes),
            // Only a text longer than the protocol allows could do this, and those are cut where they come in.
            Err(_) => self.ring.push(&[]),
        }
        self.show(now, event);
    }

    fn show(&mut self, now: Instant, event: &Event<'_>) {
        let Some(console) = &mut self.console else { return };
        if level(event) > self.console_level {
            return;
        }
        let plan = self.names;
        let name = |id: ServiceId| plan.services.get(id.0 as usize).map_or("?", |service| service.name);
        let micros = now.as_micros();
        // Writing to a UART cannot fail.
        let _ = writeln!(
            console,
            "[{:5}.{:03} ms] {}",
            micros / 1000,
            micros % 1000,
            Words { event, name: &name }
        );
    }

    /// The console belongs to a service from here on.
    pub fn hand_over_console(&mut self) {
        self.console = None;
    }

    /// The console is Init's again: the system is going down (SPEC B-6, E-3).
    pub fn take_back_console(&mut self, console: Uart) {
        if self.console.is_none() {
            self.console = Some(console);
        }
    }

    #[must_use]
    pub fn console(&mut self) -> Option<&mut Uart> {
        self.console.as_mut()
    }

    #[must_use]
    pub fn ring(&self) -> &Ring {
        &self.ring
    }

    /// Whether the ring fills faster than it may without being written out.
    #[must_use]
    pub fn pressing(&self) -> bool {
        self.line.as_ref().is_some_and(|line| !line.flowing && self.ring.pressing(line.cursor))
    }

    /// Lets the event line flow if it has something to say and does not flow yet.
    pub fn start_flow(&mut self) {
        let Some(line) = &mut self.line else { return };
        if !line.flowing && line.refill(&self.ring) {
            line.flowing = true;
            line.uart.announce_idle(true);
            line.pump(&self.ring);
        }
    }

    /// The transmitter ran empty.
    pub fn on_idle_interrupt(&mut self) {
        let Some(line) = &mut self.line else { return };
        line.uart.withdraw();
        if line.flowing {
            line.pump(&self.ring);
        }
    }

    /// Writes out everything, waiting for the line: before the machine goes off.
    pub fn flush(&mut self) {
        let Some(line) = &mut self.line else { return };
        line.uart.announce_idle(false);
        line.flowing = false;
        while line.refill(&self.ring) {
            for at in line.rest.clone() {
                let byte = line.frame[at];
                line.uart.put(byte);
            }
            line.rest = 0..0;
        }
    }
}

impl EventLine {
    /// Makes sure that there are bytes to send; `false` when all is said.
    fn refill(&mut self, ring: &Ring) -> bool {
        if !self.rest.is_empty() {
            return true;
        }
        let mut record = [0; MAX_RECORD];
        let Some((len, missed, next)) = ring.read(self.cursor, &mut record) else { return false };
        self.cursor = next;
        // A gap shows in the sequence numbers; `missed` needs no record of its own on this line.
        let _ = missed;
        self.rest = 0..frame::frame(frame::Body::Event(&record[..len]), &mut self.frame).unwrap_or(0);
        !self.rest.is_empty()
    }

    fn pump(&mut self, ring: &Ring) {
        if !self.uart.idle() {
            return;
        }
        if !self.refill(ring) {
            self.flowing = false;
            self.uart.announce_idle(false);
            return;
        }
        let sent = self.uart.put_batch(&self.frame[self.rest.clone()]);
        self.rest.start += sent;
    }
}

/// How important an event is to somebody at the console.
fn level(event: &Event<'_>) -> Level {
    match event {
        Event::InitError { .. }
        | Event::BootFailed { .. }
        | Event::Failed { .. }
        | Event::Crashed { .. }
        | Event::Reclaimed { intact: false, .. } => Level::Error,
        Event::OverBudget { .. }
        | Event::Degraded { .. }
        | Event::Rejected { .. }
        | Event::WeakEntropy
        | Event::Lost { .. }
        | Event::Released { .. }
        | Event::Stopped { forced: true, .. } => Level::Warn,
        Event::Handoff { .. }
        | Event::Plan { .. }
        | Event::Ready { .. }
        | Event::Recovered { .. }
        | Event::LayerUp { .. }
        | Event::BootComplete { .. }
        | Event::ShutdownBegun
        | Event::Stopped { .. }
        | Event::Cost { .. }
        | Event::Finished => Level::Info,
        Event::Message { level, .. } => *level,
        Event::State(_)
        | Event::Registered { .. }
        | Event::Starting { .. }
        | Event::Granted { .. }
        | Event::Created { .. }
        | Event::RejectedTotal { .. }
        | Event::Stopping { .. }
        | Event::Revoked { .. }
        | Event::Reclaimed { .. } => Level::Debug,
    }
}
