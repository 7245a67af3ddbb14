// SPDX-License-Identifier: BSD-2-Clause
//! What follows a failure: a restart, after a delay and within limits, or the loss of the service for good (SPEC L).
//!
//! A restart is decided when the service fails and recorded when it begins, so that the restarts of any window, as
//! they happened, are at most as many as planned. A stable period is `window` spent up, from ready to the end of the
//! incarnation, whatever ended it: it takes the back-off to its beginning. During boot the window is the boot: a service gets `max` restarts in all,
//! and each has to begin before the layer's budget ends (SPEC E-6); so whatever fails, the boot ends.

use crate::event::{Action, Limit, Notice, Scope, Sink};
use crate::machine::Machine;
use crate::record::{Aim, Presence};
use crate::spec::{OnExhausted, Policy, ServiceId};
use crate::state::{BootState, Reason, ServiceState};
use crate::time::{Duration, Instant};

/// What a failure leads to.
enum Outlook {
    Restart(Duration),
    /// It ended as it may, or the system goes down: no failure.
    Rest,
    /// Its policy knows no restart.
    Final,
    Exhausted(Limit),
}

impl Machine<'_> {
    /// A service that was up is so no more.
    #[cold]
    pub(crate) fn lost(&mut self, service: ServiceId, to: ServiceState, reason: Reason, sink: &mut dyn Sink) {
        self.credit_stable_period(service);
        if self.records[service.index()].aim.is_end() && self.is_alive() {
            return self.stopped(service, reason, sink);
        }
        let outlook = self.outlook(service, reason);
        let restarts = matches!(outlook, Outlook::Restart(_)) || self.retries_forever(service, &outlook);
        let record = &mut self.records[service.index()];
        record.aim = if restarts { Aim::Start } else { Aim::Keep };
        record.presence = Presence::Leaving;
        self.enter(service, to, Some(reason), sink);
        self.follow(service, outlook, reason, sink);
        self.destroy(service, Scope::Incarnation, sink);
    }

    /// A start came to nothing: everything it took goes back (SPEC D-3).
    #[cold]
    pub(crate) fn start_failed(&mut self, service: ServiceId, reason: Reason, sink: &mut dyn Sink) {
        if self.creating == Some(service) {
            self.creating = None;
        }
        self.records[service.index()].presence = Presence::Leaving;
        if self.records[service.index()].aim.is_end() && self.is_alive() {
            self.rest(service, Some(reason), sink);
        } else {
            let outlook = self.outlook(service, reason);
            if !matches!(outlook, Outlook::Restart(_)) && !self.retries_forever(service, &outlook) {
                self.enter(service, ServiceState::Failed, Some(reason), sink);
            }
            self.follow(service, outlook, reason, sink);
        }
        self.destroy(service, Scope::Service, sink);
    }

    /// The incarnation that is up ends now, by a failure or because somebody asked for it: was it stable?
    pub(crate) fn credit_stable_period(&mut self, service: ServiceId) {
        if self.is_booting() {
            return;
        }
        let window = self.config.spec(service).restart.window;
        let record = &mut self.records[service.index()];
        if record.ready.is_some_and(|ready| self.now.since(ready) >= window) {
            record.in_a_row = 0;
            record.delay = None;
            record.forlorn = false;
        }
    }

    fn outlook(&mut self, service: ServiceId, reason: Reason) -> Outlook {
        let starting = self.records[service.index()].state.is_starting();
        let as_it_may = reason == Reason::Exited(0) && !starting;
        let spec = &self.config.spec(service).restart;
        if !as_it_may {
            self.records[service.index()].last_failure = Some(reason);
        }
        if !self.is_alive() {
            return Outlook::Rest;
        }
        match spec.policy {
            Policy::Always => {}
            Policy::OnFailure | Policy::Never if as_it_may => return Outlook::Rest,
            Policy::OnFailure => {}
            Policy::Never => return Outlook::Final,
        }
        let booting = self.is_booting();
        let record = &self.records[service.index()];
        let delay = match record.delay {
            None => spec.first_delay(),
            Some(last) if record.held_back => last,
            Some(last) => spec.grown(last),
        };
        let full = record.ring.is_full(self.history, self.now, spec.window);
        if full || (booting && record.in_a_row >= spec.max) {
            Outlook::Exhausted(Limit::Retries)
        } else if self.is_over_budget(self.now.after(delay)) {
            Outlook::Exhausted(Limit::LayerBudget)
        } else {
            Outlook::Restart(delay)
        }
    }

    fn retries_forever(&self, service: ServiceId, outlook: &Outlook) -> bool {
        matches!(outlook, Outlook::Exhausted(_))
            && self.config.spec(service).restart.on_exhausted == OnExhausted::RetryForever
    }

    fn follow(&mut self, service: ServiceId, outlook: Outlook, reason: Reason, sink: &mut dyn Sink) {
        match outlook {
            Outlook::Restart(delay) => {
                let record = &mut self.records[service.index()];
                record.delay = Some(delay);
                record.held_back = true;
                record.forlorn = false;
                self.restart_after(service, delay, reason, sink);
            }
            Outlook::Rest => {
                if self.is_alive() {
                    self.share_fate(service, Aim::Stop, sink);
                }
                self.fail_boot_if(self.config.spec(service).critical, service, reason, sink);
            }
            Outlook::Final => self.give_up(service, reason, sink),
            Outlook::Exhausted(limit) => self.exhausted(service, limit, reason, sink),
        }
    }

    fn restart_after(&mut self, service: ServiceId, delay: Duration, reason: Reason, sink: &mut dyn Sink) {
        let until = self.now.after(delay);
        let record = &mut self.records[service.index()];
        record.aim = Aim::Start;
        record.why = Some(reason);
        record.deliberate = false;
        self.enter(service, ServiceState::Restarting { until }, Some(reason), sink);
        self.timers.arm(service, until);
        self.share_fate(service, Aim::Cycle, sink);
        self.clear_the_way(service, sink);
    }

    /// No restart is left (SPEC L-1).
    fn exhausted(&mut self, service: ServiceId, limit: Limit, reason: Reason, sink: &mut dyn Sink) {
        let spec = self.config.spec(service);
        let forever = spec.restart.on_exhausted == OnExhausted::RetryForever;
        let record = &mut self.records[service.index()];
        let known = core::mem::replace(&mut record.forlorn, forever);
        if !known {
            let restarts = record.in_a_row;
            sink.action(Action::Notice(Notice::RestartLimitReached { service, restarts, limit }));
        }
        if forever {
            self.restart_after(service, spec.restart.max_delay, reason, sink);
            return self.fail_boot_if(spec.critical, service, reason, sink);
        }
        let record = &mut self.records[service.index()];
        record.aim = Aim::Keep;
        if record.state != ServiceState::Failed {
            self.enter(service, ServiceState::Failed, Some(reason), sink);
        }
        self.give_up(service, reason, sink);
    }

    /// The service is lost for good. The system may be as well (SPEC E-2, E-5).
    pub(crate) fn give_up(&mut self, service: ServiceId, reason: Reason, sink: &mut dyn Sink) {
        let spec = self.config.spec(service);
        let on_exhausted = spec.restart.on_exhausted;
        self.leave_down(service, sink);
        // One that was not tried has exhausted nothing; that matters only where nothing works without it.
        let tried = !matches!(reason, Reason::DependencyNotRunning(_)) || spec.critical;
        let panics = tried && on_exhausted == OnExhausted::Panic;
        if self.is_booting() && (spec.critical || panics) {
            self.fail_boot_if(true, service, reason, sink);
        } else if self.boot == BootState::SupervisorMode && panics {
            sink.action(Action::Notice(Notice::Emergency { culprit: service, reason }));
            sink.action(Action::Diagnose { culprit: service });
            self.go_down(BootState::EmergencyStop, sink);
        } else if tried && on_exhausted == OnExhausted::Fallback && self.is_alive() {
            self.start_fallback(service, sink);
        }
    }

    /// What goes with a service that is not up and is not to be.
    pub(crate) fn leave_down(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        self.share_fate(service, Aim::Stop, sink);
        self.fail_modules(service, sink);
    }

    /// What was never started, or stopped, is. One that has failed is not: it had its turn, and two that are each
    /// other's fallback would take turns for ever.
    fn start_fallback(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        let Some(fallback) = self.config.spec(service).fallback else { return };
        let record = &self.records[fallback.index()];
        let is_new = matches!(record.state, ServiceState::Pending | ServiceState::Stopped);
        if is_new && record.decided && record.rests() {
            // One that requires what it replaces cannot take its place: it says so and is not announced.
            if self.missing(fallback) == Some(service) {
                return self.unstartable(fallback, service, sink);
            }
            sink.action(Action::Notice(Notice::FallbackStarted { service, fallback }));
            self.start(fallback, false, sink);
        }
    }

    /// A module does not go on without its sidecar (SPEC S-3).
    fn fail_modules(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        let Some(module) = self.module_of(service) else { return };
        let record = &self.records[module.index()];
        if record.presence == Presence::Present
            && matches!(record.aim, Aim::Keep | Aim::Cycle)
            && record.stands()
        {
            self.aim(module, Aim::Fail, Reason::DependencyNotRunning(service), sink);
            self.share_fate(module, Aim::Stop, sink);
        }
    }

    /// Whether a restart at `until` comes too late for the layer that boots.
    fn is_over_budget(&self, until: Instant) -> bool {
        self.is_booting() && self.layer.budget_ends.is_some_and(|end| end <= until)
    }

    /// The last check, and the record of a restart that begins now. `false`: it does not.
    pub(crate) fn begin_restart(&mut self, service: ServiceId, sink: &mut dyn Sink) -> bool {
        let record = &self.records[service.index()];
        let reason = record.reason.unwrap_or(Reason::Crashed);
        if self.is_over_budget(self.now) {
            self.exhausted(service, Limit::LayerBudget, reason, sink);
            return false;
        }
        // What somebody asked for is no storm: without the request its delay might have outlasted that.
        let asked_for = self.records[service.index()].deliberate;
        if self.is_storm(sink) && !self.config.spec(service).core && !asked_for {
            self.exhausted(service, Limit::Storm, reason, sink);
            return false;
        }
        self.storm.push(self.history, self.now);
        let record = &mut self.records[service.index()];
        record.restarts = record.restarts.saturating_add(1);
        record.in_a_row = record.in_a_row.saturating_add(1);
        record.held_back = false;
        record.ring.push(self.history, self.now);
        true
    }

    fn is_storm(&mut self, sink: &mut dyn Sink) -> bool {
        let storm = self.config.storm.is_some_and(|s| self.storm.is_full(self.history, self.now, s.window));
        if storm && !core::mem::replace(&mut self.storming, storm) {
            sink.action(Action::Notice(Notice::Storm));
        }
        self.storming = storm;
        storm
    }

    /// If this failure is the boot's (SPEC E-2), says so and has the state of things dumped, which is to be done
    /// before anything is destroyed (SPEC E-3). The panic follows at the end of the step.
    fn fail_boot_if(&mut self, fatal: bool, service: ServiceId, reason: Reason, sink: &mut dyn Sink) {
        if fatal && self.is_booting() {
            self.enter_boot(BootState::BootFailed, sink);
            sink.action(Action::Notice(Notice::BootFailed { culprit: service, reason }));
            sink.action(Action::Diagnose { culprit: service });
        }
    }
}
