// SPDX-License-Identifier: BSD-2-Clause
//! What each command does: ask, and lay out the answer.

mod change;
mod grants;
mod info;
mod log;
mod provider;
mod services;

use core::fmt::Write;

use partenza_interfaces::Message;
use partenza_protocol::Op;
use partenza_protocol::request::{Uptime, Version};

use crate::command::{Command, SPECS};
use crate::names::Names;
use crate::show::Micros;
use crate::system::{System, Trouble};

/// Columns of `help` for how a command is used; one that needs more has its help on a line below.
const USAGE: usize = 21;

pub fn run(
    command: Command<'_>,
    system: &mut dyn System,
    message: &mut Message,
    names: &mut Names,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    match command {
        Command::Help => help(out),
        Command::Services => services::list(system, message, out),
        Command::Status(name) => services::status(name, system, message, out),
        Command::Boot => services::boot(system, message, out),
        Command::Grants(name) => grants::planned(name, system, message, out),
        Command::Live(name) => grants::live(name, system, message, out),
        Command::Audit(name) => grants::audit(name, system, message, names, out),
        Command::Log(last) => log::log(last, system, message, names, out),
        Command::Info(name) => info::info(name, system, message, out),
        Command::Change(op, name) => change::change(op, name, system, message, out),
        Command::Lookup(lookup) => provider::lookup(&lookup, system, message, out),
        Command::Switch(switch) => provider::switch(&switch, system, message, out),
        Command::Uptime => {
            message.clear();
            system.ask(Op::Uptime, message)?;
            let uptime: Uptime = message.get()?;
            Ok(writeln!(out, "up {}", Micros(uptime.micros))?)
        }
        Command::Version => version(system, message, out),
        Command::End(op) => {
            message.clear();
            system.ask(op, message)?;
            Ok(writeln!(out, "the system is going down")?)
        }
    }
}

fn help(out: &mut dyn Write) -> Result<(), Trouble> {
    for spec in SPECS {
        let usage = spec.usage;
        if usage.len() > USAGE {
            writeln!(out, "  {usage}\n  {:USAGE$}  {}", "", spec.help)?;
        } else {
            writeln!(out, "  {usage:USAGE$}  {}", spec.help)?;
        }
    }
    writeln!(
        out,
        "Tab completes, Up and Down recall, Ctrl-A Ctrl-E move, Ctrl-U Ctrl-K Ctrl-W cut,\nCtrl-L clears."
    )?;
    Ok(())
}

/// System, the tool that packed it, and kernel, one line.
pub fn version(system: &mut dyn System, message: &mut Message, out: &mut dyn Write) -> Result<(), Trouble> {
    message.clear();
    system.ask(Op::Version, message)?;
    let version: Version<'_> = message.get()?;
    Ok(writeln!(out, "System {}, packed by {}, on {}", version.system, version.partenza, version.kernel)?)
}
