// SPDX-License-Identifier: BSD-2-Clause
//! Objects that outlive every service: endpoints, notifications, regions, interrupts, the services' untypeds.
//!
//! All of them are made before the first service, largest first, so that the same plan on the same machine always
//! takes the same memory (SPEC F-1).

use partenza_plan::archived::{Plan, Service};
use partenza_plan::{PAGE_BITS, ServiceId};
use sel4::{CapRights, FrameObjectType, ObjectBlueprint};

use crate::boot::handoff::{About, Failure};
use crate::objects::cspace::{CSpace, Slot, own};
use crate::objects::device_untypeds::Devices;
use crate::objects::error::{During, ObjectError, Step};
use crate::objects::interrupts::{IrqLine, connect};
use crate::objects::untyped_pool::Pool;

/// Sizes that an untyped of a service can have, as the plan's check allows them.
const MIN_UNTYPED_BITS: u8 = 12;
const MAX_UNTYPED_BITS: u8 = 47;

/// Bytes of RAM that the plan's objects take.
#[must_use]
pub fn memory(plan: &Plan) -> u64 {
    let sizes = &plan.kernel.sizes;
    let service =
        |s: &Service| (1u64 << s.service_untyped) + (1 << s.incarnation_untyped) + (1 << sizes.notification);
    let regions = plan.regions.iter().filter(|region| region.physical.is_none());
    plan.services.iter().map(service).sum::<u64>()
        + regions.map(|region| u64::from(region.pages.to_native()) << region.page_bits).sum::<u64>()
        + (u64::from(plan.objects.endpoints.to_native()) << sizes.endpoint)
}

/// The largest objects first: every service's two untypeds, equal ones in one retype.
///
/// # Errors
/// Not enough memory, or what the kernel refused.
pub fn make_untypeds(plan: &Plan, pool: &mut Pool) -> Result<(), ObjectError> {
    // Largest first. The plan numbers untypeds of one size consecutively, so each size is one run of slots.
    for bits in (MIN_UNTYPED_BITS..=MAX_UNTYPED_BITS).rev() {
        let of_size = |service: &Service| {
            let slots = &service.untyped_slots;
            let both = [
                (service.service_untyped, slots.0.to_native()),
                (service.incarnation_untyped, slots.1.to_native()),
            ];
            both.into_iter().filter(move |(size, _)| *size == bits).map(|(_, slot)| slot)
        };
        let slots = || plan.services.iter().flat_map(of_size);
        let (Some(first), Some(last)) = (slots().min(), slots().max()) else { continue };
        let blueprint = ObjectBlueprint::Untyped { size_bits: bits as usize };
        if (last - first + 1) as usize == slots().count() {
            pool.take(blueprint, Slot(first), last - first + 1)?;
        } else {
            for slot in slots() {
                pool.take(blueprint, Slot(slot), 1)?;
            }
        }
    }
    Ok(())
}

/// Memory regions: RAM from the pool, the others at their physical addresses, in ascending order together with
/// `own_device`, a page of Init's.
///
/// # Errors
/// Not enough memory, no such device, or what the kernel refused.
pub fn make_regions(
    plan: &'static Plan,
    pool: &mut Pool,
    devices: &mut Devices,
    own_device: Option<u64>,
) -> Result<(), Failure> {
    let mut physical = alloc::vec::Vec::with_capacity(plan.regions.len() + 1);
    if let Some(address) = own_device {
        physical.push((address, PAGE_BITS, own::TIMER_FRAME, 1));
    }
    for bits in [FrameObjectType::LargePage.bits(), FrameObjectType::GRANULE.bits()] {
        for region in plan.regions.iter().filter(|region| region.page_bits as usize == bits) {
            let slot = Slot(region.slot.into());
            let pages = region.pages.to_native();
            match region.physical.as_ref() {
                Some(address) => physical.push((address.to_native(), region.page_bits, slot, pages)),
                None => {
                    let frame = if bits == FrameObjectType::GRANULE.bits() {
                        ObjectBlueprint::GRANULE
                    } else {
                        ObjectBlueprint::LARGE_PAGE
                    };
                    pool.take(frame, slot, pages).map_err(|r| of_region(plan, slot, r, 0))?;
                }
            }
        }
    }
    // A handful at the most: the smallest first, as often as there are any.
    while let Some(at) = (0..physical.len()).min_by_key(|at| physical[*at].0) {
        let (address, bits, slot, pages) = physical.swap_remove(at);
        devices.frames(address, bits, slot, pages).map_err(|r| of_region(plan, slot, r, address))?;
    }
    Ok(())
}

/// A region that was not made, by its first slot, and the address that was asked for.
fn of_region(plan: &'static Plan, slot: Slot, refused: ObjectError, address: u64) -> Failure {
    let at = plan.regions.iter().position(|region| region.slot == slot.0);
    let about = at.map(|at| {
        let holder =
            plan.services.iter().find(|s| s.maps.iter().any(|map| usize::from(map.region.to_native()) == at));
        About { region: &plan.regions[at].name, service: holder.map_or("", |service| &service.name) }
    });
    Failure { about, ..Failure::new(refused.code, address) }
}

/// Endpoints and notifications of services, and each service's badged signal.
///
/// # Errors
/// Not enough memory, or what the kernel refused.
pub fn make_channels(plan: &Plan, cspace: CSpace, pool: &mut Pool) -> Result<(), ObjectError> {
    let objects = &plan.objects;
    let services = plan.services.len() as u32;
    pool.take(ObjectBlueprint::Notification, Slot(objects.notification_slot.into()), services)?;
    pool.take(
        ObjectBlueprint::Endpoint,
        Slot(objects.endpoint_slot.into()),
        objects.endpoints.to_native().into(),
    )?;
    for (index, service) in (0..).zip(plan.services.iter()) {
        if let Some(channel) = service.supervisor_channel.as_ref() {
            let from = cspace.path(Slot(objects.notification_slot.into()).plus(index));
            let to = cspace.path(Slot(objects.signal_slot.into()).plus(index));
            to.mint(&from, CapRights::write_only(), 1 << channel).during(Step::Mint)?;
        }
    }
    Ok(())
}

/// Handlers of the services' interrupts, each set to its holder's notification.
///
/// # Errors
/// What the kernel refused.
pub fn make_irqs(plan: &Plan, cspace: CSpace) -> Result<(), ObjectError> {
    for (index, irq) in (0..).zip(plan.irqs.iter()) {
        let handler = Slot(plan.objects.irq_slot.into()).plus(index);
        let line = IrqLine { ioapic: irq.ioapic, pin: irq.pin, level: irq.level, active_low: irq.active_low };
        let ServiceId(holder) = irq.holder.into();
        let notification = Slot(plan.objects.notification_slot.into()).plus(u32::from(holder));
        connect(cspace, line, irq.vector, handler, notification, own::SCRATCH, 1 << irq.channel)?;
        cspace.path(own::SCRATCH).delete().during(Step::Interrupt)?;
    }
    Ok(())
}
