// SPDX-License-Identifier: BSD-2-Clause
//! `services`, `status`, `boot`: tables of the Supervisor's.

use core::fmt::Write;

use partenza_interfaces::Message;
use partenza_protocol::Op;
use partenza_protocol::request::{BootPage, Page, Status, Target};

use crate::show::{Bytes, Micros, Millis, text};
use crate::system::{System, Trouble, ask, for_each_service};

/// The width of a column that holds the names of all services.
pub fn name_width(system: &mut dyn System, message: &mut Message) -> Result<usize, Trouble> {
    let mut width = "NAME".len();
    for_each_service(system, message, &mut |row| {
        width = width.max(row.name.len());
        Ok(())
    })?;
    Ok(width)
}

pub fn list(system: &mut dyn System, message: &mut Message, out: &mut dyn Write) -> Result<(), Trouble> {
    let width = name_width(system, message)?;
    writeln!(out, "{:width$}  LAYER  {:<10}  INCARNATION", "NAME", "STATE")?;
    for_each_service(system, message, &mut |row| {
        writeln!(out, "{:width$}  {:>5}  {:<10}  {:>11}", row.name, row.layer, row.state, row.incarnation.0)
    })
}

pub fn status(
    name: &str,
    system: &mut dyn System,
    message: &mut Message,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    ask(system, Op::Status, &Target { name }, message)?;
    let s: Status<'_> = message.get()?;
    let critical = if s.critical { ", critical" } else { "" };
    writeln!(out, "{} {} (service {}, layer {}{critical})", s.name, s.version, s.id, s.layer)?;
    write!(out, "  state        {}", s.state)?;
    match s.uptime {
        Some(uptime) => writeln!(out, ", up {}", Micros(uptime))?,
        None => writeln!(out)?,
    }
    writeln!(out, "  incarnation  {}, restarts {}", s.incarnation.0, s.restarts)?;
    writeln!(out, "  health       {}", s.health)?;
    match s.last_error {
        Some(code) => writeln!(out, "  last error   {code} {}", text(code))?,
        None => writeln!(out, "  last error   none")?,
    }
    writeln!(out, "  priority     {}", s.priority)?;
    writeln!(out, "  memory       {}", Bytes(s.memory))?;
    Ok(writeln!(out, "  messages     {} answered, {} ignored", s.messages, s.rejected)?)
}

pub fn boot(system: &mut dyn System, message: &mut Message, out: &mut dyn Write) -> Result<(), Trouble> {
    let width = name_width(system, message)?;
    writeln!(out, "{:width$}  LAYER  CREATED ms  STARTED ms    READY ms     TOOK ms", "NAME")?;
    let mut from = Some(0);
    while let Some(first) = from {
        ask(system, Op::BootReport, &Page { from: first }, message)?;
        let page: BootPage<'_> = message.get()?;
        for row in &page.rows {
            let took = row.started.zip(row.ready).map(|(started, ready)| ready.saturating_sub(started));
            writeln!(
                out,
                "{:width$}  {:>5}  {:>10}  {:>10}  {:>10}  {:>10}",
                row.name,
                row.layer,
                Millis(row.created),
                Millis(row.started),
                Millis(row.ready),
                Millis(took)
            )?;
        }
        from = page.next.filter(|next| *next > first);
        if from.is_none() {
            write!(out, "{}", page.state)?;
            match page.complete {
                Some(complete) => writeln!(out, ", boot complete after {}", Micros(complete))?,
                None => writeln!(out)?,
            }
        }
    }
    Ok(())
}
