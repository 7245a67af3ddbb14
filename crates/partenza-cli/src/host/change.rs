// SPDX-License-Identifier: BSD-2-Clause
//! `restart`, `start`, `stop`, `enable`, `disable`, `crash`, `shutdown`, `reboot`: what changes the system (SPEC I-4, M).
//!
//! The system answers that it will; with `--wait` the command ends when it has, judged by the events that follow.

use std::time::{Duration, Instant};

use clap::Args;
use clap_complete::ArgValueCandidates;
use partenza_protocol::event::{Event, Record, ServiceState};
use partenza_protocol::{Op, ServiceId};
use serde_json::json;

use super::client::Trouble;
use super::follow::{Follower, Step};
use super::session::{Form, Session};
use crate::args::time;
use crate::failure::Told;
use crate::{Failure, candidates};

pub const EXAMPLES: &str = "\
Examples:
  partenza restart network
      ask for it
  partenza restart network --wait
      and wait until it is ready again; exit code 1 if it fails
  partenza stop network --wait --timeout 5s";

#[derive(Args, Clone)]
pub struct ChangeArgs {
    /// A service, as `partenza status` lists them
    #[arg(add = ArgValueCandidates::new(candidates::services))]
    pub name: String,
    #[command(flatten)]
    pub wait: WaitArgs,
}

#[derive(Args, Clone)]
pub struct EndArgs {
    #[command(flatten)]
    pub wait: WaitArgs,
}

#[derive(Args, Clone)]
pub struct WaitArgs {
    /// Wait until it is done
    #[arg(long)]
    pub wait: bool,
    /// How long to wait
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    pub timeout: Duration,
    #[command(flatten)]
    pub form: Form,
}

/// How a change ends.
enum End {
    Done(&'static str),
    Failed(Told),
}

pub fn change(op: Op, args: &ChangeArgs, session: &mut Session) -> Result<(), Trouble> {
    let name = &args.name;
    let asked = session.client.status(name);
    let id = ServiceId(session.about(name, asked)?.id);
    let mut follower = Follower::from(session.client.log_end()?);
    session.client.change(op, name)?;
    if !args.wait.wait || op == Op::Enable {
        return told(op, Some(name), "accepted", args.wait.form, session);
    }
    // What is so already has no event.
    if let Some(outcome) = outcome(op, session.client.status(name)?.state) {
        return told(op, Some(name), outcome, args.wait.form, session);
    }
    let outcome = wait(args.wait.timeout, &mut follower, session, |event| match event {
        Event::Ready { service } if *service == id && matches!(op, Op::Start | Op::Restart) => {
            Some(End::Done("ready"))
        }
        Event::Stopped { service, .. } if *service == id && op == Op::Stop => Some(End::Done("stopped")),
        Event::Failed { service, .. } if *service == id && op == Op::Stop => Some(End::Done("does not run")),
        event if ends_otherwise(op, event, id) => {
            Some(End::Failed(Told::plain(format!("{name} went down before it was told to crash"))))
        }
        Event::Crashed { service, .. } if *service == id && op == Op::Crash => Some(End::Done("crashed")),
        Event::Disabled { service, .. } if *service == id && op == Op::Disable => Some(End::Done("disabled")),
        Event::Failed { service, code, .. }
        | Event::RestartLimitReached { service, code, .. }
        | Event::Emergency { service, code }
            if *service == id =>
        {
            Some(End::Failed(Told::of(code, format_args!("{name} failed: {}", code.text()), code.hint())))
        }
        _ => None,
    })?;
    told(op, Some(name), outcome, args.wait.form, session)
}

/// What the change was to reach, if the service is there. A service that restarts was ready before, too.
fn outcome(op: Op, state: ServiceState) -> Option<&'static str> {
    use ServiceState::{
        Crashed, Degraded, Disabled, Failed, Pending, Restarting, Running, Starting, Stopped, Stopping,
        Unhealthy,
    };
    match (op, state) {
        (Op::Start, Running | Degraded) => Some("ready"),
        (Op::Stop, Stopped) => Some("stopped"),
        // It stays in these: one that is restarted is Restarting in the same moment.
        (Op::Stop, Pending | Failed | Crashed | Unhealthy | Disabled) => Some("does not run"),
        (Op::Stop, Running | Degraded | Starting | Restarting | Stopping) => None,
        (Op::Disable, Disabled) => Some("disabled"),
        _ => None,
    }
}

/// Whether the event is the end of the service in another way than by what was asked, so that what was asked cannot come.
fn ends_otherwise(op: Op, event: &Event<'_>, id: ServiceId) -> bool {
    match (op, event) {
        (Op::Crash, Event::Stopped { service, .. } | Event::Unhealthy { service, .. }) => *service == id,
        _ => false,
    }
}

pub fn end(op: Op, args: &EndArgs, session: &mut Session) -> Result<(), Trouble> {
    let mut follower = Follower::from(session.client.log_end()?);
    match session.client.ask_plainly(op) {
        Ok(_) => {}
        // An answer may be lost on the way; the last word says the same.
        Err(Trouble::Gone) if op == Op::Shutdown && said_its_last_word(session)? => {
            let outcome = if args.wait.wait { "finished" } else { "accepted" };
            return told(op, None, outcome, args.wait.form, session);
        }
        Err(trouble) => return Err(trouble),
    }
    if !args.wait.wait {
        return told(op, None, "accepted", args.wait.form, session);
    }
    let outcome = wait(args.wait.timeout, &mut follower, session, |event| match event {
        Event::Finished if op == Op::Shutdown => Some(End::Done("finished")),
        Event::BootComplete { .. } if op == Op::Reboot => Some(End::Done("booted again")),
        Event::BootFailed { code, .. } if op == Op::Reboot => {
            Some(End::Failed(Told::of(code, format_args!("Boot failed: {}", code.text()), code.hint())))
        }
        _ => None,
    });
    let outcome = match outcome {
        Err(Trouble::Gone) if op == Op::Reboot => {
            let mut told = Told::plain("the machine ended instead of booting again");
            told.hint = Some("`partenza run --reboot` lets it".to_owned());
            Err(Failure::Failed(told).into())
        }
        other => other,
    }?;
    told(op, None, outcome, args.wait.form, session)
}

/// Whether `Finished` is among the events that came before the conversation ended.
pub fn said_its_last_word(session: &mut Session) -> Result<bool, Trouble> {
    while let Some(bytes) = session.client.event_at_hand() {
        if is_the_last_word(&bytes)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether this record is `Finished`.
pub fn is_the_last_word(bytes: &[u8]) -> Result<bool, Trouble> {
    let record: Record<'_> = postcard::from_bytes(bytes).map_err(|_| Trouble::Malformed)?;
    Ok(record.event == Event::Finished)
}

/// Waits for an event that ends it.
fn wait(
    patience: Duration,
    follower: &mut Follower,
    session: &mut Session,
    mut ends: impl FnMut(&Event<'_>) -> Option<End>,
) -> Result<&'static str, Trouble> {
    let until = Instant::now() + patience;
    loop {
        match follower.step(&mut session.client, Some(until)) {
            Ok(Step::Record(bytes)) => {
                let record: Record<'_> = postcard::from_bytes(&bytes).map_err(|_| Trouble::Malformed)?;
                match ends(&record.event) {
                    Some(End::Done(what)) => return Ok(what),
                    Some(End::Failed(what)) => return Err(Failure::Failed(what).into()),
                    None => {}
                }
            }
            Ok(Step::Lost(_)) => {}
            // It may be about to boot.
            Err(Trouble::Silent) if Instant::now() < until => {}
            Err(trouble) => return Err(trouble),
            Ok(Step::Quiet) => {
                let mut told = Told::plain("the time was up");
                told.hint =
                    Some("`partenza log -n 20` shows what happened; --timeout TIME waits longer".to_owned());
                return Err(Failure::Failed(told).into());
            }
        }
    }
}

fn told(op: Op, name: Option<&str>, outcome: &str, form: Form, session: &Session) -> Result<(), Trouble> {
    let value = json!({"operation": op.name(), "service": name, "outcome": outcome});
    let what = match (op, name, outcome) {
        (Op::Shutdown, _, "accepted") => "the system is going down".to_owned(),
        (Op::Reboot, _, "accepted") => "the system is going down to boot again".to_owned(),
        (_, None, outcome) => format!("the system has {outcome}"),
        (Op::Crash, Some(name), "accepted") => format!("{name} is told to touch address 0"),
        (op, Some(name), "accepted") => format!("{name}: {} accepted", op.name()),
        (_, Some(name), outcome) => format!("{name} {outcome}"),
    };
    session.put(form, &value, &(what + "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A service that is down has no event to wait for, whatever it is down for.
    #[test]
    fn a_stop_of_what_is_down_is_done_at_once() {
        use ServiceState::*;
        for down in [Pending, Stopped, Failed, Crashed, Unhealthy, Disabled] {
            assert!(outcome(Op::Stop, down).is_some(), "{down:?}");
        }
        for up in [Running, Degraded, Starting, Restarting, Stopping] {
            assert_eq!(outcome(Op::Stop, up), None, "{up:?}");
        }
    }
}
