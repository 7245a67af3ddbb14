// SPDX-License-Identifier: BSD-2-Clause
//! The `partenza` command: thin around `partenza-compiler`, and the one that starts QEMU.
//!
//! Exit codes: 0 it worked, 1 the system has problems (or its boot failed), 2 wrong usage or environment.
//! Results go to standard output, findings and progress to standard error; what fails though it was asked for as JSON
//! says so as JSON ([`failure`]).
#![forbid(unsafe_code)]
// `output` is the way out.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod args;
mod authority;
mod cache;
mod candidates;
mod chart;
mod check;
mod command;
mod conformance;
mod console;
mod deny;
mod diff;
mod docs;
mod events;
mod exit;
mod explain;
mod failure;
mod halt;
mod held;
mod help;
mod host;
mod manual;
mod microkit;
mod new;
mod outlet;
mod output;
mod pack;
mod plan;
mod policy;
mod preflight;
mod qemu;
mod run;
mod run_args;
mod schema;
mod session;
mod system;
mod target_codes;

use std::io::{self, Read};
use std::process::ExitCode;

use clap::FromArgMatches;
use clap_complete::CompleteEnv;

use command::{Command, Partenza};
pub use failure::Failure;

fn main() -> ExitCode {
    CompleteEnv::with_factory(help::command).var(manual::COMPLETE).complete();
    let parsed = help::command().try_get_matches().and_then(|matches| {
        let json = exit::asks_for_json(&matches);
        Partenza::from_arg_matches(&matches).map(|partenza| (partenza.command, json))
    });
    match parsed {
        Ok((command, json)) => match run(command) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => failure.end(json),
        },
        Err(said) => exit::usage(&said, std::env::args_os().any(|word| word == "--json")),
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Check(args) => check::check(&args),
        Command::Build(args) => pack::build(&args),
        Command::Pack(args) => pack::pack(&args),
        Command::Run(args) => run::run(&args),
        Command::Running(remote) => remote.run(),
        Command::Attach(args) => host::attach::attach(&args),
        Command::Decode => decode(),
        Command::Plan(args) => plan::plan(&args),
        Command::Authority(args) => authority::authority(&args),
        Command::Diff(args) => diff::diff(&args),
        Command::Bootchart(args) => chart::bootchart(&args),
        Command::Blame(args) => chart::blame(&args),
        Command::CriticalChain(args) => chart::critical_chain(&args),
        Command::Explain { code } => explain::explain(code.as_deref()),
        Command::Conformance(args) => conformance::conformance(&args),
        Command::New(args) => new::new(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Completions(args) => manual::completions(&args),
        Command::Man(args) => manual::man(&args, help::command()),
        Command::Docs { dir, header } => docs::write(if header { docs::HEADERS } else { docs::PAGES }, &dir),
    }
}

/// Frames on standard input to JSON lines on standard output, as they come.
fn decode() -> Result<(), Failure> {
    let mut input = io::stdin().lock();
    let mut decoder = events::Decoder::default();
    let mut buffer = [0; 4096];
    loop {
        let count = input.read(&mut buffer).map_err(Failure::environment)?;
        if count == 0 {
            return Ok(());
        }
        for event in decoder.feed(&buffer[..count]) {
            output::json_line(event.json)?;
        }
    }
}
