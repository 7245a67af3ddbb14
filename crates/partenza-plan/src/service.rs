// SPDX-License-Identifier: BSD-2-Clause
//! The services of a plan: how each is started, watched and stopped, its address space and its capabilities.

use alloc::vec::Vec;

use rkyv::bytecheck::CheckBytes;
use rkyv::{Archive, Deserialize, Portable, Serialize};

use crate::text::InPlace;
use crate::{Class, Health, Permissions, Restart, ServiceId};

/// How a service tells that it works.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize, Portable, CheckBytes,
)]
#[rkyv(as = Readiness)]
#[bytecheck(crate = rkyv::bytecheck)]
#[repr(u8)]
pub enum Readiness {
    /// Counts as ready when started (SPEC O-2).
    None,
    /// A signal on the supervisor channel is enough (SPEC G-1, plain Microkit PDs).
    Signal,
    /// Hello and ServiceReady.
    Message,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize, Portable, CheckBytes,
)]
#[rkyv(as = Start)]
#[bytecheck(crate = rkyv::bytecheck)]
#[repr(u8)]
pub enum Start {
    Eager,
    Deferred,
    OnDemand,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
pub struct Dependency {
    pub on: ServiceId,
    pub required: bool,
    /// Stopped and started again together with what it depends on (SPEC L-5).
    pub restart_with: bool,
    /// Any of the [`Plan::providers`] to which `on` belongs will do (SPEC S-2); there is one for each of them.
    pub shared: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
pub struct Service<'a> {
    #[rkyv(with = InPlace)]
    pub name: &'a str,
    #[rkyv(with = InPlace)]
    pub version: &'a str,
    /// Index into [`Plan::images`].
    pub image: u16,
    pub layer: u8,
    pub critical: bool,
    pub class: Class,
    pub start: Start,
    pub health: Health,
    pub restart: Restart,
    /// Started in its place when its retries are exhausted (SPEC L-8).
    pub fallback: Option<ServiceId>,
    /// The module that it accompanies (SPEC S-3).
    pub sidecar_of: Option<ServiceId>,
    pub requires: Vec<Dependency>,
    pub provides: Vec<Interface<'a>>,
    pub readiness: Readiness,
    /// Microseconds, as are the next two.
    pub startup_timeout: u64,
    pub prepare_timeout: u64,
    pub stop_timeout: u64,
    /// Priority and maximum controlled priority.
    pub priority: u8,
    /// log2 of the slots of its CNode.
    pub cnode_radix: u8,
    /// Stack: first byte past its top, and pages.
    pub stack_top: u64,
    pub stack_pages: u16,
    pub ipc_buffer: u64,
    /// Address of the startup page; plain Microkit PDs have none.
    pub startup_page: Option<u64>,
    /// The page's contents, without the fields that only a start knows.
    #[rkyv(with = InPlace)]
    pub startup: &'a [u8],
    /// Addresses at which a table of each level is needed, top level first: PDPT, PD, PT.
    pub tables: [Vec<u64>; 3],
    /// Bytes that replace the image's, at writable addresses (the Microkit's symbols, setvars).
    pub patches: Vec<Patch<'a>>,
    pub maps: Vec<Map>,
    pub caps: Vec<Grant<'a>>,
    /// CPtrs of calls that are made again when their server dies; the others are answered `ServerDown` (SPEC J-4).
    pub repeated_calls: Vec<u32>,
    pub late_calls: Vec<LateCall>,
    /// Which optional capabilities of its manifest it got.
    pub optional: u32,
    pub permissions: Permissions,
    pub supervisor_channel: Option<u8>,
    pub serves: Option<u8>,
    /// log2 of the untyped that lasts as long as the service.
    pub service_untyped: u8,
    /// log2 of the untyped that one incarnation lives in.
    pub incarnation_untyped: u8,
    /// Slots of the two untypeds.
    pub untyped_slots: (u32, u32),
    /// First of the service's own slots ([`layout::SlotMap`]).
    pub slot: u32,
}

/// An interface that a service provides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
pub struct Interface<'a> {
    #[rkyv(with = InPlace)]
    pub name: &'a str,
    #[rkyv(with = InPlace)]
    pub version: &'a str,
}

/// Bytes that replace the image's in a service's writable memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
pub struct Patch<'a> {
    pub address: u64,
    #[rkyv(with = InPlace)]
    pub bytes: &'a [u8],
}

/// A call that is not granted from the start, and taken away when its server dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
pub struct LateCall {
    pub cptr: u32,
    /// It takes a grant at run time (SPEC F-7); otherwise looking it up is enough (SPEC S-5).
    pub on_grant: bool,
}

/// A region in a service's address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
pub struct Map {
    /// Index into [`Plan::regions`].
    pub region: u16,
    pub address: u64,
    pub writable: bool,
    pub cached: bool,
}

/// A capability in a service's CSpace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
pub struct Grant<'a> {
    pub cptr: u32,
    pub object: Object,
    pub rights: Rights,
    pub badge: u64,
    /// In the words of system.xml, for `grants NAME`.
    #[rkyv(with = InPlace)]
    pub name: &'a str,
}

/// What a granted capability is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
#[rkyv(derive(Clone, Copy))]
pub enum Object {
    /// Index into the system's endpoints.
    Endpoint(u16),
    /// The notification of that service.
    Notification(ServiceId),
    /// The Supervisor's endpoint, to talk to it.
    Supervisor,
    /// The Supervisor's endpoint, for the kernel to report faults to.
    FaultHandler,
    /// The endpoint of the service's parent, for the kernel to report faults to first (SPEC J-3).
    Parent(ServiceId),
    /// The thread of a child.
    Child(ServiceId),
    /// Index into [`Plan::irqs`].
    Irq(u16),
    /// First and last port.
    IoPorts(u16, u16),
}

/// Rights of a granted capability. `reply` is the least that lets a caller be answered: grant-reply where the kernel
/// has it, grant where it does not.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Archive,
    Serialize,
    Deserialize,
    serde::Serialize,
    Portable,
    CheckBytes,
)]
#[rkyv(as = Rights)]
#[bytecheck(crate = rkyv::bytecheck)]
#[repr(C)]
pub struct Rights {
    pub read: bool,
    pub write: bool,
    pub reply: bool,
}

impl Rights {
    pub const READ: Rights = Rights { read: true, write: false, reply: false };
    pub const SIGNAL: Rights = Rights { read: false, write: true, reply: false };
    pub const CALL: Rights = Rights { read: false, write: true, reply: true };

    /// Bit 0 write, bit 1 read, bit 2 reply.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.write as u8 | (self.read as u8) << 1 | (self.reply as u8) << 2
    }
}
