// SPDX-License-Identifier: BSD-2-Clause
//! What the machine tells, checked against what it did before: changes of state by the table, each at its time, and
//! the back-off to the microsecond.

use partenza_lifecycle::*;

use super::model::{HealthModel, Model};
use super::table::{boot_may_become, kind, may_become};
use super::watch::Step;
use super::world::World;

impl World<'_> {
    pub(super) fn notice(&mut self, notice: Notice, step: &Step<'_>) {
        match notice {
            Notice::Boot { from, to } => self.boot_notice(from, to),
            Notice::Service { service, from, to, reason } => self.change(service, from, to, reason, step),
            Notice::LayerOverBudget { .. } => {
                assert!(self.budget_ends.take().is_some_and(|end| end <= self.now), "within its budget");
            }
            Notice::StopForced { service, .. } => {
                let model = &self.models[usize::from(service.0)];
                assert!(model.deadline.is_some_and(|at| at <= self.now), "forced too early");
            }
            Notice::BootComplete { degraded, up, waiting, failed, .. } => {
                let count = |of: fn(&Model) -> bool| self.models.iter().filter(|model| of(model)).count();
                let running = count(|model| model.state.is_up());
                let lost = count(Model::has_failed);
                let counts = [up, failed, waiting].map(usize::from);
                assert_eq!(counts, [running, lost, self.models.len() - running - lost]);
                let booted = (0..self.models.len()).filter(|&index| self.plan.boots(index));
                let mut less = booted.filter(|&index| self.models[index].state != ServiceState::Running);
                assert_eq!(degraded, less.next().is_some());
            }
            Notice::Emergency { culprit, .. } => {
                assert_eq!(self.boot, BootState::SupervisorMode);
                assert_eq!(self.spec(culprit).restart.on_exhausted, OnExhausted::Panic);
                self.emergency = true;
            }
            Notice::FallbackStarted { service, fallback } => {
                assert_eq!(self.spec(service).fallback, Some(fallback));
                assert!(!self.models[usize::from(service.0)].state.is_up());
            }
            Notice::RestartLimitReached { service, restarts, .. } => {
                let row = self.models[usize::from(service.0)].in_a_row;
                assert_eq!(restarts, row, "restarts that began, and no others");
                let spec = self.spec(service);
                assert_ne!(spec.restart.policy, Policy::Never);
                if spec.restart.on_exhausted == OnExhausted::RetryForever {
                    self.model(service).decided = true;
                }
            }
            Notice::Answered { service, request, verdict } => self.answered(service, request, verdict, step),
            Notice::Storm | Notice::LayerUp { .. } | Notice::BootFailed { .. } | Notice::Ignored { .. } => {}
        }
    }

    fn answered(&mut self, service: ServiceId, request: Request, verdict: Verdict, step: &Step<'_>) {
        if let Event::Waits { client, server } = step.event {
            assert_eq!((service, request), (server, Request::Lookup));
            if !matches!(verdict, Verdict::Refused(_)) {
                self.note_block(client, Blocked::WaitingFor(server));
            }
        } else {
            assert_eq!(step.event, Event::Requested { service, request });
        }
        let Some(spec) = self.plan.services.get(usize::from(service.0)) else {
            return assert_eq!(verdict, Verdict::Refused(Denial::NoSuchService));
        };
        if spec.critical && matches!(request, Request::Stop | Request::Disable) {
            assert_ne!(verdict, Verdict::Accepted, "a critical service is not stopped");
        }
        let hurry = matches!(request, Request::Start | Request::Restart | Request::Serve)
            && verdict == Verdict::Accepted;
        let now = self.now;
        let model = self.model(service);
        model.asked_for |= verdict == Verdict::Accepted;
        if request == Request::Serve && verdict == Verdict::Accepted {
            for member in self.plan.group_of(service).expect("it is one of several") {
                let model = self.model(member);
                model.wanted = member == service;
                model.has_served = model.wanted && model.state.is_up() && !model.returning;
            }
        }
        let model = self.model(service);
        if hurry && let Some(until) = &mut model.until {
            *until = now;
            model.deadline = None;
            model.hurried = true;
        }
    }

    fn boot_notice(&mut self, from: BootState, to: BootState) {
        assert_eq!(from, self.boot);
        assert!(boot_may_become(from, to), "{from:?} -> {to:?}");
        assert!(to != BootState::Panic || self.diagnosed, "panic without diagnostics");
        assert!(to != BootState::EmergencyStop || self.emergency, "an emergency that nobody was told of");
        self.boot = to;
        let budget = match to {
            BootState::BootingLayer(number) => {
                let spec = self.plan.layers.iter().find(|spec| spec.number == number);
                spec.and_then(|spec| spec.budget)
            }
            _ => None,
        };
        self.budget_ends = budget.map(|budget| self.now.after(self.scaled(budget)));
        self.layer_ends = self.budget_ends;
    }

    fn change(
        &mut self,
        service: ServiceId,
        from: ServiceState,
        to: ServiceState,
        reason: Option<Reason>,
        step: &Step<'_>,
    ) {
        if let Some(Reason::DependencyNotRunning(on)) = reason {
            assert!(self.plan.requires(service, on), "missing what it does not require");
            assert!(!self.models[usize::from(on.0)].state.is_up(), "missing what runs");
        }
        let now = self.now;
        let spec = *self.spec(service);
        let timeout = self.scaled(spec.health.timeout);
        let layer_ends = self.layer_ends.filter(|_| matches!(self.boot, BootState::BootingLayer(_)));
        let booting = matches!(self.boot, BootState::BootingLayer(_));
        let alive = self.alive();
        let deadline = self.models[usize::from(service.0)].armed();
        assert!(
            may_become(from, to)
                || (self.boot == BootState::Panic && self.plan.panic_module == Some(service)),
            "{from:?} -> {to:?}"
        );
        let model = self.model(service);
        assert_eq!(kind(from), kind(model.state), "a change that nobody was told of");
        let timed = matches!(reason, Some(Reason::StartupTimeout | Reason::Hung));
        if timed && (from.is_starting() || from.is_up()) {
            assert_eq!(step.event, Event::Tick);
            assert!(!from.is_starting() || deadline.is_some_and(|at| at <= now), "timed out too early");
        }
        if to == ServiceState::Crashed && reason == Some(Reason::Hung) {
            assert!(model.health.due.is_some_and(|at| at <= now), "a hang before its time");
        }
        model.state = to;
        model.has_served |= to.is_up() && model.wanted && !model.returning;
        model.reason = reason;
        model.tried |= to.is_up() || matches!(to, ServiceState::Failed | ServiceState::Disabled);
        model.wanted &= !matches!(to, ServiceState::Failed | ServiceState::Disabled);
        model.tried |= from.is_starting() && matches!(to, ServiceState::Restarting { .. });
        if from.is_up() && !to.is_up() && !booting {
            model.note_end(&spec.restart, now);
        }
        if from.is_up() && !to.is_up() {
            model.health = HealthModel::default();
        }
        if !from.is_up() && to.is_up() {
            model.ready_at = Some(now);
            let wait = match spec.health.probe {
                Probe::None => None,
                Probe::Call => Some(spec.health.interval.as_micros()),
                Probe::Heartbeat => Some(spec.health.interval.as_micros() + timeout.as_micros()),
            };
            model.health.due = wait.filter(|_| alive).map(|wait| now.after(Duration::from_micros(wait)));
        }
        model.deadline = None;
        if to != ServiceState::Starting(StartPhase::Creating) {
            model.until = None;
        }
        model.decided |= to.is_up() || matches!(to, ServiceState::Failed | ServiceState::Disabled);
        model.decided |= to == ServiceState::Stopped;
        if let ServiceState::Restarting { until } = to {
            model.until = Some(until);
            model.deadline = Some(until);
            model.hurried = false;
            if matches!(from, ServiceState::Restarting { .. }) {
                return;
            }
            let (restart, delay) = (&spec.restart, until.since(now));
            let next = model.next_delay(restart);
            let late = layer_ends.is_some_and(|end| end <= now.after(next));
            let in_boot = booting && model.in_a_row >= restart.max;
            if model.recent(now, restart.window) >= usize::from(restart.max) || in_boot || late {
                assert_eq!(restart.on_exhausted, OnExhausted::RetryForever, "restarts are exhausted");
                assert_eq!(delay, restart.max_delay);
            } else {
                assert_eq!(delay, next, "the back-off");
                model.note_delay(restart, delay);
            }
        }
    }
}
