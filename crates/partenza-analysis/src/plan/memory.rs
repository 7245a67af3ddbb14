// SPDX-License-Identifier: BSD-2-Clause
//! What memory and which slots a plan takes, by the same arithmetic as the target's (`partenza_plan::layout`).

use partenza_plan::{PAGE, Plan, Service};

use crate::devices;

/// One service, in bytes unless it says slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// What lasts as long as the service: its CNode and the tables of its address space.
    pub objects: u64,
    /// What one incarnation takes: pages of data, stack and IPC buffer, and the TCB.
    pub incarnation: u64,
    /// Both, each in an untyped of a power of two: what is taken of the machine.
    pub reserved: u64,
    /// Read-only pages of its program that it shares with the archive and with others of the same program.
    pub shared: u64,
    /// Of which the stack is part of `incarnation`.
    pub stack: u64,
    /// Slots of Init's CSpace, its two untypeds included.
    pub slots: u64,
    /// Slots of its own CSpace.
    pub own_slots: u64,
}

impl Memory {
    #[must_use]
    pub fn new(plan: &Plan<'_>, service: &Service<'_>) -> Self {
        let sizes = &plan.kernel.sizes;
        let image = plan.image_of(service);
        let slots = service.slot_map(image, &plan.regions);
        Self {
            objects: service.service_bytes(sizes),
            incarnation: service.incarnation_bytes(image, sizes),
            reserved: (1 << service.service_untyped) + (1 << service.incarnation_untyped),
            shared: u64::from(image.shared_pages()) * PAGE,
            stack: u64::from(service.stack_pages) * PAGE,
            slots: u64::from(slots.end - slots.cnode) + 2,
            own_slots: 1 << service.cnode_radix,
        }
    }
}

/// The whole system, in bytes unless it says slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Untypeds of all services.
    pub services: u64,
    /// Memory regions that are RAM.
    pub regions: u64,
    /// Endpoints and notifications, and the startup pages, which are Init's.
    pub objects: u64,
    /// Everything at run time: the sum of the three.
    pub memory: u64,
    /// Read-only pages of all programs, each counted once.
    pub shared: u64,
    /// Slots of Init's CSpace, its own included.
    pub slots: u64,
}

impl Totals {
    #[must_use]
    pub fn new(plan: &Plan<'_>) -> Self {
        let sizes = &plan.kernel.sizes;
        let services =
            plan.services.iter().map(|s| (1u64 << s.service_untyped) + (1 << s.incarnation_untyped)).sum();
        let regions = plan.regions.iter().filter(|r| r.physical.is_none()).map(devices::region_bytes).sum();
        let objects = (u64::from(plan.objects.endpoints) << sizes.endpoint)
            + ((plan.services.len() as u64) << sizes.notification)
            + plan.services.len() as u64 * PAGE;
        let shared = plan.images.iter().map(|image| u64::from(image.shared_pages()) * PAGE).sum();
        Self {
            services,
            regions,
            objects,
            memory: services + regions + objects,
            shared,
            slots: plan.objects.slots.into(),
        }
    }
}
