// SPDX-License-Identifier: BSD-2-Clause
//! What follows from a plan's fields, said once for both of its forms: the one that the host makes, and the one that lies in
//! the archive. Their fields have the same names; the macro writes the functions for the types of either.

use core::ops::Range;

use crate::image::{ArchivedImage, ArchivedSegment};
use crate::layout::{FrameMap, SlotMap};
use crate::service::{ArchivedGrant, ArchivedLateCall, ArchivedObject, ArchivedService};
use crate::{
    ArchivedPlan, ArchivedRegion, Grant, Image, LateCall, Object, ObjectSizes, PAGE, PAGE_BITS, Plan, Region,
    Segment, Service, ServiceId,
};

fn total(pages: impl Iterator<Item = u32>) -> u32 {
    pages.fold(0, u32::saturating_add)
}

macro_rules! rules {
    ($plan:ident, $service:ident, $image:ident, $segment:ident, $region:ident, $grant:ident, $object:ident, $late_call:ident) => {
        impl<'a> $plan<'a> {
            #[must_use]
            #[inline]
            pub fn service(&self, id: ServiceId) -> &$service<'a> {
                &self.services[id.0 as usize]
            }

            /// The service of that name.
            #[must_use]
            pub fn find(&self, name: &str) -> Option<ServiceId> {
                let index = self.services.iter().position(|service| *service.name == *name);
                index.map(|index| ServiceId(index as u16))
            }

            #[must_use]
            #[inline]
            pub fn image_of(&self, service: &$service<'_>) -> &$image<'a> {
                &self.images[usize::from(u16::from(service.image))]
            }
        }

        impl $image<'_> {
            /// Where its segments begin in the archive, or in the store.
            #[must_use]
            pub fn begin(&self) -> u32 {
                self.segments.first().map_or(0, |segment| segment.archive.into())
            }

            /// Bytes of its segments there.
            #[must_use]
            pub fn bytes(&self) -> u64 {
                self.segments.iter().map(|segment| segment.held_pages() * PAGE).sum()
            }

            /// The read-only segment that this address is in.
            #[must_use]
            pub fn read_only_segment(&self, address: u64) -> Option<&$segment> {
                self.segments.iter().find(|segment| !segment.writable && segment.range().contains(&address))
            }

            /// Pages that all its services share.
            #[must_use]
            pub fn shared_pages(&self) -> u32 {
                total(self.segments.iter().filter(|s| !s.writable).map(|s| s.pages.into()))
            }
        }

        impl $segment {
            /// Its addresses.
            #[must_use]
            pub fn range(&self) -> Range<u64> {
                let start = u64::from(self.address);
                start..start + u64::from(u32::from(self.pages)) * PAGE
            }

            /// Where in the archive, or the store, the byte at this address of a read-only segment is.
            #[must_use]
            pub fn place_of(&self, address: u64) -> usize {
                u32::from(self.archive) as usize + (address - u64::from(self.address)) as usize
            }

            /// Pages that the archive, or the store, holds of it: all of one that is mapped in place, the file's bytes of one
            /// that is copied.
            #[must_use]
            pub fn held_pages(&self) -> u64 {
                if self.writable {
                    let (offset, bytes) = (u16::from(self.data_offset), u32::from(self.data_bytes));
                    (u64::from(offset) + u64::from(bytes)).div_ceil(PAGE)
                } else {
                    u32::from(self.pages).into()
                }
            }
        }

        impl<'a> $service<'a> {
            /// Its children, each with the CPtr of the thread.
            pub fn children(&self) -> impl Iterator<Item = (ServiceId, u32)> {
                self.caps.iter().filter_map(|grant| match &grant.object {
                    $object::Child(id) => Some((ServiceId::from(*id), grant.cptr.into())),
                    _ => None,
                })
            }

            /// Who gets its faults first and controls its thread, and the grant of that (SPEC J-3).
            #[must_use]
            #[inline(never)]
            pub fn parent(&self) -> Option<(ServiceId, &$grant<'a>)> {
                self.caps.iter().find_map(|grant| match &grant.object {
                    $object::Parent(id) => Some((ServiceId::from(*id), grant)),
                    _ => None,
                })
            }

            /// The endpoint that it receives from, if it has one.
            #[must_use]
            #[inline(never)]
            pub fn endpoint(&self) -> Option<u16> {
                self.caps.iter().find_map(|grant| match &grant.object {
                    $object::Endpoint(index) if grant.rights.read => Some(u16::from(*index)),
                    _ => None,
                })
            }

            /// The lowest address of its stack.
            #[must_use]
            pub fn stack_bottom(&self) -> u64 {
                u64::from(self.stack_top) - u64::from(u16::from(self.stack_pages)) * PAGE
            }

            /// The call at `cptr`, if that is a late one.
            #[must_use]
            pub fn late_call(&self, cptr: u32) -> Option<&$late_call> {
                self.late_calls.iter().find(|call| call.cptr == cptr)
            }

            /// Where its objects are in Init's CSpace.
            #[must_use]
            pub fn slot_map(&self, image: &$image<'_>, regions: &[$region<'_>]) -> SlotMap {
                let mut next = u32::from(self.slot);
                let mut take = |count: u32| {
                    let first = next;
                    // A count that no plan can have ends past every slot.
                    next = next.saturating_add(count);
                    first
                };
                let pages = |region: u16| regions.get(usize::from(region)).map_or(0, |r| u32::from(r.pages));
                let cnode = take(1);
                let vspace = take(1);
                let tables = core::array::from_fn(|level| take(self.tables[level].len() as u32));
                let shared = take(image.shared_pages());
                let regions = take(total(self.maps.iter().map(|map| pages(map.region.into()))));
                let startup = take(u32::from(self.startup_page.is_some()));
                let frames = take(self.frame_map(image).count);
                let tcb = take(1);
                SlotMap { cnode, vspace, tables, shared, regions, startup, frames, tcb, end: next }
            }

            /// The frames of one of its incarnations.
            #[must_use]
            pub fn frame_map(&self, image: &$image<'_>) -> FrameMap {
                let ipc_buffer = total(image.segments.iter().filter(|s| s.writable).map(|s| s.pages.into()));
                let stack = ipc_buffer.saturating_add(1);
                let count = stack.saturating_add(u16::from(self.stack_pages).into());
                FrameMap { data: 0, ipc_buffer, stack, count }
            }

            /// Bytes that the objects take that last as long as it.
            #[must_use]
            pub fn service_bytes(&self, sizes: &ObjectSizes) -> u64 {
                let tables = 1 + self.tables.iter().map(|level| level.len() as u64).sum::<u64>();
                (1 << (sizes.slot + self.cnode_radix)) + (tables << sizes.table)
            }

            /// Bytes that one incarnation takes.
            #[must_use]
            pub fn incarnation_bytes(&self, image: &$image<'_>, sizes: &ObjectSizes) -> u64 {
                (u64::from(self.frame_map(image).count) << PAGE_BITS) + (1 << sizes.tcb)
            }
        }
    };
}

rules!(Plan, Service, Image, Segment, Region, Grant, Object, LateCall);
rules!(
    ArchivedPlan,
    ArchivedService,
    ArchivedImage,
    ArchivedSegment,
    ArchivedRegion,
    ArchivedGrant,
    ArchivedObject,
    ArchivedLateCall
);
