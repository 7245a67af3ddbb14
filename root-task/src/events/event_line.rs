// SPDX-License-Identifier: BSD-2-Clause
//! The event line: events go out, requests of the host come in, answers go out between events.
//!
//! Everything goes by interrupt, a FIFO's worth at a time, so that a slow or silent host never holds Init. The host
//! has one request open at a time; what it sends before the answer is out is dropped, and damaged frames are too.

use partenza_protocol::frame::{self, Body, MAX_FRAME, MAX_PAYLOAD, MAX_RECORD, Message};

use crate::events::ring::{Cursor, Reader, Ring};
use crate::machine::uart::Uart;

/// Bytes that are taken from the receiver in one go: a bound for a host that sends without pause.
const MAX_TAKEN: usize = 64;

pub struct Line {
    uart: Uart,
    cursor: Cursor,
    out: [u8; MAX_FRAME],
    /// Bytes of `out` still to send.
    rest: core::ops::Range<usize>,
    flowing: bool,
    input: [u8; MAX_FRAME],
    taken: usize,
    /// More came than any frame has: ignored up to the next zero.
    overrun: bool,
    answer: [u8; MAX_PAYLOAD],
    /// Tag, label and length of the answer that waits for its turn.
    waiting: Option<(u8, u16, usize)>,
}

/// A request of the host.
pub struct Request {
    pub tag: u8,
    pub label: u16,
    pub len: usize,
}

impl Line {
    /// Listens from here on.
    #[must_use]
    pub fn new(mut uart: Uart) -> Self {
        uart.announce_input();
        Self {
            uart,
            cursor: Cursor::default(),
            out: [0; MAX_FRAME],
            rest: 0..0,
            flowing: false,
            input: [0; MAX_FRAME],
            taken: 0,
            overrun: false,
            answer: [0; MAX_PAYLOAD],
            waiting: None,
        }
    }

    /// Whether the ring fills faster than it may without being written out.
    #[must_use]
    pub fn pressing(&self, ring: &Ring) -> bool {
        !self.flowing && ring.pressing(self.cursor)
    }

    /// Begins to send if there is something to send.
    pub fn start(&mut self, ring: &Ring) {
        if !self.flowing && self.refill(ring) {
            self.flowing = true;
            self.uart.announce_idle(true);
            self.pump(ring);
        }
    }

    /// The UART interrupted: the transmitter ran empty, or bytes have come. A complete request's payload is put into
    /// `payload`.
    pub fn on_interrupt(&mut self, ring: &Ring, payload: &mut [u8; MAX_PAYLOAD]) -> Option<Request> {
        self.uart.withdraw();
        let request = self.receive(payload);
        if self.flowing {
            self.pump(ring);
        }
        request
    }

    /// The answer to a request; it goes out before further events.
    pub fn answer(&mut self, tag: u8, label: u16, payload: &[u8], ring: &Ring) {
        let len = payload.len().min(MAX_PAYLOAD);
        self.answer[..len].copy_from_slice(&payload[..len]);
        self.waiting = Some((tag, label, len));
        self.start(ring);
    }

    /// Writes out everything, waiting for the line, before the machine goes off. A line that nobody reads is given up.
    pub fn flush(&mut self, ring: &Ring) {
        self.uart.announce_idle(false);
        self.flowing = false;
        while !self.uart.is_stuck() && self.refill(ring) {
            for at in self.rest.clone() {
                let byte = self.out[at];
                self.uart.put(byte);
            }
            self.rest = 0..0;
        }
    }

    fn receive(&mut self, payload: &mut [u8; MAX_PAYLOAD]) -> Option<Request> {
        for _ in 0..MAX_TAKEN {
            let byte = self.uart.take()?;
            if byte != 0 {
                match self.input.get_mut(self.taken) {
                    Some(place) => {
                        *place = byte;
                        self.taken += 1;
                    }
                    None => self.overrun = true,
                }
                continue;
            }
            let frame = &mut self.input[..core::mem::take(&mut self.taken)];
            let sound = !core::mem::take(&mut self.overrun) && self.waiting.is_none();
            if let (true, Ok(Body::Request(message))) = (sound, frame::unframe(frame)) {
                let len = message.payload.len().min(MAX_PAYLOAD);
                payload[..len].copy_from_slice(&message.payload[..len]);
                return Some(Request { tag: message.tag, label: message.label, len });
            }
        }
        None
    }

    /// Makes sure that there are bytes to send; `false` when all is said.
    fn refill(&mut self, ring: &Ring) -> bool {
        if !self.rest.is_empty() {
            return true;
        }
        let len = if let Some((tag, label, len)) = self.waiting.take() {
            let payload = &self.answer[..len];
            frame::frame(Body::Answer(Message { tag, label, payload }), &mut self.out)
        } else {
            let mut record = [0; MAX_RECORD];
            // A gap shows in the sequence numbers, so what was missed needs no word here.
            let Some(read) = ring.read(self.cursor, Reader::Privileged, &mut record) else { return false };
            self.cursor = read.next;
            frame::frame(Body::Event(&record[..read.len]), &mut self.out)
        };
        self.rest = 0..len.unwrap_or(0);
        !self.rest.is_empty()
    }

    fn pump(&mut self, ring: &Ring) {
        if !self.uart.idle() {
            return;
        }
        if !self.refill(ring) {
            self.flowing = false;
            self.uart.announce_idle(false);
            return;
        }
        let sent = self.uart.put_batch(&self.out[self.rest.clone()]);
        self.rest.start += sent;
    }
}
