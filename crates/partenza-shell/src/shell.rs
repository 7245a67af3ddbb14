// SPDX-License-Identifier: BSD-2-Clause
//! Keys come in, the line changes, commands run.

use core::fmt::{self, Write};

use partenza_interfaces::Message;

use crate::command::{self, NotACommand};
use crate::commands;
use crate::complete::{Completion, candidates, complete};
use crate::history::History;
use crate::key::{Decoder, Key};
use crate::line::Line;
use crate::names::Names;
use crate::show;
use crate::system::{System, Trouble};

pub const PROMPT: &str = "partenza> ";

const BELL: &str = "\x07";
const CLEAR_SCREEN: &str = "\x1b[H\x1b[2J";

/// Everything that the shell remembers: about 12 KiB, meant for a static.
pub struct Shell {
    keys: Decoder,
    line: Line,
    history: History,
    /// Room of the commands: one message and the names of all services.
    message: Message,
    names: Names,
}

impl Shell {
    #[must_use]
    pub const fn new() -> Self {
        Self {
            keys: Decoder::new(),
            line: Line::new(),
            history: History::new(),
            message: Message::new(),
            names: Names::new(),
        }
    }

    /// Greets and prompts: the console is the shell's from now on.
    ///
    /// # Errors
    /// `out` failed; so for all methods here.
    pub fn greet(&mut self, system: &mut dyn System, out: &mut dyn Write) -> fmt::Result {
        out.write_str("\n")?;
        match commands::version(system, &mut self.message, out) {
            Ok(()) => {}
            Err(Trouble::Refused(code)) => show::trouble(out, code)?,
            Err(Trouble::Output) => return Err(fmt::Error),
        }
        write!(out, "Type `help` for the commands; Tab completes them and names of services.\n\n{PROMPT}")
    }

    /// Takes the next byte from the user.
    ///
    /// # Errors
    /// See [`Shell::greet`].
    pub fn byte(&mut self, byte: u8, system: &mut dyn System, out: &mut dyn Write) -> fmt::Result {
        let Some(key) = self.keys.byte(byte) else { return Ok(()) };
        let line = &mut self.line;
        match key {
            Key::Char(c) => {
                let mut text = [0; 4];
                if !line.insert(char::from(c).encode_utf8(&mut text), out)? {
                    out.write_str(BELL)?;
                }
                Ok(())
            }
            Key::Backspace => line.backspace(out),
            Key::Delete => line.delete(out),
            Key::Left => line.left(out),
            Key::Right => line.right(out),
            Key::Home => line.go(0, out),
            Key::End => line.end(out),
            Key::KillToStart => line.kill_to_start(out),
            Key::KillToEnd => line.kill_to_end(out),
            Key::KillWord => line.kill_word(out),
            Key::Up => match self.history.older(line.text()) {
                Some(older) => line.replace(older, out),
                None => out.write_str(BELL),
            },
            Key::Down => match self.history.newer() {
                Some(newer) => line.replace(newer, out),
                None => out.write_str(BELL),
            },
            Key::Cancel => {
                line.clear();
                write!(out, "^C\n{PROMPT}")
            }
            Key::ClearScreen => {
                write!(out, "{CLEAR_SCREEN}{PROMPT}")?;
                line.draw(out)
            }
            Key::Tab => self.tab(system, out),
            Key::Enter => self.enter(system, out),
            Key::Unknown => out.write_str(BELL),
        }
    }

    fn tab(&mut self, system: &mut dyn System, out: &mut dyn Write) -> fmt::Result {
        match complete(self.line.head(), system, &mut self.message) {
            Ok(Completion::Insert(rest)) => {
                if !self.line.insert(&rest, out)? {
                    out.write_str(BELL)?;
                }
                Ok(())
            }
            Ok(Completion::Ambiguous) => {
                out.write_str("\n")?;
                // The same question was answered a moment ago; if it is not now, the list is just shorter.
                let _ = candidates(self.line.head(), system, &mut self.message, &mut |word| {
                    write!(out, "{word}  ")
                });
                write!(out, "\n{PROMPT}")?;
                self.line.draw(out)
            }
            Ok(Completion::Nothing) | Err(Trouble::Refused(_)) => out.write_str(BELL),
            Err(Trouble::Output) => Err(fmt::Error),
        }
    }

    fn enter(&mut self, system: &mut dyn System, out: &mut dyn Write) -> fmt::Result {
        out.write_str("\n")?;
        self.history.push(self.line.text());
        let outcome = match command::parse(self.line.text()) {
            Ok(command) => commands::run(command, system, &mut self.message, &mut self.names, out),
            Err(NotACommand::Blank) => Ok(()),
            Err(NotACommand::Unknown(name)) => {
                writeln!(out, "no such command: {name}; `help` lists them").map_err(Trouble::from)
            }
            Err(NotACommand::Usage(usage)) => writeln!(out, "usage: {usage}").map_err(Trouble::from),
        };
        match outcome {
            Ok(()) => {}
            Err(Trouble::Refused(code)) => show::trouble(out, code)?,
            Err(Trouble::Output) => return Err(fmt::Error),
        }
        self.line.clear();
        out.write_str(PROMPT)
    }
}

impl Default for Shell {
    fn default() -> Self {
        Self::new()
    }
}
