// SPDX-License-Identifier: BSD-2-Clause
//! How messages and deadlines take turns at Init, and when everybody else runs.
//!
//! Init has the highest priority, so nobody runs while it works, and a restart whose time has always come would keep it at
//! work for ever. Rules:
//! * A deadline that somebody may have answered meanwhile is served when nobody waits to be received, or after as many
//!   messages as there are services: each can have one waiting. So neither waits for the other without a bound.
//! * A turn serves at most [`DEADLINES_PER_TURN`] deadlines, and none after [`LONG`].
//! * Whoever works for [`LONG`] without waiting lets everybody else run for [`PAUSE`]: messages are received, deadlines wait.
//! * Time in which no service could run, because Init worked for long or the machine stood still, is taken from nobody:
//!   the deadlines of services are that much later.

use partenza_lifecycle::{Duration, Instant};

/// Deadlines that one turn serves at most.
pub(crate) const DEADLINES_PER_TURN: usize = 4;
/// What Init may work before others have to have run. What is shorter is within what a deadline may be late anyway.
pub(crate) const LONG: Duration = Duration::from_millis(1);
/// How long others run then.
const PAUSE: Duration = Duration::from_millis(1);
/// A wake that comes so long after its deadline is not Init's own doing: the machine stood still.
const STOOD_STILL: Duration = Duration::from_millis(10);
/// So much of a wait may be the clocks' own error: what wakes Init and what tells the time are two clocks, and seL4 tells the
/// rate of the second in whole MHz, so they differ by a thousandth on a processor of 1 GHz.
const CLOCKS_DIFFER: u64 = 32;

#[derive(Default)]
pub struct Pace {
    /// When Init went on after it had waited.
    since: Instant,
    /// Deadlines are not served before.
    pause_ends: Instant,
    /// Messages that went before a deadline that is due.
    passed: usize,
}

impl Pace {
    /// Init waited, and others ran.
    pub fn went_on(&mut self, now: Instant) {
        self.since = now;
    }

    /// For how long nobody else could run, if that was long. Others are to run now.
    pub fn worked_long(&mut self, now: Instant) -> Option<Duration> {
        let worked = now.since(self.since);
        if worked < LONG {
            return None;
        }
        self.since = now;
        self.pause_ends = now.after(PAUSE);
        Some(worked)
    }

    pub fn pauses(&self, now: Instant) -> bool {
        now < self.pause_ends
    }

    /// When the deadline is to be served.
    pub fn not_before(&self, deadline: Option<Instant>) -> Option<Instant> {
        deadline.map(|deadline| deadline.max(self.pause_ends))
    }

    /// Whether somebody may still be heard before the deadline that is due.
    pub fn may_receive(&mut self, services: usize) -> bool {
        if self.passed > services {
            self.passed = 0;
            return false;
        }
        true
    }

    /// Whether there was somebody.
    pub fn received(&mut self, some: bool) -> bool {
        self.passed = if some { self.passed + 1 } else { 0 };
        some
    }

    /// Init waited from `began` on. Since then the machine stood still, if it went on so long after its deadline: nobody
    /// can tell when that began, so all of that wait is given back. A long wait may end later than a short one: see
    /// [`CLOCKS_DIFFER`].
    pub fn woke(&mut self, began: Instant, deadline: Option<Instant>, now: Instant) -> Option<Duration> {
        self.since = now;
        let late = deadline.is_some_and(|deadline| {
            let error = Duration::from_micros(deadline.since(began).as_micros() / CLOCKS_DIFFER);
            now.since(deadline) >= STOOD_STILL.max(error)
        });
        late.then(|| now.since(began))
    }
}
