// SPDX-License-Identifier: BSD-2-Clause
//! Starting: layers, turns, and what becomes of a start.
//!
//! Every eager service of a layer gets one turn: when its dependencies have an outcome, it is created, or it fails
//! because one that it requires does not run. Turns come in plan order by a cursor; a service that is not decidable
//! when the cursor passes is queued by the dependency that settles last. So each service and each edge is looked at
//! a fixed number of times, however many there are.

use crate::config::{Readiness, ServiceId, StartMode};
use crate::event::{Action, Notice, Scope, Sink};
use crate::machine::{Dependent, Machine};
use crate::state::{BootState, Presence, Reason, Record, ServiceState, StartPhase};
use crate::time::Instant;

/// The layer that is being booted.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    began: Instant,
    /// One past its last service.
    end: u16,
    /// Its eager services whose start has no outcome yet.
    open: u16,
    /// When its budget is over; `None` once that is reported, or if it has none.
    pub(crate) budget_ends: Option<Instant>,
}

/// Services that the cursor passed while they waited for a dependency, and that now may have their turn: a queue
/// through [`Record::next_unblocked`]. First come, first served.
#[derive(Debug, Default)]
pub(crate) struct Unblocked {
    first: Option<ServiceId>,
    last: Option<ServiceId>,
}

impl Unblocked {
    fn push(&mut self, records: &mut [Record], service: ServiceId) {
        match self.last.replace(service) {
            Some(last) => records[last.index()].next_unblocked = Some(service),
            None => self.first = Some(service),
        }
    }

    fn pop(&mut self, records: &mut [Record]) -> Option<ServiceId> {
        let service = self.first?;
        self.first = records[service.index()].next_unblocked.take();
        if self.first.is_none() {
            self.last = None;
        }
        Some(service)
    }
}

impl Machine<'_> {
    pub(crate) fn begin(&mut self, sink: &mut dyn Sink) -> bool {
        if self.boot != BootState::Initializing {
            return false;
        }
        self.boot_began = self.now;
        self.next_layer(sink);
        true
    }

    /// Gives turns until one takes time or none is left.
    pub(crate) fn advance_boot(&mut self, sink: &mut dyn Sink) {
        while self.is_booting() {
            if self.creating.is_some() || (!self.config.parallel && self.starting > 0) {
                return;
            }
            if let Some(service) = self.next_turn() {
                self.turn(service, sink);
            } else if self.layer.open == 0 {
                self.layer_up(sink);
            } else {
                return;
            }
        }
    }

    fn next_turn(&mut self) -> Option<ServiceId> {
        if let Some(service) = self.unblocked.pop(self.records) {
            return Some(service);
        }
        while self.cursor < self.layer.end {
            let service = ServiceId(self.cursor);
            self.cursor += 1;
            if self.config.spec(service).start == StartMode::Eager
                && self.records[service.index()].unsettled == 0
            {
                return Some(service);
            }
        }
        None
    }

    /// Creates the service, or settles that it cannot run (SPEC C-4).
    fn turn(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        let Some(missing) = self.missing(service) else {
            return self.create(service, sink);
        };
        let reason = Reason::DependencyNotRunning(missing);
        if self.records[missing.index()].state == ServiceState::Disabled {
            // Held back on purpose, as is what it waits for: no failure, whether critical or not (SPEC B-4).
            self.enter(service, ServiceState::Disabled, Some(reason), sink);
            self.settle(service);
        } else {
            self.start_failed(service, reason, sink);
        }
    }

    fn create(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        self.enter(service, ServiceState::Starting(StartPhase::Creating), None, sink);
        self.creating = Some(service);
        let now = self.now;
        let record = &mut self.records[service.index()];
        record.presence = Presence::Present;
        record.incarnation = record.incarnation.wrapping_add(1);
        record.asked = Some(now);
        record.started = None;
        record.ready = None;
        sink.action(Action::Create(service));
    }

    pub(crate) fn created(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        self.creating = None;
        if !self.is_booting() {
            return self.stopped(service, Reason::Shutdown, sink);
        }
        if self.config.hold == Some(service) {
            self.enter(service, ServiceState::Disabled, Some(Reason::Held), sink);
            return self.settle(service);
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
        match self.missing(service) {
            None => self.enter(service, ServiceState::Running, None, sink),
            Some(missing) => {
                let reason = Reason::DependencyNotRunning(missing);
                self.enter(service, ServiceState::Degraded, Some(reason), sink);
            }
        }
        self.settle(service);
    }

    /// A start came to nothing: everything it took goes back (SPEC D-3), and a critical one takes the boot along.
    pub(crate) fn start_failed(&mut self, service: ServiceId, reason: Reason, sink: &mut dyn Sink) {
        if self.creating == Some(service) {
            self.creating = None;
        }
        self.enter(service, ServiceState::Failed, Some(reason), sink);
        self.settle(service);
        self.fail_boot_if_critical(service, reason, sink);
        if self.records[service.index()].presence == Presence::Present {
            self.destroy(service, Scope::Service, sink);
        }
    }

    /// A service that ran runs no more. Its dependents go on, Degraded (SPEC L-9).
    pub(crate) fn lost(&mut self, service: ServiceId, to: ServiceState, reason: Reason, sink: &mut dyn Sink) {
        self.enter(service, to, Some(reason), sink);
        for edge in self.dependents_of(service) {
            let Dependent { service: dependent, required } = self.dependents[edge];
            if required && self.records[dependent.index()].state == ServiceState::Running {
                let reason = Reason::DependencyNotRunning(service);
                self.enter(dependent, ServiceState::Degraded, Some(reason), sink);
            }
        }
        self.fail_boot_if_critical(service, reason, sink);
        self.destroy(service, Scope::Incarnation, sink);
    }

    /// If this failure is the boot's (SPEC E-2), says so and has the state of things dumped, which is to be done
    /// before anything is destroyed (SPEC E-3). The panic follows at the end of the step.
    fn fail_boot_if_critical(&mut self, service: ServiceId, reason: Reason, sink: &mut dyn Sink) {
        if self.is_booting() && self.config.spec(service).critical {
            self.enter_boot(BootState::BootFailed, sink);
            sink.action(Action::Notice(Notice::BootFailed { culprit: service, reason }));
            sink.action(Action::Diagnose { culprit: service });
        }
    }

    /// The service's start has its outcome: its layer and its dependents wait for one less.
    fn settle(&mut self, service: ServiceId) {
        self.layer.open -= 1;
        for edge in self.dependents_of(service) {
            let dependent = self.dependents[edge].service;
            let record = &mut self.records[dependent.index()];
            record.unsettled -= 1;
            let eager = self.config.spec(dependent).start == StartMode::Eager;
            if record.unsettled == 0 && eager && dependent.0 < self.cursor {
                self.unblocked.push(self.records, dependent);
            }
        }
    }

    fn next_layer(&mut self, sink: &mut dyn Sink) {
        let Some(first) = self.config.services.get(usize::from(self.cursor)) else {
            return self.boot_complete(sink);
        };
        let number = first.layer;
        let rest = &self.config.services[usize::from(self.cursor)..];
        let services = rest.iter().take_while(|spec| spec.layer == number);
        let (mut count, mut open) = (0, 0);
        for spec in services {
            count += 1;
            open += u16::from(spec.start == StartMode::Eager);
        }
        let budget_ends = self.config.budget_of(number).map(|budget| self.now.after(budget));
        self.layer = Layer { began: self.now, end: self.cursor + count, open, budget_ends };
        self.enter_boot(BootState::BootingLayer(number), sink);
    }

    fn layer_up(&mut self, sink: &mut dyn Sink) {
        self.check_budget(sink);
        if let BootState::BootingLayer(layer) = self.boot {
            let took = self.now.since(self.layer.began);
            sink.action(Action::Notice(Notice::LayerUp { layer, took }));
        }
        self.layer.budget_ends = None;
        self.next_layer(sink);
    }

    /// Says once that the layer takes longer than it should (SPEC R-1).
    pub(crate) fn check_budget(&mut self, sink: &mut dyn Sink) {
        let BootState::BootingLayer(layer) = self.boot else { return };
        if self.layer.budget_ends.is_some_and(|end| end <= self.now) {
            self.layer.budget_ends = None;
            if let Some(budget) = self.config.budget_of(layer) {
                sink.action(Action::Notice(Notice::LayerOverBudget { layer, budget }));
            }
        }
    }

    fn boot_complete(&mut self, sink: &mut dyn Sink) {
        let mut services = self.config.services.iter().zip(self.records.iter());
        let degraded = services
            .any(|(spec, record)| spec.start == StartMode::Eager && record.state != ServiceState::Running);
        let took = self.now.since(self.boot_began);
        self.enter_boot(BootState::BootComplete, sink);
        sink.action(Action::Notice(Notice::BootComplete { took, degraded }));
        self.enter_boot(BootState::SupervisorMode, sink);
    }
}
