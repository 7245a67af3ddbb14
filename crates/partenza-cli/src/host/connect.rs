// SPDX-License-Identifier: BSD-2-Clause
//! From the command line to a conversation: through a run's control socket, or over a line of our own.

use std::fmt::Display;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use partenza_compiler::Code;

use super::client::Client;
use super::serve::{Ends, Serving, Wiring};
use super::{line, socket};
use crate::Failure;
use crate::failure::Told;

/// Where the system is.
#[derive(Args, Clone, Default)]
pub struct ConnectArgs {
    /// The control socket of a run, or the image or directory that it lies beside
    #[arg(long, value_name = "PATH", conflicts_with = "line", help_heading = "Where the system is")]
    pub control: Option<PathBuf>,
    /// The event line itself: a serial device, a socket, or tcp:HOST:PORT
    #[arg(long, value_name = "LINE", help_heading = "Where the system is")]
    pub line: Option<String>,
    /// Speed of a serial device
    #[arg(long, value_name = "BAUD", default_value_t = BAUD, help_heading = "Where the system is")]
    pub baud: u32,
}

/// What the root task sets its UART to.
pub const BAUD: u32 = 115_200;

/// How often it is looked whether a system is there.
const GLANCE: Duration = Duration::from_millis(20);

impl ConnectArgs {
    pub fn connect(&self) -> Result<Client, Failure> {
        match (&self.line, &self.control) {
            (Some(name), _) => direct(name, self.baud),
            (None, Some(path)) => {
                let path = socket::place(path);
                let stream = socket::connect(&path)
                    .map_err(|error| failure(Code::NoSystem, format_args!("{}: {error}", path.display())))?;
                Ok(Client::new(stream, None))
            }
            (None, None) => one_of(socket::running()),
        }
    }

    /// The same, with patience: until then there need not be a system.
    pub fn await_system(&self, until: Instant) -> Result<Client, Failure> {
        loop {
            match self.connect() {
                Err(Failure::Environment(_)) if Instant::now() < until => thread::sleep(GLANCE),
                outcome => return outcome,
            }
        }
    }
}

/// A hub of our own on a line that nobody else has.
fn direct(name: &str, baud: u32) -> Result<Client, Failure> {
    let line = open(name, baud)?;
    let (ours, theirs) = UnixStream::pair().map_err(Failure::environment)?;
    let wiring = Wiring {
        line: Ends::both(line).map_err(Failure::environment)?,
        control: None,
        clients: vec![theirs],
        observer: None,
    };
    let hub = Serving::start(wiring).map_err(Failure::environment)?;
    Ok(Client::new(ours, Some(hub)))
}

/// The line that `--line` names.
pub fn open(name: &str, baud: u32) -> Result<std::fs::File, Failure> {
    line::open(name, baud).map_err(|error| failure(Code::LineUnusable, format_args!("{name}: {error}")))
}

fn one_of(mut running: Vec<(PathBuf, UnixStream)>) -> Result<Client, Failure> {
    match running.len() {
        0 => Err(failure(Code::NoSystem, "no control.sock here or in build/")),
        1 => Ok(Client::new(running.remove(0).1, None)),
        _ => {
            let places: Vec<String> = running.iter().map(|(path, _)| shown(path)).collect();
            let what = format!("several systems run here: {}", places.join(", "));
            Err(Failure::environment(format!("{what}; say which one with --control")))
        }
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn failure(code: Code, what: impl Display) -> Failure {
    Failure::Environment(Told::here(code, what))
}
