// SPDX-License-Identifier: BSD-2-Clause
//! `log`: the event log, pulled page by page.

use core::fmt::{self, Write};

use partenza_interfaces::Message;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::{Record, Words};
use partenza_protocol::request::{LogFrom, LogPage};
use partenza_protocol::{MalformedMessage, Op};

use crate::names::Names;
use crate::system::{System, Trouble, ask};

/// Shows what was in the log when the command was given: all of it, or the `last` records.
pub fn log(
    last: Option<u32>,
    system: &mut dyn System,
    message: &mut Message,
    names: &mut Names,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    names.load(system, message)?;
    let mut kept = 0;
    let (lost, end) = walk(0, u64::MAX, system, message, &mut |_| {
        kept += 1;
        Ok(())
    })?;
    let skip = last.map_or(0, |last| kept - last.min(kept));
    if skip == 0 && lost > 0 {
        writeln!(out, "({lost} older records are gone)")?;
    }
    let mut seen = 0;
    walk(0, end, system, message, &mut |record| {
        seen += 1;
        if seen <= skip {
            return Ok(());
        }
        let words = Words { event: &record.event, name: |id| names.name(id) };
        writeln!(out, "[{:>5}.{:06}] {words}", record.time / 1_000_000, record.time % 1_000_000)
    })?;
    Ok(())
}

/// Where the log ends: the number that the next record will have.
pub fn end(system: &mut dyn System, message: &mut Message) -> Result<u64, Trouble> {
    ask(system, Op::Log, &LogFrom { sequence: u64::MAX }, message)?;
    let (page, _): (LogPage, _) = message.get_prefix()?;
    Ok(page.next)
}

/// Shows every record from `from` up to `end` to `each`. Returns how many before the first were lost, and where the
/// log ends.
pub fn walk(
    from: u64,
    end: u64,
    system: &mut dyn System,
    message: &mut Message,
    each: &mut dyn FnMut(&Record<'_>) -> fmt::Result,
) -> Result<(u64, u64), Trouble> {
    let mut sequence = from;
    let mut lost = None;
    loop {
        ask(system, Op::Log, &LogFrom { sequence }, message)?;
        let (page, mut rest): (LogPage, _) = message.get_prefix()?;
        lost = lost.or(Some(page.lost));
        for _ in 0..page.count {
            let (record, behind) =
                postcard::take_from_bytes::<Record<'_>>(rest).map_err(|_| MalformedMessage)?;
            rest = behind;
            if record.sequence < end {
                each(&record)?;
            }
        }
        if page.next < sequence {
            return Err(SupervisorError::Malformed.code().into());
        }
        let nothing_new = page.next == sequence || page.count == 0;
        sequence = page.next;
        if nothing_new || sequence >= end {
            return Ok((lost.unwrap_or(0), sequence));
        }
    }
}
