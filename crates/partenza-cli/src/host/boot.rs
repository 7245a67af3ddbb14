// SPDX-License-Identifier: BSD-2-Clause
//! `boot`: how the boot went (SPEC R-2), and with `--wait` its end first, from before there is a system on.

use std::fmt::Write;
use std::time::Instant;

use clap::Args;
use partenza_analysis::text::{Cell, Table, Tone, millis};
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::{BootState, Event, Record, ServiceState};
use serde_json::{Value, json};

use super::ask::{Boot, BootTimes};
use super::change::WaitArgs;
use super::client::Trouble;
use super::complete::{self, Complete};
use super::connect::ConnectArgs;
use super::session::{Place, Session};
use crate::Failure;
use crate::events::Narrator;
use crate::failure::Told;

pub const EXAMPLES: &str = "\
Examples:
  partenza boot --json | jq '.services[] | select(.ready_us == null) | .name'
      who is not up
  partenza run image.elf --headless --control a.sock &
  partenza boot --wait --control a.sock && partenza audit --control a.sock
      a script, which goes on when the boot is complete; there need not be a
      system yet. Exit code 1 when the boot fails, or is a recovery boot";

#[derive(Args, Clone)]
pub struct BootArgs {
    #[command(flatten)]
    pub wait: WaitArgs,
}

impl BootArgs {
    fn until(&self) -> Instant {
        Instant::now() + self.wait.timeout
    }
}

pub fn boot(args: &BootArgs, session: &mut Session) -> Result<(), Trouble> {
    if args.wait.wait { awaited(args, args.until(), session) } else { report(args, session).map(drop) }
}

/// The same where there need not be a system yet.
pub fn from_the_start(args: &BootArgs, connect: &ConnectArgs) -> Result<(), Failure> {
    let until = args.until();
    loop {
        let client = connect.await_system(until)?;
        let mut session = Session::new(client, Place::Command);
        match awaited(args, until, &mut session) {
            // The end of an earlier run, or of one that did not come to start its machine.
            Err(Trouble::Gone) if !session.client.has_heard() && Instant::now() < until => {}
            outcome => return Ok(outcome?),
        }
    }
}

fn awaited(args: &BootArgs, until: Instant, session: &mut Session) -> Result<(), Trouble> {
    let complete = complete::wait(until, session)?;
    let recovery = match report(args, session) {
        // It has ended by now, as with `after-boot`: what its events said is all there is.
        Err(Trouble::Gone) => last_words(args, complete, session)?,
        report => report?,
    };
    match recovery {
        None => Ok(()),
        Some(told) => Err(Failure::Failed(Told::of(
            SupervisorError::NotInRecoverySet.code(),
            told,
            "mend what failed, then reboot: a boot that completes ends recovery",
        ))
        .into()),
    }
}

/// Of a boot that can no longer be asked for; gives what is said of a recovery boot.
fn last_words(args: &BootArgs, complete: Complete, session: &Session) -> Result<Option<String>, Trouble> {
    let Complete { took, recovery } = complete;
    let value = json!({
        "state": BootState::BootComplete.to_string(),
        "complete_us": took,
        "recovery": recovery.as_ref().map(|_| true),
        "services": null,
    });
    let after = took.map_or(String::new(), |took| format!(" after {}", millis(took)));
    session.put(args.wait.form, &value, &format!("boot complete{after}; the system has ended\n"))?;
    Ok(recovery)
}

/// Shows it; gives what is said of a recovery boot, if this is one.
fn report(args: &BootArgs, session: &mut Session) -> Result<Option<String>, Trouble> {
    let boot = session.client.boot()?;
    let recovery = recovery(session)?;
    let value = value(&boot, recovery.is_some());
    session.put(args.wait.form, &value, &text(&boot, recovery.is_some(), session))?;
    Ok(recovery)
}

/// What is said of a recovery boot, if this is one.
fn recovery(session: &mut Session) -> Result<Option<String>, Trouble> {
    if let Some(told) = told_of_recovery(session)? {
        return Ok(Some(told));
    }
    // One that was asked for, or whose beginning the log has lost: those it leaves out still tell.
    for service in session.client.list()? {
        let left_out = Some(SupervisorError::NotInRecoverySet.code());
        if service.state == ServiceState::Disabled
            && session.client.status(&service.name)?.last_error == left_out
        {
            return Ok(Some("this is a recovery boot".to_owned()));
        }
    }
    Ok(None)
}

/// What the log says before the first service starts.
fn told_of_recovery(session: &mut Session) -> Result<Option<String>, Trouble> {
    let mut narrator = Narrator::default();
    let mut from = 0;
    loop {
        let part = session.client.log(from)?;
        if part.lost > 0 || part.records.is_empty() {
            return Ok(None);
        }
        for bytes in &part.records {
            let record: Record<'_> = postcard::from_bytes(bytes).map_err(|_| Trouble::Malformed)?;
            let told = narrator.record(&record).text;
            match record.event {
                Event::FailedBoots { recovers: true, .. } => return Ok(Some(told)),
                Event::State(BootState::BootingLayer(_)) | Event::Starting { .. } => return Ok(None),
                _ => {}
            }
        }
        from = part.next;
    }
}

fn value(boot: &Boot, recovery: bool) -> Value {
    let rows = boot.rows.iter().map(|row| {
        json!({
            "name": row.name,
            "layer": row.layer,
            "created_us": row.created,
            "started_us": row.started,
            "ready_us": row.ready,
        })
    });
    json!({
        "state": boot.state.to_string(),
        "complete_us": boot.complete,
        "recovery": recovery,
        "services": rows.collect::<Vec<_>>(),
    })
}

fn text(boot: &Boot, recovery: bool, session: &Session) -> String {
    let took =
        |row: &BootTimes| row.started.zip(row.ready).map(|(started, ready)| ready.saturating_sub(started));
    let mut table = Table::default();
    table.head(&["NAME", "LAYER", "CREATED", "STARTED", "READY", "TOOK"], &[1, 2, 3, 4, 5]);
    let shown = |time: Option<u64>| Cell::right(time.map_or("-".to_owned(), millis));
    for row in &boot.rows {
        let name = if row.ready.is_some() { Tone::Normal } else { Tone::Hot };
        table.row([
            Cell::new(&row.name).tone(name),
            Cell::right(row.layer.to_string()),
            shown(row.created),
            shown(row.started),
            shown(row.ready),
            shown(took(row)),
        ]);
    }
    let mut text = table.show(session.paint);
    let what = if recovery { "recovery boot" } else { "boot" };
    let _ = match boot.complete {
        Some(complete) => writeln!(text, "{}, {what} complete after {}", boot.state, millis(complete)),
        None => writeln!(text, "{}", boot.state),
    };
    text
}
