// SPDX-License-Identifier: BSD-2-Clause
//! Parents and children (SPEC J-3): a parent gets the faults of its children first, and holds their threads.
//!
//! Rules:
//! * While a parent has an incarnation the fault capability of its children leads to its endpoint; while it has none, to
//!   the Supervisor. So no fault waits for nobody.
//! * Whom to believe about a fault is the kernel, nobody else. When a parent passes a fault on, or dies with one of them
//!   unhandled, the fault capability is led here and the child resumed: it makes the instruction again that it stands
//!   at, and the kernel tells of the fault again. Nothing that a parent says of a fault is told; that its child stands
//!   behind the instruction is believed, because whoever holds a thread can put it anywhere.
//! * The kernel does not tell whether a thread stands in a fault. One that runs is not changed by being resumed; one that
//!   waits, or stands in a call, is told by its registers and not touched: a healthy server would do the work twice.
//! * A child's thread lives as long as its incarnation, and the parent's capability to it with it: given at each start,
//!   gone with the revoke.

use partenza_lifecycle::Blocked;
use partenza_plan::{ServiceId, cptr};
use partenza_protocol::control::ChildFault;
use partenza_protocol::event::{CapKind, Event, Rejection};

use crate::system::entry::Faults;
use crate::system::services::Services;

/// Children have ids from 0 to this.
const MAX_CHILD: u32 = 63;

/// What became of an incarnation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// It was made, in the CSpace of the one before.
    Made,
    /// With a CSpace of its own.
    MadeFresh,
    /// It was let run.
    Resumed,
    /// It is gone, and never ran.
    GoneUnused,
    Gone,
}

impl Services {
    /// Whether a service has a parent or children.
    pub fn has_kin(&self, id: ServiceId) -> bool {
        let service = self.plan.service(id);
        service.parent().is_some() || service.children().next().is_some()
    }

    /// Of a service that has kin: who hears its faults and those of its children, and who holds its thread.
    #[inline(never)]
    pub fn settle_kin(&mut self, id: ServiceId, moment: Moment) {
        let service = self.plan.service(id);
        let made = matches!(moment, Moment::Made | Moment::MadeFresh);
        if let Some((parent, grant)) = service.parent() {
            let cptr = cptr::CHILD + (grant.badge.to_native() as u32 & MAX_CHILD);
            let above = self.entry(parent).made;
            match moment {
                Moment::Resumed if above.has_spaces() => self.give_thread(parent, id, cptr),
                Moment::Gone if above.has_spaces() => self.tell(Event::Withdrawn { service: parent, cptr }),
                _ if made => {
                    if moment == Moment::MadeFresh {
                        self.entry(id).faults = Faults::Parent;
                    }
                    self.lead_faults(id, if above.runs() { Faults::Parent } else { Faults::Supervisor });
                }
                _ => {}
            }
        }
        if moment == Moment::Resumed {
            return;
        }
        for (child, cptr) in service.children() {
            self.lead_faults(child, if made { Faults::Parent } else { Faults::Supervisor });
            if moment == Moment::MadeFresh && self.entry(child).is_live() {
                self.give_thread(id, child, cptr);
            }
            if !made {
                // What stands in no fault is to be left alone.
                let _ = self.have_it_told_again(child, 0);
            }
        }
    }

    /// A parent leaves a fault of a child to the Supervisor.
    ///
    /// # Errors
    /// It has no such child, or that stands in no fault, as far as can be known now.
    pub fn pass_on(&mut self, parent: ServiceId, fault: ChildFault) -> Result<(), Rejection> {
        let at = cptr::CHILD + u32::from(fault.child);
        let mut children = self.plan.service(parent).children();
        let (child, _) = children.find(|(_, cptr)| *cptr == at).ok_or(Rejection::Denied)?;
        if self.entry(child).faults == Faults::PassedOn {
            return Err(Rejection::Duplicate);
        }
        self.have_it_told_again(child, fault.behind)?;
        self.lead_faults(child, Faults::PassedOn);
        Ok(())
    }

    /// A service speaks of which its parent passed a fault on: that was none.
    pub fn on_sign_of_life(&mut self, id: ServiceId) {
        if let Some((parent, _)) = self.plan.service(id).parent() {
            self.lead_faults(id, Faults::Parent);
            self.reject(parent, Rejection::NotFaulted);
        }
    }

    fn give_thread(&mut self, parent: ServiceId, child: ServiceId, cptr: u32) {
        let outcome = self.executor.give_thread(parent, child, cptr);
        if self.note(parent, outcome) {
            self.tell(Event::Granted { service: parent, kind: CapKind::Thread, cptr: cptr.into() });
        }
    }

    #[inline(never)]
    fn lead_faults(&mut self, child: ServiceId, to: Faults) {
        let entry = self.entry(child);
        let moves = (entry.faults == Faults::Parent) != (to == Faults::Parent);
        if entry.made.has_spaces() && moves {
            let outcome = self.executor.lead_faults(child, to == Faults::Parent);
            if !self.note(child, outcome) {
                return;
            }
        }
        self.entry(child).faults = to;
    }

    /// Lets a child make the instruction again that it stands at, if that may have faulted.
    ///
    /// # Errors
    /// It stands in no fault.
    fn have_it_told_again(&mut self, child: ServiceId, behind: u8) -> Result<(), Rejection> {
        if !self.entry(child).is_live()
            || self.blocked(child) != Blocked::No
            || self.executor.waits_or_calls(child)
        {
            return Err(Rejection::NotFaulted);
        }
        let outcome = self.executor.resume_behind(child, behind);
        if self.note(child, outcome) { Ok(()) } else { Err(Rejection::NotFaulted) }
    }
}
