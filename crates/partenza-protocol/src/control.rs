// SPDX-License-Identifier: BSD-2-Clause
//! A service and its Supervisor: handshake, ready, directives (SPEC G, K, M, S-1).

use serde::{Deserialize, Serialize};

#[cfg(doc)]
use crate::wire::Count;
use crate::{Incarnation, Secret};

/// Interfaces that one service can provide.
pub const MAX_PROVIDES: usize = 8;
/// Optional grants that one manifest can name.
pub const MAX_OPTIONAL: usize = 32;
/// Components that one health report can name.
pub const MAX_COMPONENTS: usize = 8;
/// Longest line of [`Emit`], in bytes.
pub const MAX_TEXT: usize = 160;

/// The first call of an incarnation: proves that it read its own startup page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    pub secret: Secret,
    /// [`crate::ABI`] of the caller.
    pub abi: u16,
}

/// The answer to [`Hello`]: proves that the Supervisor answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    pub supervisor_secret: Secret,
    pub incarnation: Incarnation,
    /// Bit n: the n-th optional capability of the manifest was granted (SPEC F-5).
    pub optional: u32,
}

/// An interface and its version, as `provides` of the manifest says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provided<'a> {
    pub interface: &'a str,
    pub version: &'a str,
}

/// SPEC G-1: the service works. Must repeat what its manifest says (SPEC G-3).
///
/// Who sends it gives texts and a list. Who receives it compares them with what they are to be, so bytes do, and reads
/// [`Count`] in place of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceReady<T, L> {
    pub name: T,
    /// The channel on which it serves, if it serves.
    pub endpoint: Option<u8>,
    pub version: T,
    pub provides: L,
}

/// The answer to `Next`: what the Supervisor wants of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Directive {
    Nothing,
    /// Answer with [`HealthReport`] and this number.
    Probe(u32),
    PrepareStop,
    Stop,
    /// Touch address 0: the shell's `crash`.
    Crash,
    /// To a subscriber: there are events up to this sequence number. Asked for with `Log`.
    Changed(u64),
}

/// SPEC K-2. Well is who says so and names no component that is not.
///
/// Who receives it reads [`Count`] in place of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthReport<'a, L> {
    pub probe: u32,
    pub healthy: bool,
    /// Microseconds since the service said ready, by its own reckoning; 0 where it has no clock.
    pub uptime: u64,
    /// What went wrong last, in its own words; empty where nothing did.
    pub last_error: &'a str,
    pub components: L,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component<'a> {
    pub name: &'a str,
    pub healthy: bool,
    pub message: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// 0: as told.
    pub code: i32,
}

/// SPEC J-3: the kernel told the sender of a fault of this child, and the sender leaves it to the Supervisor. What
/// happened is not in here: the kernel tells it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildFault {
    /// The child's id in system.xml.
    pub child: u8,
    /// Bytes by which it stands behind the instruction that is to fault again: 1 after an x86 breakpoint, else 0.
    pub behind: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(
    feature = "archive",
    derive(rkyv::Archive, rkyv::Serialize, rkyv::Deserialize, rkyv::Portable, rkyv::bytecheck::CheckBytes),
    rkyv(as = Level),
    bytecheck(crate = rkyv::bytecheck),
    repr(u8)
)]
pub enum Level {
    Error,
    Warn,
    Info,
    Debug,
}

/// A line for the event log, at most [`MAX_TEXT`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emit<'a> {
    pub level: Level,
    pub text: &'a str,
}
