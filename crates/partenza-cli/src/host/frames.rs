// SPDX-License-Identifier: BSD-2-Clause
//! Bytes of a line to frames, and back.
//!
//! Whatever comes, the place is found again at the next zero byte: a frame that is damaged, too long or of no known
//! kind is one [`Piece::Damaged`], and costs no more than itself.

use partenza_protocol::frame::{self, Body, MAX_FRAME, Message};

/// A request, or the answer to the one with this tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub tag: u8,
    pub label: u16,
    pub payload: Vec<u8>,
}

impl Letter {
    fn message(&self) -> Message<'_> {
        Message { tag: self.tag, label: self.label, payload: &self.payload }
    }
}

impl From<Message<'_>> for Letter {
    fn from(message: Message<'_>) -> Self {
        Self { tag: message.tag, label: message.label, payload: message.payload.to_vec() }
    }
}

/// What stood between two zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A [`partenza_protocol::event::Record`] in postcard.
    Event(Vec<u8>),
    Answer(Letter),
    Request(Letter),
    Damaged,
}

impl Piece {
    /// The frame on the line, its zero included; `None` for damage, and for what is longer than any frame.
    pub fn wire(&self) -> Option<Vec<u8>> {
        let body = match self {
            Piece::Event(record) => Body::Event(record),
            Piece::Answer(letter) => Body::Answer(letter.message()),
            Piece::Request(letter) => Body::Request(letter.message()),
            Piece::Damaged => return None,
        };
        let mut out = [0; MAX_FRAME];
        frame::frame(body, &mut out).map(|used| out[..used].to_vec())
    }
}

/// Collects bytes until a frame is complete.
#[derive(Default)]
pub struct Splitter {
    pending: Vec<u8>,
    /// More bytes than any frame has since the last zero: noise.
    overrun: bool,
}

impl Splitter {
    /// What is complete with these bytes; the rest waits for more.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for byte in bytes {
            if *byte != 0 {
                if self.pending.len() < MAX_FRAME {
                    self.pending.push(*byte);
                } else {
                    self.overrun = true;
                }
                continue;
            }
            let mut bytes = std::mem::take(&mut self.pending);
            let overrun = std::mem::take(&mut self.overrun);
            if bytes.is_empty() {
                continue;
            }
            pieces.push(match frame::unframe(&mut bytes) {
                _ if overrun => Piece::Damaged,
                Ok(Body::Event(record)) => Piece::Event(record.to_vec()),
                Ok(Body::Answer(message)) => Piece::Answer(message.into()),
                Ok(Body::Request(message)) => Piece::Request(message.into()),
                Err(frame::Damaged) => Piece::Damaged,
            });
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_however_the_bytes_arrive() {
        let letter = Letter { tag: 7, label: 81, payload: vec![0, 1, 0] };
        let sent = [Piece::Event(vec![1, 2, 0]), Piece::Answer(letter.clone()), Piece::Request(letter)];
        let bytes: Vec<u8> = sent.iter().flat_map(|piece| piece.wire().unwrap()).collect();
        for step in 1..bytes.len() {
            let mut splitter = Splitter::default();
            let pieces: Vec<Piece> = bytes.chunks(step).flat_map(|chunk| splitter.feed(chunk)).collect();
            assert_eq!(pieces, sent, "{step} bytes at a time");
        }
    }

    #[test]
    fn what_is_damaged_costs_only_itself() {
        let event = Piece::Event(vec![5; 40]);
        let mut bytes = vec![b'x'; 3 * MAX_FRAME];
        bytes.push(0);
        bytes.extend(event.wire().unwrap());
        let flipped = bytes.len() - 4;
        bytes.extend(event.wire().unwrap());
        bytes[flipped] ^= 0x10;
        assert_eq!(Splitter::default().feed(&bytes), [Piece::Damaged, Piece::Damaged, event]);
    }
}
