// SPDX-License-Identifier: BSD-2-Clause
//! How event records travel over a serial line: `COBS(record ++ CRC-32 of record, little endian) 0x00`.
//!
//! A reader that joins late, or loses bytes, finds its place again at the next zero byte; what was damaged is
//! recognised and counted, never taken for an event.

/// CRC-32 as in Ethernet and zip; a table of 1 KiB, because frames are short and the target is small.
static CRC: crc::Crc<u32, crc::Table<1>> = crc::Crc::<u32, crc::Table<1>>::new(&crc::CRC_32_ISO_HDLC);

/// Longest record, in bytes.
pub const MAX_RECORD: usize = 512;
/// Longest frame on the line, terminating zero included.
pub const MAX_FRAME: usize = MAX_RECORD + 4 + (MAX_RECORD + 4) / 254 + 2;

/// Frames `record` into `out` and returns the length, the terminating zero included; `None` if it does not fit.
pub fn frame(record: &[u8], out: &mut [u8; MAX_FRAME]) -> Option<usize> {
    let mut plain = [0u8; MAX_RECORD + 4];
    let crc_at = record.len();
    plain.get_mut(..crc_at)?.copy_from_slice(record);
    plain.get_mut(crc_at..crc_at + 4)?.copy_from_slice(&CRC.checksum(record).to_le_bytes());
    let used = cobs::try_encode(&plain[..crc_at + 4], &mut out[..MAX_FRAME - 1]).ok()?;
    out[used] = 0;
    Some(used + 1)
}

/// What a reader found between two zero bytes.
#[derive(Debug, PartialEq, Eq)]
pub enum Unframed<'a> {
    Record(&'a [u8]),
    /// Damaged, or not a frame of ours.
    Damaged,
}

/// Undoes [`frame`] in place. `bytes` excludes the terminating zero.
pub fn unframe(bytes: &mut [u8]) -> Unframed<'_> {
    let Ok(used) = cobs::decode_in_place(bytes) else { return Unframed::Damaged };
    let Some(body) = used.checked_sub(4) else { return Unframed::Damaged };
    let (record, crc) = bytes[..used].split_at(body);
    if crc == CRC.checksum(record).to_le_bytes() { Unframed::Record(record) } else { Unframed::Damaged }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_framed_comes_back_and_holds_no_zero_inside() {
        for len in [0usize, 1, 7, 253, 254, 255, MAX_RECORD] {
            let mut record = [0u8; MAX_RECORD];
            for (i, byte) in record.iter_mut().enumerate() {
                *byte = (i % 5) as u8;
            }
            let mut out = [0u8; MAX_FRAME];
            let used = frame(&record[..len], &mut out).unwrap();
            assert!(out[..used - 1].iter().all(|b| *b != 0));
            assert_eq!(unframe(&mut out[..used - 1]), Unframed::Record(&record[..len]));
        }
    }

    #[test]
    fn a_flipped_bit_is_damage() {
        let mut out = [0u8; MAX_FRAME];
        let used = frame(b"some record", &mut out).unwrap();
        for bit in 0..(used - 1) * 8 {
            let mut copy = out;
            copy[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(unframe(&mut copy[..used - 1]), Unframed::Damaged, "bit {bit}");
        }
    }
}
