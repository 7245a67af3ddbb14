// SPDX-License-Identifier: BSD-2-Clause
//! Services that are made to wait: those that ask too much (SPEC S-4), and those that wait for another to start
//! (SPEC C-6).
//!
//! A service waits by being suspended before its message is handled; when it is resumed the kernel repeats the system
//! call that it stands in. So nothing is kept of a message that waits, no reply is owed meanwhile, and a message that
//! asks nothing, which needs no repeating, slows its sender down just the same.
//!
//! Requests are counted per service in periods that are the same for all. Whoever is over its budget waits for the end
//! of the period, and the lifecycle machine is told, which degrades it, and restarts it when it does so again and
//! again. Init's work for one service is bounded that way, and with it what the others notice.

use partenza_lifecycle::{Event as Life, Instant};
use partenza_plan::ServiceId;
use partenza_protocol::Op;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::price::price;

use crate::executor::Executor;
use crate::lifecycle::life;
use crate::refused::{During, Refused, Step};
use crate::supervisor::Supervisor;

/// What a service waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Parked {
    #[default]
    No,
    /// The end of the period.
    Throttled,
    /// That this service is up, or at rest.
    Awaits(ServiceId),
}

/// Those that wait, all services together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parking {
    /// When those that are throttled go on; `None` while there is none.
    pub release: Option<Instant>,
    /// How many wait for another service.
    awaiting: u16,
}

impl Supervisor {
    /// Charges a service for a message. `false`: it is over its budget, and the message is not to be handled now.
    pub(crate) fn charge(&mut self, id: ServiceId, op: Option<Op>) -> bool {
        let budget = self.plan.overload;
        let length = budget.period.max(1);
        let period = self.clock.now().as_micros() / length;
        let entry = &mut self.entries[id.0 as usize];
        if entry.period != period {
            (entry.period, entry.spent) = (period, 0);
        }
        // A program is many pieces: who may deliver is slowed down, is not blamed, and keeps half of its budget.
        let permissions = self.plan.service(id).permissions;
        let delivers = op == Some(Op::Deliver) && permissions.allows(Op::Deliver);
        // A whole log is many pages: who reads it is slowed down, and is not blamed.
        let reads = matches!(op, Some(Op::Log | Op::Registers));
        let limit = if delivers { budget.requests / 2 } else { budget.requests };
        let spent = entry.spent.saturating_add(price(op, self.inbox.payload().len()).min(limit));
        if spent <= limit {
            entry.spent = spent;
            return true;
        }
        self.park(id, Parked::Throttled);
        self.parking.release = Some(Instant::from_micros((period + 1) * length));
        if !delivers && !reads && self.machine.state(life(id)).is_some_and(|state| state.is_up()) {
            self.entries[id.0 as usize].last_error = Some(SupervisorError::Overload.code());
            self.feed(Life::Flooded(life(id)));
        }
        false
    }

    /// Suspends the sender of the message that is being handled.
    pub(crate) fn park(&mut self, id: ServiceId, why: Parked) {
        if let Err(refused) = self.executor.suspend(id) {
            return self.blame(id, refused);
        }
        // Its parent may have let it go on, and it asks again.
        self.forget_parked(id);
        self.entries[id.0 as usize].parked = why;
        if let Parked::Awaits(_) = why {
            self.parking.awaiting += 1;
        }
    }

    /// The end of a period.
    pub(crate) fn release_throttled(&mut self) {
        self.parking.release = None;
        self.release(|parked| parked == Parked::Throttled);
    }

    /// `id` is up, or at rest: who waited for it calls again.
    pub(crate) fn release_awaiting(&mut self, id: ServiceId) {
        if self.parking.awaiting > 0 {
            self.release(|parked| parked == Parked::Awaits(id));
        }
    }

    /// The incarnation is gone, and waits no more.
    pub(crate) fn forget_parked(&mut self, id: ServiceId) {
        if let Parked::Awaits(_) = core::mem::take(&mut self.entries[id.0 as usize].parked) {
            self.parking.awaiting -= 1;
        }
    }

    fn release(&mut self, whom: impl Fn(Parked) -> bool) {
        for index in 0..self.entries.len() {
            if whom(self.entries[index].parked) {
                let id = ServiceId(index as u16);
                self.forget_parked(id);
                if let Err(refused) = self.executor.resume_where_it_stands(id) {
                    self.blame(id, refused);
                }
            }
        }
    }
}

impl Executor {
    /// Stops the thread where it stands; a system call that it stands in is given up.
    ///
    /// # Errors
    /// What the kernel refused.
    pub(crate) fn suspend(&self, id: ServiceId) -> Result<(), Refused> {
        let (_, _, slots) = self.parts(id);
        self.tcb(slots).tcb_suspend().during(Step::WriteRegisters)
    }

    /// Lets the thread go on; a system call that it stood in is made again.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn resume_where_it_stands(&self, id: ServiceId) -> Result<(), Refused> {
        let (_, _, slots) = self.parts(id);
        self.tcb(slots).tcb_resume().during(Step::WriteRegisters)
    }
}
