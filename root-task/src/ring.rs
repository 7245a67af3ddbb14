// SPDX-License-Identifier: BSD-2-Clause
//! The event log: encoded records of different length in one ring of bytes, oldest dropped first (SPEC I-6, I-7).
//!
//! Readers keep a [`Cursor`] each and read at their own pace; one that falls behind the oldest record is set to it and
//! told how many it missed.

use alloc::boxed::Box;
use alloc::vec;

/// A reader's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Bytes written before the record, in all.
    at: u64,
    /// Its sequence number.
    pub sequence: u32,
}

/// Records, each behind its length as two bytes.
pub struct Ring {
    bytes: Box<[u8]>,
    oldest: Cursor,
    newest: Cursor,
}

impl Ring {
    /// A ring of `capacity` bytes.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            bytes: vec![0; capacity].into_boxed_slice(),
            oldest: Cursor::default(),
            newest: Cursor::default(),
        }
    }

    /// The number that the next record will have.
    #[must_use]
    pub fn next_sequence(&self) -> u32 {
        self.newest.sequence
    }

    /// Whether more than half of the ring waits for the reader at `cursor`.
    #[must_use]
    pub fn pressing(&self, cursor: Cursor) -> bool {
        self.newest.at - cursor.at > self.bytes.len() as u64 / 2
    }

    /// Appends a record, at the expense of the oldest.
    pub fn push(&mut self, record: &[u8]) {
        let need = record.len() as u64 + 2;
        if need > self.bytes.len() as u64 {
            return;
        }
        while self.newest.at + need - self.oldest.at > self.bytes.len() as u64 {
            self.oldest = self.after(self.oldest);
        }
        let at = self.newest.at;
        self.store(at, &(record.len() as u16).to_le_bytes());
        self.store(at + 2, record);
        self.newest = Cursor { at: at + need, sequence: self.newest.sequence.wrapping_add(1) };
    }

    /// The record at `cursor`, copied to `out`, and the cursor behind it; `None` when there is nothing new.
    /// A cursor that fell behind is first moved to the oldest record; the second value is how many it missed.
    pub fn read(&self, cursor: Cursor, out: &mut [u8]) -> Option<(usize, u32, Cursor)> {
        let (cursor, missed) = self.catch_up(cursor);
        if cursor.at == self.newest.at {
            return None;
        }
        let len = self.length(cursor.at).min(out.len());
        self.load(cursor.at + 2, &mut out[..len]);
        Some((len, missed, self.after(cursor)))
    }

    /// The place of the record `sequence`, or of the oldest or newest if that is gone or to come.
    #[must_use]
    pub fn seek(&self, sequence: u32) -> Cursor {
        let mut cursor = self.oldest;
        while cursor.at != self.newest.at && cursor.sequence < sequence {
            cursor = self.after(cursor);
        }
        cursor
    }

    fn catch_up(&self, cursor: Cursor) -> (Cursor, u32) {
        if cursor.at < self.oldest.at {
            (self.oldest, self.oldest.sequence.wrapping_sub(cursor.sequence))
        } else {
            (cursor, 0)
        }
    }

    fn after(&self, cursor: Cursor) -> Cursor {
        Cursor {
            at: cursor.at + 2 + self.length(cursor.at) as u64,
            sequence: cursor.sequence.wrapping_add(1),
        }
    }

    fn length(&self, at: u64) -> usize {
        let mut bytes = [0; 2];
        self.load(at, &mut bytes);
        u16::from_le_bytes(bytes) as usize
    }

    #[inline]
    fn split(&self, at: u64, len: usize) -> (usize, usize) {
        let start = (at % self.bytes.len() as u64) as usize;
        (start, len.min(self.bytes.len() - start))
    }

    fn store(&mut self, at: u64, data: &[u8]) {
        let (start, first) = self.split(at, data.len());
        self.bytes[start..start + first].copy_from_slice(&data[..first]);
        self.bytes[..data.len() - first].copy_from_slice(&data[first..]);
    }

    fn load(&self, at: u64, out: &mut [u8]) {
        let (start, first) = self.split(at, out.len());
        let (head, tail) = out.split_at_mut(first);
        head.copy_from_slice(&self.bytes[start..start + first]);
        tail.copy_from_slice(&self.bytes[..tail.len()]);
    }
}
