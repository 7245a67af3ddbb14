// SPDX-License-Identifier: BSD-2-Clause
//! Notices of the lifecycle machine become events, and the few things that hang on them: the console's hand-over, the
//! end of allocation, diagnostics of a failed boot (SPEC E, R).

use core::fmt::Write;

use partenza_lifecycle::{BootState as Boot, Duration, Limit, Notice, Reason, Record, ServiceState};
use partenza_plan::ServiceId;
use partenza_protocol::Code;
use partenza_protocol::error::{BootError, SupervisorError};
use partenza_protocol::event::{BootState, Event, Rejection};

use crate::objects::arena;
use crate::supervisor::accounts::DETAILED;
use crate::supervisor::own_end;
use crate::supervisor::state::Supervisor;
use crate::system::codes::{self, blame};
use crate::system::ids::{life, plan_id};

/// How long the event line still keeps quiet after a later start: the service, and those that wait for it, go first.
const SETTLING: Duration = Duration::from_millis(1);

impl Supervisor {
    pub(super) fn on_notice(&mut self, notice: Notice) {
        match notice {
            Notice::Boot { to, .. } => self.on_boot_state(to),
            Notice::Service { service, from, to, reason } => {
                self.on_service_state(plan_id(service), from, to, reason);
            }
            Notice::LayerUp { layer, took } => {
                self.services.tell(Event::LayerUp { layer, micros: took.as_micros() });
            }
            Notice::LayerOverBudget { layer, budget } => {
                let budget = budget.as_micros();
                self.services.tell(Event::OverBudget {
                    layer,
                    micros: self.services.clock.now().as_micros(),
                    budget,
                });
            }
            Notice::BootComplete { up, failed, waiting, .. } => self.on_boot_complete(up, failed, waiting),
            Notice::BootFailed { culprit, reason } => {
                self.services.journal.seize_console();
                let (code, _) = blame(reason, self.services.entries[culprit.0 as usize].last_error);
                self.remember_failure(code, culprit);
                self.services.tell(Event::BootFailed { code, culprit: Some(plan_id(culprit)) });
            }
            // The state change that follows says the same, with its reason.
            Notice::StopForced { .. } => {}
            Notice::Answered { verdict, .. } => self.verdict = Some(verdict),
            Notice::Emergency { culprit, reason } => {
                self.services.journal.seize_console();
                let (code, _) = blame(reason, self.services.entries[culprit.0 as usize].last_error);
                self.remember_failure(code, culprit);
                self.services.tell(Event::Emergency { service: plan_id(culprit), code });
            }
            Notice::RestartLimitReached { service, restarts, limit } => {
                let code = match limit {
                    Limit::Retries => SupervisorError::RetriesExhausted.code(),
                    Limit::LayerBudget => BootError::LayerBudget.code(),
                    Limit::Storm => SupervisorError::StormGuard.code(),
                };
                let service = plan_id(service);
                self.services.tell(Event::RestartLimitReached { service, restarts, code });
            }
            Notice::FallbackStarted { service, fallback } => {
                let (service, fallback) = (plan_id(service), plan_id(fallback));
                self.services.tell(Event::FallbackStarted { service, fallback });
            }
            Notice::Storm => self.services.tell(Event::Storm),
            Notice::Ignored { event, .. } => {
                if let Some(service) = event.service() {
                    self.services.reject(plan_id(service), Rejection::Late);
                }
            }
        }
    }

    /// SPEC Q-3.
    fn remember_failure(&mut self, code: Code, culprit: partenza_lifecycle::ServiceId) {
        let up = self.complete.map_or(0, |complete| self.services.clock.now().as_micros() - complete);
        if let Some(attempts) = &mut self.given.attempts {
            attempts.fail(code, Some(plan_id(culprit)), up);
        }
    }

    fn on_boot_state(&mut self, to: Boot) {
        self.boot_state = match to {
            Boot::KernelHandoff => BootState::KernelHandoff,
            Boot::Initializing => BootState::Initializing,
            Boot::BootingLayer(layer) => BootState::BootingLayer(layer),
            Boot::BootComplete => BootState::BootComplete,
            Boot::SupervisorMode => BootState::SupervisorMode,
            Boot::EmergencyStop => BootState::EmergencyStop,
            Boot::BootFailed => BootState::BootFailed,
            Boot::Panic => BootState::Panic,
            Boot::ShuttingDown(_) => BootState::ShuttingDown,
            // `Finish` follows at once and is an event of its own.
            Boot::Finished(_) => return,
        };
        if self.is_settled() {
            self.quiet_until = self.services.clock.now();
        }
        self.services.tell(Event::State(self.boot_state));
        match to {
            Boot::ShuttingDown(_) => {
                if let (None, Some(attempts)) = (self.complete, &mut self.given.attempts) {
                    attempts.called_off();
                }
                self.services.tell(Event::ShutdownBegun);
                self.call_waits_off();
            }
            Boot::EmergencyStop => self.call_waits_off(),
            Boot::SupervisorMode => self.on_supervisor_mode(),
            _ => {}
        }
    }

    /// Nothing starts any more. Who waits for a service that does not serve is answered now, so that it can stop in order.
    fn call_waits_off(&mut self) {
        for id in self.services.ids() {
            let state = self.services.machine.state(life(id)).unwrap_or_default();
            if !state.is_up() && !matches!(state, ServiceState::Stopping(_)) {
                self.calls.release_callers(&mut self.services, id, false);
            }
        }
    }

    fn on_service_state(
        &mut self,
        id: ServiceId,
        from: ServiceState,
        to: ServiceState,
        reason: Option<Reason>,
    ) {
        if from.is_starting() && to.is_up() {
            let now = self.services.clock.now();
            self.services.entries[id.0 as usize].ready = Some(now.as_micros());
            self.services.journal.record(now, Event::Ready { service: id });
            self.calls.offer(&mut self.services, id);
            if self.given.parameters.boot.handover == Some(id)
                && let Some(console) = self.services.journal.console()
            {
                console.hand_over();
            }
            if self.is_settled() {
                self.quiet_until = now.after(SETTLING);
            }
            if let Some(cost) = self.given.accounts.as_mut().and_then(|accounts| accounts.restarted(id)) {
                self.services.journal.record(now, cost);
            }
        }
        // A fault was an event of its own; a hang is told here.
        if to == ServiceState::Crashed && reason != Some(Reason::Hung) {
            return;
        }
        let entry = &mut self.services.entries[id.0 as usize];
        let (code, other) = match reason {
            Some(Reason::DependencyNotRunning(on)) if to == ServiceState::Degraded => {
                (SupervisorError::DependencyLost.code(), Some(plan_id(on)))
            }
            Some(reason) => blame(reason, entry.last_error),
            None => (BootError::Held.code(), None),
        };
        // With whether it is an error that `status` shows.
        let (event, wrong) = match to {
            ServiceState::Degraded => (Event::Degraded { service: id, code, other }, true),
            ServiceState::Running if from == ServiceState::Degraded => {
                (Event::Recovered { service: id }, false)
            }
            ServiceState::Failed => (Event::Failed { service: id, code, other, detail: entry.detail }, true),
            ServiceState::Disabled => {
                (Event::Disabled { service: id, code, other }, code != SupervisorError::Requested.code())
            }
            ServiceState::Restarting { until } => (
                Event::Restarting {
                    service: id,
                    code,
                    delay: until.since(self.services.clock.now()).as_micros(),
                },
                true,
            ),
            ServiceState::Unhealthy | ServiceState::Crashed => (Event::Unhealthy { service: id, code }, true),
            ServiceState::Stopping(_) if !matches!(from, ServiceState::Stopping(_)) => {
                (Event::Stopping { service: id }, false)
            }
            ServiceState::Stopped => {
                let forced = matches!(reason, Some(Reason::StopTimeout(_)));
                (Event::Stopped { service: id, forced }, forced)
            }
            // The start was an event; phases are not.
            _ => return,
        };
        if wrong {
            entry.last_error = Some(code);
        }
        self.services.tell(event);
        let gone = match to {
            ServiceState::Disabled => true,
            // If there is an incarnation, its end follows, and with it this.
            ServiceState::Failed | ServiceState::Stopped => !self.services.entries[id.0 as usize].made.runs(),
            _ => false,
        };
        if gone {
            self.forget_server(id);
        }
    }

    fn on_boot_complete(&mut self, running: u16, failed: u16, waiting: u16) {
        let now = self.services.clock.now();
        if let Some(accounts) = &mut self.given.accounts {
            accounts.close();
        }
        self.complete = Some(now.as_micros());
        if let Some(attempts) = &mut self.given.attempts {
            attempts.clear();
        }
        let micros = now.as_micros();
        self.services.journal.record(now, Event::BootComplete { micros, running, failed, waiting });
        self.report_costs();
        if let Some(console) = self.services.journal.console() {
            console.settle();
        }
        arena::seal();
    }

    fn on_supervisor_mode(&mut self) {
        if let Some(way) = self.given.parameters.last_gasp {
            own_end::end_as(way, self.given.archive.plan());
        }
        #[cfg(feature = "tamper")]
        self.tamper();
        if let Some(at_end) = self.given.parameters.boot.after_boot {
            self.end(at_end);
        }
    }

    /// `make bench`: what the boot cost, per phase, per kind of system call and per service.
    fn report_costs(&mut self) {
        let Some(accounts) = &self.given.accounts else { return };
        let now = self.services.clock.now();
        for phase in accounts.phases() {
            self.services.journal.record(
                now,
                Event::Cost {
                    service: None,
                    what: phase.name,
                    cycles: phase.cycles,
                    syscalls: phase.counters.total(),
                },
            );
            for (kind, count) in phase.counters.kinds().chain(phase.counters.invocations()) {
                self.services
                    .journal
                    .record(now, Event::Cost { service: None, what: kind, cycles: 0, syscalls: count });
            }
        }
        for index in 0..self.services.entries.len() {
            let id = ServiceId(index as u16);
            let share = accounts.share(id);
            self.services.journal.record(now, accounts.cost(id, "create to ready"));
            if index < DETAILED {
                for (kind, count) in share.counters.kinds().chain(share.counters.invocations()) {
                    let event = Event::Cost { service: Some(id), what: kind, cycles: 0, syscalls: count };
                    self.services.journal.record(now, event);
                }
            }
        }
    }

    /// A server that does not come back after all, or never ran: nobody may wait for it either.
    fn forget_server(&mut self, server: ServiceId) {
        if !self.services.machine.record(life(server)).is_some_and(Record::returns) {
            self.spawned.forget(server);
            self.calls.release_callers(&mut self.services, server, false);
        }
    }

    /// SPEC E-3, E-5: what helps to find out why the system goes down, while it is still there.
    pub(super) fn diagnose(&mut self, culprit: partenza_lifecycle::ServiceId) {
        let plan = self.services.plan;
        let entries = &self.services.entries;
        let machine = &self.services.machine;
        let Some(console) = self.services.journal.console() else { return };
        let what = if self.boot_state == BootState::BootFailed { "Boot failed" } else { "System lost" };
        // Writing to a UART cannot fail.
        let _ = writeln!(console, "\n{what} because of {}. Services:", plan.service(plan_id(culprit)).name);
        for (index, service) in plan.services.iter().enumerate() {
            let entry = &entries[index];
            let state = machine.state(life(ServiceId(index as u16)));
            let state = state.map_or(partenza_protocol::event::ServiceState::Pending, codes::state);
            let _ = write!(console, "  {:<24} layer {} {state:<10}", service.name, service.layer);
            if entry.messages > 0 {
                let _ = write!(console, " {} messages, {} ignored", entry.messages, entry.rejected);
            }
            if let Some(error) = entry.last_error {
                let _ = write!(console, " {error} {}; {}", error.text(), error.hint());
            }
            let _ = console.write_str("\n");
        }
    }
}
