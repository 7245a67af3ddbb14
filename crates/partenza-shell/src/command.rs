// SPDX-License-Identifier: BSD-2-Clause
//! The commands: their names, arguments and help, and how a line becomes one of them.

use core::str::SplitAsciiWhitespace;

use partenza_protocol::Op;
use partenza_protocol::request::{Lookup, Release, Switch};

/// A command with its argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    Help,
    Services,
    Status(&'a str),
    Boot,
    /// The last so many records; all without a number.
    Log(Option<u32>),
    Grants(&'a str),
    /// What the service really holds, beside what is planned.
    Live(&'a str),
    /// One service, or all of them.
    Audit(Option<&'a str>),
    Info(&'a str),
    /// Something is to be done to a service.
    Change(Op, &'a str),
    Lookup(Lookup<'a>),
    Switch(Switch<'a>),
    Uptime,
    Version,
    /// The whole system goes down.
    End(Op),
}

/// What follows a command's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    None,
    Service,
    /// Or none.
    AnyService,
    Count,
    /// An interface, and releases of it.
    Interface,
    /// An interface, and who shall provide it.
    Provider,
}

/// A line of `help`.
#[derive(Debug)]
pub struct Spec {
    pub name: &'static str,
    pub argument: Argument,
    /// As `help` writes it.
    pub usage: &'static str,
    pub help: &'static str,
}

/// The option of `grants`.
pub const LIVE: &str = "--live";
/// The option of `lookup`.
pub const BELOW: &str = "--below";

const fn change(name: &'static str, usage: &'static str, help: &'static str) -> Spec {
    Spec { name, argument: Argument::Service, usage, help }
}

pub const SPECS: &[Spec] = &[
    Spec { name: "help", argument: Argument::None, usage: "help", help: "this list" },
    Spec {
        name: "services",
        argument: Argument::None,
        usage: "services",
        help: "every service and its state",
    },
    Spec {
        name: "status",
        argument: Argument::Service,
        usage: "status NAME",
        help: "what the Supervisor knows of a service",
    },
    Spec {
        name: "boot",
        argument: Argument::None,
        usage: "boot",
        help: "when each service was created, started, ready",
    },
    Spec {
        name: "log",
        argument: Argument::Count,
        usage: "log [N]",
        help: "the event log, or its last N records",
    },
    Spec {
        name: "grants",
        argument: Argument::Service,
        usage: "grants [--live] NAME",
        help: "what the plan gives a service; what of it is there",
    },
    Spec {
        name: "audit",
        argument: Argument::AnyService,
        usage: "audit [NAME]",
        help: "compare what services really hold with the plan",
    },
    Spec {
        name: "info",
        argument: Argument::Service,
        usage: "info NAME",
        help: "what a service says of itself",
    },
    change("start", "start NAME", "start a service that is stopped, failed or on-demand"),
    change("stop", "stop NAME", "stop a service in order"),
    change("restart", "restart NAME", "stop a service and start it from a clean image"),
    change("enable", "enable NAME", "let a disabled service be started again"),
    change("disable", "disable NAME", "stop a service and let nothing start it"),
    change("crash", "crash NAME", "tell a service to touch address 0"),
    Spec {
        name: "lookup",
        argument: Argument::Interface,
        usage: "lookup INTERFACE [VERSION] [--below VERSION]",
        help: "who provides an interface; starts it if need be",
    },
    Spec {
        name: "switch",
        argument: Argument::Provider,
        usage: "switch INTERFACE NAME",
        help: "let another provider serve an interface",
    },
    Spec {
        name: "uptime",
        argument: Argument::None,
        usage: "uptime",
        help: "time since the kernel handed over",
    },
    Spec { name: "version", argument: Argument::None, usage: "version", help: "system, Partenza and kernel" },
    Spec {
        name: "shutdown",
        argument: Argument::None,
        usage: "shutdown",
        help: "stop everything in order and power off",
    },
    Spec {
        name: "reboot",
        argument: Argument::None,
        usage: "reboot",
        help: "stop everything in order and reboot",
    },
];

/// Why a line is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotACommand<'a> {
    Blank,
    Unknown(&'a str),
    /// Too few, too many or wrong arguments; says how it is used.
    Usage(&'static str),
}

#[must_use]
pub fn spec(name: &str) -> Option<&'static Spec> {
    SPECS.iter().find(|spec| spec.name == name)
}

/// # Errors
/// See [`NotACommand`].
pub fn parse(line: &str) -> Result<Command<'_>, NotACommand<'_>> {
    let mut words = line.split_ascii_whitespace();
    let name = words.next().ok_or(NotACommand::Blank)?;
    let spec = spec(name).ok_or(NotACommand::Unknown(name))?;
    let usage = NotACommand::Usage(spec.usage);
    match spec.argument {
        Argument::Interface => return lookup(words).map(Command::Lookup).ok_or(usage),
        Argument::Provider => {
            let switch = words.next().zip(words.next());
            let switch = switch.map(|(interface, provider)| Switch { interface, provider });
            return switch.filter(|_| words.next().is_none()).map(Command::Switch).ok_or(usage);
        }
        Argument::None | Argument::Service | Argument::AnyService | Argument::Count => {}
    }
    let mut argument = words.next();
    let live = name == "grants" && argument == Some(LIVE);
    if live {
        argument = words.next();
    }
    if words.next().is_some() || (spec.argument == Argument::None && argument.is_some()) {
        return Err(usage);
    }
    let service = argument.ok_or(usage);
    Ok(match name {
        "help" => Command::Help,
        "services" => Command::Services,
        "status" => Command::Status(service?),
        "boot" => Command::Boot,
        "log" => Command::Log(argument.map(str::parse).transpose().map_err(|_| usage)?),
        "grants" if live => Command::Live(service?),
        "grants" => Command::Grants(service?),
        "audit" => Command::Audit(argument),
        "info" => Command::Info(service?),
        "uptime" => Command::Uptime,
        "version" => Command::Version,
        "shutdown" => Command::End(Op::Shutdown),
        "reboot" => Command::End(Op::Reboot),
        "start" => Command::Change(Op::Start, service?),
        "stop" => Command::Change(Op::Stop, service?),
        "restart" => Command::Change(Op::Restart, service?),
        "enable" => Command::Change(Op::Enable, service?),
        "disable" => Command::Change(Op::Disable, service?),
        "crash" => Command::Change(Op::Crash, service?),
        _ => return Err(NotACommand::Unknown(name)),
    })
}

/// An interface, perhaps the oldest release that will do, perhaps the first that is too new.
fn lookup<'a>(mut words: SplitAsciiWhitespace<'a>) -> Option<Lookup<'a>> {
    let interface = words.next().filter(|word| !word.starts_with('-'))?;
    let mut lookup = Lookup { interface, at_least: Release::default(), below: None };
    let mut given = false;
    while let Some(word) = words.next() {
        match word {
            BELOW if lookup.below.is_none() => lookup.below = Some(Release::parse(words.next()?)?),
            release if !given => (lookup.at_least, given) = (Release::parse(release)?, true),
            _ => return None,
        }
    }
    Some(lookup)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn every_command_of_the_list_is_understood() {
        for spec in SPECS {
            let line = match spec.argument {
                Argument::None => std::format!("  {}  ", spec.name),
                Argument::Service | Argument::AnyService => std::format!("{} network", spec.name),
                Argument::Count => std::format!("{} 3", spec.name),
                Argument::Interface => std::format!("{} storage/files 1.2 --below 2", spec.name),
                Argument::Provider => std::format!("{} storage/files ramfs", spec.name),
            };
            assert!(parse(&line).is_ok(), "{line}");
            assert!(spec.usage.starts_with(spec.name));
        }
    }

    /// What `help` lists is what services/README.md describes.
    #[test]
    fn every_command_is_described() {
        let page = include_str!("../../../services/README.md");
        for spec in SPECS {
            assert!(page.contains(&std::format!("`{}`", spec.usage)), "{}", spec.usage);
        }
    }

    #[test]
    fn a_wrong_line_says_how_it_is_used() {
        assert_eq!(parse("   "), Err(NotACommand::Blank));
        assert_eq!(parse("reboot now"), Err(NotACommand::Usage("reboot")));
        assert_eq!(parse("status"), Err(NotACommand::Usage("status NAME")));
        assert_eq!(parse("status a b"), Err(NotACommand::Usage("status NAME")));
        assert_eq!(parse("log many"), Err(NotACommand::Usage("log [N]")));
        assert_eq!(parse("shutdown now"), Err(NotACommand::Usage("shutdown")));
        assert_eq!(parse("grants --live"), Err(NotACommand::Usage("grants [--live] NAME")));
        assert_eq!(parse("status --live a"), Err(NotACommand::Usage("status NAME")));
        assert_eq!(parse("grants --live a"), Ok(Command::Live("a")));
        assert_eq!(
            (parse("audit"), parse("audit a")),
            (Ok(Command::Audit(None)), Ok(Command::Audit(Some("a"))))
        );
        let lookup = NotACommand::Usage("lookup INTERFACE [VERSION] [--below VERSION]");
        for line in ["lookup", "lookup a/b 1 2", "lookup a/b one", "lookup a/b --below", "lookup --below 2"] {
            assert_eq!(parse(line), Err(lookup), "{line}");
        }
        for line in ["switch", "switch a/b", "switch a/b c d"] {
            assert_eq!(parse(line), Err(NotACommand::Usage("switch INTERFACE NAME")), "{line}");
        }
        let release = |major, minor| Release { major, minor, patch: 0 };
        let asked = Lookup { interface: "a/b", at_least: release(1, 2), below: Some(release(2, 0)) };
        assert_eq!(parse("lookup a/b --below 2 1.2"), Ok(Command::Lookup(asked)));
        assert_eq!(parse("log"), Ok(Command::Log(None)));
        assert_eq!(parse("log 5"), Ok(Command::Log(Some(5))));
    }
}
