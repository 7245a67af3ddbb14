// SPDX-License-Identifier: BSD-2-Clause
//! Where events go: into the ring always, to the human console while it is Init's, and to the event line when there
//! is time (SPEC A-4, E-1, I-6).
//!
//! What weighs something is also kept as it is, unencoded, for the last gasp ([`Recent`]).
//!
//! Recording costs a few hundred instructions and never waits. The event line ([`crate::events::event_line`]) is written only once
//! the boot is over, has stalled, or has filled half of the ring.

use partenza_lifecycle::Instant;
use partenza_plan::ServiceId;
use partenza_plan::archived::Plan;
use partenza_protocol::control::Level;
use partenza_protocol::event::{Event, Words};
use partenza_protocol::frame::{MAX_PAYLOAD, MAX_RECORD};

use crate::events::console::Console;
use crate::events::event_line::{Line, Request};
use crate::events::ring::Ring;
use crate::machine::uart::Uart;

/// Events that the last gasp shows.
const RECENT: usize = 12;

/// The last events of some weight, whole, so that whoever shows them needs no decoder.
pub struct Recent {
    events: [Option<(Instant, Event<'static>)>; RECENT],
    next: usize,
}

impl Recent {
    const EMPTY: Self = Self { events: [const { None }; RECENT], next: 0 };

    fn keep(&mut self, now: Instant, event: Event<'static>) {
        self.events[self.next] = Some((now, event));
        self.next = (self.next + 1) % RECENT;
    }

    /// Oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &(Instant, Event<'static>)> {
        let (newer, older) = self.events.split_at(self.next);
        older.iter().chain(newer).flatten()
    }
}

pub struct Journal {
    ring: Ring,
    /// Where an event is encoded before it goes into the ring.
    encoded: [u8; MAX_RECORD],
    recent: Recent,
    names: &'static Plan,
    console: Option<Console>,
    console_level: Level,
    line: Option<Line>,
}

impl Journal {
    #[must_use]
    pub fn new(
        plan: &'static Plan,
        capacity: usize,
        console: Option<Console>,
        console_level: Level,
        line: Option<Uart>,
    ) -> Self {
        Self {
            ring: Ring::new(capacity),
            encoded: [0; MAX_RECORD],
            recent: Recent::EMPTY,
            names: plan,
            console,
            console_level,
            line: line.map(Line::new),
        }
    }

    /// Keeps `event` and shows it where somebody looks.
    pub fn record(&mut self, now: Instant, event: Event<'static>) {
        let level = event.level();
        self.put(now, level, &event);
        if level <= Level::Info {
            self.recent.keep(now, event);
        }
    }

    /// What a service says, which is gone after this call.
    pub fn quote(&mut self, now: Instant, event: &Event<'_>) {
        self.put(now, event.level(), event);
    }

    fn put(&mut self, now: Instant, level: Level, event: &Event<'_>) {
        let sequence = self.ring.next_sequence();
        // Only a text longer than the protocol allows does not fit, and those are cut where they come in.
        let bytes = event.encode(sequence, now.as_micros(), &mut self.encoded).unwrap_or(&[]);
        let registers = if let Event::Crashed { fault, .. } = event { fault.registers.len() } else { 0 };
        self.ring.push(bytes, registers);
        let Some(console) = self.console.as_mut().filter(|_| level <= self.console_level) else { return };
        let micros = now.as_micros();
        let names = self.names;
        console
            .line(|out| write!(out, "[{:5}.{:03} ms] {}", micros / 1000, micros % 1000, words(names, event)));
    }

    /// The human console, if the system has one.
    #[must_use]
    pub fn console(&mut self) -> Option<&mut Console> {
        self.console.as_mut()
    }

    /// When [`Journal::pump_console`] has something to do.
    #[must_use]
    pub fn next_look(&self) -> Option<Instant> {
        self.console.as_ref()?.next_look()
    }

    /// Lets the console take what it can.
    #[inline]
    pub fn pump_console(&mut self, now: Instant) {
        if let Some(console) = &mut self.console {
            console.pump(now);
        }
    }

    /// The system goes down: the console is Init's, and is waited for from here on (SPEC B-6, E-3).
    pub fn seize_console(&mut self) {
        if let Some(console) = &mut self.console {
            console.write_at_once();
        }
    }

    #[must_use]
    pub fn recent(&self) -> &Recent {
        &self.recent
    }

    #[must_use]
    pub fn ring(&self) -> &Ring {
        &self.ring
    }

    /// Whether the ring fills faster than it may without being written out.
    #[must_use]
    pub fn pressing(&self) -> bool {
        self.line.as_ref().is_some_and(|line| line.pressing(&self.ring))
    }

    /// Lets the event line flow if it has something to say and does not flow yet.
    pub fn start_flow(&mut self) {
        if let Some(line) = &mut self.line {
            line.start(&self.ring);
        }
    }

    /// The event line interrupted; a request of the host, with its payload in `payload`.
    pub fn on_line_interrupt(&mut self, payload: &mut [u8; MAX_PAYLOAD]) -> Option<Request> {
        self.line.as_mut()?.on_interrupt(&self.ring, payload)
    }

    /// Answers a request of the host.
    pub fn answer_host(&mut self, tag: u8, label: u16, payload: &[u8]) {
        if let Some(line) = &mut self.line {
            line.answer(tag, label, payload, &self.ring);
        }
    }

    /// Writes out everything, waiting for who takes it, before the machine goes off. What nobody takes is dropped.
    pub fn flush(&mut self) {
        if let Some(console) = &mut self.console {
            console.flush();
        }
        if let Some(line) = &mut self.line {
            line.flush(&self.ring);
        }
    }
}

/// An event in words, with the plan's names. One function, so that the words are in the image once.
pub fn words<'e>(plan: &'static Plan, event: &'e Event<'e>) -> Words<'e, impl Fn(ServiceId) -> &'static str> {
    Words {
        event,
        name: move |id: ServiceId| plan.services.get(id.0 as usize).map_or("?", |service| &service.name),
    }
}
