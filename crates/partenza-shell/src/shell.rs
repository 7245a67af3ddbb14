// SPDX-License-Identifier: BSD-2-Clause
//! Keys come in, the line changes, commands run.

use core::fmt::{self, Write};

use partenza_interfaces::Message;

use crate::command::{self, NotACommand};
use crate::commands;
use crate::complete::{Completion, candidates, complete};
use crate::edit::{Asked, Editor};
use crate::line::PROMPT;
use crate::names::Names;
use crate::show;
use crate::system::{System, Trouble};

/// Everything that the shell remembers: about 12 KiB, meant for a static.
pub struct Shell {
    editor: Editor,
    /// Room of the commands: one message and the names of all services.
    message: Message,
    names: Names,
}

impl Shell {
    #[must_use]
    pub const fn new() -> Self {
        Self { editor: Editor::new(), message: Message::new(), names: Names::new() }
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
        match self.editor.byte(byte, out)? {
            Some(Asked::Enter) => self.enter(system, out),
            Some(Asked::Tab) => self.tab(system, out),
            // A shell that is all there is cannot be left.
            Some(Asked::Leave) | None => Ok(()),
        }
    }

    fn tab(&mut self, system: &mut dyn System, out: &mut dyn Write) -> fmt::Result {
        match complete(self.editor.head(), system, &mut self.message) {
            Ok(Completion::Insert(rest)) => self.editor.insert(&rest, out),
            Ok(Completion::Ambiguous) => {
                out.write_str("\n")?;
                // The same question was answered a moment ago; if it is not now, the list is just shorter.
                let _ = candidates(self.editor.head(), system, &mut self.message, &mut |word| {
                    write!(out, "{word}  ")
                });
                out.write_str("\n")?;
                self.editor.draw(out)
            }
            Ok(Completion::Nothing) | Err(Trouble::Refused(_)) => self.editor.refuse(out),
            Err(Trouble::Output) => Err(fmt::Error),
        }
    }

    fn enter(&mut self, system: &mut dyn System, out: &mut dyn Write) -> fmt::Result {
        out.write_str("\n")?;
        self.editor.remember();
        let outcome = match command::parse(self.editor.text()) {
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
        self.editor.clear();
        out.write_str(PROMPT)
    }
}

impl Default for Shell {
    fn default() -> Self {
        Self::new()
    }
}
