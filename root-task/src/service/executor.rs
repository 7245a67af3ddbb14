// SPDX-License-Identifier: BSD-2-Clause
//! What the makers of services work on: plan, slots, windows, programs; and where a service's objects are.

use alloc::vec::Vec;

use partenza_plan::ServiceId;
use partenza_plan::archived::{Image, Plan, Service};
use partenza_plan::delivery::Store;
use partenza_plan::layout::SlotMap;
use sel4::cap;

use crate::objects::cspace::{CSpace, Slot};
use crate::objects::mappings::{ImageFrames, StartupPages, Window};

pub struct Executor {
    pub(super) plan: &'static Plan,
    pub(super) cspace: CSpace,
    /// Of each service.
    pub(super) slots: &'static [SlotMap],
    pub(super) window: Window,
    pub(super) image: ImageFrames,
    /// A startup page for each service.
    pub(super) startup_pages: StartupPages,
    /// What programs lie in.
    pub store: Store<'static>,
    pub(super) asid_pools: AsidPools,
}

/// The initial pool, and a second one where there are more services than it has room for.
#[derive(Clone, Copy)]
pub struct AsidPools {
    pub first: cap::AsidPool,
    pub second: Option<cap::AsidPool>,
}

impl Executor {
    #[must_use]
    pub fn new(
        plan: &'static Plan,
        cspace: CSpace,
        window: Window,
        image: ImageFrames,
        startup_pages: StartupPages,
        store: Store<'static>,
        asid_pools: AsidPools,
    ) -> Self {
        let map = |service: &Service| service.slot_map(plan.image_of(service), &plan.regions);
        let slots = plan.services.iter().map(map).collect::<Vec<_>>().leak();
        Self { plan, cspace, slots, window, image, startup_pages, store, asid_pools }
    }

    #[inline(never)]
    pub(super) fn parts(&self, id: ServiceId) -> (&'static Service, &'static Image, &'static SlotMap) {
        let service = self.plan.service(id);
        (service, self.plan.image_of(service), &self.slots[id.0 as usize])
    }

    /// A slot of the service's CSpace, as Init reaches it.
    #[must_use]
    pub fn slot_of(&self, id: ServiceId, cptr: u32) -> sel4::AbsoluteCPtr {
        let (service, _, slots) = self.parts(id);
        self.cnode(slots).absolute_cptr_from_bits_with_depth(u64::from(cptr), service.cnode_radix as usize)
    }

    /// Init's slot of an endpoint of the plan.
    #[must_use]
    pub fn endpoint_slot(&self, endpoint: u16) -> Slot {
        Slot(self.plan.objects.endpoint_slot.into()).plus(u32::from(endpoint))
    }

    /// What a service with an endpoint receives from.
    #[must_use]
    pub fn endpoint_of(&self, id: ServiceId) -> Slot {
        // The plan's check refused parents without one.
        self.endpoint_slot(self.plan.service(id).endpoint().unwrap_or_default())
    }

    /// Init's slot of a service's notification.
    #[must_use]
    pub fn notification_slot(&self, id: ServiceId) -> Slot {
        Slot(self.plan.objects.notification_slot.into()).plus(u32::from(id.0))
    }

    pub(super) fn cnode(&self, slots: &SlotMap) -> cap::CNode {
        self.cspace.cap(Slot(slots.cnode))
    }

    pub(super) fn vspace(&self, slots: &SlotMap) -> cap::VSpace {
        self.cspace.cap(Slot(slots.vspace))
    }

    pub(super) fn tcb(&self, slots: &SlotMap) -> cap::Tcb {
        self.cspace.cap(Slot(slots.tcb))
    }

    pub(super) fn notification(&self, id: ServiceId) -> cap::Notification {
        self.cspace.cap(self.notification_slot(id))
    }
}
