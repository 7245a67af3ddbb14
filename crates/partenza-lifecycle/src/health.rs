// SPDX-License-Identifier: BSD-2-Clause
//! Health of services that are up: probes, heartbeats, hangs (SPEC K), and floods (SPEC S-4).
//!
//! A bad *answer* counts: the first makes the service Degraded, `failure_threshold` in a row Unhealthy, which is taken
//! down as it stands, for what it says is what is in doubt. *No* answer within `timeout` is a hang: the service is
//! handled as if it had crashed, whatever it answered before. Both go the way of any failure (`restart.rs`).
//!
//! A service that is up has one armed deadline, the earlier of two: of its health and of its calm after a flood.

use crate::event::{Action, Directive, Sink};
use crate::machine::Machine;
use crate::spec::{Probe, ServiceId};
use crate::state::{Blocked, Reason, ServiceState};

impl Machine<'_> {
    /// From now on the service is watched; also where it was heard of and is next to be heard of later.
    pub(crate) fn watch(&mut self, service: ServiceId) {
        let spec = &self.config.spec(service).health;
        let wait = match spec.probe {
            Probe::None => return,
            Probe::Call => spec.interval,
            Probe::Heartbeat => spec.interval.plus(self.config.scaled(spec.timeout)),
        };
        let record = &mut self.records[service.index()];
        record.health.asked = false;
        if record.blocked != Blocked::No {
            // What else was armed, for its calm, may not count any more.
            return self.arm_health(service);
        }
        record.health.due = Some(self.now.after(wait));
        self.arm_health(service);
    }

    pub(crate) fn arm_health(&mut self, service: ServiceId) {
        let health = &self.records[service.index()].health;
        match health.due.into_iter().chain(health.calm).min().filter(|_| self.is_alive()) {
            Some(due) => self.timers.arm(service, due),
            None => self.timers.disarm(service),
        }
    }

    /// The deadline of a service that is up. While the system goes down nobody is probed any more.
    #[cold]
    pub(crate) fn health_due(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        if !self.is_alive() {
            return self.arm_health(service);
        }
        let spec = &self.config.spec(service).health;
        let (now, timeout) = (self.now, self.config.scaled(spec.timeout));
        let record = &mut self.records[service.index()];
        let health = &mut record.health;
        if health.due.is_some_and(|due| due <= now) {
            if health.asked || spec.probe == Probe::Heartbeat {
                return self.lost(service, ServiceState::Crashed, Reason::Hung, sink);
            }
            health.asked = true;
            health.due = Some(now.after(timeout));
            record.probe = record.probe.wrapping_add(1);
            let directive = Directive::Probe(record.probe);
            sink.action(Action::Direct { service, directive });
        } else {
            health.calm = None;
            health.floods = 0;
            self.reassess(service, sink);
        }
        self.arm_health(service);
    }

    /// It answered its probe, or sent a heartbeat.
    pub(crate) fn reported(&mut self, service: ServiceId, healthy: bool, sink: &mut dyn Sink) {
        let spec = &self.config.spec(service).health;
        let health = &mut self.records[service.index()].health;
        if healthy {
            health.bad = 0;
            health.good = health.good.saturating_add(1);
            if health.good >= spec.success_threshold {
                health.ailing = false;
            }
        } else {
            health.good = 0;
            health.bad = health.bad.saturating_add(1);
            health.ailing = true;
            if health.bad >= spec.failure_threshold {
                return self.lost(service, ServiceState::Unhealthy, Reason::NotWell, sink);
            }
        }
        self.reassess(service, sink);
        self.watch(service);
    }

    /// It exceeded its request budget.
    #[cold]
    pub(crate) fn flooded(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        let health = &mut self.records[service.index()].health;
        health.floods = health.floods.saturating_add(1);
        if let Some(overload) = self.config.overload {
            if overload.restart_after > 0 && health.floods >= overload.restart_after {
                return self.lost(service, ServiceState::Unhealthy, Reason::Flooded, sink);
            }
            health.calm = Some(self.now.after(overload.calm));
            self.arm_health(service);
        }
        self.reassess(service, sink);
    }
}
