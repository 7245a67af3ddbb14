// SPDX-License-Identifier: BSD-2-Clause
//! What the target verifies of a plan before it uses it as a list of indices and ranges.

use crate::layout::SlotMap;
use crate::{MAX_SERVICES, Object, PAGE, Plan, Recovery, ServiceId};

/// Why a plan is refused although its bytes are sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidPlan {
    TooManyServices,
    /// An index, address or range that leads outside; the service where it was found.
    OutOfRange(Option<ServiceId>),
}

impl Plan<'_> {
    /// Checks every index and range; the lengths are those of the archive, and of the memory behind it, in bytes.
    ///
    /// # Errors
    /// See [`InvalidPlan`].
    pub fn check(&self, archive_len: usize, store_len: usize) -> Result<(), InvalidPlan> {
        if self.services.len().max(self.images.len()) > MAX_SERVICES {
            return Err(InvalidPlan::TooManyServices);
        }
        let system = self.needs.kept_pages as usize == self.services.len()
            && self.regions_fit()
            && self.irqs_fit()
            && self.images_fit(archive_len as u64, store_len as u64)
            && self.providers_fit();
        let Recovery { services, soften, panic, .. } = &self.recovery;
        let named = [self.boot.hold, self.boot.handover, *panic].iter().flatten().all(|id| self.has(*id));
        let recovery = services.iter().all(|id| self.has(*id))
            && soften.iter().all(|(from, to)| self.has(*from) && self.has(*to));
        if !system || !named || !recovery {
            return Err(InvalidPlan::OutOfRange(None));
        }
        for index in 0..self.services.len() {
            if !self.service_fits(index) {
                return Err(InvalidPlan::OutOfRange(Some(ServiceId(index as u16))));
            }
        }
        Ok(())
    }

    fn has(&self, id: ServiceId) -> bool {
        (id.0 as usize) < self.services.len()
    }

    fn slots_fit(&self, first: u32, count: u32) -> bool {
        first >= self.objects.init_slots
            && first.checked_add(count).is_some_and(|end| end <= self.objects.slots)
    }

    fn regions_fit(&self) -> bool {
        self.regions.iter().all(|r| {
            self.slots_fit(r.slot, r.pages)
                && matches!(r.page_bits, 12 | 21)
                && r.physical.unwrap_or(0).is_multiple_of(1 << r.page_bits)
        })
    }

    fn irqs_fit(&self) -> bool {
        self.slots_fit(self.objects.irq_slot, self.irqs.len() as u32)
            && self.slots_fit(self.objects.endpoint_slot, u32::from(self.objects.endpoints))
            && self.slots_fit(self.objects.notification_slot, self.services.len() as u32)
            && self.slots_fit(self.objects.signal_slot, self.services.len() as u32)
            && self.irqs.iter().all(|irq| self.has(irq.holder) && irq.channel < 62)
    }

    fn providers_fit(&self) -> bool {
        self.providers.iter().all(|providers| {
            providers.endpoint < self.objects.endpoints
                && !providers.services.is_empty()
                && providers.services.iter().all(|id| self.has(*id))
        })
    }

    /// What comes later lies in the store without a gap.
    fn images_fit(&self, archive_len: u64, store_len: u64) -> bool {
        let mut stored = 0;
        self.images.iter().all(|image| {
            image.segments.iter().all(|segment| {
                let (at, held) = (u64::from(segment.archive), segment.held_pages() * PAGE);
                let placed = match image.delivered {
                    None => at.is_multiple_of(PAGE) && at + held <= archive_len.next_multiple_of(PAGE),
                    Some(_) => {
                        stored += held;
                        at + held == stored && stored <= store_len
                    }
                };
                placed
                    && segment.address.is_multiple_of(PAGE)
                    && u64::from(segment.data_offset) < PAGE
                    && segment.held_pages() <= u64::from(segment.pages)
                    && segment
                        .address
                        .checked_add(u64::from(segment.pages) * PAGE)
                        .is_some_and(|end| end < 1 << 47)
            })
        })
    }

    fn service_fits(&self, index: usize) -> bool {
        let service = &self.services[index];
        let Some(image) = self.images.get(service.image as usize) else { return false };
        if !service.maps.iter().all(|map| (map.region as usize) < self.regions.len()) {
            return false;
        }
        let slots = SlotMap::new(service, image, &self.regions);
        let caps = service.caps.iter().all(|grant| {
            grant.cptr < 1 << service.cnode_radix
                && match grant.object {
                    Object::Endpoint(i) => i < self.objects.endpoints,
                    Object::Notification(id) | Object::Child(id) => self.has(id),
                    Object::Parent(id) => self.has(id) && self.service(id).endpoint().is_some(),
                    Object::Irq(i) => (i as usize) < self.irqs.len(),
                    Object::IoPorts(first, last) => first <= last,
                    Object::Supervisor | Object::FaultHandler => true,
                }
        });
        let writable = |address: u64, len: usize| {
            image.segments.iter().any(|s| {
                s.writable
                    && address >= s.address
                    && address
                        .checked_add(len as u64)
                        .is_some_and(|end| end <= s.address + u64::from(s.pages) * PAGE)
            })
        };
        caps && self.slots_fit(slots.cnode, slots.end - slots.cnode)
            && self.slots_fit(service.untyped_slots.0, 1)
            && self.slots_fit(service.untyped_slots.1, 1)
            && service.startup.len() as u64 <= PAGE
            && service.cnode_radix <= 16
            && (12..=47).contains(&service.service_untyped)
            && (12..=47).contains(&service.incarnation_untyped)
            && service.requires.iter().all(|d| self.has(d.on) && d.on.0 as usize != index)
            && service.patches.iter().all(|(address, bytes)| writable(*address, bytes.len()))
    }
}
