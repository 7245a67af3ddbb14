// SPDX-License-Identifier: BSD-2-Clause
//! Where a service's objects sit in Init's CSpace and how much untyped memory they take.
//!
//! The host computes sizes and ranges with these functions and the target places objects with them, so neither can
//! disagree with the other. Within an untyped, objects are made in descending size, so alignment wastes nothing.

use crate::{Image, ObjectSizes, PAGE_BITS, Region, Service};

/// Slots of one service, counted from [`Service::slot`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotMap {
    /// Lasts as long as the service: CNode, VSpace root, tables of three levels.
    pub cnode: u32,
    pub vspace: u32,
    pub tables: [u32; 3],
    /// Copies of archive frames, mapped read-only, in segment order.
    pub shared: u32,
    /// Copies of region frames, in the order of [`Service::maps`].
    pub regions: u32,
    /// A copy of the frame of its startup page, in Init's memory; none, like all that it counts, without such a page.
    pub startup: u32,
    /// One incarnation: frames ([`FrameMap`]), then the TCB.
    pub frames: u32,
    pub tcb: u32,
    /// First slot past the service's.
    pub end: u32,
}

/// Frames of one incarnation, counted from the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameMap {
    /// Pages of the writable segments, in segment order.
    pub data: u32,
    pub ipc_buffer: u32,
    pub stack: u32,
    pub count: u32,
}

impl SlotMap {
    #[must_use]
    pub fn new(service: &Service<'_>, image: &Image<'_>, regions: &[Region<'_>]) -> Self {
        let mut next = service.slot;
        let mut take = |count: u32| {
            let first = next;
            next += count;
            first
        };
        let cnode = take(1);
        let vspace = take(1);
        let tables = core::array::from_fn(|level| take(service.tables[level].len() as u32));
        let shared = take(shared_pages(image));
        let mapped = service.maps.iter().map(|map| regions.get(map.region as usize).map_or(0, |r| r.pages));
        let regions = take(mapped.sum());
        let startup = take(u32::from(service.startup_page.is_some()));
        let frames = take(FrameMap::new(service, image).count);
        let tcb = take(1);
        Self { cnode, vspace, tables, shared, regions, startup, frames, tcb, end: next }
    }
}

impl FrameMap {
    #[must_use]
    pub fn new(service: &Service<'_>, image: &Image<'_>) -> Self {
        let ipc_buffer = image.segments.iter().filter(|s| s.writable).map(|s| s.pages).sum::<u32>();
        let stack = ipc_buffer + 1;
        Self { data: 0, ipc_buffer, stack, count: stack + u32::from(service.stack_pages) }
    }
}

/// Pages of an image that all its services share.
#[must_use]
pub fn shared_pages(image: &Image<'_>) -> u32 {
    image.segments.iter().filter(|s| !s.writable).map(|s| s.pages).sum()
}

/// Bytes that the service's own objects take.
#[must_use]
pub fn service_bytes(service: &Service<'_>, sizes: &ObjectSizes) -> u64 {
    let tables = 1 + service.tables.iter().map(|level| level.len() as u64).sum::<u64>();
    (1 << (sizes.slot + service.cnode_radix)) + (tables << sizes.table)
}

/// Bytes that one incarnation takes.
#[must_use]
pub fn incarnation_bytes(service: &Service<'_>, image: &Image<'_>, sizes: &ObjectSizes) -> u64 {
    (u64::from(FrameMap::new(service, image).count) << PAGE_BITS) + (1 << sizes.tcb)
}

/// log2 of the smallest untyped that holds `bytes`.
#[must_use]
pub fn untyped_bits(bytes: u64) -> u8 {
    bytes.next_power_of_two().trailing_zeros() as u8
}
