// SPDX-License-Identifier: BSD-2-Clause
//! What each command does: ask, and lay out the answer.

mod log;
mod services;

use core::fmt::Write;

use partenza_interfaces::{Info, Message};
use partenza_protocol::Op;
use partenza_protocol::request::{Target, Uptime, Version};

use crate::command::{Command, SPECS};
use crate::names::Names;
use crate::show::{self, Foreign, Micros};
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
        Command::Info(name) => info(name, system, message, out),
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

/// System, tool and kernel, one line.
pub fn version(system: &mut dyn System, message: &mut Message, out: &mut dyn Write) -> Result<(), Trouble> {
    message.clear();
    system.ask(Op::Version, message)?;
    let version: Version<'_> = message.get()?;
    Ok(writeln!(out, "System {}, Partenza {}, kernel {}", version.system, version.partenza, version.kernel)?)
}

/// Asks each server that the terminal may call who it is, until one has the name; an interface's name does as well.
fn info(
    name: &str,
    system: &mut dyn System,
    message: &mut Message,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    let mut place = 0;
    while let Some(asked_by_interface) = system.interface(place).map(|interface| interface == name) {
        let answer = system.info(place, message);
        if asked_by_interface {
            answer?;
        }
        if answer.is_ok() {
            let info: Info<'_> = message.get()?;
            if asked_by_interface || info.name == name {
                return show_info(&info, out);
            }
        }
        place += 1;
    }
    // A service that exists and has no channel is another matter than one that does not exist.
    ask(system, Op::Status, &Target { name }, message)?;
    writeln!(out, "the terminal has no channel to {name}, or it does not answer; it may call:")?;
    let mut place = 0;
    while system.interface(place).is_some() {
        let answer = system.info(place, message);
        let interface = system.interface(place).unwrap_or("?");
        match answer {
            Ok(()) => writeln!(out, "  {} ({interface})", Foreign(message.get::<Info<'_>>()?.name))?,
            Err(code) => writeln!(out, "  {interface}: {code} {}", show::text(code))?,
        }
        place += 1;
    }
    Ok(())
}

fn show_info(info: &Info<'_>, out: &mut dyn Write) -> Result<(), Trouble> {
    let plural = if info.calls == 1 { "call" } else { "calls" };
    writeln!(
        out,
        "{} {}, incarnation {}, {} {plural} answered",
        Foreign(info.name),
        Foreign(info.version),
        info.incarnation.0,
        info.calls
    )?;
    for line in info.text.lines() {
        writeln!(out, "  {}", Foreign(line))?;
    }
    Ok(())
}
