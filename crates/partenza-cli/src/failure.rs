// SPDX-License-Identifier: BSD-2-Clause
//! What a command says when it did not do what it was asked: in words for people, as one line of JSON for programs.
//!
//! The exit code says whose matter it is: 1 the system's, 2 the user's or the machine's here. What was asked for as JSON
//! and fails is answered by an object on standard error: `code`, `text`, `hint`, `exit_code`; the first and the third
//! may be null. Standard output stays the results' alone.

use std::fmt::{self, Display};
use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::ArgMatches;
use partenza_compiler::Code as HostCode;
use serde_json::json;

use crate::output::{errln, versioned};

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
    as_json: bool,
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

/// How wrong usage and a machine that lacks something end.
const ENVIRONMENT: u8 = 2;

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

    fn exit_code(&self) -> u8 {
        match self {
            // As the shell tells it of a program that SIGPIPE ended.
            Failure::Unread => 141,
            Failure::Signal(signal) => 128 + signal,
            Failure::Problems | Failure::Failed(_) => 1,
            Failure::Environment(_) => ENVIRONMENT,
        }
    }

    /// Says it on standard error, behind `who` where people read it.
    pub fn say(&self, who: &str, json: bool) {
        match self {
            Failure::Failed(told) | Failure::Environment(told) if json || told.as_json => {
                errln!("{}", versioned(object(told, self.exit_code())));
            }
            Failure::Failed(told) | Failure::Environment(told) => errln!("{who}{told}"),
            Failure::Unread | Failure::Signal(_) | Failure::Problems => {}
        }
    }

    /// Says it, and how the command ends.
    pub fn end(&self, json: bool) -> ExitCode {
        self.say("partenza: ", json);
        ExitCode::from(self.exit_code())
    }
}

/// Whether the innermost command was given `--json`.
pub fn asks_for_json(matches: &ArgMatches) -> bool {
    let json = matches.try_get_one::<bool>("json").ok().flatten().copied().unwrap_or(false);
    json || matches.subcommand().is_some_and(|(_, matches)| asks_for_json(matches))
}

fn object(told: &Told, exit_code: u8) -> serde_json::Value {
    json!({"code": told.code, "text": told.text, "hint": told.hint, "exit_code": exit_code})
}

/// What the command line's parser has to say. It shows its own words, and help on standard output, unless somebody reads
/// JSON: `json` says whether.
pub fn usage(said: &clap::Error, json: bool) -> ExitCode {
    if !(json && said.use_stderr()) {
        // Nobody is left to tell if this fails.
        let _ = said.print();
        return ExitCode::from(u8::try_from(said.exit_code()).unwrap_or(ENVIRONMENT));
    }
    Failure::Environment(misuse(said)).end(true)
}

/// The same as a value.
pub fn misuse(said: &clap::Error) -> Told {
    let said = said.render().to_string();
    let (text, hint) = said.split_once("\n\n").unwrap_or((&said, ""));
    let text = text.trim_start_matches("error: ").split_whitespace().collect::<Vec<_>>().join(" ");
    let hint = Some(hint.trim().to_owned()).filter(|hint| !hint.is_empty());
    Told { code: None, text, hint, as_json: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_get_lines_and_programs_an_object_of_one_line() {
        let told = Told::of("PZ-E0404", "no service of that name", "`partenza status` lists them");
        let words = "PZ-E0404 no service of that name\n  to mend it: `partenza status` lists them";
        assert_eq!(told.to_string(), words);
        let value = object(&told, 1);
        assert_eq!((&value["code"], &value["exit_code"]), (&"PZ-E0404".into(), &1.into()));
        assert!(!value.to_string().contains('\n'));
        let plain = object(&Told::plain("two\nlines"), 2);
        assert_eq!((&plain["code"], &plain["hint"]), (&serde_json::Value::Null, &serde_json::Value::Null));
        assert!(!plain.to_string().contains('\n'), "{plain}");
    }
}
