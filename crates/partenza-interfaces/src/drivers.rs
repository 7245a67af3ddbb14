// SPDX-License-Identifier: BSD-2-Clause
//! `driver/registry` 1.0.0: which driver serves which device.

use heapless::Vec;
use serde::{Deserialize, Serialize};

use crate::OWN;

/// Payload [`Register`], empty answer; again for the same caller replaces. Needs the right to write.
pub const REGISTER: u64 = OWN;
/// Payload [`From`], answer [`List`]. Needs the right to read.
pub const LIST: u64 = OWN + 1;

/// Drivers in one [`List`].
pub const MAX_ROWS: usize = 4;
/// Longest class or device in bytes.
pub const MAX_NAME: usize = 31;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register<'a> {
    pub class: &'a str,
    pub device: &'a str,
    /// Whether the device answered.
    pub present: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct From {
    pub row: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct List<'a> {
    #[serde(borrow)]
    pub drivers: Vec<Driver<'a>, MAX_ROWS>,
    pub total: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Driver<'a> {
    /// The registrant's name as the channel tells it.
    pub service: &'a str,
    pub class: &'a str,
    pub device: &'a str,
    pub present: bool,
}
