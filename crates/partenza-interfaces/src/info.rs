// SPDX-License-Identifier: BSD-2-Clause
//! `partenza/info`: what every service answers on every channel that it serves.

use partenza_protocol::Incarnation;
use serde::{Deserialize, Serialize};

/// No payload, answer [`Info`]. Needs no right.
pub const INFO: u64 = crate::COMMON;

/// Longest [`Info::text`] in bytes.
pub const MAX_TEXT: usize = 480;

/// What a service is and does, in its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info<'a> {
    pub name: &'a str,
    pub version: &'a str,
    pub incarnation: Incarnation,
    /// Calls it has answered, this one not counted.
    pub calls: u32,
    /// Lines parted by `\n`.
    pub text: &'a str,
}
