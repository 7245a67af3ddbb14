// SPDX-License-Identifier: BSD-2-Clause
//! What travels over the event line, both ways: `COBS(kind ++ body ++ CRC-32 of both, little endian) 0x00`.
//!
//! | kind | direction | body |
//! |---|---|---|
//! | 0 event | to the host | a [`crate::event::Record`] in postcard |
//! | 1 answer | to the host | `u8` tag of the request, `u16` label (little endian), payload |
//! | 2 request | from the host | `u8` tag, chosen by the host, `u16` label, payload |
//!
//! Labels and payloads are those of the supervisor channel (`docs/protocol.md`), payloads without padding. A reader
//! that joins late, or loses bytes, finds its place again at the next zero byte; what was damaged is recognised and
//! counted, never taken for something else.

/// CRC-32 as in Ethernet and zip. Without a table, which would be 1 KiB of the root task: next to what a byte costs on the
/// line this is little.
static CRC: crc::Crc<u32, crc::NoTable> = crc::Crc::<u32, crc::NoTable>::new(&crc::CRC_32_ISO_HDLC);

/// Longest record of an event, in bytes.
pub const MAX_RECORD: usize = 512;
/// Longest payload of a request or an answer: what a message of seL4 holds.
pub const MAX_PAYLOAD: usize = 960;
const MAX_PLAIN: usize = HEAD + MAX_PAYLOAD + CRC_BYTES;
/// Longest frame on the line, terminating zero included.
pub const MAX_FRAME: usize = MAX_PLAIN + MAX_PLAIN / 254 + 2;

const EVENT: u8 = 0;
const ANSWER: u8 = 1;
const REQUEST: u8 = 2;
/// Kind, tag, label.
const HEAD: usize = 4;
const CRC_BYTES: usize = 4;

/// A request, or the answer to the one with this tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    pub tag: u8,
    /// The operation's label, or 0, or the number of an error.
    pub label: u16,
    pub payload: &'a [u8],
}

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// An encoded record.
    Event(&'a [u8]),
    Answer(Message<'a>),
    Request(Message<'a>),
}

/// Not a frame of ours, or one that lost something on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damaged;

/// Writes `body` as a frame and returns its length, the terminating zero included; `None` if it does not fit.
pub fn frame(body: Body<'_>, out: &mut [u8; MAX_FRAME]) -> Option<usize> {
    let mut plain = [0u8; MAX_PLAIN];
    let mut len = 0;
    let mut put = |bytes: &[u8]| {
        plain.get_mut(len..len + bytes.len())?.copy_from_slice(bytes);
        len += bytes.len();
        Some(())
    };
    match body {
        Body::Event(record) => {
            put(&[EVENT])?;
            put(record)?;
        }
        Body::Answer(message) | Body::Request(message) => {
            let kind = if matches!(body, Body::Answer(_)) { ANSWER } else { REQUEST };
            put(&[kind, message.tag])?;
            put(&message.label.to_le_bytes())?;
            put(message.payload)?;
        }
    }
    let sum = CRC.checksum(&plain[..len]).to_le_bytes();
    plain.get_mut(len..len + CRC_BYTES)?.copy_from_slice(&sum);
    let used = cobs::try_encode(&plain[..len + CRC_BYTES], &mut out[..MAX_FRAME - 1]).ok()?;
    out[used] = 0;
    Some(used + 1)
}

/// Undoes [`frame`] in place. `bytes` exclude the terminating zero.
///
/// # Errors
/// [`Damaged`].
pub fn unframe(bytes: &mut [u8]) -> Result<Body<'_>, Damaged> {
    let used = cobs::decode_in_place(bytes).map_err(|_| Damaged)?;
    let plain = bytes.get(..used).ok_or(Damaged)?;
    let (body, sum) = plain.split_last_chunk::<CRC_BYTES>().ok_or(Damaged)?;
    if CRC.checksum(body).to_le_bytes() != *sum {
        return Err(Damaged);
    }
    let message = || match body {
        [_, tag, low, high, payload @ ..] => {
            Ok(Message { tag: *tag, label: u16::from_le_bytes([*low, *high]), payload })
        }
        _ => Err(Damaged),
    };
    match body.first() {
        Some(&EVENT) => Ok(Body::Event(&body[1..])),
        Some(&ANSWER) => Ok(Body::Answer(message()?)),
        Some(&REQUEST) => Ok(Body::Request(message()?)),
        _ => Err(Damaged),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_framed_comes_back_and_holds_no_zero_inside() {
        let mut long = [0u8; MAX_PAYLOAD];
        for (i, byte) in long.iter_mut().enumerate() {
            *byte = (i % 5) as u8;
        }
        for len in [0usize, 1, 7, 253, 254, 255, MAX_RECORD, MAX_PAYLOAD] {
            let message = Message { tag: 9, label: 414, payload: &long[..len] };
            for body in [Body::Event(&long[..len]), Body::Answer(message), Body::Request(message)] {
                let mut out = [0u8; MAX_FRAME];
                let used = frame(body, &mut out).unwrap();
                assert!(out[..used - 1].iter().all(|b| *b != 0));
                assert_eq!(unframe(&mut out[..used - 1]), Ok(body));
            }
        }
    }

    #[test]
    fn a_flipped_bit_is_damage() {
        let mut out = [0u8; MAX_FRAME];
        let used = frame(Body::Event(b"some record"), &mut out).unwrap();
        for bit in 0..(used - 1) * 8 {
            let mut copy = out;
            copy[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(unframe(&mut copy[..used - 1]), Err(Damaged), "bit {bit}");
        }
        assert_eq!(unframe(&mut []), Err(Damaged));
    }
}
