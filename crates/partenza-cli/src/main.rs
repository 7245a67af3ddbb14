// SPDX-License-Identifier: BSD-2-Clause
//! The `partenza` command: thin around `partenza-compiler`, and the one that starts QEMU.
//!
//! Exit codes: 0 it worked, 1 the system has problems (or its boot failed), 2 wrong usage or environment.
//! Results go to standard output, findings and progress to standard error.
#![forbid(unsafe_code)]
// `output` is the way out.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod args;
mod authority;
mod cache;
mod chart;
mod check;
mod conformance;
mod diff;
mod docs;
mod events;
mod explain;
mod host;
mod manual;
mod microkit;
mod new;
mod output;
mod pack;
mod plan;
mod policy;
mod qemu;
mod run;
mod schema;
mod session;
mod system;

use std::fmt::Display;
use std::io::{self, Read};
use std::process::ExitCode;

use clap::Parser;

use args::{Command, Partenza};
use output::{errln, outln};

/// Why the command did not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// Nobody reads the output any more.
    Unread,
    /// The system has problems, and they were told already.
    Problems,
    /// The system has problems; this is what they are.
    Failed(String),
    /// Wrong usage, or something that the command needs is not there.
    Environment(String),
}

impl Failure {
    pub fn environment(what: impl Display) -> Self {
        Failure::Environment(what.to_string())
    }
}

fn main() -> ExitCode {
    let result = match Partenza::parse().command {
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
        Command::Man(args) => manual::man(&args),
        Command::Docs { dir, header } => docs::write(if header { docs::HEADERS } else { docs::PAGES }, &dir),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // As the shell tells it of a program that SIGPIPE ended.
        Err(Failure::Unread) => ExitCode::from(141),
        Err(Failure::Problems) => ExitCode::from(1),
        Err(Failure::Failed(what)) => {
            errln!("partenza: {what}");
            ExitCode::from(1)
        }
        Err(Failure::Environment(what)) => {
            errln!("partenza: {what}");
            ExitCode::from(2)
        }
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
            outln!("{}", event.json)?;
        }
    }
}
