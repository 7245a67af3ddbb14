// SPDX-License-Identifier: BSD-2-Clause
//! What a command says when it did not do what it was asked: in words for people, as one line of JSON for programs.
//!
//! The exit code says whose matter it is: 1 the system's, 2 the user's or the machine's here. What was asked for as JSON
//! and fails is answered by an object on standard error: `code`, `text`, `hint`, `exit_code`; the first and the third
//! may be null. Standard output stays the results' alone.

use std::process::ExitCode;

use clap::ArgMatches;
use serde_json::json;

use crate::failure::{Failure, Told, misuse};
use crate::output::{errln, versioned};

/// How wrong usage and a machine that lacks something end.
const ENVIRONMENT: u8 = 2;

impl Failure {
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
