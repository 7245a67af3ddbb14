// SPDX-License-Identifier: BSD-2-Clause
//! Turns: what was decided about a service is done as soon as everything around it allows.
//!
//! A turn does at most one thing that takes time. What stands in the way is told to move, and brings the service
//! back into the queue when it has: a dependency when its start has an outcome, a dependent when it is gone. Waiting
//! goes along the edges, which have no cycles: for its dependencies upwards to start, for its dependents downwards
//! to stop; and a start that waits for dependents to be gone waits for stops, which wait for no start.

use crate::event::Sink;
use crate::machine::Machine;
use crate::record::{Aim, Presence};
use crate::spec::{DepKind, ServiceId, StartMode};
use crate::state::{BootState, Reason, ServiceState, StartPhase};

/// Turns without an action in one step; the rest is due at once.
const TURNS_PER_STEP: usize = 8;

impl Machine<'_> {
    /// Whether a step now would give turns.
    pub(crate) fn has_turns(&self) -> bool {
        let some = !self.turns.is_empty()
            || (self.boot == BootState::SupervisorMode && usize::from(self.cursor) < self.records.len());
        some && self.creating.is_none() && self.is_alive()
    }

    /// Gives turns until one asks something of the executor or of a service.
    pub(crate) fn advance_turns(&mut self, sink: &mut dyn Sink) {
        for _ in 0..TURNS_PER_STEP {
            if !self.has_turns() {
                return;
            }
            match self.turns.pop(self.records) {
                Some(service) => {
                    if self.aim_turn(service, sink) {
                        return;
                    }
                }
                None => self.next_deferred(sink),
            }
        }
    }

    /// After the boot, what was put off has its turn, in plan order (SPEC C-6).
    fn next_deferred(&mut self, sink: &mut dyn Sink) {
        let service = ServiceId(self.cursor);
        self.cursor += 1;
        let record = &self.records[service.index()];
        let is_new = record.state == ServiceState::Pending && record.aim == Aim::Keep;
        if is_new && self.config.spec(service).start == StartMode::Deferred {
            self.start(service, false, sink);
        }
    }

    /// Has it started when it may be; what it requires as well, if that was never started or the start is deliberate.
    pub(crate) fn start(&mut self, service: ServiceId, deliberate: bool, sink: &mut dyn Sink) {
        self.records[service.index()].deliberate = deliberate;
        self.aim(service, Aim::Start, Reason::Requested, sink);
    }

    /// `true`: it asked for something that takes time.
    fn aim_turn(&mut self, service: ServiceId, sink: &mut dyn Sink) -> bool {
        match self.records[service.index()].aim {
            Aim::Keep => false,
            Aim::Start => self.start_turn(service, sink),
            Aim::Cycle | Aim::Fail | Aim::Stop | Aim::Disable => self.stop_turn(service, sink),
        }
    }

    fn start_turn(&mut self, service: ServiceId, sink: &mut dyn Sink) -> bool {
        let record = &self.records[service.index()];
        let state = record.state;
        // What has exhausted its retries has failed as far as the boot is concerned, and goes on after it.
        let forlorn = record.forlorn && self.is_booting();
        let early = matches!(state, ServiceState::Restarting { until } if self.now < until || forlorn);
        if record.presence != Presence::Absent || record.unsettled > 0 || early {
            return false;
        }
        if self.renew_sidecars(service, sink) {
            return false;
        }
        if self.missing(service).is_some() {
            self.bring_up_missing(service, sink);
            return false;
        }
        self.elect(service, true, sink);
        if self.clear_the_way(service, sink) {
            return false;
        }
        if matches!(state, ServiceState::Restarting { .. }) && !self.begin_restart(service, sink) {
            return false;
        }
        self.create(service, sink);
        true
    }

    /// Has everything started that the service requires and that does not run; or gives the service up. On purpose
    /// only once: what fails again is not tried again. One that retries for ever is not open and comes back all the
    /// same: what restarts waits for it, as little open itself; what starts anew does not.
    fn bring_up_missing(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        let record = &mut self.records[service.index()];
        let deliberate = core::mem::take(&mut record.deliberate);
        let restarts = matches!(record.state, ServiceState::Restarting { .. })
            || matches!(record.why, Some(Reason::RestartsWith(_) | Reason::SharesFateOf(_)));
        let may_wait = restarts && record.decided;
        for dep in self.config.deps_of(service) {
            let state = self.records[dep.on.index()].state;
            if state.is_up() || !self.counts(dep) || !self.config.kind(dep).is_required() {
                continue;
            }
            if may_wait && matches!(state, ServiceState::Restarting { .. }) {
                self.records[service.index()].patient = true;
            } else if !self.bring_up_any(service, dep, deliberate, sink) {
                return self.unstartable(service, dep.on, sink);
            }
        }
        self.reopen(service, sink);
    }

    /// A sidecar that is about to stop with the last incarnation starts anew with the next. `true`: one has to.
    fn renew_sidecars(&mut self, service: ServiceId, sink: &mut dyn Sink) -> bool {
        let mut renewed = false;
        for dep in self.config.deps_of(service) {
            if dep.kind == DepKind::Sidecar && self.records[dep.on.index()].aim == Aim::Stop {
                self.aim(dep.on, Aim::Cycle, Reason::SharesFateOf(service), sink);
                renewed = true;
            }
        }
        renewed
    }

    /// Has a service started because another needs it. `false`: what was stopped or given up is only started on
    /// purpose, and what is disabled not at all.
    pub(crate) fn bring_up(&mut self, service: ServiceId, deliberate: bool, sink: &mut dyn Sink) -> bool {
        let record = &self.records[service.index()];
        if record.aim == Aim::Stop && deliberate {
            self.aim(service, Aim::Cycle, Reason::Requested, sink);
            return true;
        }
        let may = match record.state {
            ServiceState::Pending => true,
            ServiceState::Stopped => deliberate || matches!(record.reason, Some(Reason::SharesFateOf(_))),
            ServiceState::Failed | ServiceState::Crashed | ServiceState::Unhealthy => deliberate,
            _ => false,
        };
        if may {
            self.start(service, deliberate, sink);
        }
        may
    }

    fn stop_turn(&mut self, service: ServiceId, sink: &mut dyn Sink) -> bool {
        let record = &self.records[service.index()];
        let aim = record.aim;
        match record.state {
            // Its answer comes back to this.
            ServiceState::Starting(StartPhase::Creating) | ServiceState::Stopping(_) => return false,
            // There is nothing to stop; the start is asked for again.
            ServiceState::Pending
            | ServiceState::Failed
            | ServiceState::Crashed
            | ServiceState::Unhealthy
                if aim == Aim::Cycle =>
            {
                self.aim(service, Aim::Start, Reason::Requested, sink);
                return false;
            }
            // A start that was still waited for is called off.
            _ if record.presence != Presence::Present => {
                self.rest(service, None, sink);
                return false;
            }
            _ => {}
        }
        let blocked =
            if aim == Aim::Cycle { self.clear_the_way(service, sink) } else { self.serves_a_module(service) };
        if blocked {
            return false;
        }
        self.stop(service, sink);
        true
    }

    /// Where an aim that ended the service leaves it; `end` tells how it ended, if not as asked.
    pub(crate) fn rest(&mut self, service: ServiceId, end: Option<Reason>, sink: &mut dyn Sink) {
        let record = &mut self.records[service.index()];
        let (next, to) = match record.aim {
            Aim::Cycle => (Aim::Start, ServiceState::Stopped),
            Aim::Fail => (Aim::Keep, ServiceState::Failed),
            Aim::Disable => (Aim::Keep, ServiceState::Disabled),
            Aim::Keep | Aim::Start | Aim::Stop => (Aim::Keep, ServiceState::Stopped),
        };
        record.aim = next;
        let (why, reason) = (record.why, end.or(record.why));
        self.enter(service, to, reason, sink);
        if next == Aim::Start {
            self.turns.push(self.records, service);
        }
        if let (ServiceState::Failed, Some(why)) = (to, why) {
            self.give_up(service, why, sink);
        }
    }

    /// A sidecar stops after its module (SPEC S-3).
    fn serves_a_module(&self, service: ServiceId) -> bool {
        self.module_of(service).is_some_and(|module| self.records[module.index()].stands())
    }
}
