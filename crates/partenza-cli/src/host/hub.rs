// SPDX-License-Identifier: BSD-2-Clause
//! The hub: one line, many clients. Pure: bytes and times go in, bytes come out; [`super::serve`] moves them.
//!
//! Clients speak the line's own frames (`docs/protocol.md`), so whoever can talk to a line can talk to a hub.
//! - Every client gets every event from its connection on. One that reads too slowly loses the oldest; the gap shows in
//!   the sequence numbers, and the `log` request fills it.
//! - One request is open on the line at a time; the others wait their turn. Each gets a tag of the hub's, so that
//!   answers find their way back and one that comes too late is known as such.
//! - A request without an answer is sent again under the same tag, unless doing it twice is not the same as doing it
//!   once. In the end its client is answered in any case, with [`NO_ANSWER`].
//! - A program is delivered in many requests, and the system takes one delivery at a time from the line. While one client
//!   delivers, another that begins to is answered `Busy`: their pieces on one line would end both deliveries.
//! - A client that sends damage, anything but requests, or too many of them is cut off. None can hold the line or
//!   another client.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use partenza_plan::delivery::STALLED;
use partenza_protocol::error::DeliveryError;
use partenza_protocol::frame::MAX_PAYLOAD;
use partenza_protocol::request::Deliver;
use partenza_protocol::{Op, decode};

use super::frames::{Letter, Piece, Splitter};

/// The label with which the hub answers in place of a system that did not. No error has this number.
pub const NO_ANSWER: u16 = u16::MAX;
/// The label of an answer to nobody's question: the kernel has halted, and the payload is what it said, in UTF-8. No error has
/// this number either.
pub const KERNEL_HALTED: u16 = u16::MAX - 1;
/// The label of an answer to nobody's question: there are as many clients as there can be, and this one is not let in. No error
/// has this number either.
pub const FULL: u16 = u16::MAX - 2;
/// How long one attempt may take. The longest answer behind the longest event takes 130 ms at 115,200 baud.
pub const ATTEMPT: Duration = Duration::from_millis(1500);
/// How often a request is sent that may be repeated.
pub const ATTEMPTS: u32 = 3;
/// Requests of one client that are not answered yet, or whose answers it has not read.
pub const MAX_OPEN: usize = 16;
/// Bytes that wait for one client before it loses events: half a minute of a busy line.
pub const MAX_WAITING: usize = 256 << 10;

/// What a client reads that is not let in.
pub fn full() -> Option<Vec<u8>> {
    Piece::Answer(Letter { tag: 0, label: FULL, payload: Vec::new() }).wire()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientId(u32);

/// The client broke the rules and is to be cut off.
#[derive(Debug, PartialEq, Eq)]
pub struct Misbehaved;

/// Whether a frame may be left out for a slow reader.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Always,
    WhileThereIsRoom,
}

/// Frames on their way out.
#[derive(Default)]
pub struct Outbox {
    frames: VecDeque<(Keep, Vec<u8>)>,
    bytes: usize,
    /// Bytes of the first frame that are out already.
    sent: usize,
    /// Answers among the frames.
    answers: usize,
}

impl Outbox {
    /// What is to be written next; empty when there is nothing.
    pub fn next(&self) -> &[u8] {
        self.frames.front().map_or(&[], |(_, frame)| &frame[self.sent..])
    }

    /// So many bytes of [`Outbox::next`] were written.
    pub fn advance(&mut self, count: usize) {
        self.sent += count;
        if self.frames.front().is_some_and(|(_, frame)| frame.len() <= self.sent) {
            self.take(0);
            self.sent = 0;
        }
    }

    fn push(&mut self, keep: Keep, frame: Vec<u8>) {
        self.bytes += frame.len();
        self.answers += usize::from(keep == Keep::Always);
        self.frames.push_back((keep, frame));
        while self.bytes > MAX_WAITING {
            // A frame that is half out must go out whole.
            let first = usize::from(self.sent > 0);
            let mut places = first..self.frames.len();
            let Some(oldest) = places.find(|at| self.frames[*at].0 == Keep::WhileThereIsRoom) else { break };
            self.take(oldest);
        }
    }

    fn take(&mut self, at: usize) {
        if let Some((keep, frame)) = self.frames.remove(at) {
            self.bytes -= frame.len();
            self.answers -= usize::from(keep == Keep::Always);
        }
    }
}

#[derive(Default)]
struct Client {
    input: Splitter,
    out: Outbox,
}

/// A request that waits for the line, in its client's words.
struct Job {
    client: ClientId,
    letter: Letter,
}

/// A delivery that has begun.
struct Delivery {
    client: ClientId,
    /// When its last piece went out.
    last: Instant,
}

/// The request on the line.
struct Open {
    job: Job,
    tag: u8,
    /// Attempts that are left.
    left: u32,
    until: Instant,
}

#[derive(Default)]
pub struct Hub {
    clients: BTreeMap<ClientId, Client>,
    connected: u32,
    queue: VecDeque<Job>,
    open: Option<Open>,
    delivery: Option<Delivery>,
    tag: u8,
    input: Splitter,
    out: Outbox,
}

impl Hub {
    pub fn connect(&mut self) -> ClientId {
        let id = ClientId(self.connected);
        self.connected = self.connected.wrapping_add(1);
        self.clients.insert(id, Client::default());
        id
    }

    /// What waits for the line.
    pub fn line(&mut self) -> &mut Outbox {
        &mut self.out
    }

    /// What waits for a client; `None` when there is no such client any more.
    pub fn client(&mut self, id: ClientId) -> Option<&mut Outbox> {
        self.clients.get_mut(&id).map(|client| &mut client.out)
    }

    /// The client is gone. Its request on the line, if there is one, is waited for, but not repeated.
    pub fn disconnect(&mut self, id: ClientId) {
        self.clients.remove(&id);
        self.queue.retain(|job| job.client != id);
        self.delivery.take_if(|delivery| delivery.client == id);
        if let Some(open) = self.open.as_mut().filter(|open| open.job.client == id) {
            open.left = 0;
        }
    }

    /// # Errors
    /// The client is to be cut off.
    pub fn client_says(&mut self, id: ClientId, bytes: &[u8], now: Instant) -> Result<(), Misbehaved> {
        let Some(client) = self.clients.get_mut(&id) else { return Ok(()) };
        for piece in client.input.feed(bytes) {
            let Piece::Request(letter) = piece else { return Err(Misbehaved) };
            let waiting = self.queue.iter().chain(self.open.as_ref().map(|open| &open.job));
            if waiting.filter(|job| job.client == id).count() + client.out.answers >= MAX_OPEN {
                return Err(Misbehaved);
            }
            self.queue.push_back(Job { client: id, letter });
        }
        self.next(now);
        Ok(())
    }

    pub fn line_says(&mut self, bytes: &[u8], now: Instant) {
        for piece in self.input.feed(bytes) {
            match &piece {
                Piece::Event(_) => {
                    let Some(frame) = piece.wire() else { continue };
                    for client in self.clients.values_mut() {
                        client.out.push(Keep::WhileThereIsRoom, frame.clone());
                    }
                }
                Piece::Answer(letter) => {
                    if let Some(open) = self.open.take_if(|open| open.tag == letter.tag) {
                        self.end_delivery(&open.job, letter.label);
                        self.answer(&open.job, letter.label, &letter.payload);
                        self.next(now);
                    }
                }
                // Whoever reads the line's bytes beside us tells of damage.
                Piece::Request(_) | Piece::Damaged => {}
            }
        }
    }

    /// Nothing will come any more: the kernel has halted. Every client gets its words.
    pub fn kernel_halted(&mut self, words: &str) {
        let mut end = words.len().min(MAX_PAYLOAD);
        while !words.is_char_boundary(end) {
            end -= 1;
        }
        let letter = Letter { tag: 0, label: KERNEL_HALTED, payload: words.as_bytes()[..end].to_vec() };
        let Some(frame) = Piece::Answer(letter).wire() else { return };
        for client in self.clients.values_mut() {
            client.out.push(Keep::Always, frame.clone());
        }
    }

    /// When [`Hub::tick`] is to be called at the latest.
    pub fn deadline(&self) -> Option<Instant> {
        self.open.as_ref().map(|open| open.until)
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Instant) {
        let Some(mut open) = self.open.take_if(|open| open.until <= now) else { return };
        if open.left == 0 {
            self.answer(&open.job, NO_ANSWER, &[]);
            self.next(now);
        } else {
            open.left -= 1;
            open.until = now + ATTEMPT;
            self.send(&open);
            self.open = Some(open);
        }
    }

    fn answer(&mut self, job: &Job, label: u16, payload: &[u8]) {
        let letter = Letter { tag: job.letter.tag, label, payload: payload.to_vec() };
        if let (Some(client), Some(frame)) = (self.clients.get_mut(&job.client), Piece::Answer(letter).wire())
        {
            client.out.push(Keep::Always, frame);
        }
    }

    /// Puts the next request on the line if it is free.
    fn next(&mut self, now: Instant) {
        if self.open.is_some() {
            return;
        }
        let job = loop {
            let Some(job) = self.queue.pop_front() else { return };
            if self.may_go_out(&job, now) {
                break job;
            }
            self.answer(&job, DeliveryError::Busy.code().0, &[]);
        };
        self.tag = self.tag.wrapping_add(1);
        let repeatable = may_repeat(job.letter.label);
        let (left, patience) = if repeatable { (ATTEMPTS - 1, ATTEMPT) } else { (0, ATTEMPT * ATTEMPTS) };
        let open = Open { job, tag: self.tag, left, until: now + patience };
        self.send(&open);
        self.open = Some(open);
    }

    /// Whether it is no piece of a delivery beside another client's.
    fn may_go_out(&mut self, job: &Job, now: Instant) -> bool {
        if !delivers(job) {
            return true;
        }
        let stalled = Duration::from_micros(STALLED);
        let others = |delivery: &Delivery| {
            delivery.client != job.client && now.saturating_duration_since(delivery.last) < stalled
        };
        if self.delivery.as_ref().is_some_and(others) {
            return false;
        }
        self.delivery = Some(Delivery { client: job.client, last: now });
        true
    }

    /// A piece was answered: a refusal ends its delivery, and so does the last one.
    fn end_delivery(&mut self, job: &Job, label: u16) {
        let last = || decode::<Deliver<'_>>(&job.letter.payload).is_ok_and(|piece| piece.last);
        if delivers(job) && (label != 0 || last()) {
            self.delivery.take_if(|delivery| delivery.client == job.client);
        }
    }

    fn send(&mut self, open: &Open) {
        let letter = Letter { tag: open.tag, ..open.job.letter.clone() };
        let Some(frame) = Piece::Request(letter).wire() else { return };
        // The zero in front ends whatever the target took for the beginning of a frame.
        self.out.push(Keep::Always, [&[0], frame.as_slice()].concat());
    }
}

fn delivers(job: &Job) -> bool {
    u64::from(job.letter.label) == Op::Deliver.label()
}

/// Whether to do it twice is the same as to do it once.
fn may_repeat(label: u16) -> bool {
    Op::from_label(u64::from(label))
        .is_none_or(|op| !matches!(op, Op::Restart | Op::Spawn | Op::Crash | Op::Emit | Op::Deliver))
}

#[cfg(test)]
mod tests;
