// SPDX-License-Identifier: BSD-2-Clause
//! Requests to the Supervisor and their answers (SPEC I-4, I-5).
//!
//! Lists come in pages that fit one message: ask with `from`, go on with `next` until it is `None`.
//! The answer's label is 0, or the number of a [`crate::Code`] and then there is no payload.

use heapless::Vec;
use serde::{Deserialize, Serialize};

use crate::event::{BootState, CapKind, ServiceState};
use crate::{Code, Incarnation};

/// Rows in one page of a list.
pub const PAGE: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    pub from: u16,
}

/// A service by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target<'a> {
    pub name: &'a str,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPage<'a> {
    pub total: u16,
    #[serde(borrow)]
    pub rows: Vec<Summary<'a>, PAGE>,
    pub next: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary<'a> {
    pub name: &'a str,
    pub layer: u8,
    pub state: ServiceState,
    pub incarnation: Incarnation,
}

/// SPEC I-5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status<'a> {
    pub id: u16,
    pub name: &'a str,
    pub version: &'a str,
    pub layer: u8,
    pub critical: bool,
    pub state: ServiceState,
    pub incarnation: Incarnation,
    pub restarts: u32,
    /// Microseconds since it reported ready; `None` when it is not running.
    pub uptime: Option<u64>,
    pub last_error: Option<Code>,
    pub priority: u8,
    /// Bytes of kernel objects and memory that belong to this service alone.
    pub memory: u64,
    /// Messages of it that were ignored.
    pub rejected: u32,
    /// Signals and calls it has answered, as far as the Supervisor sees them.
    pub messages: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFrom {
    /// Sequence number of the first record wanted.
    pub sequence: u32,
}

/// Followed by `count` [`crate::event::Record`]s in postcard, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPage {
    pub count: u8,
    /// Records between the one asked for and the oldest kept.
    pub lost: u32,
    /// Ask from here; equal to the sequence asked for when there is nothing new.
    pub next: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantsOf<'a> {
    pub name: &'a str,
    pub from: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantsPage<'a> {
    pub total: u16,
    #[serde(borrow)]
    pub rows: Vec<GrantRow<'a>, PAGE>,
    pub next: Option<u16>,
}

/// SPEC F-8: what a service's CSpace holds, compared with the plan, slot by slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// Slots that were looked at: all of the CNode.
    pub slots: u16,
    /// Capabilities that the plan lists and that are there.
    pub present: u16,
    /// Listed, and not there.
    pub missing: u16,
    /// There, and of another type than listed.
    pub wrong: u16,
    /// There, and not listed.
    pub surplus: u16,
    /// The kernel told the types (debug kernels do); otherwise only presence was checked.
    pub types: bool,
    /// Calls that lead to the Supervisor while their server is down.
    pub diverted: u16,
}

/// A capability or mapping as planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantRow<'a> {
    pub kind: CapKind,
    /// CPtr, or virtual address of a mapping.
    pub at: u64,
    /// Bit 0 write, bit 1 read, bit 2 may pass on its own reply.
    pub rights: u8,
    /// What it is to, in the words of system.xml.
    pub object: &'a str,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootPage<'a> {
    pub state: BootState,
    /// Microseconds from hand-over to BootComplete.
    pub complete: Option<u64>,
    #[serde(borrow)]
    pub rows: Vec<BootRow<'a>, PAGE>,
    pub next: Option<u16>,
}

/// SPEC R-2. Times in microseconds since the kernel handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootRow<'a> {
    pub name: &'a str,
    pub layer: u8,
    pub created: Option<u64>,
    pub started: Option<u64>,
    pub ready: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version<'a> {
    pub system: &'a str,
    pub partenza: &'a str,
    pub kernel: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uptime {
    /// Microseconds since the kernel handed over.
    pub micros: u64,
}
