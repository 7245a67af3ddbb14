// SPDX-License-Identifier: BSD-2-Clause
//! The server's half of [`crate::log`]: the last entries of a hash chain, in bounded memory.

use heapless::Vec;

use crate::ServiceError;
use crate::log::{Appended, ENTRIES, Entry, Hash, MAX_PAYLOAD, Slice};

/// Entries kept.
pub const CAPACITY: usize = 128;

#[derive(Clone, Copy)]
struct Kept {
    author: u8,
    len: u8,
    payload: [u8; MAX_PAYLOAD],
    hash: Hash,
}

/// A ring of entries; about 17 KiB, all zero when new, so that it costs no byte of the image.
pub struct Chain {
    kept: [Kept; CAPACITY],
    /// Entries ever appended; entry n is kept at n modulo [`CAPACITY`].
    total: u32,
    /// The hash that the oldest kept entry follows.
    before: Hash,
}

impl Chain {
    #[must_use]
    pub const fn new() -> Self {
        let empty = Kept { author: 0, len: 0, payload: [0; MAX_PAYLOAD], hash: Hash::GENESIS };
        Self { kept: [empty; CAPACITY], total: 0, before: Hash::GENESIS }
    }

    /// Entries ever appended.
    #[must_use]
    pub const fn total(&self) -> u32 {
        self.total
    }

    /// The hash of the newest entry.
    #[must_use]
    pub fn head(&self) -> Hash {
        self.total.checked_sub(1).map_or(Hash::GENESIS, |last| self.at(last).hash)
    }

    fn at(&self, sequence: u32) -> &Kept {
        &self.kept[sequence as usize % CAPACITY]
    }

    /// Appends an entry; the oldest goes when the ring is full.
    ///
    /// # Errors
    /// [`ServiceError::Malformed`]: the payload is too long. [`ServiceError::Full`]: there are no more numbers.
    pub fn append(&mut self, author: u8, payload: &[u8]) -> Result<Appended, ServiceError> {
        let sequence = self.total;
        let mut kept = Kept { author, len: 0, payload: [0; MAX_PAYLOAD], hash: Hash::GENESIS };
        kept.payload.get_mut(..payload.len()).ok_or(ServiceError::Malformed)?.copy_from_slice(payload);
        kept.len = payload.len() as u8;
        kept.hash = self.head().followed_by(sequence, author, payload);
        self.total = sequence.checked_add(1).ok_or(ServiceError::Full)?;
        let place = &mut self.kept[sequence as usize % CAPACITY];
        if sequence as usize >= CAPACITY {
            self.before = place.hash;
        }
        *place = kept;
        Ok(Appended { sequence, hash: kept.hash })
    }

    /// The entries from number `from` on, or from the oldest kept, as many as one answer holds.
    #[must_use]
    pub fn slice(&self, from: u32) -> Slice<'_> {
        let oldest = self.total.saturating_sub(CAPACITY as u32);
        let first = from.clamp(oldest, self.total);
        let before = if first == oldest { self.before } else { self.at(first - 1).hash };
        let mut entries = Vec::new();
        for sequence in (first..self.total).take(ENTRIES) {
            let kept = self.at(sequence);
            let payload = &kept.payload[..usize::from(kept.len)];
            // `take` leaves no more than fit.
            let _ = entries.push(Entry { sequence, author: kept.author, payload, hash: kept.hash });
        }
        Slice { total: self.total, before, entries }
    }
}

impl Default for Chain {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads the whole chain page by page; gives entries seen and the last hash.
    fn walk(chain: &Chain) -> (u32, Hash) {
        let (mut from, mut seen, mut last) = (0, 0, None);
        loop {
            let slice = chain.slice(from);
            if let Some(last) = last {
                assert_eq!(slice.before, last);
            }
            let verified = slice.verify().unwrap();
            let Some(newest) = slice.entries.last() else { return (seen, verified) };
            seen += slice.entries.len() as u32;
            from = newest.sequence + 1;
            last = Some(verified);
        }
    }

    #[test]
    fn the_chain_verifies_from_the_first_entry_kept_to_the_last_however_many_came() {
        let mut chain = Chain::new();
        assert_eq!(walk(&chain), (0, Hash::GENESIS));
        for n in 0..3 * CAPACITY as u32 + 5 {
            let appended = chain.append(n as u8, &n.to_le_bytes()).unwrap();
            assert_eq!(appended.sequence, n);
            assert_eq!(walk(&chain), ((n + 1).min(CAPACITY as u32), appended.hash));
        }
        assert_eq!(chain.slice(u32::MAX).entries.len(), 0);
    }

    #[test]
    fn what_is_refused_leaves_no_trace() {
        let mut chain = Chain::new();
        chain.append(1, b"first").unwrap();
        let head = chain.head();
        assert_eq!(chain.append(1, &[0; MAX_PAYLOAD + 1]), Err(ServiceError::Malformed));
        assert_eq!((chain.total(), chain.head()), (1, head));
        chain.append(1, &[0; MAX_PAYLOAD]).unwrap();
        assert_eq!(walk(&chain).0, 2);
    }
}
