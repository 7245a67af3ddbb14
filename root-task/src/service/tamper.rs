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
use sel4::CapRights;

use crate::objects::cspace::{Slot, own};
use crate::objects::error::{During, ObjectError, Step};
use crate::service::executor::Executor;

/// Deeds of one parameter.
const MAX: usize = 32;

/// One of them.
#[derive(Clone, Copy, Debug)]
pub struct Deed {
    pub service: ServiceId,
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
pub struct Deeds(pub [Option<Deed>; MAX]);

impl Deeds {
    /// `None`: it is no list of deeds, or too long a one.
    #[must_use]
    pub fn parse(plan: &Plan, value: &str) -> Option<Self> {
        let mut deeds = Self::default();
        for (index, words) in value.split(';').enumerate() {
            *deeds.0.get_mut(index)? = Some(Deed::parse(plan, words)?);
        }
        Some(deeds)
    }
}

impl Deed {
    /// Whether it can be done only while the service has a CSpace.
    #[must_use]
    pub fn needs_a_cspace(&self) -> bool {
        matches!(self.what, What::Take(_) | What::Put(..))
    }

    fn parse(plan: &Plan, words: &str) -> Option<Self> {
        let mut words = words.split_ascii_whitespace();
        let mut word = || words.next();
        let (verb, service) = (word()?, plan.find(word()?)?);
        let mut slot = || {
            let slots = 1 << plan.service(service).cnode_radix;
            word()?.parse().ok().filter(|cptr| *cptr < slots)
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
                        _ => return None,
                    },
                )
            }
            "lose" => What::Lose,
            "clutter" => What::Clutter,
            _ => return None,
        };
        words.next().is_none().then_some(Self { service, what })
    }
}

impl Executor {
    /// # Errors
    /// What the kernel refused.
    pub fn tamper(&self, deed: Deed) -> Result<(), ObjectError> {
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
