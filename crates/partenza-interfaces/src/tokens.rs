// SPDX-License-Identifier: BSD-2-Clause
//! `identity/tokens` 1.0.0: a token says who its holder is, and anyone can have it checked.
//!
//! The subject is the caller's name as the channel tells it. A token holds as long as `keys` keeps its keys.

use serde::{Deserialize, Serialize};

use crate::OWN;
use crate::mac::Tag;

/// No payload, answer [`Token`] for the caller. Needs the right to write.
pub const ISSUE: u64 = OWN;
/// Payload [`Token`], answer [`crate::mac::Verdict`]. Needs the right to read.
pub const CHECK: u64 = OWN + 1;

/// Longest subject in bytes.
pub const MAX_SUBJECT: usize = 63;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token<'a> {
    pub subject: &'a str,
    /// Counts the tokens of one incarnation of `identity`.
    pub number: u32,
    pub tag: Tag,
}

/// What the tag of a token covers: the number, then the subject.
#[must_use]
pub fn signed_bytes(subject: &str, number: u32) -> Option<heapless::Vec<u8, { 4 + MAX_SUBJECT }>> {
    let mut bytes = heapless::Vec::new();
    bytes.extend_from_slice(&number.to_le_bytes()).ok()?;
    bytes.extend_from_slice(subject.as_bytes()).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_too_long_is_refused() {
        assert_eq!(signed_bytes("ab", 258).unwrap().as_slice(), [2, 1, 0, 0, b'a', b'b']);
        let long = [b'x'; MAX_SUBJECT + 1];
        assert_eq!(signed_bytes(core::str::from_utf8(&long).unwrap(), 0), None);
    }
}
