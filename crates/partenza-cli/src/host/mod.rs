// SPDX-License-Identifier: BSD-2-Clause
//! The host's view of a running system: what `partenza status`, `log`, `restart` and their like do.
//!
//! ```text
//! system ── line ── hub (in `run`, `attach`, or the command itself) ──┬── status
//!                                                                     ├── log --follow
//!                                                                     └── console, top, …
//! ```
//!
//! - The line is the second UART: frames of events, requests and answers (`docs/protocol.md`). The human's shell on the
//!   first one stays free.
//! - Who holds the line holds the machine: there are no permissions here but those of the socket and the device.
//! - Every command has a table for people and `--json` for programs, and ends with 0 when the system did what it was
//!   asked, 1 when it refused, 2 when there is none or it does not answer.
//! - Nothing that the system says steers the terminal: texts of services come with control characters replaced.

mod ask;
pub mod attach;
mod audit;
mod boot;
mod change;
mod client;
mod complete;
mod connect;
mod console;
mod deliver;
mod editor;
mod follow;
pub mod frames;
mod hub;
mod info;
mod line;
mod log;
mod names;
mod provider;
mod running;
pub mod serve;
mod session;
pub mod socket;
mod status;
mod terminal;
mod top;

use clap::{ArgMatches, Args, Command, FromArgMatches, Subcommand};
use partenza_protocol::Op;

use crate::Failure;
use client::Trouble;
use connect::ConnectArgs;
use console::Asks;
pub use names::names_of_running;
use session::{Place, Session};

/// What a running system can be asked, on the command line and in the console.
#[derive(Subcommand)]
pub enum Ask {
    /// Show the state of every service, or all that is known of one
    #[command(after_help = status::EXAMPLES)]
    Status(status::StatusArgs),
    /// Tell by the exit code whether the system, or a service, is as it should be
    #[command(after_help = running::EXAMPLES, alias = "is-system-running", alias = "is-active")]
    IsRunning(running::RunningArgs),
    /// Show the event log, of one service, of a level, of the last minutes
    #[command(after_help = log::EXAMPLES)]
    Log(log::LogArgs),
    /// Show how the boot went, service by service; --wait for its end
    #[command(after_help = boot::EXAMPLES)]
    Boot(boot::BootArgs),
    /// Show what the plan gives a service, and with --live whether it is there
    #[command(after_help = audit::GRANTS_EXAMPLES)]
    Grants(audit::GrantsArgs),
    /// Compare what services really hold with the plan; exit code 1 if anything differs
    #[command(after_help = audit::EXAMPLES)]
    Audit(audit::AuditArgs),
    /// Restart a service: a new incarnation from a clean image
    #[command(after_help = change::EXAMPLES)]
    Restart(change::ChangeArgs),
    /// Start a service that is stopped, failed or on-demand
    #[command(after_help = change::EXAMPLES)]
    Start(change::ChangeArgs),
    /// Stop a service; critical ones refuse
    #[command(after_help = change::EXAMPLES)]
    Stop(change::ChangeArgs),
    /// Allow a disabled service to start again
    #[command(after_help = "Example:\n  partenza enable network")]
    Enable(change::ChangeArgs),
    /// Stop a service and let nothing start it
    #[command(after_help = "Example:\n  partenza disable network")]
    Disable(change::ChangeArgs),
    /// Name the service that provides an interface
    #[command(after_help = provider::LOOKUP_EXAMPLES)]
    Lookup(provider::LookupArgs),
    /// Let another provider serve an interface
    #[command(after_help = provider::SWITCH_EXAMPLES)]
    Switch(provider::SwitchArgs),
    /// Hand over the program of a service that was packed without it
    #[command(after_help = deliver::EXAMPLES)]
    Deliver(deliver::DeliverArgs),
    /// Tell a service to touch address 0: a debug aid
    #[command(after_help = "Example:\n  partenza crash network && partenza log -n 5")]
    Crash(change::ChangeArgs),
    /// Stop everything in order and power off
    #[command(after_help = "Example:\n  partenza shutdown --wait")]
    Shutdown(change::EndArgs),
    /// Stop everything in order and reboot
    #[command(after_help = "Example:\n  partenza reboot --wait      until the next boot is complete")]
    Reboot(change::EndArgs),
    /// Name the system, the tool that packed it, and its kernel
    #[command(after_help = "Example:\n  partenza version --json | jq -r .kernel")]
    Version(session::Form),
    /// Show the time since the kernel handed over
    #[command(after_help = "Example:\n  partenza uptime")]
    Uptime(session::Form),
    /// Watch the services live; q quits
    #[command(after_help = top::EXAMPLES)]
    Top(top::TopArgs),
    /// Talk to a system: these commands at a prompt, events as they come
    #[command(after_help = console::EXAMPLES)]
    Console(console::ConsoleArgs),
}

/// What the console understands.
const ASKS: Asks = Asks {
    augment: Ask::augment_subcommands,
    run: |matches, session| {
        let ask = Ask::from_arg_matches(matches).map_err(|told| Failure::environment(told.to_string()))?;
        ask.run(session)
    },
};

impl Ask {
    fn run(&self, session: &mut Session) -> Result<(), Trouble> {
        match self {
            Ask::Status(args) => status::status(args, session),
            Ask::IsRunning(args) => running::is_running(args, session),
            Ask::Log(args) => log::log(args, session),
            Ask::Boot(args) => boot::boot(args, session),
            Ask::Grants(args) => audit::grants(args, session),
            Ask::Audit(args) => audit::audit(args, session),
            Ask::Restart(args) => change::change(Op::Restart, args, session),
            Ask::Start(args) => change::change(Op::Start, args, session),
            Ask::Stop(args) => change::change(Op::Stop, args, session),
            Ask::Enable(args) => change::change(Op::Enable, args, session),
            Ask::Disable(args) => change::change(Op::Disable, args, session),
            Ask::Lookup(args) => provider::lookup(args, session),
            Ask::Switch(args) => provider::switch(args, session),
            Ask::Deliver(args) => deliver::deliver(args, session),
            Ask::Crash(args) => change::change(Op::Crash, args, session),
            Ask::Shutdown(args) => change::end(Op::Shutdown, args, session),
            Ask::Reboot(args) => change::end(Op::Reboot, args, session),
            Ask::Version(form) => info::version(*form, session),
            Ask::Uptime(form) => info::uptime(*form, session),
            Ask::Top(args) => top::top(args, session),
            Ask::Console(args) => console::console(args, ASKS, session),
        }
    }
}

/// Place in the list of commands: what concerns running systems stands together.
const BEHIND_OTHERS: usize = 100;

/// The same on the command line, where each takes the place of the system as well.
pub struct Remote {
    connect: ConnectArgs,
    ask: Ask,
}

impl Remote {
    pub fn run(&self) -> Result<(), Failure> {
        if let Ask::Boot(args) = &self.ask
            && args.wait.wait
        {
            return boot::from_the_start(args, &self.connect);
        }
        let mut session = Session::new(self.connect.connect()?, Place::Command);
        Ok(self.ask.run(&mut session)?)
    }
}

impl FromArgMatches for Remote {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let connect = matches.subcommand().map(|(_, matches)| ConnectArgs::from_arg_matches(matches));
        Ok(Self { connect: connect.transpose()?.unwrap_or_default(), ask: Ask::from_arg_matches(matches)? })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Subcommand for Remote {
    fn augment_subcommands(command: Command) -> Command {
        let asks = Ask::augment_subcommands(Command::new("ask"));
        let connected = asks.get_subcommands().enumerate().map(|(order, ask)| {
            let about = ask.get_about().cloned().unwrap_or_default();
            ConnectArgs::augment_args(ask.clone()).about(about).display_order(BEHIND_OTHERS + order)
        });
        command.subcommands(connected.collect::<Vec<_>>())
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        Ask::has_subcommand(name)
    }
}
