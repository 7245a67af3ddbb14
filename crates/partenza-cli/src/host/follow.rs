// SPDX-License-Identifier: BSD-2-Clause
//! Every event from a given one on, in order, none twice: first from the system's log, then as they come.
//!
//! An event that was missed on the way (a slow reader, a damaged frame) shows as a gap in the sequence numbers and is
//! fetched from the log. What the log no longer holds is counted. When the system boots again, its log begins again; when
//! it ends, what had come before is given out first.

use std::collections::VecDeque;
use std::time::Instant;

use partenza_protocol::event::{BootState, Event, Record};

use super::client::{Client, Trouble};

/// What comes next.
pub enum Step {
    /// An encoded record.
    Record(Vec<u8>),
    /// So many are gone for good.
    Lost(u64),
    /// Nothing in time.
    Quiet,
}

pub struct Follower {
    /// The sequence number that comes next.
    next: u64,
    /// Fetched and not given out yet.
    fetched: VecDeque<Vec<u8>>,
    /// Whether the log is to be asked before events are waited for.
    behind: bool,
    /// The conversation is over: what has come is all that there is.
    ended: bool,
    /// The log is asked because of a gap.
    gap: bool,
    /// Nor had the log anything from here on: the gap stays.
    vain: Option<u64>,
    /// How this boot began, once it was seen: its `Handoff`, which no other boot has the same.
    boot: Option<Vec<u8>>,
}

impl Follower {
    pub fn from(sequence: u64) -> Self {
        Self {
            next: sequence,
            fetched: VecDeque::new(),
            behind: true,
            ended: false,
            gap: false,
            vain: None,
            boot: None,
        }
    }

    /// The number of the record that will be given out next.
    pub fn next(&self) -> u64 {
        self.next.saturating_sub(self.fetched.len() as u64)
    }

    /// Somebody else has read events from the same client: what is new stands in the log.
    pub fn look_again(&mut self) {
        self.behind = true;
    }

    /// After [`Trouble::Silent`] it may be called again.
    pub fn step(&mut self, client: &mut Client, until: Option<Instant>) -> Result<Step, Trouble> {
        loop {
            if let Some(record) = self.fetched.pop_front() {
                return Ok(Step::Record(record));
            }
            if std::mem::take(&mut self.behind) {
                // If this fails, the next event shows the gap again.
                let part = match client.log(self.next) {
                    Err(Trouble::Gone) => {
                        self.ended = true;
                        continue;
                    }
                    part => part?,
                };
                if part.next < self.next {
                    self.last_of_this_boot(client)?;
                    self.begin_again();
                    continue;
                }
                if self.next == 0 {
                    self.boot = part.records.iter().find(|bytes| begins_a_boot(bytes)).cloned();
                }
                let in_vain = std::mem::take(&mut self.gap) && part.records.is_empty();
                self.vain = in_vain.then_some(part.next);
                self.behind = part.next != self.next;
                self.next = part.next;
                self.fetched = part.records.into();
                if part.lost > 0 {
                    return Ok(Step::Lost(part.lost));
                }
                continue;
            }
            let Some(bytes) = client.event(until)? else { return Ok(Step::Quiet) };
            let record: Record<'_> = postcard::from_bytes(&bytes).map_err(|_| Trouble::Malformed)?;
            if begins_a_boot(&bytes) && self.boot.as_ref() != Some(&bytes) {
                let another = self.boot.replace(bytes.clone()).is_some();
                if another {
                    self.begin_again();
                    continue;
                }
                // One that the log has told already, or the first of another boot: the log knows.
                self.behind = record.sequence != self.next;
            }
            if record.sequence == self.next {
                self.next = record.sequence + 1;
                return Ok(Step::Record(bytes));
            }
            if record.sequence > self.next {
                if self.ended || self.vain == Some(self.next) {
                    let lost = record.sequence - self.next;
                    self.next = record.sequence + 1;
                    self.fetched.push_back(bytes);
                    return Ok(Step::Lost(lost));
                }
                // It comes again behind what the log has.
                client.put_back(bytes);
                (self.behind, self.gap) = (true, true);
            }
        }
    }

    /// The log that answers is another boot's. What came before it on the line was this one's.
    fn last_of_this_boot(&mut self, client: &mut Client) -> Result<(), Trouble> {
        while let Some(bytes) = client.event_at_hand() {
            let record: Record<'_> = postcard::from_bytes(&bytes).map_err(|_| Trouble::Malformed)?;
            if record.event == Event::State(BootState::KernelHandoff) || begins_a_boot(&bytes) {
                break;
            }
            if record.sequence >= self.next {
                self.next = record.sequence + 1;
                self.fetched.push_back(bytes);
            }
        }
        Ok(())
    }

    /// Another boot counts from the beginning.
    fn begin_again(&mut self) {
        (self.next, self.behind) = (0, true);
    }
}

fn begins_a_boot(bytes: &[u8]) -> bool {
    postcard::from_bytes(bytes).is_ok_and(|record: Record<'_>| matches!(record.event, Event::Handoff { .. }))
}
