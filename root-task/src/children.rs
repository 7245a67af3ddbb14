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
use partenza_plan::archived::{Grant, Object};
use partenza_plan::{ServiceId, cptr};
use partenza_protocol::Badge;
use partenza_protocol::control::ChildFault;
use partenza_protocol::event::{CapKind, Event, Rejection};
use partenza_protocol::request::GrantRow;
use sel4::CapRights;
use sel4::sys::number::{Call, Recv, ReplyRecv, Send};

use crate::callers::Callers;
use crate::cspace::{Slot, own};
use crate::executor::{Executor, kernel_rights};
use crate::refused::{During, Refused, Step};
use crate::services::Entry;
use crate::supervisor::Supervisor;

/// Children have ids from 0 to this.
const MAX_CHILD: u32 = 63;

/// Where the faults of a service that has a parent go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Faults {
    #[default]
    Parent,
    /// The parent has no incarnation.
    Supervisor,
    /// Here, too: the parent passed one on, of which the kernel has not told again.
    PassedOn,
}

/// How a capability is at the moment, in bits of a [`GrantRow`].
#[must_use]
pub fn condition(callers: &Callers, entries: &[Entry], id: ServiceId, grant: &Grant) -> u8 {
    match &grant.object {
        Object::Child(child) if !entries[usize::from(ServiceId::from(*child).0)].is_live() => {
            GrantRow::UNBOUND
        }
        Object::Parent(_) if entries[usize::from(id.0)].faults != Faults::Parent => GrantRow::DIVERTED,
        Object::Child(_) | Object::Parent(_) => 0,
        _ => callers.condition(id, grant.cptr.into()),
    }
}

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

impl Supervisor {
    /// Whether a service has a parent or children.
    pub(crate) fn has_kin(&self, id: ServiceId) -> bool {
        let service = self.plan.service(id);
        service.parent().is_some() || service.children().next().is_some()
    }

    /// Of a service that has kin: who hears its faults and those of its children, and who holds its thread.
    #[inline(never)]
    pub(crate) fn settle_kin(&mut self, id: ServiceId, moment: Moment) {
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
    pub(crate) fn pass_on(&mut self, parent: ServiceId, fault: ChildFault) -> Result<(), Rejection> {
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
    pub(crate) fn on_sign_of_life(&mut self, id: ServiceId) {
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

    #[inline(never)]
    fn entry(&mut self, id: ServiceId) -> &mut Entry {
        &mut self.entries[usize::from(id.0)]
    }
}

impl Executor {
    /// What a service with an endpoint receives from.
    pub(crate) fn endpoint_of(&self, id: ServiceId) -> Slot {
        // The plan's check refused parents without one.
        self.endpoint_slot(self.plan.service(id).endpoint().unwrap_or_default())
    }

    /// # Errors
    /// What the kernel refused.
    fn give_thread(&self, parent: ServiceId, child: ServiceId, cptr: u32) -> Result<(), Refused> {
        let (_, _, slots) = self.parts(child);
        // The kernel knows no rights of threads, and no badges.
        let thread = self.cspace.path(Slot(slots.tcb));
        self.slot_of(parent, cptr).mint(&thread, CapRights::none(), 0).during(Step::Mint)
    }

    /// # Errors
    /// What the kernel refused.
    fn lead_faults(&self, child: ServiceId, to_parent: bool) -> Result<(), Refused> {
        let Some((parent, grant)) = self.plan.service(child).parent() else { return Ok(()) };
        let (from, badge) = if to_parent {
            (self.endpoint_of(parent), grant.badge.to_native())
        } else {
            (own::ENDPOINT, Badge::fault(child).0)
        };
        self.replace(child, grant.cptr.into(), from, kernel_rights(&grant.rights), badge)
    }

    /// Lets the thread go on, so many bytes before where it stands.
    ///
    /// # Errors
    /// What the kernel refused.
    fn resume_behind(&self, id: ServiceId, bytes: u8) -> Result<(), Refused> {
        if bytes == 0 {
            return self.resume_where_it_stands(id);
        }
        let mut context = self.registers(id)?;
        let pc = context.inner_mut().pc_mut();
        *pc = pc.wrapping_sub(u64::from(bytes));
        self.go_on_with(id, &context)
    }

    /// Whether the thread stands in a system call that somebody may be about to end: a wait for messages, or a call.
    /// A call to whom its faults go is not one of these: that is how a service forges a fault.
    fn waits_or_calls(&self, id: ServiceId) -> bool {
        let Some(context) = self.at_system_call(id) else { return false };
        let (number, on) = context.syscall();
        match number {
            n if n == Recv || n == ReplyRecv => on == u64::from(cptr::OWN),
            n if n == Call || n == Send => {
                on != u64::from(cptr::FAULT) && on < 1 << self.plan.service(id).cnode_radix
            }
            _ => false,
        }
    }
}
