// SPDX-License-Identifier: BSD-2-Clause
//! Notices of the lifecycle machine become events, and the few things that hang on them: the console's hand-over, the
//! end of allocation, diagnostics of a failed boot (SPEC E, R).

use core::fmt::Write;

use partenza_lifecycle::{BootState as Boot, Duration, Limit, Notice, Reason, Refusal, ServiceState};
use partenza_plan::ServiceId;
use partenza_plan::archived::Plan;
use partenza_protocol::Code;
use partenza_protocol::error::{BootError, DeliveryError, ShutdownError, SupervisorError};
use partenza_protocol::event::{BootState, Event, Rejection};

use crate::lifecycle::life;
use crate::parameters::LastGasp;
use crate::requests;
use crate::supervisor::Supervisor;

/// How long the event line still keeps quiet after a later start: the service, and those that wait for it, go first.
const SETTLING: Duration = Duration::from_millis(1);

pub(crate) fn plan_id(id: partenza_lifecycle::ServiceId) -> ServiceId {
    ServiceId(id.0)
}

impl Supervisor {
    pub(crate) fn on_notice(&mut self, notice: Notice) {
        match notice {
            Notice::Boot { to, .. } => self.on_boot_state(to),
            Notice::Service { service, from, to, reason } => {
                self.on_service_state(plan_id(service), from, to, reason);
            }
            Notice::LayerUp { layer, took } => {
                self.tell(Event::LayerUp { layer, micros: took.as_micros() });
            }
            Notice::LayerOverBudget { layer, budget } => {
                let budget = budget.as_micros();
                self.tell(Event::OverBudget { layer, micros: self.clock.now().as_micros(), budget });
            }
            Notice::BootComplete { up, failed, waiting, .. } => self.on_boot_complete(up, failed, waiting),
            Notice::BootFailed { culprit, reason } => {
                self.journal.seize_console();
                let (code, _) = blame(reason, self.entries[culprit.0 as usize].last_error);
                self.remember_failure(code, culprit);
                self.tell(Event::BootFailed { code, culprit: Some(plan_id(culprit)) });
            }
            // The state change that follows says the same, with its reason.
            Notice::StopForced { .. } => {}
            Notice::Answered { verdict, .. } => self.verdict = Some(verdict),
            Notice::Emergency { culprit, reason } => {
                self.journal.seize_console();
                let (code, _) = blame(reason, self.entries[culprit.0 as usize].last_error);
                self.remember_failure(code, culprit);
                self.tell(Event::Emergency { service: plan_id(culprit), code });
            }
            Notice::RestartLimitReached { service, restarts, limit } => {
                let code = match limit {
                    Limit::Retries => SupervisorError::RetriesExhausted.code(),
                    Limit::LayerBudget => BootError::LayerBudget.code(),
                    Limit::Storm => SupervisorError::StormGuard.code(),
                };
                let service = plan_id(service);
                self.tell(Event::RestartLimitReached { service, restarts, code });
            }
            Notice::FallbackStarted { service, fallback } => {
                let (service, fallback) = (plan_id(service), plan_id(fallback));
                self.tell(Event::FallbackStarted { service, fallback });
            }
            Notice::Storm => self.tell(Event::Storm),
            Notice::Ignored { event, .. } => {
                if let Some(service) = event.service() {
                    self.reject(plan_id(service), Rejection::Late);
                }
            }
        }
    }

    /// SPEC Q-3.
    fn remember_failure(&mut self, code: Code, culprit: partenza_lifecycle::ServiceId) {
        let up = self.complete.map_or(0, |complete| self.clock.now().as_micros() - complete);
        if let Some(attempts) = &mut self.attempts {
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
            self.quiet_until = self.clock.now();
        }
        self.tell(Event::State(self.boot_state));
        match to {
            Boot::ShuttingDown(_) => {
                if let (None, Some(attempts)) = (self.complete, &mut self.attempts) {
                    attempts.called_off();
                }
                self.tell(Event::ShutdownBegun);
                self.call_waits_off();
            }
            Boot::EmergencyStop => self.call_waits_off(),
            Boot::SupervisorMode => self.on_supervisor_mode(),
            _ => {}
        }
    }

    /// Nothing starts any more. Who waits for a service that does not serve is answered now, so that it can stop in order.
    fn call_waits_off(&mut self) {
        for id in (0..self.entries.len() as u16).map(ServiceId) {
            let state = self.machine.state(life(id)).unwrap_or_default();
            if !state.is_up() && !matches!(state, ServiceState::Stopping(_)) {
                self.release_callers(id, false);
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
            let now = self.clock.now();
            self.entries[id.0 as usize].ready = Some(now.as_micros());
            self.journal.record(now, Event::Ready { service: id });
            self.offer(id);
            if self.parameters.boot.handover == Some(id)
                && let Some(console) = self.journal.console()
            {
                console.hand_over();
            }
            if self.is_settled() {
                self.quiet_until = now.after(SETTLING);
            }
            if let Some(cost) = self.accounts.as_mut().and_then(|accounts| accounts.restarted(id)) {
                self.journal.record(now, cost);
            }
        }
        // A fault was an event of its own; a hang is told here.
        if to == ServiceState::Crashed && reason != Some(Reason::Hung) {
            return;
        }
        let entry = &mut self.entries[id.0 as usize];
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
                Event::Restarting { service: id, code, delay: until.since(self.clock.now()).as_micros() },
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
        self.tell(event);
        let gone = match to {
            ServiceState::Disabled => true,
            // If there is an incarnation, its end follows, and with it this.
            ServiceState::Failed | ServiceState::Stopped => !self.entries[id.0 as usize].made.runs(),
            _ => false,
        };
        if gone {
            self.release_from(id);
        }
    }

    fn on_boot_complete(&mut self, running: u16, failed: u16, waiting: u16) {
        let now = self.clock.now();
        if let Some(accounts) = &mut self.accounts {
            accounts.close();
        }
        self.complete = Some(now.as_micros());
        if let Some(attempts) = &mut self.attempts {
            attempts.clear();
        }
        let micros = now.as_micros();
        self.journal.record(now, Event::BootComplete { micros, running, failed, waiting });
        self.report_costs();
        if let Some(console) = self.journal.console() {
            console.settle();
        }
        crate::ARENA.seal();
    }

    fn on_supervisor_mode(&mut self) {
        match self.parameters.last_gasp {
            Some(LastGasp::Panic | LastGasp::Twice) => panic!("asked for by the boot parameter last-gasp"),
            Some(LastGasp::Fault) => crate::gasp::write_to(sel4_root_task::stack::guard_page()),
            Some(LastGasp::Exception) => crate::gasp::exception(),
            Some(LastGasp::Archive) => crate::gasp::write_to(self.archive.plan().as_ptr().addr()),
            None => {}
        }
        #[cfg(feature = "tamper")]
        self.tamper();
        if let Some(at_end) = self.parameters.boot.after_boot {
            self.end(at_end);
        }
    }

    /// `make bench`: what the boot cost, per phase, per kind of system call and per service.
    fn report_costs(&mut self) {
        let Some(accounts) = &self.accounts else { return };
        let now = self.clock.now();
        for phase in accounts.phases() {
            self.journal.record(
                now,
                Event::Cost {
                    service: None,
                    what: phase.name,
                    cycles: phase.cycles,
                    syscalls: phase.counters.total(),
                },
            );
            for (kind, count) in phase.counters.kinds().chain(phase.counters.invocations()) {
                self.journal
                    .record(now, Event::Cost { service: None, what: kind, cycles: 0, syscalls: count });
            }
        }
        for index in 0..self.entries.len() {
            let id = ServiceId(index as u16);
            let share = accounts.share(id);
            self.journal.record(now, accounts.cost(id, "create to ready"));
            if index < crate::account::DETAILED {
                for (kind, count) in share.counters.kinds().chain(share.counters.invocations()) {
                    let event = Event::Cost { service: Some(id), what: kind, cycles: 0, syscalls: count };
                    self.journal.record(now, event);
                }
            }
        }
    }

    /// SPEC E-3, E-5: what helps to find out why the system goes down, while it is still there.
    pub(crate) fn diagnose(&mut self, culprit: partenza_lifecycle::ServiceId) {
        let plan: &Plan = self.plan;
        let entries = &self.entries;
        let machine = &self.machine;
        let Some(console) = self.journal.console() else { return };
        let what = if self.boot_state == BootState::BootFailed { "Boot failed" } else { "System lost" };
        // Writing to a UART cannot fail.
        let _ = writeln!(console, "\n{what} because of {}. Services:", plan.service(plan_id(culprit)).name);
        for (index, service) in plan.services.iter().enumerate() {
            let entry = &entries[index];
            let state = machine.state(life(ServiceId(index as u16)));
            let state = state.map_or(partenza_protocol::event::ServiceState::Pending, requests::state);
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

/// Code and culprit of a failure. What the executor noted about a creation is more exact than the machine's reason.
pub(crate) fn blame(reason: Reason, noted: Option<Code>) -> (Code, Option<ServiceId>) {
    match reason {
        Reason::CreateFailed(code) => (Code(code), None),
        Reason::StartupTimeout => {
            let abi = BootError::AbiMismatch.code();
            (if noted == Some(abi) { abi } else { BootError::StartupTimeout.code() }, None)
        }
        // The fault's own event came first and left its code.
        Reason::Crashed => (noted.unwrap_or(BootError::ServiceCrashed.code()), None),
        Reason::Hung => (SupervisorError::Hung.code(), None),
        Reason::NotWell => (SupervisorError::NotWell.code(), None),
        Reason::RestartsWith(on) | Reason::SharesFateOf(on) => {
            (SupervisorError::RestartsWith.code(), Some(plan_id(on)))
        }
        Reason::Requested => (SupervisorError::Requested.code(), None),
        Reason::NotInRecoverySet => (SupervisorError::NotInRecoverySet.code(), None),
        Reason::Exited(_) => (BootError::ServiceExited.code(), None),
        // Before it was ready or after: whoever counted its messages knows.
        Reason::Flooded => (noted.unwrap_or(SupervisorError::Overload.code()), None),
        Reason::ReadyRefused(Refusal::Name) => (BootError::NameMismatch.code(), None),
        Reason::ReadyRefused(Refusal::Version) => (BootError::VersionMismatch.code(), None),
        Reason::ReadyRefused(Refusal::Interface) => (BootError::InterfaceMismatch.code(), None),
        Reason::ReadyRefused(Refusal::Endpoint) => (BootError::EndpointMismatch.code(), None),
        Reason::DependencyNotRunning(on) => (BootError::DependencyNotRunning.code(), Some(plan_id(on))),
        Reason::Held => (BootError::Held.code(), None),
        Reason::NotDelivered => (DeliveryError::NotDelivered.code(), None),
        Reason::Shutdown => (SupervisorError::ShuttingDown.code(), None),
        Reason::StopTimeout(partenza_lifecycle::StopPhase::Preparing) => {
            (ShutdownError::PrepareTimeout.code(), None)
        }
        Reason::StopTimeout(partenza_lifecycle::StopPhase::Stopping) => {
            (ShutdownError::StopTimeout.code(), None)
        }
    }
}
