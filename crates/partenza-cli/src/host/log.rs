// SPDX-License-Identifier: BSD-2-Clause
//! `log`: the event log, from the system's memory and as it grows (SPEC I-6).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use clap_complete::ArgValueCandidates;
use partenza_protocol::control;

use super::client::Trouble;
use super::follow::{Follower, Step};
use super::session::{Form, Place, Session, event_tone};
use crate::args::time;
use crate::events::{Decoded, What};
use crate::output::{errln, json_line, outln, still_read};
use crate::{Failure, candidates};

pub const EXAMPLES: &str = "\
Examples:
  partenza log                        all that the system remembers
  partenza log network                what concerns one service
  partenza log --level warn --since 10m
      warnings and errors of the last ten minutes
  partenza log -n 20 --follow         the last twenty, and then what happens
  partenza log --since 1200           from that sequence number on
  partenza log --follow --json | jq -c 'select(.event == \"Crashed\")'";

/// How often it is looked whether somebody reads, while nothing happens.
const LOOK: Duration = Duration::from_millis(500);

#[derive(Args, Clone)]
pub struct LogArgs {
    /// Only what concerns this service
    #[arg(add = ArgValueCandidates::new(candidates::services))]
    pub name: Option<String>,
    /// Go on with what happens, until the system ends
    #[arg(short, long)]
    pub follow: bool,
    /// Only events of this level, and worse ones
    #[arg(short, long, value_name = "LEVEL")]
    pub level: Option<Level>,
    /// From that sequence number on, or of the last so long, as in 10m
    #[arg(short, long, value_name = "SEQUENCE|TIME", value_parser = since)]
    pub since: Option<Since>,
    /// Only the last so many of those
    #[arg(short = 'n', value_name = "N")]
    pub last: Option<u64>,
    /// Events as JSON lines
    #[command(flatten)]
    pub form: Form,
}

/// How bad an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Level {
    Error,
    Warn,
    Info,
    Debug,
}

impl From<Level> for control::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Error => Self::Error,
            Level::Warn => Self::Warn,
            Level::Info => Self::Info,
            Level::Debug => Self::Debug,
        }
    }
}

/// Where the log is to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    Sequence(u64),
    /// So long ago.
    Ago(Duration),
}

fn since(text: &str) -> Result<Since, String> {
    let known = text.parse().map(Since::Sequence).or_else(|_| time(text).map(Since::Ago));
    known.map_err(|_| "expected a sequence number, as in 1200, or a duration, as in 10m".to_owned())
}

/// What is shown.
struct Filter {
    service: Option<String>,
    level: control::Level,
    /// Microseconds since the kernel handed over.
    after: u64,
}

impl Filter {
    fn of(args: &LogArgs, session: &mut Session) -> Result<Self, Trouble> {
        if let Some(name) = &args.name {
            let asked = session.client.status(name);
            session.about(name, asked)?;
        }
        let after = match args.since {
            Some(Since::Ago(ago)) => session.client.uptime()?.saturating_sub(ago.as_micros() as u64),
            Some(Since::Sequence(_)) | None => 0,
        };
        let level = args.level.map_or(control::Level::Debug, Into::into);
        Ok(Self { service: args.name.clone(), level, after })
    }

    fn shows(&self, event: &Decoded) -> bool {
        event.level <= self.level
            && event.time() >= self.after
            && self.service.as_ref().is_none_or(|service| event.concerns(service))
    }

    fn shows_all(&self) -> bool {
        self.service.is_none() && self.level == control::Level::Debug && self.after == 0
    }
}

pub fn log(args: &LogArgs, session: &mut Session) -> Result<(), Trouble> {
    if args.follow && session.place == Place::Console {
        let told = "events are shown here as they come; `events all` shows every one".to_owned();
        return Err(Failure::environment(told).into());
    }
    let filter = Filter::of(args, session)?;
    let mut narrator = session.narrator()?;
    let end = session.client.log_end()?;
    let begin = match args.since {
        Some(Since::Sequence(sequence)) => sequence.min(end),
        Some(Since::Ago(_)) | None => 0,
    };
    // The last of all need not be looked for.
    let first = match args.last {
        Some(last) if filter.shows_all() => end.saturating_sub(last).max(begin),
        Some(_) | None => begin,
    };
    let mut follower = Follower::from(first);
    let mut finished = false;
    // The last ones, until it is known that there are no later ones.
    let mut held = args.last.map(|last| (last, VecDeque::new()));
    while args.follow || follower.next() < end {
        if follower.next() >= end {
            release(&mut held, args, session)?;
        }
        match follower.step(&mut session.client, Some(Instant::now() + LOOK)) {
            Ok(Step::Record(bytes)) => {
                let event = narrator.decode(&bytes).ok_or(Trouble::Malformed)?;
                finished = event.what == What::Finished;
                if filter.shows(&event) {
                    match &mut held {
                        Some((last, events)) => {
                            events.push_back(event);
                            if events.len() as u64 > *last {
                                events.pop_front();
                            }
                        }
                        None => tell(event, args, session)?,
                    }
                }
            }
            Ok(Step::Lost(count)) => errln!("partenza: {count} events are gone: newer ones took their place"),
            Ok(Step::Quiet) => still_read()?,
            Err(Trouble::Silent) if args.follow => errln!("partenza: the system does not answer"),
            Err(Trouble::Gone) if args.follow && finished => break,
            Err(trouble) => return Err(trouble),
        }
    }
    release(&mut held, args, session)
}

/// The last ones are known now.
fn release(
    held: &mut Option<(u64, VecDeque<Decoded>)>,
    args: &LogArgs,
    session: &Session,
) -> Result<(), Trouble> {
    let events = held.take().map(|(_, events)| events).unwrap_or_default();
    events.into_iter().try_for_each(|event| tell(event, args, session))
}

fn tell(event: Decoded, args: &LogArgs, session: &Session) -> Result<(), Trouble> {
    Ok(if args.form.json { json_line(event.json) } else { outln!("{}", line(&event, session)) }?)
}

/// Sequence number, time, words.
pub fn line(event: &Decoded, session: &Session) -> String {
    let sequence = event.json["sequence"].as_u64().unwrap_or(0);
    session.paint.paint(event_tone(event.weight), &format!("{sequence:>6} {}", event.line()))
}

/// The last `count` events about a service, of the last `window` of the system's.
pub fn last_about(
    service: &str,
    count: usize,
    window: u64,
    session: &mut Session,
) -> Result<Vec<Decoded>, Trouble> {
    let mut narrator = session.narrator()?;
    let end = session.client.log_end()?;
    let (mut from, mut events) = (end.saturating_sub(window), VecDeque::new());
    while from < end {
        let part = session.client.log(from)?;
        for bytes in &part.records {
            let event = narrator.decode(bytes).ok_or(Trouble::Malformed)?;
            if event.concerns(service) {
                events.push_back(event);
            }
            if events.len() > count {
                events.pop_front();
            }
        }
        if part.next <= from {
            break;
        }
        from = part.next;
    }
    Ok(events.into())
}
