// SPDX-License-Identifier: BSD-2-Clause
//! What a service says on its supervisor channel (SPEC G, I-4): checked against badge, secret, state and plan.
//!
//! Whatever a service sends, it gets an answer at once or is destroyed; it can neither hold Init nor change the state of
//! another. Bad messages are counted, the first few are logged, none has another effect (SPEC G-2).

use partenza_lifecycle::{BootState, Denial, Event as Life, Refusal, Request, ServiceState, ShutdownKind};
use partenza_plan::policy::Probe;
use partenza_plan::{Readiness, ServiceId, cptr};
use partenza_protocol::control::{
    ChildFault, Component, Directive, Emit, HealthReport, Hello, MAX_COMPONENTS, MAX_PROVIDES, MAX_TEXT,
    Provided, ServiceReady, Stopped, Welcome,
};
use partenza_protocol::error::{BootError, DeliveryError, LookupError, SupervisorError};
use partenza_protocol::event::{Event, Rejection};
use partenza_protocol::request::{Subscribe, Target};
use partenza_protocol::wire::{Count, MalformedMessage, cut, decode_prefix};
use partenza_protocol::{ABI, Code, Op, decode};
use sel4::sys::number::Call;
use sel4::{MessageInfo, Word};

use crate::children::Faults;
use crate::lifecycle::life;
use crate::requests::{self, View, put};
use crate::ring::Reader;
use crate::services::MAX_BEFORE_READY;
use crate::supervisor::Supervisor;

/// How a message ends.
enum Outcome {
    /// The answer is this many bytes of the outbox.
    Answer(usize),
    /// An error, for the caller.
    Refuse(Code),
    /// An error, for the caller, that also counts against it.
    Reject(Rejection, Code),
    /// The caller waits.
    Later,
}

impl Supervisor {
    pub(crate) fn on_control(&mut self, id: ServiceId, info: MessageInfo) {
        let entry = &mut self.entries[id.0 as usize];
        entry.messages = entry.messages.saturating_add(1);
        let messages = entry.messages;
        if entry.faults == Faults::PassedOn {
            self.on_sign_of_life(id);
        }
        if messages > MAX_BEFORE_READY && self.is_starting(id) {
            self.entries[id.0 as usize].last_error = Some(BootError::Flooded.code());
            return self.feed(Life::Flooded(life(id)));
        }
        let op = Op::from_label(info.label());
        // What it may not ask for is not done, so it costs as much as a message of no meaning.
        let granted = op.filter(|op| self.plan.service(id).permissions.allows(*op));
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
                    self.reject(id, why);
                }
                self.reply(id, code, 0);
            }
            Outcome::Later => {}
        }
    }

    /// Whether the incarnation is there that sent the message which is being handled. What follows from a message can be
    /// its end, and at once the beginning of another.
    fn asks_still(&self, id: ServiceId) -> bool {
        let entry = &self.entries[id.0 as usize];
        entry.made.runs() && entry.incarnation == self.inbox.incarnation
    }

    /// Answers the message that is being handled, with so many bytes of the outbox, if its sender is still there.
    pub(crate) fn reply(&mut self, id: ServiceId, code: Code, bytes: usize) {
        if self.asks_still(id) {
            let words = bytes.div_ceil(size_of::<Word>());
            self.outbox.put(id, MessageInfo::new(u64::from(code.0), 0, 0, words));
        }
    }

    /// `microkit_notify` on the supervisor channel: ready, for services that say no more (SPEC G-1).
    fn on_plain_signal(&mut self, id: ServiceId) {
        let entry = &mut self.entries[id.0 as usize];
        if self.plan.service(id).readiness == Readiness::Signal && !entry.reported {
            entry.reported = true;
            self.feed(Life::Ready(life(id)));
        } else {
            self.reject(id, Rejection::Late);
            // It may have been a call, which must not hang; a signal takes no answer.
            let channel = self.plan.service(id).supervisor_channel.as_ref().copied().unwrap_or_default();
            let called = [cptr::CALL, cptr::NOTIFICATION].map(|base| base + u32::from(channel));
            if called.iter().any(|at| self.executor.standing_in(id, &[Call], *at).is_some()) {
                self.reply(id, SupervisorError::OutOfState.code(), 0);
            }
        }
    }

    fn is_starting(&self, id: ServiceId) -> bool {
        matches!(self.machine.state(life(id)), Some(ServiceState::Starting(_)))
    }

    pub(crate) fn reject(&mut self, id: ServiceId, why: Rejection) {
        if let Some(why) = self.entries[id.0 as usize].reject(why) {
            self.tell(Event::Rejected { service: id, why });
        }
    }

    fn on_operation(&mut self, id: ServiceId, op: Op) -> Outcome {
        match op {
            Op::Hello => self.on_hello(id),
            Op::Ready => self.on_ready(id),
            Op::Next => self.on_next(id),
            Op::Health => self.on_health(id),
            Op::ReadyToStop => match requests::empty(self.inbox.payload()) {
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
                Ok(Subscribe { on }) => answer(self.subscribe(id, on)),
                Err(_) => malformed(),
            },
            Op::Deliver => answer(self.deliver(Some(id))),
            other => self.on_request(other),
        }
    }

    /// What the host may ask for as well as a service.
    fn on_request(&mut self, op: Op) -> Outcome {
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

    /// The event line interrupted: perhaps the host asks. Who holds the line holds the machine, so it may ask for
    /// everything that is not a service's own to say.
    pub(crate) fn on_line(&mut self) {
        let mut request = None;
        let journal = &mut self.journal;
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
        self.journal.answer_host(request.tag, label, &self.outbox.bytes[..len]);
    }

    fn on_hello(&mut self, id: ServiceId) -> Outcome {
        let Ok(hello) = decode::<Hello>(self.inbox.payload()) else { return malformed() };
        let entry = &mut self.entries[id.0 as usize];
        if !hello.secret.matches(&entry.secrets.service) {
            return Outcome::Reject(Rejection::WrongSecret, SupervisorError::WrongSecret.code());
        }
        if entry.greeted {
            return out_of_state(Rejection::Duplicate);
        }
        if hello.abi != ABI {
            entry.last_error = Some(BootError::AbiMismatch.code());
            return Outcome::Reject(Rejection::WrongAbi, BootError::AbiMismatch.code());
        }
        entry.greeted = true;
        let welcome = Welcome {
            supervisor_secret: entry.secrets.supervisor,
            incarnation: entry.incarnation,
            optional: self.plan.service(id).optional.into(),
        };
        self.feed(Life::Hello(life(id)));
        self.answer_with(&welcome)
    }

    fn on_ready(&mut self, id: ServiceId) -> Outcome {
        let entry = &self.entries[id.0 as usize];
        if !entry.greeted {
            return out_of_state(Rejection::BeforeHello);
        }
        if entry.reported {
            return out_of_state(Rejection::Duplicate);
        }
        let Ok(refusal) = self.refusal(id) else { return malformed() };
        self.entries[id.0 as usize].reported = true;
        let service = life(id);
        self.feed(match refusal {
            None => Life::Ready(service),
            Some(refusal) => Life::ReadyRefused { service, refusal },
        });
        Outcome::Answer(0)
    }

    /// SPEC G-3.
    fn refusal(&self, id: ServiceId) -> Result<Option<Refusal>, MalformedMessage> {
        let service = self.plan.service(id);
        let (ready, list) = decode_prefix::<ServiceReady<&[u8], Count>>(self.inbox.payload())?;
        let mut provides = ready.provides.get() == service.provides.len();
        ready.provides.read(MAX_PROVIDES, list, |Provided { interface, version }| {
            provides &= service.provides.iter().any(|p| *p.name == *interface && *p.version == *version);
        })?;
        Ok(if ready.name != service.name.as_bytes() {
            Some(Refusal::Name)
        } else if ready.version != service.version.as_bytes() {
            Some(Refusal::Version)
        } else if ready.endpoint != service.serves.as_ref().copied() {
            Some(Refusal::Endpoint)
        } else if !provides {
            Some(Refusal::Interface)
        } else {
            None
        })
    }

    fn on_next(&mut self, id: ServiceId) -> Outcome {
        if requests::empty(self.inbox.payload()).is_err() {
            return malformed();
        }
        let directive = match self.entries[id.0 as usize].directive.take() {
            Some(directive) => {
                // It may ask once for each signal.
                if self.subscribers.is_told(id) {
                    self.executor.signal(id);
                }
                directive
            }
            None if self.subscribers.asks(id) => Directive::Changed(self.journal.ring().next_sequence()),
            None => Directive::Nothing,
        };
        self.answer_with(&directive)
    }

    /// SPEC K-2. An answer to a probe carries its number; a heartbeat is a report that nobody asked for.
    fn on_health(&mut self, id: ServiceId) -> Outcome {
        let Ok((report, list)) = decode_prefix::<HealthReport<'_, Count>>(self.inbox.payload()) else {
            return malformed();
        };
        let (mut first, mut bad) = (None, 0u8);
        let read = report.components.read(MAX_COMPONENTS, list, |component: Component<'_>| {
            if !component.healthy {
                first = first.or(Some(component));
                bad += 1;
            }
        });
        if read.is_err() {
            return malformed();
        }
        let (service, probe, healthy) = (life(id), report.probe, report.healthy && bad == 0);
        if !healthy && self.is_up(id) {
            let (component, message) = first.map_or(("", report.last_error), |bad| (bad.name, bad.message));
            let (component, message) = (cut(component, MAX_TEXT), cut(message, MAX_TEXT));
            let others = bad.saturating_sub(1);
            let event = Event::NotWell { service: id, component, message, others };
            self.journal.quote(self.clock.now(), &event);
        }
        self.feed(match self.plan.service(id).health.probe {
            Probe::Heartbeat => Life::Heartbeat { service, healthy },
            Probe::Call | Probe::None => Life::HealthReport { service, probe, healthy },
        });
        Outcome::Answer(0)
    }

    /// Start, Stop and their kin (SPEC I-4): the machine answers at once, what follows comes as events.
    fn on_change(&mut self, request: Request) -> Outcome {
        let Ok(target) = decode::<Target<'_>>(self.inbox.payload()) else { return malformed() };
        let target = match requests::find(self.plan, target.name) {
            Ok(target) => target,
            Err(code) => return Outcome::Refuse(code),
        };
        match self.request(target, request) {
            Ok(()) => Outcome::Answer(0),
            Err(denial) => Outcome::Refuse(denial_code(denial)),
        }
    }

    fn on_emit(&mut self, id: ServiceId) -> Outcome {
        match decode::<Emit<'_>>(self.inbox.payload()) {
            Ok(Emit { level, text }) if text.len() <= MAX_TEXT => {
                self.journal.quote(self.clock.now(), &Event::Message { service: id, level, text });
                Outcome::Answer(0)
            }
            _ => malformed(),
        }
    }

    /// SPEC J-3.
    fn on_child_fault(&mut self, id: ServiceId) -> Outcome {
        let Ok(fault) = decode::<ChildFault>(self.inbox.payload()) else { return malformed() };
        match self.pass_on(id, fault) {
            Ok(()) => Outcome::Answer(0),
            Err(Rejection::Denied) => Outcome::Reject(Rejection::Denied, SupervisorError::Denied.code()),
            Err(why) => out_of_state(why),
        }
    }

    fn on_shutdown(&mut self, kind: ShutdownKind) -> Outcome {
        if requests::empty(self.inbox.payload()).is_err() {
            return malformed();
        }
        if self.machine.boot_state() == BootState::ShuttingDown(kind) {
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
        let target = match requests::find(self.plan, target.name) {
            Ok(target) => target,
            Err(code) => return Outcome::Refuse(code),
        };
        let up = self.machine.state(life(target)).is_some_and(ServiceState::is_up);
        if !up {
            return Outcome::Refuse(SupervisorError::NotRunning.code());
        }
        if self.plan.service(target).supervisor_channel.is_none() {
            return Outcome::Refuse(SupervisorError::NoChannel.code());
        }
        self.entries[target.0 as usize].direct(Directive::Crash);
        self.executor.signal(target);
        Outcome::Answer(0)
    }

    /// SPEC F-8.
    fn on_audit(&mut self) -> Outcome {
        let Ok(target) = decode::<Target<'_>>(self.inbox.payload()) else { return malformed() };
        match requests::find(self.plan, target.name).and_then(|id| self.audit(id)) {
            Ok(report) => self.answer_with(&report),
            Err(code) => Outcome::Refuse(code),
        }
    }

    fn on_question(&mut self, op: Op) -> Outcome {
        let view = View {
            plan: self.plan,
            entries: &self.entries,
            machine: &self.machine,
            callers: &self.callers,
            ring: self.journal.ring(),
            reader: if op == Op::Registers || self.asking.is_some() {
                Reader::Privileged
            } else {
                Reader::Service
            },
            now: self.clock.now(),
            boot_state: self.boot_state,
            complete: self.complete,
        };
        match requests::answer(&view, op, self.inbox.payload(), &mut self.outbox.bytes) {
            Some(Ok(bytes)) => Outcome::Answer(bytes),
            Some(Err(code)) => refusal_of(code),
            None => Outcome::Refuse(SupervisorError::NotSupported.code()),
        }
    }

    fn answer_with<T: serde::Serialize>(&mut self, value: &T) -> Outcome {
        match put(value, &mut self.outbox.bytes) {
            Ok(bytes) => Outcome::Answer(bytes),
            Err(code) => Outcome::Refuse(code),
        }
    }
}

pub(crate) fn denial_code(denial: Denial) -> Code {
    match denial {
        Denial::NoSuchService => SupervisorError::NoSuchService,
        Denial::Booting => SupervisorError::Booting,
        Denial::GoingDown => SupervisorError::ShuttingDown,
        Denial::Critical => SupervisorError::CriticalService,
        Denial::SidecarOf(_) => SupervisorError::Sidecar,
        Denial::Disabled => SupervisorError::DisabledService,
        Denial::Held => return BootError::Held.code(),
        Denial::NotDelivered => return DeliveryError::NotDelivered.code(),
        Denial::NotRunning => SupervisorError::NotRunning,
        Denial::DependencyNotRunning(_) => return BootError::DependencyNotRunning.code(),
        Denial::ClientStops => SupervisorError::Stopping,
        Denial::WaitsForClient => return LookupError::Circular.code(),
    }
    .code()
}

fn answer(outcome: Result<(), Code>) -> Outcome {
    match outcome {
        Ok(()) => Outcome::Answer(0),
        Err(code) => refusal_of(code),
    }
}

/// A malformed message counts against its sender; that something is not so does not.
fn refusal_of(code: Code) -> Outcome {
    if code == SupervisorError::Malformed.code() { malformed() } else { Outcome::Refuse(code) }
}

fn malformed() -> Outcome {
    Outcome::Reject(Rejection::Malformed, SupervisorError::Malformed.code())
}

fn out_of_state(why: Rejection) -> Outcome {
    Outcome::Reject(why, SupervisorError::OutOfState.code())
}
