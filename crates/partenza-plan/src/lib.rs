// SPDX-License-Identifier: BSD-2-Clause
//! The boot plan: everything the target needs to know, computed on the host.
//!
//! Rules of this crate:
//! * It knows nothing of seL4's interface; sizes and numbers that depend on a kernel are in the plan ([`Kernel`]).
//! * The host decides, the target does arithmetic: order, slots, object sizes and addresses are in the plan, and what
//!   both sides must agree on stands here once ([`layout`], [`cptr`]).
//! * The target trusts the archive's checksum for accidents, not for malice, and still checks every range that it
//!   uses ([`Plan::check`]).
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod archive;
mod check;
pub mod cptr;
pub mod delivery;
pub mod layout;
pub mod policy;
pub mod sha256;
pub mod symbols;

use alloc::vec::Vec;

pub use check::InvalidPlan;
pub use partenza_protocol::{Permissions, ServiceId};
pub use policy::{Class, Health, Overload, Recovery, Restart, Storm};
use serde::{Deserialize, Serialize};

/// Version of the plan's types. Any change to them changes it.
pub const FORMAT: u16 = 4;
/// Bytes of a page; the only frame size that the loader uses for images.
pub const PAGE: u64 = 4096;
pub const PAGE_BITS: u8 = 12;
/// Services in one plan at most (the badge has room for more; this is the tested limit, SPEC O-3).
pub const MAX_SERVICES: usize = 512;

/// What Init takes of the machine for this plan, besides what grows with the plan's own bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needs {
    /// Restarts that are remembered at most, of all services.
    pub remembered: u32,
    /// Pages that Init writes and services see, read-only: one startup page for each service, in their order.
    pub kept_pages: u32,
}

impl Needs {
    /// Bytes of memory that it takes to work with a plan of `len` bytes: what is decoded, tables made of it, and the restarts
    /// that are remembered.
    #[must_use]
    pub fn working_bytes(&self, len: usize) -> usize {
        /// Decoded plan, tables and queues, per byte of encoded plan.
        const PER_BYTE: usize = 10;
        const PER_RESTART: usize = size_of::<u64>();
        len * PER_BYTE + self.remembered as usize * PER_RESTART
    }
}

/// The compiled, validated whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan<'a> {
    /// What the bytes begin with, so that it can be read before there is memory for the rest.
    pub needs: Needs,
    #[serde(borrow)]
    pub system: &'a str,
    /// `partenza 0.1.0`
    #[serde(borrow)]
    pub tool: &'a str,
    #[serde(borrow)]
    pub kernel: Kernel<'a>,
    pub platform: Platform,
    pub boot: Boot,
    /// In ascending order.
    pub layers: Vec<Layer>,
    /// `None`: no storm guard.
    pub storm: Option<Storm>,
    pub overload: Overload,
    pub recovery: Recovery,
    /// Services that may take each other's place.
    #[serde(borrow)]
    pub providers: Vec<Providers<'a>>,
    pub objects: SystemObjects,
    #[serde(borrow)]
    pub regions: Vec<Region<'a>>,
    pub irqs: Vec<Irq>,
    #[serde(borrow)]
    pub images: Vec<Image<'a>>,
    /// In boot order; the index is the [`ServiceId`].
    #[serde(borrow)]
    pub services: Vec<Service<'a>>,
}

/// Services behind one endpoint, of which one at a time serves it (SPEC S-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Providers<'a> {
    pub interface: &'a str,
    /// Index into the system's endpoints.
    pub endpoint: u16,
    /// Who is preferred comes first, and serves first.
    pub services: Vec<ServiceId>,
}

/// The kernel that sizes and slots were computed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kernel<'a> {
    /// `5.0.0`
    pub version: &'a str,
    /// `x86_64`
    pub arch: &'a str,
    pub mcs: bool,
    pub sizes: ObjectSizes,
}

/// log2 of each object's size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectSizes {
    pub tcb: u8,
    pub endpoint: u8,
    pub notification: u8,
    /// One slot; a CNode of radix r has `slot + r` bits.
    pub slot: u8,
    /// Any level of the VSpace's tables, the root included.
    pub table: u8,
}

/// Where Init finds the hardware that is its own (`reserved` and `console` of partenza.yaml).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Platform {
    Pc99 {
        timer: PcTimer,
        console: Option<Uart>,
        events: Option<Uart>,
        /// I/O port and value that switch the machine off (ACPI PM1a control).
        power_off: Option<(u16, u16)>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PcTimer {
    /// Memory-mapped at this physical address, timer 0 routed to this IOAPIC pin.
    Hpet { address: u64, pin: u8 },
    /// Ports 0x40 to 0x43, IOAPIC pin 2.
    Pit,
}

/// A 16550.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uart {
    pub port: u16,
    pub pin: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot {
    /// SPEC C-5.
    pub parallel: bool,
    /// Nothing on the human console (SPEC B-4).
    pub quiet: bool,
    /// Least important level that the console shows.
    pub log: partenza_protocol::control::Level,
    /// All startup timeouts are multiplied by this, in percent.
    pub timeout_percent: u32,
    /// Created, never started (SPEC B-4).
    pub hold: Option<ServiceId>,
    /// What follows a failed boot (SPEC E-3).
    pub on_failure: AtEnd,
    /// What follows BootComplete: `None` stays and supervises.
    pub after_boot: Option<AtEnd>,
    /// Prove after each incarnation and each failed start, by retyping, that everything came back (SPEC D-3, L-7).
    pub verify_reclaim: bool,
    /// Gets the human console once it is ready.
    pub handover: Option<ServiceId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AtEnd {
    Halt,
    Reboot,
    PowerOff,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    pub number: u8,
    /// Microseconds (SPEC R-1).
    pub budget: Option<u64>,
}

/// Objects that outlive every incarnation; slots count from the first free slot of Init's CNode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemObjects {
    /// One for each service, or group of [`Providers`], that is called; slots `endpoint_slot..`.
    pub endpoints: u16,
    pub endpoint_slot: u32,
    /// One for each service; slots `notification_slot..`.
    pub notification_slot: u32,
    /// One for each service: its notification, badged with its supervisor channel, for Init to signal.
    pub signal_slot: u32,
    /// One for each of [`Plan::irqs`].
    pub irq_slot: u32,
    /// Slots that Init keeps for itself, from 0.
    pub init_slots: u32,
    /// Slots in all.
    pub slots: u32,
}

/// A memory region of system.xml.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region<'a> {
    pub name: &'a str,
    /// log2 of the page size: 12 or 21.
    pub page_bits: u8,
    pub pages: u32,
    /// `None`: any RAM.
    pub physical: Option<u64>,
    /// Slot of the first frame.
    pub slot: u32,
}

/// An IOAPIC interrupt that is delivered to its holder's notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Irq {
    pub ioapic: u8,
    pub pin: u8,
    pub level: bool,
    pub active_low: bool,
    pub vector: u8,
    pub holder: ServiceId,
    /// The holder's channel id: the badge is `1 << channel`.
    pub channel: u8,
}

/// One distinct ELF file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image<'a> {
    #[serde(borrow)]
    pub file: &'a str,
    pub entry: u64,
    /// Ascending, page granular, no two in one page.
    pub segments: Vec<Segment>,
    /// Byte range of the function names in the archive ([`symbols`]).
    pub symbols: Option<(u32, u32)>,
    /// It comes after the boot (SPEC D-6), so its segments are not in the archive but will be in the store, one behind the
    /// other. SHA-256 of them there, which are whole pages filled up with zeros: [`sha256::DIGEST`] bytes.
    pub delivered: Option<&'a [u8]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Page aligned.
    pub address: u64,
    pub pages: u32,
    /// Byte offset in the archive, or from the store's begin, of the page that holds the first byte; page aligned.
    pub archive: u32,
    /// Where in the first page the file's bytes begin.
    pub data_offset: u16,
    /// The file's bytes; what follows is zero.
    pub data_bytes: u32,
    pub writable: bool,
    pub executable: bool,
}

/// How a service tells that it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Readiness {
    /// Counts as ready when started (SPEC O-2).
    None,
    /// A signal on the supervisor channel is enough (SPEC G-1, plain Microkit PDs).
    Signal,
    /// Hello and ServiceReady.
    Message,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Start {
    Eager,
    Deferred,
    OnDemand,
}

/// On the wire the service and one byte of bits: there are many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(ServiceId, u8)", into = "(ServiceId, u8)")]
pub struct Dependency {
    pub on: ServiceId,
    pub required: bool,
    /// Stopped and started again together with what it depends on (SPEC L-5).
    pub restart_with: bool,
    /// Any of the [`Plan::providers`] to which `on` belongs will do (SPEC S-2); there is one for each of them.
    pub shared: bool,
}

impl From<(ServiceId, u8)> for Dependency {
    fn from((on, bits): (ServiceId, u8)) -> Self {
        Self { on, required: bits & 1 != 0, restart_with: bits & 2 != 0, shared: bits & 4 != 0 }
    }
}

impl From<Dependency> for (ServiceId, u8) {
    fn from(d: Dependency) -> Self {
        (d.on, u8::from(d.required) | u8::from(d.restart_with) << 1 | u8::from(d.shared) << 2)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service<'a> {
    #[serde(borrow)]
    pub name: &'a str,
    #[serde(borrow)]
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
    /// `(interface, version)`
    #[serde(borrow)]
    pub provides: Vec<(&'a str, &'a str)>,
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
    #[serde(borrow)]
    pub startup: &'a [u8],
    /// Addresses at which a table of each level is needed, top level first: PDPT, PD, PT.
    pub tables: [Vec<u64>; 3],
    /// Bytes that replace the image's, at writable addresses (the Microkit's symbols, setvars).
    #[serde(borrow)]
    pub patches: Vec<(u64, &'a [u8])>,
    pub maps: Vec<Map>,
    #[serde(borrow)]
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

/// A call that is not granted from the start, and taken away when its server dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateCall {
    pub cptr: u32,
    /// It takes a grant at run time (SPEC F-7); otherwise looking it up is enough (SPEC S-5).
    pub on_grant: bool,
}

impl Image<'_> {
    /// Where its segments begin there.
    #[must_use]
    pub fn begin(&self) -> u32 {
        self.segments.first().map_or(0, |segment| segment.archive)
    }

    /// Bytes of its segments in the archive, or in the store.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.held_pages() * PAGE).sum()
    }
}

impl Segment {
    /// Pages that the archive, or the store, holds of it: all of one that is mapped in place, the file's bytes of one that
    /// is copied.
    #[must_use]
    pub fn held_pages(&self) -> u64 {
        if self.writable {
            (u64::from(self.data_offset) + u64::from(self.data_bytes)).div_ceil(PAGE)
        } else {
            u64::from(self.pages)
        }
    }
}

impl<'a> Service<'a> {
    /// Its children, each with the CPtr of the thread.
    pub fn children(&self) -> impl Iterator<Item = (ServiceId, u32)> {
        self.caps.iter().filter_map(|grant| match grant.object {
            Object::Child(id) => Some((id, grant.cptr)),
            _ => None,
        })
    }

    /// Who gets its faults first and controls its thread, and the grant of that (SPEC J-3).
    #[must_use]
    #[inline(never)]
    pub fn parent(&self) -> Option<(ServiceId, &Grant<'a>)> {
        self.caps.iter().find_map(|grant| match grant.object {
            Object::Parent(id) => Some((id, grant)),
            _ => None,
        })
    }

    /// The endpoint that it receives from, if it has one.
    #[must_use]
    #[inline(never)]
    pub fn endpoint(&self) -> Option<u16> {
        self.caps.iter().find_map(|grant| match grant.object {
            Object::Endpoint(index) if grant.rights.read => Some(index),
            _ => None,
        })
    }

    /// The call at `cptr`, if that is a late one.
    #[must_use]
    pub fn late_call(&self, cptr: u32) -> Option<&LateCall> {
        self.late_calls.iter().find(|call| call.cptr == cptr)
    }
}

/// A region in a service's address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Map {
    /// Index into [`Plan::regions`].
    pub region: u16,
    pub address: u64,
    pub writable: bool,
    pub cached: bool,
}

/// A capability in a service's CSpace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant<'a> {
    pub cptr: u32,
    pub object: Object,
    pub rights: Rights,
    pub badge: u64,
    /// In the words of system.xml, for `grants NAME`.
    pub name: &'a str,
}

/// What a granted capability is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// The plan's bytes cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedPlan;

impl<'a> Plan<'a> {
    /// # Errors
    /// The bytes are not a plan of [`FORMAT`].
    pub fn decode(bytes: &'a [u8]) -> Result<Self, MalformedPlan> {
        postcard::from_bytes(bytes).map_err(|_| MalformedPlan)
    }

    /// What the plan in these bytes needs, nothing if they are none.
    #[must_use]
    pub fn needs(bytes: &[u8]) -> Needs {
        postcard::take_from_bytes(bytes).map_or(Needs::default(), |(needs, _)| needs)
    }

    /// # Panics
    /// Never: an allocating encoder cannot fail on these types.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("plan types always encode")
    }

    #[must_use]
    #[inline]
    pub fn service(&self, id: ServiceId) -> &Service<'a> {
        &self.services[id.0 as usize]
    }

    /// The service of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<ServiceId> {
        self.services.iter().position(|service| service.name == name).map(|index| ServiceId(index as u16))
    }

    #[must_use]
    #[inline]
    pub fn image_of(&self, service: &Service<'_>) -> &Image<'a> {
        &self.images[service.image as usize]
    }
}
