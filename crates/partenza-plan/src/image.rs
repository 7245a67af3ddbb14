// SPDX-License-Identifier: BSD-2-Clause
//! The programs of a plan: what the ELF files say that a loader must know.

use alloc::vec::Vec;

use rkyv::with::Map;
use rkyv::{Archive, Deserialize, Serialize};

use crate::text::InPlace;

/// One distinct ELF file.
#[derive(Clone, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
pub struct Image<'a> {
    #[rkyv(with = InPlace)]
    pub file: &'a str,
    pub entry: u64,
    /// Ascending, page granular, no two in one page.
    pub segments: Vec<Segment>,
    /// Byte range of the function names in the archive ([`symbols`]).
    pub symbols: Option<(u32, u32)>,
    /// It comes after the boot (SPEC D-6), so its segments are not in the archive but will be in the store, one behind the
    /// other. SHA-256 of them there, which are whole pages filled up with zeros: [`sha256::DIGEST`] bytes.
    #[rkyv(with = Map<InPlace>)]
    pub delivered: Option<&'a [u8]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
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
