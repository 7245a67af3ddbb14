// SPDX-License-Identifier: BSD-2-Clause
//! Slots of Init's CSpace, and the two untypeds of each service.
//!
//! Order of slots: Init's own, the system's objects, untypeds by descending size (equal ones together, so that they
//! are made in one call), then a range for each service.

use partenza_plan::layout::untyped_bits;
use partenza_plan::{ObjectSizes, Plan, ServiceId, SystemObjects};

/// Slots that Init keeps for itself.
pub const INIT_SLOTS: u32 = 64;

/// Fills in every slot and untyped size of a plan that is otherwise complete.
pub fn assign(plan: &mut Plan<'_>, endpoints: u16) {
    let sizes = plan.kernel.sizes;
    let services = plan.services.len() as u32;
    let mut next = INIT_SLOTS;
    let mut take = |count: u32| {
        let first = next;
        next += count;
        first
    };
    let endpoint_slot = take(u32::from(endpoints));
    let notification_slot = take(services);
    let signal_slot = take(services);
    let irq_slot = take(plan.irqs.len() as u32);
    for region in &mut plan.regions {
        region.slot = take(region.pages);
    }
    untypeds(plan, &sizes, take(2 * services));
    for index in 0..plan.services.len() {
        plan.services[index].slot = next;
        let service = &plan.services[index];
        next = service.slot_map(&plan.images[service.image as usize], &plan.regions).end;
    }
    plan.objects = SystemObjects {
        endpoints,
        endpoint_slot,
        notification_slot,
        signal_slot,
        irq_slot,
        init_slots: INIT_SLOTS,
        slots: next,
    };
}

fn untypeds(plan: &mut Plan<'_>, sizes: &ObjectSizes, first: u32) {
    let mut all = Vec::with_capacity(2 * plan.services.len());
    for (index, service) in plan.services.iter_mut().enumerate() {
        let image = &plan.images[service.image as usize];
        service.service_untyped = untyped_bits(service.service_bytes(sizes)).max(12);
        service.incarnation_untyped = untyped_bits(service.incarnation_bytes(image, sizes)).max(12);
        all.push((std::cmp::Reverse(service.service_untyped), index, false));
        all.push((std::cmp::Reverse(service.incarnation_untyped), index, true));
    }
    all.sort();
    for (slot, (_, index, incarnation)) in (first..).zip(all) {
        let slots = &mut plan.services[index].untyped_slots;
        if incarnation { slots.1 = slot } else { slots.0 = slot }
    }
}

/// Bytes of RAM that the plan's objects take, each service's two untypeds counted whole.
#[must_use]
pub fn memory(plan: &Plan<'_>) -> u64 {
    let sizes = &plan.kernel.sizes;
    let services: u64 =
        plan.services.iter().map(|s| (1u64 << s.service_untyped) + (1 << s.incarnation_untyped)).sum();
    let regions: u64 =
        plan.regions.iter().filter(|r| r.physical.is_none()).map(|r| u64::from(r.pages) << r.page_bits).sum();
    let endpoints = u64::from(plan.objects.endpoints) << sizes.endpoint;
    let notifications = (plan.services.len() as u64) << sizes.notification;
    services + regions + endpoints + notifications
}

/// Where a service stands in the boot order.
#[must_use]
pub fn id(index: usize) -> ServiceId {
    ServiceId(index as u16)
}
