// SPDX-License-Identifier: BSD-2-Clause
//! Stopping: of one service, and of all of them in order (SPEC M-1, E-5) or by force (SPEC E-3).
//!
//! When the system goes down it is one service at a time, in reverse plan order, and the next only when the one before
//! is destroyed: so nothing is taken from under a service that requires it. Plan order and not the order of actual
//! starts, because that is safe whatever was restarted since. Each wait has a deadline or waits for the executor, so
//! the end is always reached. Before a panic ends, its module may show why (SPEC L-8).

use crate::event::{Action, Directive, Notice, Scope, Sink};
use crate::machine::Machine;
use crate::record::Presence;
use crate::spec::{Readiness, ServiceId};
use crate::state::{BootState, Ending, Reason, ServiceState, ShutdownKind, StartPhase, StopPhase};

impl Machine<'_> {
    pub(crate) fn begin_shutdown(&mut self, kind: ShutdownKind, sink: &mut dyn Sink) -> bool {
        match self.boot {
            BootState::Initializing | BootState::BootingLayer(_) | BootState::SupervisorMode => {
                self.go_down(BootState::ShuttingDown(kind), sink);
                true
            }
            BootState::KernelHandoff
            | BootState::BootComplete
            | BootState::BootFailed
            | BootState::EmergencyStop
            | BootState::Panic
            | BootState::ShuttingDown(_)
            | BootState::Finished(_) => false,
        }
    }

    /// Nothing starts any more; from here on `advance_stop` does the work.
    pub(crate) fn go_down(&mut self, to: BootState, sink: &mut dyn Sink) {
        self.layer.report_at = None;
        self.cursor = self.config.services.len() as u16;
        self.enter_boot(to, sink);
    }

    /// Moves down to the next service that takes time to stop, or ends.
    pub(crate) fn advance_stop(&mut self, sink: &mut dyn Sink) {
        let ending = match self.boot {
            BootState::EmergencyStop | BootState::Panic => Ending::Panic,
            BootState::ShuttingDown(kind) => kind.into(),
            _ => return,
        };
        while let Some(last) = self.cursor.checked_sub(1) {
            let service = ServiceId(last);
            let record = &self.records[service.index()];
            match record.presence {
                Presence::Absent => {
                    if matches!(record.state, ServiceState::Restarting { .. }) {
                        self.enter(service, ServiceState::Stopped, Some(Reason::Shutdown), sink);
                    }
                    self.cursor = last;
                }
                Presence::Leaving => return,
                Presence::Present if self.is_showing(service) => return,
                Presence::Present => return self.take_down(service, sink),
            }
        }
        if self.boot == BootState::EmergencyStop {
            self.enter_boot(BootState::Panic, sink);
        }
        if self.boot == BootState::Panic && self.show(sink) {
            return;
        }
        self.enter_boot(BootState::Finished(ending), sink);
        sink.action(Action::Finish(ending));
    }

    /// Starts the panic module, once, when everything else is gone. `false`: it had its turn, or there is none.
    fn show(&mut self, sink: &mut dyn Sink) -> bool {
        let Some(module) = self.config.panic_module else { return false };
        if core::mem::replace(&mut self.shown, true) {
            return false;
        }
        self.cursor = module.0 + 1;
        self.create(module, sink);
        true
    }

    /// Whether the service is the panic module at its work.
    pub(crate) fn is_showing(&self, service: ServiceId) -> bool {
        self.shown && self.config.panic_module == Some(service) && self.boot == BootState::Panic
    }

    fn take_down(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        match self.records[service.index()].state {
            // Its answer comes, from the executor, from the service or by its deadline.
            ServiceState::Starting(StartPhase::Creating) => {}
            ServiceState::Stopping(_) if self.boot != BootState::Panic => {}
            // It never ran: its state is no matter of the shutdown.
            ServiceState::Disabled => self.destroy(service, Scope::Incarnation, sink),
            _ => self.stop(service, sink),
        }
    }

    /// Asks a service that can be asked, destroys any other.
    pub(crate) fn stop(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        self.credit_stable_period(service);
        let by_force = self.boot == BootState::Panic && !self.is_showing(service);
        let spec = self.config.spec(service);
        if !self.records[service.index()].state.is_up() || by_force || spec.readiness == Readiness::None {
            return self.stopped(service, Reason::Shutdown, sink);
        }
        self.enter(service, ServiceState::Stopping(StopPhase::Preparing), None, sink);
        self.arm(service, spec.prepare_timeout);
        // It has to hear that.
        self.release(service, sink);
        sink.action(Action::Direct { service, directive: Directive::PrepareStop });
    }

    pub(crate) fn prepared(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        self.records[service.index()].state = ServiceState::Stopping(StopPhase::Stopping);
        self.arm(service, self.config.spec(service).stop_timeout);
        sink.action(Action::Direct { service, directive: Directive::Stop });
    }

    #[cold]
    pub(crate) fn stop_timed_out(&mut self, service: ServiceId, phase: StopPhase, sink: &mut dyn Sink) {
        sink.action(Action::Notice(Notice::StopForced { service, phase }));
        self.stopped(service, Reason::StopTimeout(phase), sink);
    }

    /// It is at its end, as `reason` says; `Shutdown` is what was asked for, whatever that was.
    pub(crate) fn stopped(&mut self, service: ServiceId, reason: Reason, sink: &mut dyn Sink) {
        self.destroy(service, Scope::Incarnation, sink);
        if self.is_alive() {
            self.rest(service, Some(reason).filter(|reason| *reason != Reason::Shutdown), sink);
        } else {
            self.enter(service, ServiceState::Stopped, Some(reason), sink);
        }
    }
}
