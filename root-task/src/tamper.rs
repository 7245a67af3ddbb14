// SPDX-License-Identifier: BSD-2-Clause
//! Capabilities that vanish, appear or change behind the Supervisor's back, for an audit to find (SPEC F-8).
//!
//! Only the root task of the tests has this file (feature `tamper`, program `tampered`); the one that is shipped knows no
//! such boot parameter. `tamper` lists deeds with `;` between them, which are done at the end of the boot:
//!
//! | deed | does |
//! |---|---|
//! | `take SERVICE CPTR` | deletes what is there |
//! | `put SERVICE CPTR endpoint`, `put SERVICE CPTR notification` | puts one of Init's own there, without any right, in place of what was there |
//!
//! A deed that cannot be read is a bad parameter, as everywhere; one that cannot be done is an event.

use partenza_plan::{Plan, ServiceId};
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::Event;
use sel4::CapRights;

use crate::cspace::{Slot, own};
use crate::executor::Executor;
use crate::parameters::{BadParameter, service};
use crate::refused::{During, Refused, Step};
use crate::supervisor::Supervisor;

/// Deeds of one parameter.
const MAX: usize = 32;

#[derive(Clone, Copy, Debug)]
struct Deed {
    service: ServiceId,
    cptr: u32,
    /// `None`: what is there is taken away, and nothing put there.
    object: Option<Slot>,
}

/// What `tamper` asks for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deeds([Option<Deed>; MAX]);

impl Deeds {
    /// # Errors
    /// It is no list of deeds, or too long a one.
    pub fn parse(plan: &Plan<'_>, value: &str) -> Result<Self, BadParameter> {
        let mut deeds = Self::default();
        for (index, words) in value.split(';').enumerate() {
            *deeds.0.get_mut(index).ok_or(BadParameter)? = Some(Deed::parse(plan, words)?);
        }
        Ok(deeds)
    }
}

impl Deed {
    fn parse(plan: &Plan<'_>, words: &str) -> Result<Self, BadParameter> {
        let mut words = words.split_ascii_whitespace();
        let mut word = || words.next().ok_or(BadParameter);
        let (verb, service, cptr) = (word()?, service(plan, word()?)?, word()?);
        let object = match verb {
            "take" => None,
            "put" => Some(match word()? {
                "endpoint" => own::ENDPOINT,
                "notification" => own::NOTIFICATION,
                _ => return Err(BadParameter),
            }),
            _ => return Err(BadParameter),
        };
        let cptr = cptr.parse().map_err(|_| BadParameter)?;
        let is_slot = cptr < 1 << plan.service(service).cnode_radix;
        if !is_slot || words.next().is_some() {
            return Err(BadParameter);
        }
        Ok(Self { service, cptr, object })
    }
}

impl Supervisor {
    /// The boot is complete.
    pub(crate) fn tamper(&mut self) {
        for deed in self.parameters.tamper.0.into_iter().flatten() {
            let done = match self.entries[usize::from(deed.service.0)].made.has_spaces() {
                true => self.executor.tamper(deed),
                false => Err(Refused::because(SupervisorError::NotRunning)),
            };
            if let Err(Refused { code, detail }) = done {
                self.tell(Event::InitError { code, detail: detail.into() });
            }
        }
    }
}

impl Executor {
    /// # Errors
    /// What the kernel refused.
    fn tamper(&self, deed: Deed) -> Result<(), Refused> {
        match deed.object {
            None => self.slot_of(deed.service, deed.cptr).delete().during(Step::Revoke),
            Some(object) => self.replace(deed.service, deed.cptr, object, CapRights::none(), 0),
        }
    }
}
