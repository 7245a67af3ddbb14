// SPDX-License-Identifier: BSD-2-Clause
//! What each command does: ask, and lay out the answer.

mod info;
mod log;
mod services;

use core::fmt::Write;

use partenza_interfaces::Message;
use partenza_protocol::Op;
use partenza_protocol::request::{Target, Uptime, Version};

use crate::command::{Command, SPECS};
use crate::names::Names;
use crate::show::Micros;
use crate::system::{System, Trouble, ask};

/// Widest usage in `help`.
const USAGE_WIDTH: usize = 12;

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
        Command::Grants(name) => services::grants(name, system, message, out),
        Command::Log(last) => log::log(last, system, message, names, out),
        Command::Info(name) => info::info(name, system, message, out),
        Command::Crash(name) => {
            ask(system, Op::Crash, &Target { name }, message)?;
            Ok(writeln!(
                out,
                "{name} is told to touch address 0; `status {name}` and `log 5` tell what came of it"
            )?)
        }
        Command::Uptime => {
            message.clear();
            system.ask(Op::Uptime, message)?;
            let uptime: Uptime = message.get()?;
            Ok(writeln!(out, "up {}", Micros(uptime.micros))?)
        }
        Command::Version => version(system, message, out),
        Command::Shutdown => {
            message.clear();
            system.ask(Op::Shutdown, message)?;
            Ok(writeln!(out, "the system is going down")?)
        }
    }
}

fn help(out: &mut dyn Write) -> Result<(), Trouble> {
    for spec in SPECS {
        writeln!(out, "  {:USAGE_WIDTH$} {}", spec.usage, spec.help)?;
    }
    writeln!(
        out,
        "Tab completes, Up and Down recall, Ctrl-A Ctrl-E move, Ctrl-U Ctrl-K Ctrl-W cut, Ctrl-L clears."
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
