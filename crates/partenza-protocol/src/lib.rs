// SPDX-License-Identifier: BSD-2-Clause
//! What services, the Supervisor and the host say to each other.
//!
//! Rules of this crate:
//! * It knows neither seL4 nor the root task: bytes in, values out, no allocation.
//! * A message is a label (`64 + operation`, so that it never meets a fault label, SPEC I-4) and a payload: one
//!   [`VERSION`] byte, then [postcard](https://postcard.jamesmunns.com/wire-format). The payload is padded with zero
//!   bytes to whole message registers; anything else after it makes the message malformed.
//! * The startup page is laid out byte by byte ([`startup`]), because C services read it too.
//! * Errors that cross an address space are numbers with a row in [`error`] (SPEC H-1).
#![no_std]
#![forbid(unsafe_code)]

pub mod badge;
pub mod control;
pub mod error;
pub mod event;
pub mod frame;
pub mod price;
pub mod request;
pub mod startup;
pub mod text;
pub mod wire;

pub use badge::{Badge, Sender};
pub use error::Code;
pub use wire::{MalformedMessage, Op, Permissions, cut, decode, encode};

use serde::{Deserialize, Serialize};

/// Version byte that leads every payload.
pub const VERSION: u8 = 1;

/// Version of the interface between a service and the Supervisor, told in [`control::Hello`] (SPEC S-12).
pub const ABI: u16 = 2;

/// What `rax` holds when a service ends itself by a write into the null page, at the address that is the number of the
/// code that says why: `GAVEUP` in ASCII. Without it the fault is a null pointer.
pub const GIVE_UP_MARK: u64 = 0x47_41_56_45_55_50;

/// A service's index in the plan: its identity in badges, events and requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(
    feature = "archive",
    derive(rkyv::Archive, rkyv::Serialize, rkyv::Deserialize),
    rkyv(compare(PartialEq), derive(Clone, Copy, Debug, PartialEq, Eq))
)]
pub struct ServiceId(pub u16);

#[cfg(feature = "archive")]
impl From<ArchivedServiceId> for ServiceId {
    fn from(id: ArchivedServiceId) -> Self {
        Self(id.0.to_native())
    }
}

/// Counts the starts of one service, from 1. No two incarnations of a service ever exist at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Incarnation(pub u32);

/// 128 bits that only one incarnation and the Supervisor know (SPEC G-2, S-1).
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(pub [u8; 16]);

impl Secret {
    /// Compares without telling by its time how much was right.
    #[must_use]
    pub fn matches(&self, other: &Secret) -> bool {
        let mine = u128::from_ne_bytes(self.0);
        let theirs = u128::from_ne_bytes(other.0);
        core::hint::black_box(mine ^ theirs) == 0
    }
}

impl core::fmt::Debug for Secret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secret(..)")
    }
}
