// SPDX-License-Identifier: BSD-2-Clause
//! Requests to the Supervisor and their answers (SPEC I-4, I-5).
//!
//! Lists come in pages that fit one message: ask with `from`, go on with `next` until it is `None`.
//! The answer's label is 0, or the number of a [`crate::Code`] and then there is no payload.

use core::fmt;

use heapless::Vec;
use serde::{Deserialize, Serialize};

use crate::event::{BootState, CapKind, ServiceState};
use crate::{Code, Incarnation};

/// Rows in one page of a list.
pub const PAGE: usize = 8;

/// Bytes of a name of a service, region, interface or system, and of a version: `partenza check` refuses longer ones, so
/// that [`PAGE`] rows of every list fit [`crate::frame::MAX_PAYLOAD`], whatever numbers are in them.
pub const MAX_NAME: usize = 64;

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
    /// After failures; those that somebody asked for, and those shared with another service, do not count.
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
    pub health: Health,
}

/// What a service reports of itself (SPEC K).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Health {
    /// It is not up, is not asked, or has not answered yet.
    Unknown,
    Well,
    /// It was not well, and has not been well for long enough since. So many bad reports came since the last good one.
    NotWell(u16),
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("not known"),
            Self::Well => f.write_str("well"),
            Self::NotWell(0) => f.write_str("not well for long enough yet"),
            Self::NotWell(1) => f.write_str("not well: 1 bad report"),
            Self::NotWell(bad) => write!(f, "not well: {bad} bad reports in a row"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFrom {
    /// Sequence number of the first record wanted. 0: the oldest; `u64::MAX`: none, only where the log ends.
    pub sequence: u64,
}

/// Followed by `count` [`crate::event::Record`]s in postcard, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPage {
    pub count: u8,
    /// Records between the one asked for and the oldest kept.
    pub lost: u64,
    /// Ask from here; equal to the sequence asked for when there is nothing new.
    pub next: u64,
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
    /// Bit 0 write, bit 1 read, bit 2 may pass on its own reply. Besides, how a call is at the moment:
    /// [`Self::UNBOUND`], [`Self::DIVERTED`].
    pub rights: u8,
    /// What it is to, in the words of system.xml.
    pub object: &'a str,
}

/// A release of an interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Release {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
}

impl Release {
    /// Reads `1`, `1.2` or `1.2.3`; what a semantic version says behind the three numbers is not looked at.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let numbers = text.split(['-', '+']).next()?;
        let mut parts = numbers.split('.').map(|part| part.parse().ok());
        let mut next = || parts.next().unwrap_or(Some(0));
        let release = Self { major: next()?, minor: next()?, patch: next()? };
        parts.next().is_none().then_some(release)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// SPEC S-5: who provides that interface, in a release of this range? The capability to call it, which the plan granted
/// the caller, is there when the answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lookup<'a> {
    pub interface: &'a str,
    pub at_least: Release,
    /// The first release that is too new.
    pub below: Option<Release>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found<'a> {
    /// The caller's channel to it; `None` for the host, which has none.
    pub channel: Option<u8>,
    pub provider: &'a str,
    pub version: &'a str,
}

/// A subscriber is signalled when there are new events, asks what there is, hears `Changed`, and reads them with `Log` at
/// its own pace (SPEC I-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribe {
    pub on: bool,
}

/// SPEC S-2: this provider serves the interface from now on, or as soon as it is up, which is seen to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switch<'a> {
    pub interface: &'a str,
    pub provider: &'a str,
}

impl GrantRow<'_> {
    /// Bits of `rights` that are rights.
    pub const RIGHTS: u8 = 7;
    /// It is bound by lookup or by a grant at run time, and is not there (SPEC S-5, F-7).
    pub const UNBOUND: u8 = 8;
    /// Nobody serves it, so it leads to the Supervisor (SPEC J-4).
    pub const DIVERTED: u8 = 16;
}

/// Arguments that one spawned service can get.
pub const MAX_ARGUMENTS: usize = 8;

/// Starts a service that waits to be asked for, with these arguments in place of its manifest's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spawn<'a> {
    pub name: &'a str,
    #[serde(borrow)]
    pub args: Vec<&'a str, MAX_ARGUMENTS>,
}

/// SPEC F-7: `client` gets its call to `interface`, which the plan foresees with `bind: grant`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant<'a> {
    pub client: &'a str,
    pub interface: &'a str,
}

/// The call that was granted is taken away from `client`, or from everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoke<'a> {
    pub client: Option<&'a str>,
    pub interface: &'a str,
}

/// SPEC D-6: a piece of the program of a service whose `binary` is `delivered`. Pieces come in order and without a gap; the
/// one with `offset` 0 begins, and forgets what came before. The plan says how many bytes they are in all and what their
/// SHA-256 is: once the last piece is answered the service can be started. One delivery is under way at a time; it ends
/// with the first piece that is refused, and with the incarnation that makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deliver<'a> {
    pub service: &'a str,
    pub offset: u32,
    /// At least one; [`MAX_DELIVERED`] always fit.
    pub bytes: &'a [u8],
    /// They are the last ones.
    pub last: bool,
}

/// Bytes of a [`Deliver`] that a message has room for, whatever the service is called.
pub const MAX_DELIVERED: usize = 768;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::MAX_PAYLOAD;

    fn fits<T: Serialize>(value: &T) {
        let mut buffer = [0; MAX_PAYLOAD];
        assert!(crate::encode(value, &mut buffer).is_ok());
    }

    fn rows<T: Clone>(row: T) -> Vec<T, PAGE> {
        (0..PAGE).map(|_| row.clone()).collect()
    }

    #[test]
    fn the_longest_names_fit_every_answer() {
        let name = core::str::from_utf8(&[b'n'; MAX_NAME]).unwrap();
        let incarnation = Incarnation(u32::MAX);
        let state = ServiceState::Disabled;
        let row = Summary { name, layer: 255, state, incarnation };
        fits(&ListPage { total: u16::MAX, rows: rows(row), next: Some(u16::MAX) });
        let row = GrantRow { kind: CapKind::Thread, at: u64::MAX, rights: u8::MAX, object: name };
        fits(&GrantsPage { total: u16::MAX, rows: rows(row), next: Some(u16::MAX) });
        let time = Some(u64::MAX);
        let row = BootRow { name, layer: 255, created: time, started: time, ready: time };
        let state = BootState::BootingLayer(255);
        fits(&BootPage { state, complete: time, rows: rows(row), next: Some(u16::MAX) });
        fits(&Status {
            id: u16::MAX,
            name,
            version: name,
            layer: 255,
            critical: true,
            state: ServiceState::Disabled,
            incarnation,
            restarts: u32::MAX,
            uptime: time,
            last_error: Some(Code(u16::MAX)),
            priority: 255,
            memory: u64::MAX,
            rejected: u32::MAX,
            messages: u32::MAX,
            health: Health::NotWell(u16::MAX),
        });
        fits(&Version { system: name, partenza: name, kernel: name });
        fits(&Found { channel: Some(255), provider: name, version: name });
        fits(&Deliver { service: name, offset: u32::MAX, bytes: &[0; MAX_DELIVERED], last: true });
    }

    #[test]
    fn releases_are_read_as_far_as_their_numbers_go() {
        let release = |major, minor, patch| Some(Release { major, minor, patch });
        assert_eq!(Release::parse("1"), release(1, 0, 0));
        assert_eq!(Release::parse("1.2"), release(1, 2, 0));
        assert_eq!(Release::parse("1.2.3-rc.1+build.5"), release(1, 2, 3));
        for wrong in ["", "x", "1.", "1.x", "1.2.3.4", "-1", "99999999999"] {
            assert_eq!(Release::parse(wrong), None, "{wrong}");
        }
        assert!(release(1, 2, 0) < release(1, 10, 0));
    }
}
