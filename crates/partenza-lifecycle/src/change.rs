// SPDX-License-Identifier: BSD-2-Clause
//! Changes and what they mean to the neighbours: the one place where a service changes state, or is given an aim.
//!
//! A dependent looks at two things of a dependency. Whether it is *up* decides between Running and Degraded (SPEC
//! L-9). Whether it is *open* - starting, to be started, worth waiting for - decides if the dependent has its turn:
//! each service counts its open dependencies, and is queued when none is left. So nobody polls, and over a boot each
//! edge is looked at a fixed number of times.

use crate::event::{Action, Notice, Scope, Sink};
use crate::machine::Machine;
use crate::record::{Aim, Health, Presence};
use crate::setup::Dependent;
use crate::spec::{DepKind, ServiceId};
use crate::state::{BootState, Reason, ServiceState};
use crate::time::Duration;

impl Machine<'_> {
    pub(crate) fn enter(
        &mut self,
        service: ServiceId,
        to: ServiceState,
        reason: Option<Reason>,
        sink: &mut dyn Sink,
    ) {
        self.enter_here(service, to, reason, sink);
    }

    /// A deadline does not outlive the state that armed it; Running and Degraded are one in this.
    ///
    /// Inlined where every service of a boot passes: a quarter of its instructions there are the call's.
    #[inline(always)]
    pub(crate) fn enter_here(
        &mut self,
        service: ServiceId,
        to: ServiceState,
        reason: Option<Reason>,
        sink: &mut dyn Sink,
    ) {
        let record = &mut self.records[service.index()];
        let from = core::mem::replace(&mut record.state, to);
        record.reason = reason;
        let (was_up, is_up) = (from.is_up(), to.is_up());
        if !(was_up && is_up) {
            self.timers.disarm(service);
        }
        if was_up && !is_up {
            record.health = Health::default();
        }
        self.starting += u16::from(to.is_starting());
        self.starting -= u16::from(from.is_starting());
        // Who is up, or starts, waits for nothing but a server that it called; the next start waits for what it requires.
        self.longer_waits |= !is_up && !to.is_starting();
        sink.action(Action::Notice(Notice::Service { service, from, to, reason }));
        // Those that wait for one whose retries are exhausted do not count it as open.
        let called_off = matches!(from, ServiceState::Restarting { .. }) && !to.is_starting();
        self.elect(service, false, sink);
        let open = self.is_open(service);
        if was_up != is_up || called_off || open != self.records[service.index()].open {
            self.spread(service, open, was_up != is_up, sink);
        }
    }

    /// Decides what is to become of the service, and lets it have its turn.
    pub(crate) fn aim(&mut self, service: ServiceId, aim: Aim, why: Reason, sink: &mut dyn Sink) {
        let record = &mut self.records[service.index()];
        record.aim = aim;
        record.why = Some(why);
        record.patient = false;
        self.reopen(service, sink);
        self.turns.push(self.records, service);
    }

    /// Has the dependents wait, or not any longer, as what is to become of the service now asks for.
    pub(crate) fn reopen(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        self.elect(service, false, sink);
        let open = self.is_open(service);
        if open != self.records[service.index()].open {
            self.spread(service, open, false, sink);
        }
    }

    pub(crate) fn is_open(&self, service: ServiceId) -> bool {
        let record = &self.records[service.index()];
        match record.state {
            ServiceState::Starting(_) => true,
            _ if record.patient => false,
            ServiceState::Restarting { .. } => !record.forlorn,
            _ if matches!(record.aim, Aim::Start | Aim::Cycle) => true,
            ServiceState::Pending => !record.decided,
            _ => false,
        }
    }

    /// Tells the dependents.
    fn spread(&mut self, service: ServiceId, open: bool, up_changed: bool, sink: &mut dyn Sink) {
        let record = &mut self.records[service.index()];
        let was_open = core::mem::replace(&mut record.open, open);
        let stands_by = record.stands_by;
        if !open && !core::mem::replace(&mut record.decided, true) && self.is_booting() {
            self.layer.open -= 1;
        }
        for edge in self.dependents_of(service) {
            let edge = self.dependents[edge];
            if !(edge.shared && stands_by) {
                self.tell(edge, (was_open, open), up_changed, sink);
            }
        }
    }

    /// Tells a dependent that what it depends on was open or not, and is now.
    pub(crate) fn tell(
        &mut self,
        edge: Dependent,
        (was_open, open): (bool, bool),
        up_changed: bool,
        sink: &mut dyn Sink,
    ) {
        let Dependent { service: dependent, kind, .. } = edge;
        let record = &mut self.records[dependent.index()];
        record.unsettled = record.unsettled + u16::from(open) - u16::from(was_open);
        self.longer_waits |= open && !was_open;
        let unblocked = !open && record.unsettled == 0;
        if record.state.is_up() {
            if up_changed && kind.is_required() {
                self.reassess(dependent, sink);
            }
        } else if unblocked {
            self.unblock(dependent);
        }
    }

    /// Nothing that it waits for is open any more.
    fn unblock(&mut self, service: ServiceId) {
        let record = &self.records[service.index()];
        if record.aim == Aim::Start {
            self.turns.push(self.records, service);
        } else if record.state == ServiceState::Pending
            && !record.decided
            && service.0 < self.cursor
            && self.is_booting()
        {
            self.boot_turns.push(self.records, service);
        }
    }

    /// Running or Degraded, whichever it is by now.
    pub(crate) fn reassess(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        let flaw = self.flaw(service);
        match (self.records[service.index()].state, flaw) {
            (ServiceState::Running, Some(_)) => self.enter(service, ServiceState::Degraded, flaw, sink),
            (ServiceState::Degraded, None) => self.enter(service, ServiceState::Running, None, sink),
            _ => self.records[service.index()].reason = flaw,
        }
    }

    /// Why a service that is up is less than Running; what weighs most, first.
    pub(crate) fn flaw(&self, service: ServiceId) -> Option<Reason> {
        let health = &self.records[service.index()].health;
        match self.missing(service) {
            Some(missing) => Some(Reason::DependencyNotRunning(missing)),
            None if health.ailing => Some(Reason::NotWell),
            None if health.floods > 0 => Some(Reason::Flooded),
            None => None,
        }
    }

    /// The first dependency without which this service may not run and that does not run.
    pub(crate) fn missing(&self, service: ServiceId) -> Option<ServiceId> {
        let mut deps = self.config.deps_of(service).iter();
        let gone = deps.find(|dep| {
            let is_up = self.records[dep.on.index()].state.is_up();
            !is_up && self.counts(dep) && self.config.kind(dep).is_required()
        })?;
        Some(gone.on)
    }

    /// The sidecars of a service share its fate (SPEC S-3): whatever they are about, this is what becomes of them.
    pub(crate) fn share_fate(&mut self, module: ServiceId, aim: Aim, sink: &mut dyn Sink) {
        for dep in self.config.deps_of(module) {
            if dep.kind != DepKind::Sidecar || self.records[dep.on.index()].rests() {
                continue;
            }
            // A new incarnation is what one that is not there comes to anyway.
            if aim != Aim::Cycle || self.records[dep.on.index()].presence == Presence::Present {
                self.aim(dep.on, aim, Reason::SharesFateOf(module), sink);
            }
        }
    }

    /// Has what stands stopped and started again; what does not stand is left as it is.
    pub(crate) fn cycle(&mut self, service: ServiceId, why: Reason, sink: &mut dyn Sink) {
        let record = &mut self.records[service.index()];
        if record.presence == Presence::Present && record.aim == Aim::Keep {
            record.deliberate = false;
            self.aim(service, Aim::Cycle, why, sink);
            self.share_fate(service, Aim::Cycle, sink);
        }
    }

    /// Has those stopped that get a new incarnation when this service does. `true`: one of them stands in the way.
    pub(crate) fn clear_the_way(&mut self, service: ServiceId, sink: &mut dyn Sink) -> bool {
        let mut blocked = false;
        let stands_by = self.records[service.index()].stands_by;
        for edge in self.dependents_of(service) {
            let Dependent { service: dependent, kind, shared } = self.dependents[edge];
            if shared && stands_by {
                continue;
            }
            if kind.restarts_dependent() && self.records[dependent.index()].stands() {
                blocked = true;
                self.cycle(dependent, Reason::RestartsWith(service), sink);
            }
        }
        blocked
    }

    /// It is gone, so what waited for that may go on: its own new incarnation, and what it stood on.
    pub(crate) fn destroyed(&mut self, service: ServiceId) {
        let record = &mut self.records[service.index()];
        record.presence = Presence::Absent;
        if record.aim != Aim::Keep {
            self.turns.push(self.records, service);
        }
        for dep in self.config.deps_of(service) {
            if dep.kind.restarts_dependent() && self.records[dep.on.index()].aim != Aim::Keep {
                self.turns.push(self.records, dep.on);
            }
        }
    }

    pub(crate) fn arm(&mut self, service: ServiceId, timeout: Duration) {
        self.timers.arm(service, self.now.after(self.config.scaled(timeout)));
    }

    pub(crate) fn destroy(&mut self, service: ServiceId, scope: Scope, sink: &mut dyn Sink) {
        self.records[service.index()].presence = Presence::Leaving;
        self.forget_block(service);
        sink.action(Action::Destroy { service, scope });
    }

    pub(crate) fn is_booting(&self) -> bool {
        matches!(self.boot, BootState::BootingLayer(_))
    }

    /// Whether services are started and restarted.
    pub(crate) fn is_alive(&self) -> bool {
        matches!(self.boot, BootState::BootingLayer(_) | BootState::SupervisorMode)
    }

    /// The services that depend on this one, as a range of `self.dependents`.
    pub(crate) fn dependents_of(&self, service: ServiceId) -> core::ops::Range<usize> {
        let index = service.index();
        let start = if index == 0 { 0 } else { self.records[index - 1].dependents_end };
        start as usize..self.records[index].dependents_end as usize
    }
}
