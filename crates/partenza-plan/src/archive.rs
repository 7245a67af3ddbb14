// SPDX-License-Identifier: BSD-2-Clause
//! The archive: plan, images' pages and function names in one checksummed piece.
//!
//! ```text
//! 0      header, 48 bytes (below)
//! 48     plan (`in_place`), function names of each image
//! n*4096 pages of the images' segments, each segment page aligned, zero filled to its page's end
//! ```
//! The header is little endian: magic `PZARCHIV`, format (u32), header bytes (u32), total bytes (u64), plan offset and
//! length (u32 each), [`checksum`] of everything after the header (u64), [`checksum`] of the 40 bytes before (u64).

/// Version of this container; the plan inside has its own ([`crate::FORMAT`]).
pub const FORMAT: u32 = 2;
pub const MAGIC: [u8; 8] = *b"PZARCHIV";
pub const HEADER: usize = 48;
const BODY_SUM: usize = 32;
const HEADER_SUM: usize = 40;

/// What is wrong with an archive (SPEC B-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveError {
    /// No archive at all: the magic is not there.
    Missing,
    /// Shorter than its header says, or than a header.
    Truncated,
    /// A checksum does not match.
    Corrupt,
    /// Another container or plan format.
    Version,
}

/// A checked archive.
#[derive(Clone, Copy, Debug)]
pub struct Archive<'a> {
    bytes: &'a [u8],
    plan: (usize, usize),
}

impl<'a> Archive<'a> {
    /// Checks `bytes` whole: presence, version, length, checksum, in this order.
    ///
    /// # Errors
    /// See [`ArchiveError`].
    pub fn open(bytes: &'a [u8]) -> Result<Self, ArchiveError> {
        if bytes.is_empty() {
            return Err(ArchiveError::Missing);
        }
        let header = bytes.get(..HEADER).ok_or(ArchiveError::Truncated)?;
        if header[..8] != MAGIC {
            return Err(ArchiveError::Missing);
        }
        let word =
            |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        if !is_header(bytes) {
            return Err(ArchiveError::Corrupt);
        }
        if word(8) != version() || word(12) as usize != HEADER {
            return Err(ArchiveError::Version);
        }
        let total = u64::from(word(16)) | u64::from(word(20)) << 32;
        let total = usize::try_from(total).map_err(|_| ArchiveError::Truncated)?;
        let bytes = bytes.get(..total).ok_or(ArchiveError::Truncated)?;
        let body = bytes.get(HEADER..).ok_or(ArchiveError::Truncated)?;
        if checksum(body).to_le_bytes() != header[BODY_SUM..HEADER_SUM] {
            return Err(ArchiveError::Corrupt);
        }
        let (start, len) = (word(24) as usize, word(28) as usize);
        bytes.get(start..start + len).ok_or(ArchiveError::Corrupt)?;
        Ok(Self { bytes, plan: (start, len) })
    }

    /// The plan's bytes, for [`crate::ArchivedPlan::access`], or [`crate::Plan::decode`].
    #[must_use]
    pub fn plan(&self) -> &'a [u8] {
        &self.bytes[self.plan.0..self.plan.0 + self.plan.1]
    }

    /// Any range of the archive.
    #[must_use]
    pub fn range(&self, offset: u32, len: u32) -> Option<&'a [u8]> {
        self.bytes.get(offset as usize..)?.get(..len as usize)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// Container and plan format as one number, so that either change is seen before the plan is read.
#[must_use]
pub const fn version() -> u32 {
    FORMAT << 16 | crate::FORMAT as u32
}

/// Writes the header over the first [`HEADER`] bytes of a finished archive.
///
/// # Panics
/// `bytes` is shorter than a header, or the plan lies outside.
pub fn seal(bytes: &mut [u8], plan: core::ops::Range<usize>) {
    assert!(bytes.len() >= HEADER && plan.end <= bytes.len() && plan.start >= HEADER);
    let body = checksum(&bytes[HEADER..]);
    let total = bytes.len() as u64;
    let mut at = 0;
    let mut put = |field: &[u8]| {
        bytes[at..at + field.len()].copy_from_slice(field);
        at += field.len();
    };
    put(&MAGIC);
    put(&version().to_le_bytes());
    put(&(HEADER as u32).to_le_bytes());
    put(&total.to_le_bytes());
    put(&(plan.start as u32).to_le_bytes());
    put(&((plan.end - plan.start) as u32).to_le_bytes());
    put(&body.to_le_bytes());
    seal_header(bytes);
}

/// Makes the header's own checksum right.
///
/// # Panics
/// `bytes` is shorter than a header.
pub fn seal_header(bytes: &mut [u8]) {
    let sum = checksum(&bytes[..HEADER_SUM]);
    bytes[HEADER_SUM..HEADER].copy_from_slice(&sum.to_le_bytes());
}

/// Whether `bytes` begin with a sound header, of whatever version.
#[must_use]
pub fn is_header(bytes: &[u8]) -> bool {
    bytes.get(..HEADER).is_some_and(|header| {
        header[..MAGIC.len()] == MAGIC
            && checksum(&header[..HEADER_SUM]).to_le_bytes() == header[HEADER_SUM..]
    })
}

/// A checksum against accidents, a third of an instruction a byte: the whole archive is summed at each boot.
///
/// Four lanes take two words each of every 64 bytes: `lane = (rotate(lane ^ first, 29) + second) * FACTOR`. Each step can be
/// undone, so no change of one word goes unnoticed, and others do by chance of 1 in 2^64. What is left of the last 64 bytes
/// is filled up with zeros, and the length counts.
#[must_use]
#[inline(never)]
pub fn checksum(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    const BLOCK: usize = 64;

    #[inline(always)]
    fn mix(lane: u64, first: u64, second: u64) -> u64 {
        (lane ^ first).rotate_left(29).wrapping_add(second).wrapping_mul(FACTOR)
    }

    #[inline(always)]
    fn take([a, b, c, d]: [u64; 4], block: &[u8; BLOCK]) -> [u64; 4] {
        let (words, _) = block.as_chunks::<8>();
        let word = |index: usize| u64::from_le_bytes(words[index]);
        [
            mix(a, word(0), word(1)),
            mix(b, word(2), word(3)),
            mix(c, word(4), word(5)),
            mix(d, word(6), word(7)),
        ]
    }

    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let mut lanes = [1, 2, 3, 4];
    for block in blocks {
        lanes = take(lanes, block);
    }
    let mut last = [0; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    let [a, b, c, d] = take(lanes, &last);
    mix(mix(mix(bytes.len() as u64, a, b), c, d), 0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> [u8; 200] {
        let mut bytes = [0x5a; 200];
        seal(&mut bytes, 48..60);
        bytes
    }

    #[test]
    fn a_sealed_archive_opens() {
        let bytes = sample();
        let archive = Archive::open(&bytes).unwrap();
        assert_eq!((archive.plan().len(), archive.len()), (12, 200));
        assert!(archive.range(190, 10).is_some());
        assert!(archive.range(190, 11).is_none());
        assert!(archive.range(u32::MAX, u32::MAX).is_none());
    }

    #[test]
    fn no_flipped_bit_goes_unnoticed() {
        for bit in 0..200 * 8 {
            let mut bytes = sample();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(Archive::open(&bytes).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn each_kind_of_damage_has_its_name() {
        let bytes = sample();
        assert_eq!(Archive::open(&[]).err(), Some(ArchiveError::Missing));
        assert_eq!(Archive::open(&[0; 100]).err(), Some(ArchiveError::Missing));
        assert_eq!(Archive::open(&bytes[..20]).err(), Some(ArchiveError::Truncated));
        assert_eq!(Archive::open(&bytes[..199]).err(), Some(ArchiveError::Truncated));
        let mut other = bytes;
        other[8] += 1;
        seal_header(&mut other);
        assert_eq!(Archive::open(&other).err(), Some(ArchiveError::Version));
    }
}
