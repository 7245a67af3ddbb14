// SPDX-License-Identifier: BSD-2-Clause
//! `grants`: what the plan gives a service. `grants --live`, `audit`: what it really holds (SPEC F-8).

use core::fmt::Write;

use heapless::Vec;
use partenza_interfaces::Message;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::{Event, Mismatch};
use partenza_protocol::request::{Audit, Status, Target};
use partenza_protocol::{Op, ServiceId};

use super::log;
use super::services::name_width;
use crate::live::{Live, differs, rights};
use crate::names::Names;
use crate::system::{System, Trouble, ask, for_each_grant};

/// Differences that are shown; an audit that finds more has its numbers to tell of them.
const DIFFERENCES: usize = 32;

pub fn planned(
    name: &str,
    system: &mut dyn System,
    message: &mut Message,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    writeln!(out, "{:<13}  {:>10}  {:<16}  OBJECT", "KIND", "AT", "RIGHTS")?;
    for_each_grant(name, system, message, &mut |row| {
        let rights = rights(row.kind, row.rights);
        writeln!(out, "{:<13}  {:>#10x}  {rights:<16}  {}", row.kind, row.at, row.object)
    })?;
    Ok(writeln!(out, "as planned; `grants --live {name}` looks at what is there")?)
}

pub fn live(
    name: &str,
    system: &mut dyn System,
    message: &mut Message,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    let (audit, differences) = look(name, system, message)?;
    writeln!(
        out,
        "{:<13}  {:>10}  {:<22}  {:<16}  OBJECT (planned)",
        "KIND", "AT", "LIVE", "RIGHTS (planned)"
    )?;
    for_each_grant(name, system, message, &mut |row| {
        let live = Live::of(row, &audit, &differences);
        let rights = rights(row.kind, row.rights);
        writeln!(out, "{:<13}  {:>#10x}  {live:<22}  {rights:<16}  {}", row.kind, row.at, row.object)
    })?;
    for (slot, _) in differences.iter().filter(|(_, what)| *what == Mismatch::Surplus) {
        writeln!(out, "{:<13}  {slot:>#10x}  {:<22}  {:<16}  -", "?", "NOT PLANNED", "?")?;
    }
    let verdict = if differs(&audit) { "NOT as planned" } else { "as planned" };
    Ok(writeln!(
        out,
        "{verdict}: {} capabilities held; all {} slots were looked at",
        audit.present, audit.slots
    )?)
}

/// Audits a service, and reads from the log what was found where.
fn look(
    name: &str,
    system: &mut dyn System,
    message: &mut Message,
) -> Result<(Audit, Vec<(u32, Mismatch), DIFFERENCES>), Trouble> {
    ask(system, Op::Status, &Target { name }, message)?;
    let id = ServiceId(message.get::<Status<'_>>()?.id);
    let begin = log::end(system, message)?;
    ask(system, Op::Audit, &Target { name }, message)?;
    let audit: Audit = message.get()?;
    let mut found = Vec::new();
    if differs(&audit) {
        log::walk(begin, u64::MAX, system, message, &mut |record| {
            if let Event::AuditMismatch { service, cptr, what } = record.event
                && service == id
            {
                let _ = found.push((cptr, what));
            }
            Ok(())
        })?;
    }
    Ok((audit, found))
}

/// One service, or all of them.
pub fn audit(
    name: Option<&str>,
    system: &mut dyn System,
    message: &mut Message,
    names: &mut Names,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    let width = name_width(system, message)?;
    match name {
        // A name that nobody has is told before the head of a table.
        Some(name) => ask(system, Op::Status, &Target { name }, message)?,
        None => names.load(system, message)?,
    }
    writeln!(out, "{:width$}  SLOTS  PRESENT  MISSING  WRONG  SURPLUS  DIVERTED  VERDICT", "NAME")?;
    match name {
        Some(name) => row(name, width, system, message, out),
        None => names.iter().try_for_each(|name| row(name, width, system, message, out)),
    }
}

fn row(
    name: &str,
    width: usize,
    system: &mut dyn System,
    message: &mut Message,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    match ask(system, Op::Audit, &Target { name }, message) {
        Ok(()) => {}
        Err(Trouble::Refused(code)) if code == SupervisorError::NotRunning.code() => {
            return Ok(writeln!(
                out,
                "{name:width$}  holds nothing: it was never made, or all of it was taken back"
            )?);
        }
        Err(other) => return Err(other),
    }
    let a: Audit = message.get()?;
    let types = if a.types { "" } else { ", types not told" };
    let verdict = if differs(&a) { "NOT as planned" } else { "as planned" };
    Ok(writeln!(
        out,
        "{name:width$}  {:>5}  {:>7}  {:>7}  {:>5}  {:>7}  {:>8}  {verdict}{types}",
        a.slots, a.present, a.missing, a.wrong, a.surplus, a.diverted
    )?)
}
