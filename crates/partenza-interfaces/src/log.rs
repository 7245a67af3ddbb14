// SPDX-License-Identifier: BSD-2-Clause
//! `axiom/log` 1.0.0: an event log that cannot be changed unnoticed.
//!
//! Each entry's hash covers the hash before it, so who has kept one hash can tell whether anything before it was
//! altered, left out or put in: [`Slice::verify`].

use blake2::{Blake2s256, Digest};
use heapless::Vec;
use serde::{Deserialize, Serialize};

use crate::OWN;

/// Payload [`Append`], answer [`Appended`]. Needs the right to write.
pub const APPEND: u64 = OWN;
/// Payload [`Query`], answer [`Slice`]. Needs the right to read.
pub const QUERY: u64 = OWN + 1;

/// Longest payload of an entry in bytes.
pub const MAX_PAYLOAD: usize = 96;
/// Entries in one [`Slice`].
pub const ENTRIES: usize = 6;

/// BLAKE2s-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What the first entry follows.
    pub const GENESIS: Hash = Hash([0; 32]);

    /// The hash of the entry that follows `self`: over `self`, the sequence number (4 bytes, little endian), the
    /// author (1 byte) and the payload.
    #[must_use]
    pub fn followed_by(&self, sequence: u32, author: u8, payload: &[u8]) -> Hash {
        let mut hasher = Blake2s256::new();
        hasher.update(self.0);
        hasher.update(sequence.to_le_bytes());
        hasher.update([author]);
        hasher.update(payload);
        Hash(hasher.finalize().into())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Append<'a> {
    /// At most [`MAX_PAYLOAD`] bytes.
    pub payload: &'a [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appended {
    pub sequence: u32,
    pub hash: Hash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// Sequence number of the first entry wanted.
    pub from: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry<'a> {
    /// Counts from 0.
    pub sequence: u32,
    /// The log's channel to the author; 255 is the log itself.
    pub author: u8,
    pub payload: &'a [u8],
    pub hash: Hash,
}

/// Consecutive entries: those from the one asked for, or from the oldest kept, as far as the message goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice<'a> {
    /// Entries ever appended; the log keeps the last ones.
    pub total: u32,
    /// The hash that the first of `entries` follows.
    pub before: Hash,
    #[serde(borrow)]
    pub entries: Vec<Entry<'a>, ENTRIES>,
}

impl Slice<'_> {
    /// Recomputes every hash. `None` when the entries do not form a chain; else the hash of the last one, or
    /// [`Slice::before`] when there is none.
    #[must_use]
    pub fn verify(&self) -> Option<Hash> {
        let mut last = self.before;
        for (i, entry) in self.entries.iter().enumerate() {
            let expected = self.entries[0].sequence.wrapping_add(i as u32);
            last = last.followed_by(entry.sequence, entry.author, entry.payload);
            if entry.sequence != expected || entry.hash != last {
                return None;
            }
        }
        Some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(payloads: &[&'static [u8]]) -> Slice<'static> {
        let mut last = Hash::GENESIS;
        let entries = payloads.iter().zip(0..).map(|(payload, sequence)| {
            last = last.followed_by(sequence, 3, payload);
            Entry { sequence, author: 3, payload, hash: last }
        });
        let entries = entries.collect();
        Slice { total: payloads.len() as u32, before: Hash::GENESIS, entries }
    }

    #[test]
    fn the_hash_is_blake2s_of_what_the_documentation_says() {
        // Python: hashlib.blake2s(bytes(32) + (1).to_bytes(4, "little") + bytes([3]) + b"one")
        let expected = 0x6d8d_9d0c_13c4_b1fe_4a22_f982_4a20_13e1_u128;
        assert_eq!(Hash::GENESIS.followed_by(1, 3, b"one").0[..16], expected.to_be_bytes());
    }

    #[test]
    fn a_chain_verifies_and_ends_in_its_last_hash() {
        let chain = slice(&[b"one", b"two", b""]);
        assert_eq!(chain.verify(), Some(chain.entries[2].hash));
        assert_eq!(slice(&[]).verify(), Some(Hash::GENESIS));
    }

    #[test]
    fn any_change_breaks_the_chain() {
        let good = slice(&[b"one", b"two", b"three"]);
        let mut changed = good.clone();
        changed.entries[1].payload = b"TWO";
        assert_eq!(changed.verify(), None);
        let mut author = good.clone();
        author.entries[0].author = 4;
        assert_eq!(author.verify(), None);
        let mut gone = good.clone();
        gone.entries.remove(1);
        assert_eq!(gone.verify(), None);
        let mut begun = good.clone();
        begun.before = Hash([1; 32]);
        assert_eq!(begun.verify(), None);
    }
}
