// SPDX-License-Identifier: BSD-2-Clause
//! The command line as it is shown: `partenza --help` has its commands in groups, by what one is about to do.

use std::fmt::Write;

use clap::{Command, CommandFactory};

use crate::command::Partenza;

/// Columns of a line of help.
const WIDTH: usize = 80;

/// Every command, in the order in which a newcomer meets them.
const GROUPS: &[(&str, &[&str])] = &[
    ("Describe a system", &["new", "check", "plan", "authority", "diff", "schema"]),
    ("Build and boot it", &["build", "pack", "run", "attach", "decode"]),
    ("See how it is", &["status", "is-running", "log", "top", "console", "boot", "version", "uptime"]),
    (
        "Change what runs",
        &[
            "start", "stop", "restart", "enable", "disable", "switch", "deliver", "crash", "shutdown",
            "reboot",
        ],
    ),
    ("Know who holds what", &["grants", "audit", "lookup"]),
    ("Find where a boot's time went", &["bootchart", "blame", "critical-chain"]),
    ("Hold it against the rules", &["conformance", "explain"]),
    ("About the command itself", &["completions", "man", "docs", "help"]),
];

/// What is in no group.
const OTHERS: &str = "Other commands";

/// The command line, with that help.
pub fn command() -> Command {
    let command = Partenza::command();
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{}{}\n{{options}}{{after-help}}",
        groups(&command),
        heading(&command, "Options"),
    );
    command.help_template(template)
}

fn heading(command: &Command, text: &str) -> String {
    let style = command.get_styles().get_header();
    format!("{style}{text}:{style:#}")
}

fn groups(command: &Command) -> String {
    let about = |name: &str| match command.find_subcommand(name) {
        Some(found) => found.get_about().map(ToString::to_string),
        // clap's own, which is added later.
        None if name == "help" => Some("Print this message or the help of the given command".to_owned()),
        None => None,
    };
    let grouped = |name: &str| GROUPS.iter().any(|(_, names)| names.contains(&name));
    let others: Vec<&str> =
        command.get_subcommands().map(Command::get_name).filter(|name| !grouped(name)).collect();
    let column = command.get_subcommands().map(|found| found.get_name().len()).max().unwrap_or(0) + 4;
    let literal = command.get_styles().get_literal();
    let mut text = String::new();
    for (title, names) in GROUPS.iter().copied().chain([(OTHERS, others.as_slice())]) {
        let known: Vec<(&str, String)> =
            names.iter().filter_map(|name| about(name).map(|about| (*name, about))).collect();
        if known.is_empty() {
            continue;
        }
        // A string takes everything; so below.
        let _ = writeln!(text, "{}", heading(command, title));
        for (name, about) in known {
            let pad = " ".repeat(column - 2 - name.len());
            let _ = writeln!(text, "  {literal}{name}{literal:#}{pad}{}", wrapped(&about, column));
        }
        text.push('\n');
    }
    text
}

/// Words in lines that begin at that column; the first one begins there already.
fn wrapped(words: &str, column: usize) -> String {
    let (mut text, mut at) = (String::new(), column);
    for word in words.split(' ') {
        let length = word.chars().count();
        if at > column && at + 1 + length > WIDTH {
            text.push('\n');
            text.push_str(&" ".repeat(column));
            at = column;
        } else if at > column {
            text.push(' ');
            at += 1;
        }
        text.push_str(word);
        at += length;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_in_one_group() {
        let command = Partenza::command();
        let mut grouped: Vec<&str> = GROUPS
            .iter()
            .flat_map(|(_, names)| names.iter().copied())
            .filter(|name| *name != "help")
            .collect();
        let mut known: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        grouped.sort_unstable();
        known.sort_unstable();
        assert_eq!(grouped, known, "add new commands to `GROUPS`");
    }

    #[test]
    fn help_fits_a_terminal() {
        let help = super::command().render_help().to_string();
        assert!(help.lines().all(|line| line.chars().count() <= WIDTH), "{help}");
        assert!(help.contains("\nSee how it is:\n  status "), "{help}");
    }
}
