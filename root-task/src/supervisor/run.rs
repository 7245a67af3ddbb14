// SPDX-License-Identifier: BSD-2-Clause
//! The one loop: Init while it boots, the Supervisor afterwards (SPEC B-3, E, I-1).
//!
//! Rules it lives by:
//! * It receives, replies and signals. It never sends to, calls, or waits for one service (SPEC A-6).
//! * The lifecycle machine decides, this file does: actions are performed at once, and what came of them goes back as
//!   events, until there is nothing left to do.
//! * Who speaks is told by the badge, which Init minted, never by what the message says (SPEC G-2).
//! * Nothing is allocated after the boot. Every step is bounded.
//! * A turn receives at most one message and serves a few deadlines; how deadlines and messages take turns, and when
//!   everybody else runs, is in `pace.rs`.

use partenza_lifecycle::{Event as Life, Instant};
use partenza_protocol::{Badge, Sender};
use sel4::{RecvWithMRs, cap};

use crate::objects::cspace::{Slot, own};
use crate::supervisor::pace;
use crate::supervisor::state::{EVENTS_SOURCE, Supervisor, TIMER_SOURCE};

impl Supervisor {
    /// Boots the system and supervises it. Never returns.
    pub fn run(&mut self) -> ! {
        self.calls.begin_with_nobody(&mut self.services);
        self.pace.went_on(self.services.clock.now());
        self.feed(Life::Begin);
        loop {
            let message = self.next_message();
            if let Some(message) = &message {
                self.on_message(message);
            }
            self.serve_deadlines(message.is_none());
            self.subscribers.tell(&self.services);
        }
    }

    /// Serves what is due, within the bounds of a turn. `quiet`: nobody waits to be received who could have answered.
    fn serve_deadlines(&mut self, quiet: bool) {
        let began = self.services.clock.now();
        if self.period_ends.is_some_and(|end| end <= began) {
            self.end_period();
        }
        if self.calls.former.look.is_some_and(|at| at <= began) {
            self.calls.settle_all(&mut self.services);
        }
        if self.pace.pauses(began) {
            return;
        }
        let mut now = began;
        for _ in 0..pace::DEADLINES_PER_TURN {
            // One tick serves one deadline.
            let due = self.services.machine.next_deadline().is_some_and(|deadline| deadline <= now);
            if !due || now.since(began) >= pace::LONG || (!quiet && self.services.machine.blames_at(now)) {
                return;
            }
            self.feed(Life::Tick);
            now = self.services.clock.now();
        }
    }

    fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let flow = (now < self.quiet_until).then_some(self.quiet_until);
        let others = [flow, self.period_ends, self.calls.former.look, self.services.journal.next_look()];
        self.services.machine.next_deadline().into_iter().chain(others.into_iter().flatten()).min()
    }

    /// The next message or signal, answering whoever is owed an answer; `None`: a deadline is due, and nobody waits who is
    /// to be heard first. What is decided here is decided by one reading of the clock.
    fn next_message(&mut self) -> Option<RecvWithMRs> {
        let now = self.services.clock.now();
        if now >= self.quiet_until || self.services.journal.pressing() {
            self.services.journal.start_flow();
        }
        self.services.journal.pump_console(now);
        if let Some(worked) = self.pace.worked_long(now) {
            if let Some(accounts) = &mut self.given.accounts {
                accounts.settle();
            }
            self.services.machine.excuse(worked);
            if let Some(accounts) = &mut self.given.accounts {
                // It is done for all, and is not what the service of the moment costs.
                accounts.skip();
            }
        }
        let deadline = self.pace.not_before(self.next_deadline(now));
        let endpoint: cap::Endpoint = self.given.cspace.cap(own::ENDPOINT);
        if deadline.is_some_and(|deadline| deadline <= now) {
            if !self.pace.may_receive(self.services.entries.len()) {
                return None;
            }
            if let Some((info, words)) = self.outbox.take() {
                sel4::reply_with_mrs(info, words);
            }
            let message = endpoint.nb_recv_with_mrs(());
            return self.pace.received(message.badge != 0).then_some(message);
        }
        if deadline != self.armed {
            match deadline {
                Some(deadline) => self.given.timer.arm(now, deadline),
                None => self.given.timer.rest(),
            }
            self.armed = deadline;
        }
        let message = match self.outbox.take() {
            Some((info, words)) => endpoint.reply_recv_with_mrs(info, words, ()),
            None => endpoint.recv_with_mrs(()),
        };
        let woke = self.services.clock.now();
        if let Some(stood_still) = self.pace.woke(now, deadline, woke) {
            self.services.machine.excuse(stood_still);
        }
        Some(message)
    }

    fn on_message(&mut self, message: &RecvWithMRs) {
        match Badge(message.badge).sender() {
            Sender::Control(id) if self.services.knows(id) => {
                if let Some(accounts) = &mut self.given.accounts {
                    accounts.arrived(id);
                }
                self.inbox.fill(message, self.services.entries[id.0 as usize].incarnation);
                self.on_control(id, message.info);
            }
            Sender::Fault(id) if self.services.knows(id) => {
                let fault = sel4::with_ipc_buffer(|buffer| sel4::Fault::from_recv(buffer, message));
                self.on_fault(id, fault);
            }
            Sender::DeadServer { service, channel } if self.services.knows(service) => {
                self.inbox.fill(message, self.services.entries[service.0 as usize].incarnation);
                self.on_call_without_server(service, channel);
            }
            Sender::Notification(sources) => self.on_signals(sources),
            // Init minted no such badge, so there is nobody to blame or to answer.
            Sender::Control(_) | Sender::Fault(_) | Sender::DeadServer { .. } | Sender::Unknown => {}
        }
    }

    fn on_signals(&mut self, sources: u32) {
        // An edge that comes while the interrupt is masked is lost, so it is let in again before its source is served.
        if sources & (1 << TIMER_SOURCE) != 0 {
            self.acknowledge(own::TIMER_IRQ);
            self.armed = None;
        }
        if sources & (1 << EVENTS_SOURCE) != 0 {
            self.acknowledge(own::EVENTS_IRQ);
            self.on_line();
        }
    }

    fn acknowledge(&self, slot: Slot) {
        // The handler is Init's own; there is nothing that could refuse this.
        let _ = self.given.cspace.cap::<sel4::cap_type::IrqHandler>(slot).irq_handler_ack();
    }
}
