// SPDX-License-Identifier: BSD-2-Clause
//! The event log: encoded records of different length in one ring of bytes, oldest dropped first (SPEC I-6, I-7).
//!
//! Readers keep a [`Cursor`] each and read at their own pace; one that falls behind the oldest record is set to it and
//! told how many it missed. A record is found by its number in at most [`STEP`] steps, however many there are: the place
//! of every [`STEP`]th is kept.
//!
//! Numbers have 64 bits, so they never repeat. A cursor keeps the low half: two records of one ring are never 2^32 apart.
//!
//! The registers at the end of a record about a crash are kept apart by their count, so that a reader who may not see
//! them gets the record without.

use alloc::boxed::Box;
use alloc::vec;

/// A reader's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Bytes written before the record, in all.
    at: u64,
    /// The low half of its sequence number.
    sequence: u32,
}

/// Who reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The host, or a service that was granted `registers`: records as they are.
    Privileged,
    /// Any other service: the lists of registers are empty.
    Service,
}

/// A record was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// Bytes of it.
    pub len: usize,
    /// The place behind it.
    pub next: Cursor,
}

/// Records, each behind a header of two bytes: its length, and how many registers it ends with.
pub struct Ring {
    bytes: Box<[u8]>,
    /// Places of the records whose numbers are multiples of [`STEP`], by number.
    places: Box<[u64]>,
    oldest: Cursor,
    newest: Cursor,
    /// The high half of the newest number.
    high: u32,
}

/// Records between two whose places are kept.
const STEP: u32 = 16;
/// Bytes of the shortest record that there is, with its header.
const SHORTEST: usize = 6;
const HEADER: u64 = 2;
/// The bits of a header that tell the length; those above tell the registers.
const LENGTH_BITS: u32 = 10;
const REGISTER: usize = size_of::<u64>();

impl Ring {
    /// A ring of `capacity` bytes.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let places = (capacity / SHORTEST / STEP as usize + 2).next_power_of_two();
        Self {
            bytes: vec![0; capacity].into_boxed_slice(),
            places: vec![0; places].into_boxed_slice(),
            oldest: Cursor::default(),
            newest: Cursor::default(),
            high: 0,
        }
    }

    /// A ring whose first record has this number.
    #[cfg(test)]
    #[must_use]
    pub fn beginning_at(capacity: usize, sequence: u64) -> Self {
        let cursor = Cursor { at: 0, sequence: sequence as u32 };
        Self { oldest: cursor, newest: cursor, high: (sequence >> 32) as u32, ..Self::new(capacity) }
    }

    /// The number that the next record will have.
    #[must_use]
    pub fn next_sequence(&self) -> u64 {
        u64::from(self.high) << 32 | u64::from(self.newest.sequence)
    }

    /// The number of the record at `cursor`.
    #[must_use]
    pub fn sequence(&self, cursor: Cursor) -> u64 {
        self.next_sequence() - u64::from(self.newest.sequence.wrapping_sub(cursor.sequence))
    }

    /// Whether more than half of the ring waits for the reader at `cursor`.
    #[must_use]
    pub fn pressing(&self, cursor: Cursor) -> bool {
        self.newest.at - cursor.at > self.bytes.len() as u64 / 2
    }

    /// Appends a record that ends with a list of so many registers, at the expense of the oldest.
    pub fn push(&mut self, record: &[u8], registers: usize) {
        let need = record.len() as u64 + HEADER;
        if need > self.bytes.len() as u64 {
            return;
        }
        while self.newest.at + need - self.oldest.at > self.bytes.len() as u64 {
            self.oldest = self.after(self.oldest);
        }
        let at = self.newest.at;
        if let Some(place) = self.place(self.newest.sequence) {
            self.places[place] = at;
        }
        self.store(at, &(record.len() as u16 | (registers as u16) << LENGTH_BITS).to_le_bytes());
        self.store(at + HEADER, record);
        self.newest = Cursor { at: at + need, sequence: self.newest.sequence.wrapping_add(1) };
        if self.newest.sequence == 0 {
            self.high += 1;
        }
    }

    /// The record at `cursor`, copied to `out`; `None` when there is nothing new. A cursor that fell behind is first moved
    /// to the oldest record; the gap shows in the numbers.
    pub fn read(&self, cursor: Cursor, reader: Reader, out: &mut [u8]) -> Option<Read> {
        let cursor = if cursor.at < self.oldest.at { self.oldest } else { cursor };
        if cursor.at == self.newest.at {
            return None;
        }
        let (mut len, registers) = self.header(cursor.at);
        if reader == Reader::Service && registers > 0 {
            // The list is the last thing in the record, behind its length in bytes.
            let bytes = registers * REGISTER;
            len -= bytes + if bytes < 0x80 { 1 } else { 2 };
            self.load(cursor.at + HEADER, out.get_mut(..len)?);
            *out.get_mut(len)? = 0;
            len += 1;
        } else {
            len = len.min(out.len());
            self.load(cursor.at + HEADER, &mut out[..len]);
        }
        Some(Read { len, next: self.after(cursor) })
    }

    /// The place of the record `sequence`, or of the oldest or newest if that is gone or to come.
    #[must_use]
    pub fn seek(&self, sequence: u64) -> Cursor {
        if sequence >= self.next_sequence() {
            return self.newest;
        }
        if sequence <= self.sequence(self.oldest) {
            return self.oldest;
        }
        let sequence = sequence as u32;
        let kept = sequence - sequence % STEP;
        let mut cursor = match self.place(kept) {
            // Not gone: no older than the oldest.
            Some(place) if sequence.wrapping_sub(self.oldest.sequence) >= sequence.wrapping_sub(kept) => {
                Cursor { at: self.places[place], sequence: kept }
            }
            _ => self.oldest,
        };
        while cursor.sequence != sequence {
            cursor = self.after(cursor);
        }
        cursor
    }

    /// Where the place of the record of that number is kept, if it is.
    fn place(&self, sequence: u32) -> Option<usize> {
        sequence.is_multiple_of(STEP).then_some((sequence / STEP) as usize & (self.places.len() - 1))
    }

    fn after(&self, cursor: Cursor) -> Cursor {
        Cursor {
            at: cursor.at + HEADER + self.header(cursor.at).0 as u64,
            sequence: cursor.sequence.wrapping_add(1),
        }
    }

    /// Length and registers.
    fn header(&self, at: u64) -> (usize, usize) {
        let mut bytes = [0; HEADER as usize];
        self.load(at, &mut bytes);
        let header = usize::from(u16::from_le_bytes(bytes));
        (header & ((1 << LENGTH_BITS) - 1), header >> LENGTH_BITS)
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
