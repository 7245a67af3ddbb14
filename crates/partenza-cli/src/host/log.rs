// SPDX-License-Identifier: BSD-2-Clause
//! `log`: the event log, from the system's memory and as it grows (SPEC I-6).

use std::time::{Duration, Instant};

use clap::Args;

use super::client::Trouble;
use super::follow::{Follower, Step};
use super::session::{Form, Place, Session, event_tone};
use crate::Failure;
use crate::events::{Decoded, Narrator, What};
use crate::output::{errln, outln, still_read};

pub const EXAMPLES: &str = "\
Examples:
  partenza log                        all that the system remembers
  partenza log -n 20 --follow         the last twenty, and then what happens
  partenza log --since 1200           from that sequence number on
  partenza log --follow --json | jq -c 'select(.event == \"Crashed\")'";

/// How often it is looked whether somebody reads, while nothing happens.
const LOOK: Duration = Duration::from_millis(500);

#[derive(Args, Clone)]
pub struct LogArgs {
    /// Go on with what happens, until the system ends
    #[arg(short, long)]
    pub follow: bool,
    /// From that sequence number on
    #[arg(long, value_name = "SEQUENCE")]
    pub since: Option<u64>,
    /// Only the last so many
    #[arg(short = 'n', value_name = "N", conflicts_with = "since")]
    pub last: Option<u64>,
    /// Events as JSON lines
    #[command(flatten)]
    pub form: Form,
}

pub fn log(args: &LogArgs, session: &mut Session) -> Result<(), Trouble> {
    if args.follow && session.place == Place::Console {
        let told = "events are shown here as they come; `events all` shows every one".to_owned();
        return Err(Failure::environment(told).into());
    }
    let mut narrator = session.narrator()?;
    let end = session.client.log_end()?;
    let first = args.last.map_or(args.since.unwrap_or(0).min(end), |last| end.saturating_sub(last));
    let mut follower = Follower::from(first);
    let mut finished = false;
    while args.follow || follower.next() < end {
        match follower.step(&mut session.client, Some(Instant::now() + LOOK)) {
            Ok(Step::Record(bytes)) => {
                finished = told(&bytes, args, &mut narrator, session)? == What::Finished
            }
            Ok(Step::Lost(count)) => errln!("partenza: {count} events are gone: newer ones took their place"),
            Ok(Step::Quiet) => still_read()?,
            Err(Trouble::Silent) if args.follow => errln!("partenza: the system does not answer"),
            Err(Trouble::Gone) if args.follow && finished => break,
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(())
}

fn told(bytes: &[u8], args: &LogArgs, narrator: &mut Narrator, session: &Session) -> Result<What, Trouble> {
    let event = narrator.decode(bytes).ok_or(Trouble::Malformed)?;
    if args.form.json {
        outln!("{}", event.json)?
    } else {
        outln!("{}", line(&event, session))?
    }
    Ok(event.what)
}

/// Sequence number, time, words.
fn line(event: &Decoded, session: &Session) -> String {
    let sequence = event.json["sequence"].as_u64().unwrap_or(0);
    session.paint.paint(event_tone(event.weight), &format!("{sequence:>6} {}", event.line()))
}
