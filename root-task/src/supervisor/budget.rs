// SPDX-License-Identifier: BSD-2-Clause
//! The request budget (SPEC S-4).
//!
//! Requests are counted per service in periods that are the same for all. Whoever is over its budget is suspended until
//! the period ends, and the lifecycle machine is told, which degrades it, and restarts it when it does so again and
//! again. Init's work for one service is bounded that way, and with it what the others notice.
//!
//! One that is to stop is never suspended: it has to hear that. Over its budget it is answered `Overload` and nothing is
//! done for it, but for the messages that a stop consists of. This ends with its stop, whose timeouts bound it.

use partenza_lifecycle::{Blocked, Event as Life, Instant};
use partenza_plan::ServiceId;
use partenza_protocol::Op;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::price::price;

use crate::supervisor::state::Supervisor;
use crate::system::ids::life;

/// Whether a service cannot stop without it.
fn belongs_to_a_stop(op: Option<Op>) -> bool {
    matches!(op, Some(Op::Next | Op::ReadyToStop | Op::Stopped))
}

impl Supervisor {
    /// Charges a service for a message; `op` is what it asks for and may. `false`: it is over its budget, and the message is
    /// not to be handled now.
    pub(super) fn charge(&mut self, id: ServiceId, op: Option<Op>) -> bool {
        let budget = &self.services.plan.overload;
        let length = budget.period.to_native().max(1);
        let period = self.services.clock.now().as_micros() / length;
        let entry = &mut self.services.entries[id.0 as usize];
        if entry.period != period {
            (entry.period, entry.spent) = (period, 0);
        }
        // A program is many pieces: who may deliver is slowed down, is not blamed, and keeps half of its budget.
        let delivers = op == Some(Op::Deliver);
        // A whole log is many pages: who reads it is slowed down, and is not blamed.
        let reads = matches!(op, Some(Op::Log | Op::Registers));
        let limit = if delivers { budget.requests / 2 } else { budget.requests.into() };
        let spent = entry.spent.saturating_add(price(op, self.inbox.payload().len()).min(limit));
        if spent <= limit {
            entry.spent = spent;
            return true;
        }
        if self.services.state(id).is_stopping() {
            if !belongs_to_a_stop(op) {
                self.reply(id, SupervisorError::Overload.code(), 0);
            }
            return belongs_to_a_stop(op);
        }
        self.feed(Life::Throttled(life(id)));
        if self.services.blocked(id) != Blocked::Throttled {
            return true;
        }
        self.services.hold(id);
        self.period_ends = Some(Instant::from_micros((period + 1) * length));
        if !delivers && !reads && self.services.is_up(id) {
            self.services.entries[id.0 as usize].last_error = Some(SupervisorError::Overload.code());
            self.feed(Life::Flooded(life(id)));
        }
        false
    }

    /// The end of a period.
    pub(super) fn end_period(&mut self) {
        self.period_ends = None;
        for id in self.services.ids() {
            if self.services.blocked(id) == Blocked::Throttled {
                self.feed(Life::PeriodOver(life(id)));
            }
        }
    }
}
