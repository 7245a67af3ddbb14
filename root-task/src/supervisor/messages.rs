// SPDX-License-Identifier: BSD-2-Clause
//! What a service says on its supervisor channel (SPEC G, I-4): checked against badge, secret, state and plan.
//!
//! Whatever a service sends, it gets an answer at once or is destroyed; it can neither hold Init nor change the state of
//! another. Bad messages are counted, the first few are logged, none has another effect (SPEC G-2).

use partenza_lifecycle::Event as Life;
use partenza_plan::{Readiness, ServiceId, cptr};
use partenza_protocol::control::Stopped;
use partenza_protocol::error::{BootError, SupervisorError};
use partenza_protocol::event::Rejection;
use partenza_protocol::request::Subscribe;
use partenza_protocol::{Code, Op, decode};
use sel4::MessageInfo;
use sel4::sys::number::Call;

use crate::supervisor::outcome::{Outcome, answer, malformed, refusal_of};
use crate::supervisor::questions;
use crate::supervisor::state::Supervisor;
use crate::system::entry::{Faults, MAX_BEFORE_READY};
use crate::system::ids::life;

impl Supervisor {
    pub(super) fn on_control(&mut self, id: ServiceId, info: MessageInfo) {
        let entry = &mut self.services.entries[id.0 as usize];
        entry.messages = entry.messages.saturating_add(1);
        let messages = entry.messages;
        if entry.faults == Faults::PassedOn {
            self.services.on_sign_of_life(id);
        }
        if messages > MAX_BEFORE_READY && self.is_starting(id) {
            self.services.entries[id.0 as usize].last_error = Some(BootError::Flooded.code());
            return self.feed(Life::Flooded(life(id)));
        }
        let op = Op::from_label(info.label());
        // What it may not ask for is not done, so it costs as much as a message of no meaning.
        let granted = op.filter(|op| self.services.plan.service(id).permissions.allows(*op));
        if !self.charge(id, granted) {
            return;
        }
        if info.label() == 0 && info.length() == 0 {
            return self.on_plain_signal(id);
        }
        let outcome = match (op, granted) {
            (_, Some(op)) => self.on_operation(id, op),
            (Some(_), None) => Outcome::Reject(Rejection::Denied, SupervisorError::Denied.code()),
            (None, None) => Outcome::Reject(
                Rejection::UnknownOperation(info.label() as u32),
                SupervisorError::UnknownOperation.code(),
            ),
        };
        match outcome {
            Outcome::Answer(bytes) => self.reply(id, Code(0), bytes),
            Outcome::Refuse(code) => self.reply(id, code, 0),
            Outcome::Reject(why, code) => {
                if self.asks_still(id) {
                    self.services.reject(id, why);
                }
                self.reply(id, code, 0);
            }
            Outcome::Later => {}
        }
    }

    /// `microkit_notify` on the supervisor channel: ready, for services that say no more (SPEC G-1).
    fn on_plain_signal(&mut self, id: ServiceId) {
        let entry = &mut self.services.entries[id.0 as usize];
        if self.services.plan.service(id).readiness == Readiness::Signal && !entry.reported {
            entry.reported = true;
            self.feed(Life::Ready(life(id)));
        } else {
            self.services.reject(id, Rejection::Late);
            // It may have been a call, which must not hang; a signal takes no answer.
            let channel =
                self.services.plan.service(id).supervisor_channel.as_ref().copied().unwrap_or_default();
            let called = [cptr::CALL, cptr::NOTIFICATION].map(|base| base + u32::from(channel));
            if called.iter().any(|at| self.services.executor.standing_in(id, &[Call], *at).is_some()) {
                self.reply(id, SupervisorError::OutOfState.code(), 0);
            }
        }
    }

    fn is_starting(&self, id: ServiceId) -> bool {
        self.services.state(id).is_starting()
    }

    /// The event line interrupted: perhaps the host asks. Who holds the line holds the machine, so it may ask for
    /// everything that is not a service's own to say.
    pub(super) fn on_line(&mut self) {
        let mut request = None;
        let journal = &mut self.services.journal;
        self.inbox.fill_with(|bytes| {
            request = journal.on_line_interrupt(bytes);
            request.as_ref().map_or(0, |request| request.len)
        });
        let Some(request) = request else { return };
        self.asking = Some(request.tag);
        let outcome = match Op::from_label(u64::from(request.label)) {
            Some(op) => self.on_request(op),
            None => Outcome::Refuse(SupervisorError::UnknownOperation.code()),
        };
        let (label, len) = match outcome {
            Outcome::Answer(len) => (0, len),
            Outcome::Refuse(code) | Outcome::Reject(_, code) => (code.0, 0),
            Outcome::Later => return,
        };
        self.asking = None;
        self.services.journal.answer_host(request.tag, label, &self.outbox.bytes[..len]);
    }

    fn on_operation(&mut self, id: ServiceId, op: Op) -> Outcome {
        match op {
            Op::Hello => self.on_hello(id),
            Op::Ready => self.on_ready(id),
            Op::Next => self.on_next(id),
            Op::Health => self.on_health(id),
            Op::ReadyToStop => match questions::empty(self.inbox.payload()) {
                Ok(()) => {
                    self.feed(Life::ReadyToStop(life(id)));
                    Outcome::Answer(0)
                }
                Err(_) => malformed(),
            },
            Op::Stopped => match decode::<Stopped>(self.inbox.payload()) {
                Ok(Stopped { code }) => {
                    self.feed(Life::Stopped { service: life(id), code });
                    Outcome::Answer(0)
                }
                Err(_) => malformed(),
            },
            Op::Emit => self.on_emit(id),
            Op::ChildFault => self.on_child_fault(id),
            Op::Lookup => match self.look_up(id) {
                Some(Ok(found)) => self.answer_with(&found),
                Some(Err(code)) => refusal_of(code),
                None => Outcome::Later,
            },
            Op::Subscribe => match decode::<Subscribe>(self.inbox.payload()) {
                Ok(Subscribe { on }) => answer(self.subscribers.subscribe(id, on)),
                Err(_) => malformed(),
            },
            Op::Deliver => answer(self.deliver(Some(id))),
            other => self.on_request(other),
        }
    }
}
