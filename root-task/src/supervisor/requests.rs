// SPDX-License-Identifier: BSD-2-Clause
//! What the host may ask for, and a service that was granted it (SPEC I-4, I-5).

use partenza_lifecycle::{BootState, Event as Life, Request, ServiceState, ShutdownKind};
use partenza_protocol::control::Directive;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::request::Target;
use partenza_protocol::{Op, decode};

use crate::events::ring::Reader;
use crate::supervisor::outcome::{Outcome, answer, malformed, refusal_of};
use crate::supervisor::questions::{self, View, put};
use crate::supervisor::state::Supervisor;
use crate::system::codes::denial_code;
use crate::system::ids::life;

impl Supervisor {
    /// What the host may ask for as well as a service.
    pub(super) fn on_request(&mut self, op: Op) -> Outcome {
        match op {
            Op::Shutdown => self.on_shutdown(ShutdownKind::PowerOff),
            Op::Reboot => self.on_shutdown(ShutdownKind::Reboot),
            Op::Crash => self.on_crash_request(),
            Op::Audit => self.on_audit(),
            Op::List
            | Op::Status
            | Op::Log
            | Op::Registers
            | Op::Grants
            | Op::BootReport
            | Op::Version
            | Op::Uptime => self.on_question(op),
            Op::Start => self.on_change(Request::Start),
            Op::Stop => self.on_change(Request::Stop),
            Op::Restart => self.on_change(Request::Restart),
            Op::Enable => self.on_change(Request::Enable),
            Op::Disable => self.on_change(Request::Disable),
            Op::Switch => answer(self.switch()),
            Op::Lookup => match self.look_up_for_host() {
                Ok(found) => self.answer_with(&found),
                Err(code) => refusal_of(code),
            },
            Op::Spawn => answer(self.spawn()),
            Op::Grant => answer(self.grant_call()),
            Op::Revoke => answer(self.revoke_call()),
            Op::Deliver => answer(self.deliver(None)),
            Op::Hello
            | Op::Ready
            | Op::Next
            | Op::Health
            | Op::ReadyToStop
            | Op::Stopped
            | Op::Emit
            | Op::ChildFault
            | Op::Subscribe => Outcome::Refuse(SupervisorError::OutOfState.code()),
        }
    }

    /// Start, Stop and their kin (SPEC I-4): the machine answers at once, what follows comes as events.
    fn on_change(&mut self, request: Request) -> Outcome {
        let Ok(target) = decode::<Target<'_>>(self.inbox.payload()) else { return malformed() };
        let target = match self.services.find(target.name) {
            Ok(target) => target,
            Err(code) => return Outcome::Refuse(code),
        };
        match self.request(target, request) {
            Ok(()) => Outcome::Answer(0),
            Err(denial) => Outcome::Refuse(denial_code(denial)),
        }
    }

    fn on_shutdown(&mut self, kind: ShutdownKind) -> Outcome {
        if questions::empty(self.inbox.payload()).is_err() {
            return malformed();
        }
        if self.services.machine.boot_state() == BootState::ShuttingDown(kind) {
            // It is under way.
            return Outcome::Answer(0);
        }
        if self.is_going_down() {
            return Outcome::Refuse(SupervisorError::ShuttingDown.code());
        }
        self.feed(Life::ShutdownRequested(kind));
        Outcome::Answer(0)
    }

    /// The shell's `crash`: the target is told to touch address 0 when it next asks.
    fn on_crash_request(&mut self) -> Outcome {
        let Ok(target) = decode::<Target<'_>>(self.inbox.payload()) else { return malformed() };
        let target = match self.services.find(target.name) {
            Ok(target) => target,
            Err(code) => return Outcome::Refuse(code),
        };
        let up = self.services.machine.state(life(target)).is_some_and(ServiceState::is_up);
        if !up {
            return Outcome::Refuse(SupervisorError::NotRunning.code());
        }
        if self.services.plan.service(target).supervisor_channel.is_none() {
            return Outcome::Refuse(SupervisorError::NoChannel.code());
        }
        self.services.entries[target.0 as usize].direct(Directive::Crash);
        self.services.executor.signal(target);
        Outcome::Answer(0)
    }

    /// SPEC F-8.
    fn on_audit(&mut self) -> Outcome {
        let Ok(target) = decode::<Target<'_>>(self.inbox.payload()) else { return malformed() };
        match self.services.find(target.name).and_then(|id| self.audit(id)) {
            Ok(report) => self.answer_with(&report),
            Err(code) => Outcome::Refuse(code),
        }
    }

    fn on_question(&mut self, op: Op) -> Outcome {
        let view = View {
            plan: self.services.plan,
            entries: &self.services.entries,
            machine: &self.services.machine,
            callers: &self.calls.table,
            ring: self.services.journal.ring(),
            reader: if op == Op::Registers || self.asking.is_some() {
                Reader::Privileged
            } else {
                Reader::Service
            },
            now: self.services.clock.now(),
            boot_state: self.boot_state,
            complete: self.complete,
        };
        match questions::answer(&view, op, self.inbox.payload(), &mut self.outbox.bytes) {
            Some(Ok(bytes)) => Outcome::Answer(bytes),
            Some(Err(code)) => refusal_of(code),
            None => Outcome::Refuse(SupervisorError::NotSupported.code()),
        }
    }

    pub(super) fn answer_with<T: serde::Serialize>(&mut self, value: &T) -> Outcome {
        match put(value, &mut self.outbox.bytes) {
            Ok(bytes) => Outcome::Answer(bytes),
            Err(code) => Outcome::Refuse(code),
        }
    }
}
