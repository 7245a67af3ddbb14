// SPDX-License-Identifier: BSD-2-Clause
//! Where a service's objects sit in Init's CSpace and how much untyped memory they take.
//!
//! Host and target find both with the same functions of the plan's types, so neither can disagree with the other. Within an untyped, objects are made in descending size, so alignment wastes nothing.

/// Slots of one service, counted from [`crate::Service::slot`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotMap {
    /// Lasts as long as the service: CNode, VSpace root, tables of three levels.
    pub cnode: u32,
    pub vspace: u32,
    pub tables: [u32; 3],
    /// Copies of archive frames, mapped read-only, in segment order.
    pub shared: u32,
    /// Copies of region frames, in the order of [`crate::Service::maps`].
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

/// log2 of the smallest untyped that holds `bytes`.
#[must_use]
pub fn untyped_bits(bytes: u64) -> u8 {
    bytes.next_power_of_two().trailing_zeros() as u8
}
