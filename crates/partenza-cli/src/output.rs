// SPDX-License-Identifier: BSD-2-Clause
//! Standard output and standard error, the only way to them: `println!` panics when nobody reads any more.
//!
//! A reader that goes away (`partenza plan | head`) ends the command quietly, as it ends every other tool.

use std::fmt;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use partenza_analysis::text::Paint;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::Failure;

/// For what does not go to a terminal.
pub const PLAIN: Paint = Paint::Plain;

/// A line on standard output; gives a `Result`.
macro_rules! outln {
    ($($arg:tt)*) => { $crate::output::line(format_args!($($arg)*)) };
}

/// A line on standard error.
macro_rules! errln {
    ($($arg:tt)*) => { $crate::output::error_line(format_args!($($arg)*)) };
}

pub(crate) use {errln, outln};

pub fn line(args: fmt::Arguments<'_>) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_fmt(args).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()).map_err(failure)
}

/// Text as it is, on standard output.
pub fn text(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(failure)
}

/// Ends a command that has nothing to write at the moment, when nobody reads any more.
pub fn still_read() -> Result<(), Failure> {
    let out = io::stdout();
    let mut fds = [PollFd::new(&out, PollFlags::empty())];
    let gone = PollFlags::ERR | PollFlags::HUP;
    match poll(&mut fds, Some(&Timespec::default())) {
        Ok(_) if fds[0].revents().intersects(gone) => Err(Failure::Unread),
        // What cannot be told now shows with the next line.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Text to a file, or to standard output.
pub fn to(file: Option<&Path>, what: &str) -> Result<(), Failure> {
    match file {
        Some(path) => fs::write(path, what)
            .map_err(|error| Failure::environment(format!("{}: {error}", path.display()))),
        None => text(what),
    }
}

pub fn error_line(args: fmt::Arguments<'_>) {
    // When standard error is gone there is nobody left to tell.
    let _ = writeln!(io::stderr().lock(), "{args}");
}

fn failure(error: io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe { Failure::Unread } else { Failure::environment(error) }
}

/// Colours on a terminal, unless the user wants none.
pub fn paint() -> Paint {
    if io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        Paint::Colour
    } else {
        Paint::Plain
    }
}
