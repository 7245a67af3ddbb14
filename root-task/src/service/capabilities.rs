// SPDX-License-Identifier: BSD-2-Clause
//! Capabilities of a service that change while it lives: what it receives from, who answers its calls, who hears its
//! faults; and the slots of Init's that they are minted from.

use partenza_plan::{Rights, ServiceId, cptr};
use partenza_protocol::Badge;
use sel4::{CapRights, cap_type};

use crate::objects::cspace::{Slot, own};
use crate::objects::error::{During, ObjectError, Step};
use crate::service::executor::Executor;

impl Executor {
    /// Puts another capability at the service's `cptr`: to the object in Init's slot `place`.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn replace(
        &self,
        id: ServiceId,
        cptr: u32,
        place: Slot,
        rights: CapRights,
        badge: u64,
    ) -> Result<(), ObjectError> {
        let slot = self.slot_of(id, cptr);
        slot.delete().during(Step::Revoke)?;
        slot.mint(&self.cspace.path(place), rights, badge).during(Step::Mint)
    }

    /// Makes the service receive from the object in Init's slot `place`.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn receive_from(&self, id: ServiceId, place: Slot) -> Result<(), ObjectError> {
        self.replace(id, cptr::OWN, place, CapRights::read_only(), 0)
    }

    /// # Errors
    /// What the kernel refused.
    pub fn give_thread(&self, parent: ServiceId, child: ServiceId, cptr: u32) -> Result<(), ObjectError> {
        let (_, _, slots) = self.parts(child);
        // The kernel knows no rights of threads, and no badges.
        let thread = self.cspace.path(Slot(slots.tcb));
        self.slot_of(parent, cptr).mint(&thread, CapRights::none(), 0).during(Step::Mint)
    }

    /// # Errors
    /// What the kernel refused.
    pub fn lead_faults(&self, child: ServiceId, to_parent: bool) -> Result<(), ObjectError> {
        let Some((parent, grant)) = self.plan.service(child).parent() else { return Ok(()) };
        let (from, badge) = if to_parent {
            (self.endpoint_of(parent), grant.badge.to_native())
        } else {
            (own::ENDPOINT, Badge::fault(child).0)
        };
        self.replace(child, grant.cptr.into(), from, kernel_rights(&grant.rights), badge)
    }

    /// Wakes the service on its supervisor channel.
    pub fn signal(&self, id: ServiceId) {
        let signal = Slot(self.plan.objects.signal_slot.into()).plus(u32::from(id.0));
        self.cspace.cap::<cap_type::Notification>(signal).signal();
    }
}

/// What the kernel calls a grant's rights.
#[must_use]
pub fn kernel_rights(rights: &Rights) -> CapRights {
    if rights.reply {
        return CapRights::call();
    }
    CapRights::new(false, false, rights.read, rights.write)
}
