// SPDX-License-Identifier: BSD-2-Clause
//! Why a command did not do what it was asked, and what is said of that.

use std::fmt::{self, Display};
use std::io;
use std::path::Path;

use partenza_compiler::Code as HostCode;

/// Why the command did not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// Nobody reads the output any more.
    Unread,
    /// A signal asked for the end.
    Signal(u8),
    /// The system has problems, and they were told already.
    Problems,
    /// The system has problems; this is what they are.
    Failed(Told),
    /// Wrong usage, or something that the command needs is not there.
    Environment(Told),
}

/// What is said of a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// `PZ-E0404` is the system's, `PZ-0801` the host's.
    pub code: Option<String>,
    pub text: String,
    /// How to mend it.
    pub hint: Option<String>,
    /// Whoever asked reads JSON, whatever the command line says: a line of the console's script.
    pub as_json: bool,
}

impl Told {
    pub fn plain(what: impl Display) -> Self {
        Self { code: None, text: what.to_string(), hint: None, as_json: false }
    }

    pub fn of(code: impl Display, text: impl Display, hint: impl Display) -> Self {
        let hint = hint.to_string();
        let hint = Some(hint).filter(|hint| !hint.is_empty());
        Self { code: Some(code.to_string()), text: text.to_string(), hint, as_json: false }
    }

    /// A failure on the host's side, and what it concerns.
    pub fn here(code: HostCode, what: impl Display) -> Self {
        Self::of(code, format_args!("{} ({what})", code.row().title), code.row().hint)
    }
}

impl Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(code) = &self.code {
            write!(f, "{code} ")?;
        }
        f.write_str(&self.text)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  to mend it: {hint}"),
            None => Ok(()),
        }
    }
}

impl Failure {
    pub fn failed(what: impl Display) -> Self {
        Failure::Failed(Told::plain(what))
    }

    pub fn environment(what: impl Display) -> Self {
        Failure::Environment(Told::plain(what))
    }

    /// A file or directory that could not be written, and where else it may go.
    pub fn writing(path: &Path, error: &io::Error) -> Self {
        let mut told = Told::plain(format_args!("{}: {error}", path.display()));
        told.hint = match error.kind() {
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                Some("name a place that you may write to (`--help` tells with which option)".to_owned())
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Some("make room there, or name another place".to_owned())
            }
            _ => None,
        };
        Failure::Environment(told)
    }

    /// It will be told as JSON.
    pub fn as_json(mut self) -> Self {
        if let Failure::Failed(told) | Failure::Environment(told) = &mut self {
            told.as_json = true;
        }
        self
    }
}

/// Wrong usage, as the command line's parser tells it.
pub fn misuse(said: &clap::Error) -> Told {
    let said = said.render().to_string();
    let (text, hint) = said.split_once("\n\n").unwrap_or((&said, ""));
    let text = text.trim_start_matches("error: ").split_whitespace().collect::<Vec<_>>().join(" ");
    let hint = Some(hint.trim().to_owned()).filter(|hint| !hint.is_empty());
    Told { code: None, text, hint, as_json: false }
}
