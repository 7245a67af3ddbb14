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
use serde_json::Value;

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

/// One write for the whole line, so that nothing of somebody else's comes in between.
pub fn line(args: fmt::Arguments<'_>) -> Result<(), Failure> {
    text(&format!("{args}\n"))
}

/// The number of every shape of JSON that says no other (docs/stability.md). Whoever changes the meaning of a field, or
/// takes one away, gives that shape a number of its own.
const FORMAT: u64 = 1;

/// A value for programs, an object, with its `format`.
pub fn json(value: Value) -> Result<(), Failure> {
    line(format_args!("{:#}", versioned(value)))
}

/// The same in one line, for answers that go on.
pub fn json_line(value: Value) -> Result<(), Failure> {
    line(format_args!("{}", versioned(value)))
}

/// The value with the `format` of its shape. A list has no room for one: put it into an object.
pub fn versioned(mut value: Value) -> Value {
    debug_assert!(value.is_object(), "JSON that is no object: {value}");
    if let Value::Object(fields) = &mut value {
        fields.entry("format").or_insert_with(|| FORMAT.into());
    }
    value
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
        Some(path) => fs::write(path, what).map_err(|error| Failure::writing(path, &error)),
        None => text(what),
    }
}

pub fn error_line(args: fmt::Arguments<'_>) {
    /// How long a reader that stands still keeps the command from going on.
    const PATIENCE: Timespec = Timespec { tv_sec: 2, tv_nsec: 0 };
    let err = io::stderr();
    // A file can always be written; what cannot be told now shows when it is written.
    if matches!(poll(&mut [PollFd::new(&err, PollFlags::OUT)], Some(&PATIENCE)), Ok(0)) {
        return;
    }
    // When standard error is gone there is nobody left to tell.
    let _ = err.lock().write_all(format!("{args}\n").as_bytes());
}

pub fn failure(error: io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe { Failure::Unread } else { Failure::environment(error) }
}

/// Colours on a terminal that has them, unless the user wants none.
pub fn paint() -> Paint {
    paint_for(&io::stdout())
}

/// The same of any stream: no colours where `NO_COLOR` holds anything (no-color.org).
pub fn paint_for(stream: &impl IsTerminal) -> Paint {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if is_screen(stream) && !unwanted { Paint::Colour } else { Paint::Plain }
}

/// Whether `stream` is a terminal that knows escape sequences. One that says of itself that it is `dumb`, as Emacs' does,
/// or says nothing, shows them as they are.
pub fn is_screen(stream: &impl IsTerminal) -> bool {
    let able = std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
    able && stream.is_terminal()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_shape_has_a_format_and_keeps_its_own() {
        assert_eq!(versioned(json!({"a": 1})), json!({"a": 1, "format": FORMAT}));
        assert_eq!(versioned(json!({"format": 7})), json!({"format": 7}));
    }
}
