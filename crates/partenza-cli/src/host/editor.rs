// SPDX-License-Identifier: BSD-2-Clause
//! The console's prompt: the line editor of the terminal service's shell, with completion from the commands themselves.

use std::fmt::Write;

use clap::builder::PossibleValue;
use clap::{Arg, Command};
use partenza_shell::{Asked, Editor as LineEditor};

#[derive(Default)]
pub struct Editor {
    line: LineEditor,
}

/// What a key led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Typed {
    /// The line is still under edit.
    More,
    Entered(String),
    /// Ctrl-D on an empty line.
    Quit,
}

impl Editor {
    /// The prompt and the line, where the cursor stands.
    pub fn draw(&self, out: &mut String) {
        // A String takes everything; so below.
        let _ = self.line.draw(out);
    }

    /// A text above the prompt.
    pub fn above(&self, text: &str, out: &mut String) {
        let _ = writeln!(out, "\r\x1b[K{text}");
        self.draw(out);
    }

    /// Takes a byte; `words` are what Tab may put in.
    pub fn byte(&mut self, byte: u8, words: &Words<'_>, out: &mut String) -> Typed {
        match self.line.byte(byte, out) {
            Ok(Some(Asked::Enter)) => {
                out.push('\n');
                self.line.remember();
                let entered = self.line.text().to_owned();
                self.line.clear();
                Typed::Entered(entered)
            }
            Ok(Some(Asked::Leave)) => {
                out.push('\n');
                Typed::Quit
            }
            Ok(Some(Asked::Tab)) => {
                let _ = self.tab(words, out);
                Typed::More
            }
            Ok(None) | Err(_) => Typed::More,
        }
    }

    fn tab(&mut self, words: &Words<'_>, out: &mut String) -> std::fmt::Result {
        let head = self.line.head().to_owned();
        let (before, word) = head.rsplit_once(' ').unwrap_or(("", &head));
        let candidates = words.after(before, word);
        let common = common(&candidates);
        let rest = common.get(word.len()..).unwrap_or("");
        match candidates.len() {
            0 => self.line.refuse(out),
            1 => self.line.insert(&format!("{rest} "), out),
            _ if rest.is_empty() => {
                writeln!(out, "\n{}", candidates.join("  "))?;
                self.line.draw(out)
            }
            _ => self.line.insert(rest, out),
        }
    }
}

/// What can be typed.
pub struct Words<'w> {
    pub commands: &'w Command,
    pub services: &'w [String],
}

impl Words<'_> {
    /// What `word` can become after the words `before`.
    fn after(&self, before: &str, word: &str) -> Vec<String> {
        let Some(command) = before.split_ascii_whitespace().next() else {
            let names = self.commands.get_subcommands().filter(|c| !c.is_hide_set()).map(Command::get_name);
            return matching(names, word);
        };
        let Some(command) = self.commands.find_subcommand(command) else { return Vec::new() };
        if word.starts_with('-') {
            let options =
                command.get_arguments().filter_map(|arg| arg.get_long()).map(|long| format!("--{long}"));
            let options: Vec<String> = options.collect();
            return matching(options.iter().map(String::as_str), word);
        }
        let Some(argument) = next_argument(command, before) else { return Vec::new() };
        if SERVICES.contains(&argument.get_id().as_str()) {
            return matching(self.services.iter().map(String::as_str), word);
        }
        let values = argument.get_possible_values();
        matching(values.iter().map(PossibleValue::get_name), word)
    }
}

/// Arguments that are names of services.
const SERVICES: [&str; 2] = ["name", "provider"];

/// What the next word is, behind the command and what was given to it.
fn next_argument<'c>(command: &'c Command, before: &str) -> Option<&'c Arg> {
    let mut positionals = command.get_positionals();
    let mut words = before.split_ascii_whitespace().skip(1);
    while let Some(word) = words.next() {
        let option = word.strip_prefix("--").or(word.strip_prefix('-'));
        let Some(option) = option else {
            positionals.next();
            continue;
        };
        let is_it = |arg: &&Arg| {
            arg.get_long() == Some(option) || arg.get_short().is_some_and(|short| option == short.to_string())
        };
        let takes_one = command.get_arguments().find(is_it).filter(|arg| arg.get_action().takes_values());
        if let Some(arg) = takes_one
            && words.next().is_none()
        {
            return Some(arg);
        }
    }
    positionals.next()
}

fn matching<'m>(words: impl Iterator<Item = &'m str>, start: &str) -> Vec<String> {
    words.filter(|word| word.starts_with(start)).map(str::to_owned).collect()
}

/// The beginning that all have in common.
fn common(words: &[String]) -> String {
    let Some(first) = words.first() else { return String::new() };
    let shared = |word: &String| first.bytes().zip(word.bytes()).take_while(|(a, b)| a == b).count();
    let len = words.iter().map(shared).min().unwrap_or(0);
    first.get(..len).unwrap_or("").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::ASKS;
    use crate::host::console::commands;

    fn typed(keys: &str) -> (Vec<Typed>, String) {
        let (mut editor, mut out) = (Editor::default(), String::new());
        let services = ["network", "netlog", "policy"].map(str::to_owned);
        let commands = commands(ASKS);
        let words = Words { commands: &commands, services: &services };
        let typed = keys
            .bytes()
            .map(|byte| editor.byte(byte, &words, &mut out))
            .filter(|typed| *typed != Typed::More);
        (typed.collect(), out)
    }

    #[test]
    fn tab_completes_commands_services_and_options() {
        let entered = typed("res\tnetw\t--w\t\r").0;
        assert_eq!(entered, [Typed::Entered("restart network --wait ".to_owned())]);
    }

    #[test]
    fn what_comes_next_is_completed_and_nothing_else() {
        for (keys, entered) in [
            ("switch storage/files pol\t\r", "switch storage/files policy "),
            ("switch pol\t\r", "switch pol"),
            ("deliver policy pol\t\r", "deliver policy pol"),
            ("restart --wait --timeout 5s pol\t\r", "restart --wait --timeout 5s policy "),
            ("restart --timeout pol\t\r", "restart --timeout pol"),
            ("status policy net\t\r", "status policy net"),
            ("events n\t\r", "events none "),
        ] {
            assert_eq!(typed(keys).0, [Typed::Entered(entered.to_owned())], "{keys}");
        }
    }

    #[test]
    fn several_candidates_are_shown_below_the_line() {
        let (_, out) = typed("status ne\t\t");
        assert!(out.contains("status net\nnetwork  netlog\npartenza> status net"), "{out:?}");
    }

    #[test]
    fn control_d_quits_on_an_empty_line_only() {
        assert_eq!(typed("a\x04").0, []);
        assert_eq!(typed("a\x7f\x04").0, [Typed::Quit]);
    }

    #[test]
    fn an_event_leaves_the_line_under_edit_below_it() {
        let (mut editor, mut out) = (Editor::default(), String::new());
        let commands = commands(ASKS);
        let words = Words { commands: &commands, services: &[] };
        for byte in b"up" {
            editor.byte(*byte, &words, &mut out);
        }
        out.clear();
        editor.above("an event", &mut out);
        assert_eq!(out, "\r\x1b[Kan event\npartenza> up");
    }
}
