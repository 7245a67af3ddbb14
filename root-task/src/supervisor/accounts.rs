// SPDX-License-Identifier: BSD-2-Clause
//! Accounts for `make bench`: instructions (the TSC, under QEMU's `-icount shift=0`) and system calls by kind, per
//! service and per phase; after the boot, of what a restart takes.
//!
//! What Init does for a service is on that service's account; time that Init spends waiting belongs to the service
//! whose message ends the wait, because it ran meanwhile. The bookkeeping's own instructions are on nobody's.

use alloc::vec;
use alloc::vec::Vec;

use partenza_plan::ServiceId;
use partenza_protocol::event::Event;
use sel4::sys::counters::{Counters, read};

use crate::machine::clock::tsc;

/// Services whose system calls are listed by kind; for the others the sum must do.
pub const DETAILED: usize = 16;

#[derive(Clone)]
pub struct Share {
    pub cycles: u64,
    /// Init's calls on the service's behalf.
    pub counters: Counters,
    /// Calls of the service that reached Init.
    pub messages: u32,
}

/// A part of the boot.
pub struct Phase {
    pub name: &'static str,
    pub cycles: u64,
    pub counters: Counters,
}

pub struct Accounts {
    shares: Vec<Share>,
    phases: Vec<Phase>,
    holder: Option<ServiceId>,
    since: u64,
    counted: Counters,
    phase_since: u64,
    phase_counted: Counters,
    closed: bool,
    /// Failed after the boot: its account is open again, until it is ready.
    failed: Option<ServiceId>,
}

impl Accounts {
    /// The first phase began at the TSC value `origin`, before anything was counted.
    #[must_use]
    pub fn new(services: usize, origin: u64) -> Self {
        Self {
            shares: vec![Share { cycles: 0, counters: Counters::ZERO, messages: 0 }; services],
            phases: Vec::with_capacity(4),
            holder: None,
            since: origin,
            counted: read(),
            phase_since: origin,
            phase_counted: Counters::ZERO,
            closed: false,
            failed: None,
        }
    }

    /// The phase `name` ends here.
    pub fn end_phase(&mut self, name: &'static str) {
        let (now, counted) = (tsc(), read());
        let counters = counted.since(&self.phase_counted);
        self.phases.push(Phase { name, cycles: now - self.phase_since, counters });
        self.phase_since = tsc();
        self.phase_counted = counted;
    }

    /// What follows is on `holder`'s account.
    pub fn switch(&mut self, holder: Option<ServiceId>) {
        let now = tsc();
        let counted = read();
        if let Some(share) = self.holder.and_then(|id| self.shares.get_mut(id.0 as usize))
            && !self.closed
        {
            share.cycles += now - self.since;
            share.counters = counted.since(&self.counted).plus(&share.counters);
        }
        self.holder = holder;
        self.counted = counted;
        self.since = tsc();
    }

    /// Closes the holder's account up to here, and goes on with it.
    pub fn settle(&mut self) {
        self.switch(self.holder);
    }

    /// What was done since the last switch is on nobody's account.
    pub fn skip(&mut self) {
        self.counted = read();
        self.since = tsc();
    }

    /// A message of `holder` arrived: the wait was its time.
    pub fn arrived(&mut self, holder: ServiceId) {
        self.holder = Some(holder);
        if let Some(share) = self.shares.get_mut(holder.0 as usize)
            && !self.closed
        {
            share.messages += 1;
        }
        self.switch(Some(holder));
    }

    /// A fault of `id`. After the boot a new account begins, of what it takes until it is ready again.
    pub fn failed(&mut self, id: ServiceId) {
        self.switch(Some(id));
        if let Some(share) = self.shares.get_mut(id.0 as usize).filter(|_| self.closed) {
            *share = Share { cycles: 0, counters: Counters::ZERO, messages: 0 };
            self.closed = false;
            self.failed = Some(id);
        }
    }

    /// `id` is ready: the account that its fault opened is closed, if there is one.
    pub fn restarted(&mut self, id: ServiceId) -> Option<Event<'static>> {
        self.failed.take_if(|failed| *failed == id)?;
        self.switch(None);
        self.closed = true;
        Some(self.cost(id, "fault to ready"))
    }

    /// What stands on a service's account.
    #[must_use]
    pub fn cost(&self, id: ServiceId, what: &'static str) -> Event<'static> {
        let share = self.share(id);
        let syscalls = share.counters.total() + share.messages;
        Event::Cost { service: Some(id), what, cycles: share.cycles, syscalls }
    }

    /// The boot is over.
    pub fn close(&mut self) {
        self.switch(None);
        self.closed = true;
        self.end_phase("boot");
    }

    #[must_use]
    pub fn share(&self, id: ServiceId) -> &Share {
        &self.shares[id.0 as usize]
    }

    #[must_use]
    pub fn phases(&self) -> &[Phase] {
        &self.phases
    }
}
