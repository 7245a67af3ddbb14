// SPDX-License-Identifier: BSD-2-Clause
//! The boot plan: everything the target needs to know, computed on the host.
//!
//! Rules of this crate:
//! * It knows nothing of seL4's interface; sizes and numbers that depend on a kernel are in the plan ([`Kernel`]).
//! * The host decides, the target does arithmetic: order, slots, object sizes and addresses are in the plan, and what
//!   both sides must agree on stands here once ([`layout`], [`cptr`]).
//! * The target trusts the archive's checksum for accidents, not for malice, and still checks every range that it
//!   uses ([`ArchivedPlan::check`]), where the plan lies ([`archived`]).
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod archive;
pub mod archived;
mod check;
pub mod cptr;
pub mod delivery;
mod image;
mod in_place;
pub mod layout;
mod plan;
pub mod policy;
mod rules;
mod service;
pub mod sha256;
pub mod symbols;
mod text;

pub use check::InvalidPlan;
pub use image::{Image, Segment};
pub use in_place::MalformedPlan;
pub use partenza_protocol::{Permissions, ServiceId};
pub use plan::{
    ArchivedBoot, ArchivedIrq, ArchivedKernel, ArchivedLayer, ArchivedPcTimer, ArchivedPlan,
    ArchivedPlatform, ArchivedProviders, ArchivedRegion, ArchivedSystemObjects, ArchivedUart, AtEnd, Boot,
    FORMAT, Irq, Kernel, Layer, MAX_SERVICES, ObjectSizes, PAGE, PAGE_BITS, PcTimer, Plan, Platform,
    Providers, Region, SystemObjects, Uart,
};
pub use policy::{Class, Health, Overload, Recovery, Restart, Storm};
pub use service::{
    Dependency, Grant, Interface, LateCall, Map, Object, Patch, Readiness, Rights, Service, Start,
};
