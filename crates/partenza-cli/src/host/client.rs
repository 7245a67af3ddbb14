// SPDX-License-Identifier: BSD-2-Clause
//! A conversation with a running system: requests and their answers, and the events in between.
//!
//! There is always a hub in between: that of `partenza run`, or one of our own when we have the line to ourselves. So
//! timeouts and repetition are the hub's business, and every request is answered.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use partenza_compiler::Code as HostCode;
use partenza_interfaces::error;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::frame::MAX_PAYLOAD;
use partenza_protocol::{Code, MalformedMessage, Op, encode};
use serde::Serialize;

use super::frames::{Letter, Piece, Splitter};
use super::hub::{FULL, KERNEL_HALTED, NO_ANSWER};
use super::serve::Serving;
use crate::failure::Told;
use crate::{Failure, halt};

/// How long a hub may take. It gives up on the system long before; others may be served first.
const PATIENCE: Duration = Duration::from_secs(60);
/// Events kept while nobody asks for them; the oldest go first.
const MAX_EVENTS: usize = 1 << 16;

/// Why there is no answer.
#[derive(Debug)]
pub enum Trouble {
    /// The system's own word.
    Refused(Code),
    /// The system did not answer, which the hub says.
    Silent,
    /// The hub did not come to it.
    Busy,
    /// The conversation is over.
    Gone,
    /// What came back is not what this release expects.
    Malformed,
    /// This side's output or input is gone.
    Here(Failure),
}

impl From<MalformedMessage> for Trouble {
    fn from(_: MalformedMessage) -> Self {
        Trouble::Malformed
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Trouble::Here(failure)
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        let here = |code: HostCode| Failure::Environment(Told::of(code, code.row().title, code.row().hint));
        match trouble {
            Trouble::Here(failure) => failure,
            Trouble::Refused(code) => Failure::Failed(refusal(code)),
            Trouble::Silent => here(HostCode::SystemSilent),
            Trouble::Busy => here(HostCode::LineBusy),
            Trouble::Gone => here(HostCode::SystemGone),
            Trouble::Malformed => here(HostCode::AnswerMalformed),
        }
    }
}

/// What the system refused with. Hints name this side's commands where the table's are the shell's.
pub fn refusal(code: Code) -> Told {
    let Some((text, hint)) = error::words(code) else {
        return Told::of(code, "is no code that this release knows", "");
    };
    let hint = if code == SupervisorError::NoSuchService.code() {
        "`partenza status` lists them"
    } else if code == SupervisorError::Booting.code() {
        "`partenza boot --wait` waits for its end"
    } else {
        hint
    };
    Told::of(code, text, hint)
}

pub struct Client {
    stream: UnixStream,
    input: Splitter,
    answers: VecDeque<Letter>,
    events: VecDeque<Vec<u8>>,
    tag: u8,
    heard: bool,
    /// The hub, if it is our own.
    _hub: Option<Serving>,
}

impl Client {
    pub fn new(stream: UnixStream, hub: Option<Serving>) -> Self {
        let (answers, events) = (VecDeque::new(), VecDeque::new());
        Self { stream, input: Splitter::default(), answers, events, tag: 0, heard: false, _hub: hub }
    }

    /// Asks, and waits for the answer's payload.
    pub fn ask(&mut self, op: Op, question: &impl Serialize) -> Result<Vec<u8>, Trouble> {
        self.post(op, question)?;
        self.wait(PATIENCE)
    }

    /// Asks for what takes no payload.
    pub fn ask_plainly(&mut self, op: Op) -> Result<Vec<u8>, Trouble> {
        self.send(op, &[])?;
        self.wait(PATIENCE)
    }

    /// Asks and does not wait: [`Client::answer`] has the answer when it is there. One question is open at a time.
    pub fn post(&mut self, op: Op, question: &impl Serialize) -> Result<(), Trouble> {
        let mut payload = [0; MAX_PAYLOAD];
        // A name that is longer than any service's.
        let used = encode(question, &mut payload)
            .map_err(|_| Trouble::Refused(SupervisorError::NoSuchService.code()))?;
        self.send(op, &payload[..used])
    }

    fn send(&mut self, op: Op, payload: &[u8]) -> Result<(), Trouble> {
        self.tag = self.tag.wrapping_add(1);
        let letter = Letter { tag: self.tag, label: op.label() as u16, payload: payload.to_vec() };
        let frame = Piece::Request(letter).wire().ok_or(Trouble::Malformed)?;
        if self.stream.write_all(&frame).is_err() {
            return Err(self.last_word());
        }
        Ok(())
    }

    /// Why the hub takes nothing any more: what it sent before it closed tells.
    fn last_word(&mut self) -> Trouble {
        loop {
            match self.receive(Some(Instant::now())) {
                Ok(true) => {}
                Ok(false) => return Trouble::Gone,
                Err(trouble) => return trouble,
            }
        }
    }

    fn wait(&mut self, patience: Duration) -> Result<Vec<u8>, Trouble> {
        let until = Instant::now() + patience;
        loop {
            if let Some(answer) = self.answer() {
                return answer;
            }
            // Whatever came, events never stop for some.
            if !self.receive(Some(until))? || Instant::now() >= until {
                return Err(Trouble::Busy);
            }
        }
    }

    /// The answer to the last question, if it has come.
    pub fn answer(&mut self) -> Option<Result<Vec<u8>, Trouble>> {
        let tag = self.tag;
        // An older one belongs to a request that was given up.
        let answers = std::mem::take(&mut self.answers);
        let answer = answers.into_iter().find(|answer| answer.tag == tag)?;
        Some(match answer.label {
            0 => Ok(answer.payload),
            NO_ANSWER => Err(Trouble::Silent),
            label => Err(Trouble::Refused(Code(label))),
        })
    }

    /// The next event, an encoded record; `None` when the time is up.
    pub fn event(&mut self, until: Option<Instant>) -> Result<Option<Vec<u8>>, Trouble> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(Some(event));
            }
            if !self.receive(until)? {
                return Ok(None);
            }
        }
    }

    /// An event that is here already.
    pub fn event_at_hand(&mut self) -> Option<Vec<u8>> {
        self.events.pop_front()
    }

    /// Puts an event back in front of the others.
    pub fn put_back(&mut self, event: Vec<u8>) {
        self.events.push_front(event);
    }

    /// Forgets the events that are here already.
    pub fn forget_events(&mut self) {
        self.events.clear();
    }

    /// Whether anything came at all.
    pub fn has_heard(&self) -> bool {
        self.heard
    }

    /// Reads once; `false` when the time is up.
    pub fn receive(&mut self, until: Option<Instant>) -> Result<bool, Trouble> {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        // A timeout of nothing means for ever there.
        let timeout = left.map(|left| left.max(Duration::from_micros(1)));
        self.stream.set_read_timeout(timeout).map_err(|_| Trouble::Gone)?;
        let mut buffer = [0; 4096];
        let count = match self.stream.read(&mut buffer) {
            Ok(0) => return Err(Trouble::Gone),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(true),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                return Ok(false);
            }
            Err(_) => return Err(Trouble::Gone),
        };
        self.heard = true;
        for piece in self.input.feed(&buffer[..count]) {
            match piece {
                Piece::Event(event) => {
                    if self.events.len() == MAX_EVENTS {
                        self.events.pop_front();
                    }
                    self.events.push_back(event);
                }
                Piece::Answer(letter) if letter.label == KERNEL_HALTED => {
                    let words = String::from_utf8_lossy(&letter.payload).into_owned();
                    return Err(Failure::Failed(halt::told(Some(&words))).into());
                }
                Piece::Answer(letter) if letter.label == FULL => return Err(Trouble::Busy),
                Piece::Answer(letter) => self.answers.push_back(letter),
                // No hub sends these.
                Piece::Request(_) | Piece::Damaged => return Err(Trouble::Malformed),
            }
        }
        Ok(true)
    }
}

/// For waiting on it and on something else. Take the events that are here first.
impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hub that is silent, and one whose events never stop: neither says anything about the system. The
    /// person reads PZ-0807.
    #[test]
    fn a_hub_that_does_not_come_to_it_is_busy_and_the_system_is_not_blamed() {
        for event in [None, Piece::Event(vec![1; 8]).wire()] {
            let (ours, mut theirs) = UnixStream::pair().unwrap();
            let hub = std::thread::spawn(move || {
                while event.as_ref().is_some_and(|frame| theirs.write_all(frame).is_ok()) {
                    std::thread::sleep(Duration::from_millis(1));
                }
                theirs
            });
            let mut client = Client::new(ours, None);
            client.send(Op::Uptime, &[]).unwrap();
            let waited = client.wait(Duration::from_millis(50));
            assert!(matches!(waited, Err(Trouble::Busy)));
            drop(client);
            hub.join().unwrap();
        }
    }

    #[test]
    fn a_system_that_does_not_answer_is_told_from_a_busy_hub() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut client = Client::new(ours, None);
        client.send(Op::Uptime, &[]).unwrap();
        let letter = Letter { tag: 1, label: NO_ANSWER, payload: Vec::new() };
        theirs.write_all(&Piece::Answer(letter).wire().unwrap()).unwrap();
        assert!(matches!(client.wait(Duration::from_secs(60)), Err(Trouble::Silent)));
    }

    /// One client more than a hub has room for, whichever end is quicker: the system did not end.
    #[test]
    fn a_client_too_many_is_told_that_the_line_is_busy() {
        use crate::host::serve::{Ends, Wiring};

        let (line, _machine) = UnixStream::pair().unwrap();
        line.set_nonblocking(true).unwrap();
        let pairs: Vec<_> = (0..=64).map(|_| UnixStream::pair().unwrap()).collect();
        let (mut ours, theirs): (Vec<UnixStream>, Vec<UnixStream>) = pairs.into_iter().unzip();
        let line = Ends::both(std::os::fd::OwnedFd::from(line).into()).unwrap();
        let hub = Serving::start(Wiring { line, control: None, clients: theirs, observer: None }).unwrap();
        let mut client = Client::new(ours.pop().unwrap(), None);
        assert!(matches!(client.ask_plainly(Op::Uptime), Err(Trouble::Busy)));
        drop(client);
        let mut late = Client::new(ours.pop().unwrap(), Some(hub));
        assert!(matches!(late.event(Some(Instant::now())), Ok(None)), "the last but one was let in");
    }
}
