// SPDX-License-Identifier: BSD-2-Clause
//! What is verified of a plan before it is used as a list of indices and ranges; by the target before it boots, and by the
//! host of what it wrote.

use partenza_protocol::ArchivedServiceId;

use crate::archived::{ArchivedOption, Object, Plan, Segment};
use crate::{MAX_SERVICES, PAGE, PAGE_BITS, ServiceId};

/// Why a plan is refused although its bytes are sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidPlan {
    TooManyServices,
    /// An index, address or range that leads outside; the service where it was found.
    OutOfRange(Option<ServiceId>),
}

/// First address that no user program can have.
const USER_END: u64 = 1 << 47;
/// Channels that badges have room for (the Microkit's limit).
const CHANNELS: u8 = 62;

impl Plan {
    /// Checks every index and range; the lengths are those of the archive, and of the memory behind it, in bytes.
    ///
    /// # Errors
    /// See [`InvalidPlan`].
    pub fn check(&self, archive_len: usize, store_len: usize) -> Result<(), InvalidPlan> {
        if self.services.len().max(self.images.len()) > MAX_SERVICES {
            return Err(InvalidPlan::TooManyServices);
        }
        let system = self.sizes_fit()
            && self.regions_fit()
            && self.objects_fit()
            && self.images_fit(archive_len as u64, store_len as u64)
            && self.providers_fit();
        let recovery = &self.recovery;
        let named =
            [&self.boot.hold, &self.boot.handover, &recovery.panic].into_iter().all(|id| self.may_have(id))
                && recovery.services.iter().all(|id| self.has(id))
                && recovery.soften.iter().all(|pair| self.has(&pair.0) && self.has(&pair.1));
        if !system || !named {
            return Err(InvalidPlan::OutOfRange(None));
        }
        for index in 0..self.services.len() {
            if !self.service_fits(index) {
                return Err(InvalidPlan::OutOfRange(Some(ServiceId(index as u16))));
            }
        }
        Ok(())
    }

    fn has(&self, id: &ArchivedServiceId) -> bool {
        usize::from(ServiceId::from(*id).0) < self.services.len()
    }

    fn may_have(&self, id: &ArchivedOption<ArchivedServiceId>) -> bool {
        id.as_ref().is_none_or(|id| self.has(id))
    }

    fn slots_fit(&self, first: u32, count: u32) -> bool {
        self.objects.init_slots <= first
            && first.checked_add(count).is_some_and(|end| self.objects.slots >= end)
    }

    /// The target compares them with its kernel's; here they are what sizes can be computed with.
    fn sizes_fit(&self) -> bool {
        let sizes = &self.kernel.sizes;
        [sizes.tcb, sizes.endpoint, sizes.notification, sizes.slot, sizes.table]
            .iter()
            .all(|bits| *bits <= 16)
    }

    fn regions_fit(&self) -> bool {
        self.regions.iter().all(|r| {
            let physical = r.physical.as_ref().map_or(0, |at| at.to_native());
            self.slots_fit(r.slot.into(), r.pages.into())
                && matches!(r.page_bits, 12 | 21)
                && physical.is_multiple_of(1 << r.page_bits)
                && end(physical, r.pages.into(), r.page_bits).is_some()
        })
    }

    fn objects_fit(&self) -> bool {
        let (objects, services) = (&self.objects, self.services.len() as u32);
        self.slots_fit(objects.irq_slot.into(), self.irqs.len() as u32)
            && self.slots_fit(objects.endpoint_slot.into(), objects.endpoints.to_native().into())
            && self.slots_fit(objects.notification_slot.into(), services)
            && self.slots_fit(objects.signal_slot.into(), services)
            && self.irqs.iter().all(|irq| self.has(&irq.holder) && irq.channel < CHANNELS)
    }

    fn providers_fit(&self) -> bool {
        self.providers.iter().all(|providers| {
            providers.endpoint < self.objects.endpoints
                && !providers.services.is_empty()
                && providers.services.iter().all(|id| self.has(id))
        })
    }

    /// What comes later lies in the store without a gap.
    fn images_fit(&self, archive_len: u64, store_len: u64) -> bool {
        let mut stored = 0;
        self.images.iter().all(|image| {
            image.segments.iter().all(|segment| {
                let (at, held) = (u64::from(segment.archive.to_native()), segment.held_pages() * PAGE);
                let placed = if image.delivered.is_none() {
                    at.is_multiple_of(PAGE) && at + held <= archive_len.next_multiple_of(PAGE)
                } else {
                    stored += held;
                    at + held == stored && stored <= store_len
                };
                placed
                    && is_page(segment.address.into(), segment.pages.into())
                    && u64::from(segment.data_offset.to_native()) < PAGE
                    && segment.held_pages() <= segment.pages.to_native().into()
            })
        })
    }

    fn service_fits(&self, index: usize) -> bool {
        let service = &self.services[index];
        let Some(image) = self.images.get(usize::from(service.image.to_native())) else { return false };
        let maps = service.maps.iter().all(|map| {
            self.regions.get(usize::from(map.region.to_native())).is_some_and(|region| {
                let address = map.address.to_native();
                address.is_multiple_of(1 << region.page_bits)
                    && end(address, region.pages.into(), region.page_bits).is_some()
            })
        });
        let caps = service.caps.iter().all(|grant| {
            grant.cptr.to_native().checked_shr(service.cnode_radix.into()) == Some(0)
                && match &grant.object {
                    Object::Endpoint(i) => *i < self.objects.endpoints,
                    Object::Notification(id) | Object::Child(id) => self.has(id),
                    Object::Parent(id) => {
                        self.has(id) && self.service(ServiceId::from(*id)).endpoint().is_some()
                    }
                    Object::Irq(i) => usize::from(i.to_native()) < self.irqs.len(),
                    Object::IoPorts(first, last) => first <= last,
                    Object::Supervisor | Object::FaultHandler => true,
                }
        });
        let writable = |address: u64, len: usize| {
            let is_in = |segment: &Segment| {
                let range = segment.range();
                segment.writable
                    && range.start <= address
                    && address.checked_add(len as u64).is_some_and(|end| end <= range.end)
            };
            image.segments.iter().any(is_in)
        };
        let stack = u64::from(service.stack_pages.to_native());
        let stack_bottom = service.stack_top.to_native().checked_sub(stack * PAGE);
        let pages = stack_bottom.is_some_and(|bottom| is_page(bottom, stack as u32))
            && is_page(service.ipc_buffer.into(), 1)
            && service.startup_page.as_ref().is_none_or(|page| is_page(page.to_native(), 1))
            && service.tables.iter().flat_map(|level| level.iter()).all(|at| is_page(at.to_native(), 1));
        let slots = service.slot_map(image, &self.regions);
        maps && caps
            && pages
            && self.slots_fit(slots.cnode, slots.end - slots.cnode)
            && self.slots_fit(service.untyped_slots.0.into(), 1)
            && self.slots_fit(service.untyped_slots.1.into(), 1)
            && service.startup.len() as u64 <= PAGE
            && service.cnode_radix <= 16
            && service.priority < u8::MAX
            && service.supervisor_channel.as_ref().is_none_or(|channel| *channel < CHANNELS)
            && (12..=47).contains(&service.service_untyped)
            && (12..=47).contains(&service.incarnation_untyped)
            && self.may_have(&service.fallback)
            && self.may_have(&service.sidecar_of)
            && service
                .requires
                .iter()
                .all(|d| self.has(&d.on) && usize::from(ServiceId::from(d.on).0) != index)
            && service.patches.iter().all(|patch| writable(patch.address.into(), patch.bytes.len()))
    }
}

/// Where `pages` from `start` on end, if a program can have them.
fn end(start: u64, pages: u32, page_bits: u8) -> Option<u64> {
    start.checked_add(u64::from(pages) << page_bits).filter(|end| *end < USER_END)
}

/// Whether `pages` can begin at this address.
fn is_page(start: u64, pages: u32) -> bool {
    start.is_multiple_of(PAGE) && end(start, pages, PAGE_BITS).is_some()
}
