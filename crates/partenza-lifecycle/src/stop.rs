// SPDX-License-Identifier: BSD-2-Clause
//! Going down: in order at a shutdown (SPEC M-1), by force at a panic (SPEC E-3).
//!
//! One service at a time, in reverse plan order, and the next only when the one before is destroyed: so nothing is
//! taken from under a service that requires it. Plan order and not the order of actual starts, because that is safe
//! whatever was restarted since. Each wait has a deadline or waits for the executor, so the end is always reached.

use crate::config::{Readiness, ServiceId};
use crate::event::{Action, Directive, Notice, Scope, Sink};
use crate::machine::Machine;
use crate::state::{BootState, Ending, Presence, Reason, ServiceState, ShutdownKind, StartPhase, StopPhase};

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
            | BootState::Panic
            | BootState::ShuttingDown(_)
            | BootState::Finished(_) => false,
        }
    }

    /// Nothing starts any more; from here on `advance_stop` does the work.
    pub(crate) fn go_down(&mut self, to: BootState, sink: &mut dyn Sink) {
        self.layer.budget_ends = None;
        self.cursor = self.config.services.len() as u16;
        self.enter_boot(to, sink);
    }

    /// Moves down to the next service that takes time to stop, or ends.
    pub(crate) fn advance_stop(&mut self, sink: &mut dyn Sink) {
        let ending = match self.boot {
            BootState::Panic => Ending::Panic,
            BootState::ShuttingDown(kind) => kind.into(),
            _ => return,
        };
        while let Some(last) = self.cursor.checked_sub(1) {
            let service = ServiceId(last);
            match self.records[service.index()].presence {
                Presence::Absent => self.cursor = last,
                Presence::Leaving => return,
                Presence::Present => return self.stop(service, sink),
            }
        }
        self.enter_boot(BootState::Finished(ending), sink);
        sink.action(Action::Finish(ending));
    }

    fn stop(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        match self.records[service.index()].state {
            // Its answer comes, from the executor, from the service or by its deadline.
            ServiceState::Starting(StartPhase::Creating) | ServiceState::Stopping(_) => {}
            // It never ran: its state is no matter of the shutdown.
            ServiceState::Disabled => self.destroy(service, Scope::Incarnation, sink),
            ServiceState::Running | ServiceState::Degraded | ServiceState::Unhealthy
                if self.can_be_asked(service) =>
            {
                self.enter(service, ServiceState::Stopping(StopPhase::Preparing), None, sink);
                self.arm(service, self.config.spec(service).prepare_timeout);
                sink.action(Action::Direct { service, directive: Directive::PrepareStop });
            }
            _ => self.stopped(service, Reason::Shutdown, sink),
        }
    }

    fn can_be_asked(&self, service: ServiceId) -> bool {
        self.boot != BootState::Panic && self.config.spec(service).readiness != Readiness::None
    }

    pub(crate) fn prepared(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        self.records[service.index()].state = ServiceState::Stopping(StopPhase::Stopping);
        self.arm(service, self.config.spec(service).stop_timeout);
        sink.action(Action::Direct { service, directive: Directive::Stop });
    }

    pub(crate) fn stop_timed_out(&mut self, service: ServiceId, phase: StopPhase, sink: &mut dyn Sink) {
        sink.action(Action::Notice(Notice::StopForced { service, phase }));
        self.stopped(service, Reason::StopTimeout(phase), sink);
    }

    pub(crate) fn stopped(&mut self, service: ServiceId, reason: Reason, sink: &mut dyn Sink) {
        self.destroy(service, Scope::Incarnation, sink);
        self.enter(service, ServiceState::Stopped, Some(reason), sink);
    }
}
