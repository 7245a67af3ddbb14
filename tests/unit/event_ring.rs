// SPDX-License-Identifier: BSD-2-Clause
//! The ring of events against a list that keeps everything: any history of records, over the wrap of 32-bit numbers too.

use proptest::prelude::*;

use crate::ring::{Cursor, Reader, Ring};

const CAPACITY: usize = 1000;

/// A record that can be told from its neighbours: its number, again and again.
fn record(number: u64, len: usize) -> Vec<u8> {
    number.to_le_bytes().into_iter().cycle().take(len).collect()
}

fn read(ring: &Ring, cursor: Cursor) -> Option<(Vec<u8>, Cursor)> {
    let mut out = [0; 1024];
    let read = ring.read(cursor, Reader::Privileged, &mut out)?;
    Some((out[..read.len].to_vec(), read.next))
}

/// Every number is found, gives its record, and the one after it comes next.
fn holds_the_last_of(ring: &Ring, first: u64, written: &[Vec<u8>]) {
    let end = first + written.len() as u64;
    assert_eq!(ring.next_sequence(), end);
    let oldest = ring.sequence(ring.seek(0));
    let size = |record: &Vec<u8>| record.len() + 2;
    let (gone, kept) = written.split_at((oldest - first) as usize);
    let kept: usize = kept.iter().map(size).sum();
    assert!(kept <= CAPACITY, "{kept} bytes are kept");
    assert!(gone.last().is_none_or(|last| kept + size(last) > CAPACITY), "one more would have had room");
    for sequence in first..end + 3 {
        let cursor = ring.seek(sequence);
        let found = sequence.clamp(oldest, end);
        assert_eq!(ring.sequence(cursor), found, "sought {sequence} of {oldest}..{end}");
        let after = read(ring, cursor).map(|(record, next)| (record, ring.sequence(next)));
        let wanted = written.get((found - first) as usize);
        assert_eq!(after, wanted.map(|record| (record.clone(), found + 1)));
    }
    assert_eq!(ring.seek(u64::MAX), ring.seek(end));
}

proptest! {
    #[test]
    fn every_number_is_found_whatever_was_written(
        first in prop::sample::select(vec![0, 5, (1 << 32) - 150, (1 << 32) - 1, (7 << 32) - 16]),
        lengths in prop::collection::vec(4..120_usize, 0..300),
    ) {
        let mut ring = Ring::beginning_at(CAPACITY, first);
        let mut written = Vec::new();
        for len in lengths {
            let bytes = record(written.len() as u64, len);
            ring.push(&bytes, 0);
            written.push(bytes);
        }
        holds_the_last_of(&ring, first, &written);
    }
}

/// A reader that fell behind goes on with the oldest.
#[test]
fn a_reader_that_fell_behind_goes_on_with_the_oldest() {
    let mut ring = Ring::new(CAPACITY);
    let begin = Cursor::default();
    for number in 0..500 {
        ring.push(&record(number, 20), 0);
    }
    let (bytes, next) = read(&ring, begin).expect("a record");
    assert_eq!(bytes, record(ring.sequence(next) - 1, 20));
    assert_eq!(ring.sequence(next) - 1, ring.sequence(ring.seek(0)));
}

/// What a service reads of a record that ends with registers is the record with an empty list.
#[test]
fn registers_are_left_out_for_services() {
    for registers in [1_usize, 15, 16, 20] {
        let mut ring = Ring::new(CAPACITY);
        let bytes = registers * 8;
        let mut whole = b"crash".to_vec();
        whole.extend(if bytes < 0x80 {
            vec![bytes as u8]
        } else {
            vec![bytes as u8 & 0x7f | 0x80, (bytes >> 7) as u8]
        });
        whole.extend(vec![0xee; bytes]);
        ring.push(b"before", 0);
        ring.push(&whole, registers);
        ring.push(b"after", 0);
        let mut out = [0; 512];
        for (reader, crash) in [(Reader::Privileged, &whole[..]), (Reader::Service, b"crash\0")] {
            let mut cursor = ring.seek(0);
            for wanted in [&b"before"[..], crash, b"after"] {
                let read = ring.read(cursor, reader, &mut out).expect("a record");
                assert_eq!(&out[..read.len], wanted, "{reader:?}, {registers} registers");
                cursor = read.next;
            }
            assert_eq!(ring.read(cursor, reader, &mut out), None);
        }
    }
}
