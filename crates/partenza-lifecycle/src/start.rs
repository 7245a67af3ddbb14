// SPDX-License-Identifier: BSD-2-Clause
//! Starting: layers, the boot's turns, and the steps of a start.
//!
//! Every eager service of a layer gets one turn: when its dependencies have an outcome, it is created, or it fails
//! because one that it requires does not run. Turns come in plan order by a cursor; a service that is not decidable
//! when the cursor passes is queued by the dependency that settles last. So each service and each edge is looked at
//! a fixed number of times, however many there are. A layer waits for the first outcome of each of its services, and
//! not for one that ran and is restarted: else two that take turns in crashing would hold the boot for ever.

use crate::event::{Action, Notice, Sink};
use crate::layer::Layer;
use crate::machine::Machine;
use crate::record::{Aim, Presence};
use crate::spec::{Readiness, ServiceId, StartMode};
use crate::state::{BootState, Reason, ServiceState, StartPhase};

impl Machine<'_> {
    pub(crate) fn begin(&mut self, sink: &mut dyn Sink) -> bool {
        if self.boot != BootState::Initializing {
            return false;
        }
        self.boot_began = self.now;
        // One that the boot starts goes before one that waits to be asked for.
        for provider in self.config.providers {
            self.elect(provider.service, false, sink);
        }
        self.next_layer(sink);
        true
    }

    /// Gives turns until one takes time or none is left.
    pub(crate) fn advance_boot(&mut self, sink: &mut dyn Sink) {
        while self.is_booting() {
            if self.creating.is_some() || (!self.config.parallel && self.starting > 0) {
                return;
            }
            if let Some(service) = self.next_boot_turn() {
                self.boot_turn(service, sink);
            } else if self.layer.open == 0 {
                self.layer_up(sink);
            } else {
                return;
            }
        }
    }

    fn next_boot_turn(&mut self) -> Option<ServiceId> {
        // A dependency that was settled when the service was queued may be restarting by now.
        while let Some(service) = self.boot_turns.pop(self.records) {
            if self.records[service.index()].unsettled == 0 {
                return Some(service);
            }
        }
        while self.cursor < self.layer.end {
            let service = ServiceId(self.cursor);
            self.cursor += 1;
            let record = &self.records[service.index()];
            if record.unsettled == 0 && !record.decided {
                return Some(service);
            }
        }
        None
    }

    /// Creates the service, or settles that it cannot run (SPEC C-4).
    fn boot_turn(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        match self.missing(service) {
            None => self.create(service, sink),
            Some(missing) => self.unstartable(service, missing, sink),
        }
    }

    /// It requires one that does not run, so it is not started, now or by itself later.
    pub(crate) fn unstartable(&mut self, service: ServiceId, missing: ServiceId, sink: &mut dyn Sink) {
        let reason = Reason::DependencyNotRunning(missing);
        let never_ran = self.config.spec(service).start != StartMode::Deferred;
        let record = &mut self.records[service.index()];
        (record.aim, record.patient) = (Aim::Keep, false);
        // Somebody asked for it, and nothing is lost that was there.
        let was_down = match record.state {
            ServiceState::Pending => never_ran,
            ServiceState::Failed | ServiceState::Crashed | ServiceState::Unhealthy => true,
            ServiceState::Stopped => record.reason == Some(Reason::Exited(0)),
            _ => false,
        };
        if self.records[missing.index()].state == ServiceState::Disabled && self.is_booting() {
            // Held back on purpose, as is what it waits for: no failure, whether critical or not (SPEC B-4).
            return self.enter(service, ServiceState::Disabled, Some(reason), sink);
        }
        self.enter(service, ServiceState::Failed, Some(reason), sink);
        if was_down && !self.is_booting() {
            self.leave_down(service, sink);
        } else {
            self.give_up(service, reason, sink);
        }
    }

    pub(crate) fn create(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        let record = &mut self.records[service.index()];
        (record.aim, record.patient, record.presence) = (Aim::Keep, false, Presence::Present);
        self.enter_here(service, ServiceState::Starting(StartPhase::Creating), None, sink);
        self.creating = Some(service);
        let now = self.now;
        let record = &mut self.records[service.index()];
        record.incarnation = record.incarnation.wrapping_add(1);
        record.asked = Some(now);
        record.started = None;
        record.ready = None;
        sink.action(Action::Create(service));
    }

    /// Its program is there, so it may be started (SPEC D-6), unless this boot is to go without it.
    pub(crate) fn delivered(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        if self.config.is_selected(service) {
            self.enter(service, ServiceState::Pending, None, sink);
        } else {
            self.records[service.index()].reason = Some(Reason::NotInRecoverySet);
        }
    }

    pub(crate) fn created(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        self.creating = None;
        let showing = self.is_showing(service);
        if !(self.is_alive() || showing) || self.records[service.index()].aim.is_end() {
            return self.stopped(service, Reason::Shutdown, sink);
        }
        if self.config.hold == Some(service) && !showing {
            return self.enter(service, ServiceState::Disabled, Some(Reason::Held), sink);
        }
        self.records[service.index()].started = Some(self.now);
        sink.action(Action::Resume(service));
        let spec = self.config.spec(service);
        let phase = match spec.readiness {
            Readiness::None => return self.ready(service, sink),
            Readiness::Signal => StartPhase::AwaitingReady,
            Readiness::Message => StartPhase::AwaitingHello,
        };
        self.records[service.index()].state = ServiceState::Starting(phase);
        self.arm(service, spec.startup_timeout);
    }

    /// The service runs; less than fully if it lost a dependency meanwhile (SPEC L-9).
    pub(crate) fn ready(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        self.records[service.index()].ready = Some(self.now);
        let flaw = self.flaw(service);
        let state = if flaw.is_none() { ServiceState::Running } else { ServiceState::Degraded };
        self.enter_here(service, state, flaw, sink);
        if self.is_showing(service) {
            return self.stop(service, sink);
        }
        self.watch(service);
    }

    fn next_layer(&mut self, sink: &mut dyn Sink) {
        let Some(first) = self.config.services.get(usize::from(self.cursor)) else {
            return self.boot_complete(sink);
        };
        let number = first.layer;
        let (mut end, mut open) = (self.cursor, 0);
        while self.config.services.get(usize::from(end)).is_some_and(|spec| spec.layer == number) {
            open += u16::from(!self.records[usize::from(end)].decided);
            end += 1;
        }
        let budget_ends = self.config.budget_of(number).map(|budget| self.now.after(budget));
        self.layer = Layer { began: self.now, end, open, budget_ends, report_at: budget_ends };
        self.enter_boot(BootState::BootingLayer(number), sink);
    }

    fn layer_up(&mut self, sink: &mut dyn Sink) {
        self.check_budget(sink);
        if let BootState::BootingLayer(layer) = self.boot {
            let took = self.now.since(self.layer.began);
            sink.action(Action::Notice(Notice::LayerUp { layer, took }));
        }
        self.layer.report_at = None;
        self.next_layer(sink);
    }

    /// Says once that the layer takes longer than it should (SPEC R-1).
    pub(crate) fn check_budget(&mut self, sink: &mut dyn Sink) {
        let BootState::BootingLayer(layer) = self.boot else { return };
        if self.layer.report_at.is_some_and(|end| end <= self.now) {
            self.layer.report_at = None;
            if let Some(budget) = self.config.budget_of(layer) {
                sink.action(Action::Notice(Notice::LayerOverBudget { layer, budget }));
            }
        }
    }

    fn boot_complete(&mut self, sink: &mut dyn Sink) {
        let (mut degraded, mut deferred) = (false, self.records.len() as u16);
        let (mut up, mut waiting, mut failed) = (0, 0, 0);
        for service in self.config.ids() {
            let record = &self.records[service.index()];
            degraded |= self.config.boots(service) && record.state != ServiceState::Running;
            let count = if record.state.is_up() {
                &mut up
            } else if record.has_failed() {
                &mut failed
            } else {
                &mut waiting
            };
            *count += 1;
            if self.config.spec(service).start == StartMode::Deferred {
                deferred = deferred.min(service.0);
            }
            if self.records[service.index()].forlorn {
                self.turns.push(self.records, service);
            }
        }
        let took = self.now.since(self.boot_began);
        self.enter_boot(BootState::BootComplete, sink);
        sink.action(Action::Notice(Notice::BootComplete { took, degraded, up, waiting, failed }));
        self.cursor = deferred;
        self.enter_boot(BootState::SupervisorMode, sink);
    }
}
