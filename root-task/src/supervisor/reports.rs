// SPDX-License-Identifier: BSD-2-Clause
//! What a service says of itself on its supervisor channel (SPEC G): checked against badge, secret, state and plan.

use partenza_lifecycle::{Event as Life, Refusal};
use partenza_plan::ServiceId;
use partenza_plan::policy::Probe;
use partenza_protocol::control::{
    ChildFault, Component, Directive, Emit, HealthReport, Hello, MAX_COMPONENTS, MAX_PROVIDES, MAX_TEXT,
    Provided, ServiceReady, Welcome,
};
use partenza_protocol::error::{BootError, SupervisorError};
use partenza_protocol::event::{Event, Rejection};
use partenza_protocol::wire::{Count, MalformedMessage, cut, decode_prefix};
use partenza_protocol::{ABI, decode};

use crate::supervisor::outcome::{Outcome, malformed, out_of_state};
use crate::supervisor::questions;
use crate::supervisor::state::Supervisor;
use crate::system::ids::life;

impl Supervisor {
    pub(super) fn on_hello(&mut self, id: ServiceId) -> Outcome {
        let Ok(hello) = decode::<Hello>(self.inbox.payload()) else { return malformed() };
        let entry = &mut self.services.entries[id.0 as usize];
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
            optional: self.services.plan.service(id).optional.into(),
        };
        self.feed(Life::Hello(life(id)));
        self.answer_with(&welcome)
    }

    pub(super) fn on_ready(&mut self, id: ServiceId) -> Outcome {
        let entry = &self.services.entries[id.0 as usize];
        if !entry.greeted {
            return out_of_state(Rejection::BeforeHello);
        }
        if entry.reported {
            return out_of_state(Rejection::Duplicate);
        }
        let Ok(refusal) = self.refusal(id) else { return malformed() };
        self.services.entries[id.0 as usize].reported = true;
        let service = life(id);
        self.feed(match refusal {
            None => Life::Ready(service),
            Some(refusal) => Life::ReadyRefused { service, refusal },
        });
        Outcome::Answer(0)
    }

    /// SPEC G-3.
    fn refusal(&self, id: ServiceId) -> Result<Option<Refusal>, MalformedMessage> {
        let service = self.services.plan.service(id);
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

    pub(super) fn on_next(&mut self, id: ServiceId) -> Outcome {
        if questions::empty(self.inbox.payload()).is_err() {
            return malformed();
        }
        let directive = match self.services.entries[id.0 as usize].directive.take() {
            Some(directive) => {
                // It may ask once for each signal.
                if self.subscribers.is_told(id) {
                    self.services.executor.signal(id);
                }
                directive
            }
            None if self.subscribers.asks(id) => {
                Directive::Changed(self.services.journal.ring().next_sequence())
            }
            None => Directive::Nothing,
        };
        self.answer_with(&directive)
    }

    /// SPEC K-2. An answer to a probe carries its number; a heartbeat is a report that nobody asked for.
    pub(super) fn on_health(&mut self, id: ServiceId) -> Outcome {
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
        if !healthy && self.services.is_up(id) {
            let (component, message) = first.map_or(("", report.last_error), |bad| (bad.name, bad.message));
            let (component, message) = (cut(component, MAX_TEXT), cut(message, MAX_TEXT));
            let others = bad.saturating_sub(1);
            let event = Event::NotWell { service: id, component, message, others };
            self.services.journal.quote(self.services.clock.now(), &event);
        }
        self.feed(match self.services.plan.service(id).health.probe {
            Probe::Heartbeat => Life::Heartbeat { service, healthy },
            Probe::Call | Probe::None => Life::HealthReport { service, probe, healthy },
        });
        Outcome::Answer(0)
    }

    pub(super) fn on_emit(&mut self, id: ServiceId) -> Outcome {
        match decode::<Emit<'_>>(self.inbox.payload()) {
            Ok(Emit { level, text }) if text.len() <= MAX_TEXT => {
                self.services
                    .journal
                    .quote(self.services.clock.now(), &Event::Message { service: id, level, text });
                Outcome::Answer(0)
            }
            _ => malformed(),
        }
    }

    /// SPEC J-3.
    pub(super) fn on_child_fault(&mut self, id: ServiceId) -> Outcome {
        let Ok(fault) = decode::<ChildFault>(self.inbox.payload()) else { return malformed() };
        match self.services.pass_on(id, fault) {
            Ok(()) => Outcome::Answer(0),
            Err(Rejection::Denied) => Outcome::Reject(Rejection::Denied, SupervisorError::Denied.code()),
            Err(why) => out_of_state(why),
        }
    }
}
