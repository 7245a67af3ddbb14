// SPDX-License-Identifier: BSD-2-Clause
//! The whole plan and what it holds once: kernel, platform, boot, objects of the system.

use alloc::vec::Vec;

use partenza_protocol::ServiceId;
use rkyv::bytecheck::CheckBytes;
use rkyv::{Archive, Deserialize, Portable, Serialize};

use crate::image::Image;
use crate::policy::{Overload, Recovery, Storm};
use crate::service::Service;
use crate::text::InPlace;

/// Version of the plan's types. Any change to them changes it.
pub const FORMAT: u16 = 5;
/// Bytes of a page; the only frame size that the loader uses for images.
pub const PAGE: u64 = 4096;
pub const PAGE_BITS: u8 = 12;
/// Services in one plan at most (the badge has room for more; this is the tested limit, SPEC O-3).
pub const MAX_SERVICES: usize = 512;

/// The compiled, validated whole.
#[derive(Clone, Debug, PartialEq, Archive, Serialize, Deserialize, serde::Serialize)]
pub struct Plan<'a> {
    #[rkyv(with = InPlace)]
    pub system: &'a str,
    /// `partenza 0.1.0`
    #[rkyv(with = InPlace)]
    pub tool: &'a str,
    pub kernel: Kernel<'a>,
    pub platform: Platform,
    pub boot: Boot,
    /// In ascending order.
    pub layers: Vec<Layer>,
    /// Restarts that are remembered at most, of all services.
    pub remembered: u32,
    /// `None`: no storm guard.
    pub storm: Option<Storm>,
    pub overload: Overload,
    pub recovery: Recovery,
    /// Services that may take each other's place.
    pub providers: Vec<Providers<'a>>,
    pub objects: SystemObjects,
    pub regions: Vec<Region<'a>>,
    pub irqs: Vec<Irq>,
    pub images: Vec<Image<'a>>,
    /// In boot order; the index is the [`ServiceId`].
    pub services: Vec<Service<'a>>,
}

/// Services behind one endpoint, of which one at a time serves it (SPEC S-2).
#[derive(Clone, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
pub struct Providers<'a> {
    #[rkyv(with = InPlace)]
    pub interface: &'a str,
    /// Index into the system's endpoints.
    pub endpoint: u16,
    /// Who is preferred comes first, and serves first.
    pub services: Vec<ServiceId>,
}

/// The kernel that sizes and slots were computed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
pub struct Kernel<'a> {
    /// `5.0.0`
    #[rkyv(with = InPlace)]
    pub version: &'a str,
    /// `x86_64`
    #[rkyv(with = InPlace)]
    pub arch: &'a str,
    pub mcs: bool,
    pub sizes: ObjectSizes,
}

/// log2 of each object's size in bytes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize, Portable, CheckBytes,
)]
#[rkyv(as = ObjectSizes)]
#[bytecheck(crate = rkyv::bytecheck)]
#[repr(C)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
pub enum Platform {
    Pc99 {
        timer: PcTimer,
        console: Option<Uart>,
        events: Option<Uart>,
        /// I/O port and value that switch the machine off (ACPI PM1a control).
        power_off: Option<(u16, u16)>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
pub enum PcTimer {
    /// Memory-mapped at this physical address, timer 0 routed to this IOAPIC pin.
    Hpet { address: u64, pin: u8 },
    /// Ports 0x40 to 0x43, IOAPIC pin 2.
    Pit,
}

/// A 16550.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
pub struct Uart {
    pub port: u16,
    pub pin: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
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

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize, Portable, CheckBytes,
)]
#[rkyv(as = AtEnd)]
#[bytecheck(crate = rkyv::bytecheck)]
#[repr(u8)]
pub enum AtEnd {
    Halt,
    Reboot,
    PowerOff,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
pub struct Layer {
    pub number: u8,
    /// Microseconds (SPEC R-1).
    pub budget: Option<u64>,
}

/// Objects that outlive every incarnation; slots count from the first free slot of Init's CNode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
pub struct Region<'a> {
    #[rkyv(with = InPlace)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
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
