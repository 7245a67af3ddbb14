// SPDX-License-Identifier: BSD-2-Clause
//! `storage/blocks` 1.0.0: the blocks of one disk.

use serde::{Deserialize, Serialize};

use crate::OWN;

/// No payload, answer [`Geometry`]. Needs the right to read.
pub const GEOMETRY: u64 = OWN;
/// Payload [`Read`], answer [`Block`]. Needs the right to read.
pub const READ: u64 = OWN + 1;

/// Bytes of a block.
pub const BLOCK: usize = 512;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Geometry {
    /// Blocks of [`BLOCK`] bytes.
    pub blocks: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    pub block: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block<'a> {
    /// [`BLOCK`] bytes.
    pub bytes: &'a [u8],
}
