// SPDX-License-Identifier: BSD-2-Clause
//! Capabilities that vanish, appear or change behind the Supervisor's back, for an audit to find (SPEC F-8), or for the
//! proof that a service left nothing behind (SPEC L-7).
//!
//! Only the root task of the tests has this file (feature `tamper`, program `tampered`); the one that is shipped knows no
//! such boot parameter. `tamper` lists deeds with `;` between them, which are done at the end of the boot:
//!
//! | deed | does |
//! |---|---|
//! | `take SERVICE CPTR` | deletes what is there |
//! | `put SERVICE CPTR endpoint`, `put SERVICE CPTR notification` | puts one of Init's own there, without any right, in place of what was there |
//! | `lose SERVICE` | deletes Init's own capability to the endpoint that the service serves, so that nothing more is minted from it |
//! | `clutter SERVICE` | puts one into the last of Init's own slots that are planned for the service, which does not run |
//!
//! A deed that cannot be read is a bad parameter, as everywhere; one that cannot be done is an event.

use partenza_plan::ServiceId;
use partenza_plan::archived::Plan;
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
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Take(u32),
    Put(u32, Slot),
    Lose,
    Clutter,
}

/// What `tamper` asks for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deeds([Option<Deed>; MAX]);

impl Deeds {
    /// # Errors
    /// It is no list of deeds, or too long a one.
    pub fn parse(plan: &Plan, value: &str) -> Result<Self, BadParameter> {
        let mut deeds = Self::default();
        for (index, words) in value.split(';').enumerate() {
            *deeds.0.get_mut(index).ok_or(BadParameter)? = Some(Deed::parse(plan, words)?);
        }
        Ok(deeds)
    }
}

impl Deed {
    fn parse(plan: &Plan, words: &str) -> Result<Self, BadParameter> {
        let mut words = words.split_ascii_whitespace();
        let mut word = || words.next().ok_or(BadParameter);
        let (verb, service) = (word()?, service(plan, word()?)?);
        let mut slot = || {
            let slots = 1 << plan.service(service).cnode_radix;
            word()?.parse().ok().filter(|cptr| *cptr < slots).ok_or(BadParameter)
        };
        let what = match verb {
            "take" => What::Take(slot()?),
            "put" => {
                let cptr = slot()?;
                What::Put(
                    cptr,
                    match word()? {
                        "endpoint" => own::ENDPOINT,
                        "notification" => own::NOTIFICATION,
                        _ => return Err(BadParameter),
                    },
                )
            }
            "lose" => What::Lose,
            "clutter" => What::Clutter,
            _ => return Err(BadParameter),
        };
        if words.next().is_some() { Err(BadParameter) } else { Ok(Self { service, what }) }
    }
}

impl Supervisor {
    /// The boot is complete.
    pub(crate) fn tamper(&mut self) {
        for deed in self.parameters.tamper.0.into_iter().flatten() {
            let has_spaces = self.entries[usize::from(deed.service.0)].made.has_spaces();
            let done = match deed.what {
                What::Take(_) | What::Put(..) if !has_spaces => {
                    Err(Refused::because(SupervisorError::NotRunning))
                }
                _ => self.executor.tamper(deed),
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
        match deed.what {
            What::Take(cptr) => self.slot_of(deed.service, cptr).delete().during(Step::Revoke),
            What::Put(cptr, object) => self.replace(deed.service, cptr, object, CapRights::none(), 0),
            What::Lose => self.cspace.path(self.endpoint_of(deed.service)).delete().during(Step::Revoke),
            What::Clutter => {
                let (_, _, slots) = self.parts(deed.service);
                let last = self.cspace.path(Slot(slots.end - 1));
                last.copy(&self.cspace.path(own::ENDPOINT), CapRights::none()).during(Step::Mint)
            }
        }
    }
}
