// SPDX-License-Identifier: BSD-2-Clause
//! `boot`: how the boot went (SPEC R-2), and with `--wait` its end first, from before there is a system on.

use std::fmt::Write;
use std::time::Instant;

use clap::Args;
use partenza_analysis::text::{Cell, Table, Tone, millis};
use partenza_protocol::ServiceId;
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
    let mut boot = session.client.boot()?;
    let counts = recall(&mut boot, session)?;
    let recovery = recovery(session)?;
    let value = value(&boot, counts, recovery.is_some());
    session.put(args.wait.form, &value, &text(&boot, counts, recovery.is_some(), session))?;
    Ok(recovery)
}

/// The service's row, if its own times are of a later start.
fn started_again(rows: &mut [BootTimes], service: ServiceId) -> Option<&mut BootTimes> {
    rows.get_mut(usize::from(service.0)).filter(|row| row.again.is_some())
}

/// How many services were how at the end of the boot.
#[derive(Clone, Copy)]
struct Counts {
    running: u16,
    waiting: u16,
    failed: u16,
}

/// The system keeps the times of each service's last start. Where that was after the boot, the boot's own times are those
/// of its log, as far as that still has them: it tells no `started`.
fn recall(boot: &mut Boot, session: &mut Session) -> Result<Option<Counts>, Trouble> {
    let Some(complete) = boot.complete else { return Ok(None) };
    for row in &mut boot.rows {
        row.again = row.created.filter(|created| *created > complete);
        if row.again.is_some() {
            (row.created, row.started, row.ready) = (None, None, None);
        }
    }
    let mut from = 0;
    loop {
        let part = session.client.log(from)?;
        for bytes in &part.records {
            let record: Record<'_> = postcard::from_bytes(bytes).map_err(|_| Trouble::Malformed)?;
            match record.event {
                Event::Created { service } => {
                    if let Some(row) = started_again(&mut boot.rows, service) {
                        row.created = Some(record.time);
                    }
                }
                Event::Ready { service } => {
                    if let Some(row) = started_again(&mut boot.rows, service) {
                        row.ready = Some(record.time);
                    }
                }
                Event::BootComplete { running, waiting, failed, .. } => {
                    return Ok(Some(Counts { running, waiting, failed }));
                }
                // What the log has is what came after the boot.
                _ if record.time > complete => return Ok(None),
                _ => {}
            }
        }
        if part.next <= from {
            return Ok(None);
        }
        from = part.next;
    }
}

/// What is said of a recovery boot, if this is one.
pub fn recovery(session: &mut Session) -> Result<Option<String>, Trouble> {
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

fn value(boot: &Boot, counts: Option<Counts>, recovery: bool) -> Value {
    let rows = boot.rows.iter().map(|row| {
        json!({
            "name": row.name,
            "layer": row.layer,
            "created_us": row.created,
            "started_us": row.started,
            "ready_us": row.ready,
            "started_again_us": row.again,
        })
    });
    json!({
        "state": boot.state.to_string(),
        "complete_us": boot.complete,
        "running": counts.map(|counts| counts.running),
        "waiting": counts.map(|counts| counts.waiting),
        "failed": counts.map(|counts| counts.failed),
        "recovery": recovery,
        "services": rows.collect::<Vec<_>>(),
    })
}

fn text(boot: &Boot, counts: Option<Counts>, recovery: bool, session: &Session) -> String {
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
    if let Some(Counts { running, waiting, failed }) = counts {
        let _ = writeln!(text, "at its end {running} running, {waiting} waiting, {failed} failed");
    }
    let again: Vec<&str> =
        boot.rows.iter().filter(|row| row.again.is_some()).map(|row| row.name.as_str()).collect();
    if !again.is_empty() {
        let _ = writeln!(text, "started since: {}; `partenza log NAME` tells why", again.join(", "));
    }
    text
}
