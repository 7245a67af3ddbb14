// SPDX-License-Identifier: BSD-2-Clause
//! `console`: the commands at a prompt, with events above it as they come; without a terminal, a script of commands.

use std::io::{self, BufRead};
use std::time::Instant;

use clap::{Arg, ArgMatches, Args, Command, ValueEnum, value_parser};
use partenza_shell::PROMPT;

use super::client::Trouble;
use super::editor::{Editor, Typed, Words};
use super::follow::{Follower, Step};
use super::session::{Place, Session, event_tone};
use super::terminal::{self, Keys, Woken};
use crate::Failure;
use crate::events::{Narrator, Weight, What};
use crate::failure::misuse;
use crate::output::text;

pub const EXAMPLES: &str = "\
Examples:
  partenza console
      `help` lists the commands, Tab completes, Ctrl-D leaves
  partenza console --events all
      with every single grant
  printf 'restart network --wait\\nstatus network\\n' | partenza console
      a script: ends at the first command that fails, with its exit code";

#[derive(Args, Clone)]
pub struct ConsoleArgs {
    /// Which events are shown
    #[arg(long, value_name = "WHICH", default_value = "main")]
    pub events: Shown,
}

/// Which events are shown above the prompt.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shown {
    /// Every one
    All,
    /// Without single steps of starts and stops
    Main,
    None,
}

/// How a command of the console ended.
#[derive(PartialEq, Eq)]
enum Next {
    Go,
    Quit,
}

/// What can be asked of a system: how that is written, and who does it.
#[derive(Clone, Copy)]
pub struct Asks {
    pub augment: fn(Command) -> Command,
    pub run: fn(&ArgMatches, &mut Session) -> Result<(), Trouble>,
}

/// What the console understands.
pub fn commands(asks: Asks) -> Command {
    let which = Arg::new("which").required(true).value_parser(value_parser!(Shown));
    let console = Command::new("console").multicall(true).subcommand_required(true).disable_help_flag(true);
    (asks.augment)(console)
        .about("What the system can be asked; `help COMMAND` shows how")
        .mut_subcommand("console", |command| command.hide(true))
        .subcommand(Command::new("events").about("Choose which events are shown").arg(which))
        .subcommand(Command::new("quit").about("Leave; the system goes on").visible_alias("exit"))
}

struct Console<'s> {
    session: &'s mut Session,
    asks: Asks,
    commands: Command,
    shown: Shown,
    events: Follower,
    /// Whether the last command was to answer as JSON.
    json: bool,
}

pub fn console(args: &ConsoleArgs, asks: Asks, session: &mut Session) -> Result<(), Trouble> {
    if session.place == Place::Console {
        return Err(Failure::environment("this is the console".to_owned()).into());
    }
    session.place = Place::Console;
    let mut console = Console {
        session,
        asks,
        commands: commands(asks),
        shown: args.events,
        events: Follower::from(0),
        json: false,
    };
    if terminal::is_interactive() { console.prompt() } else { console.script() }
}

impl Console<'_> {
    fn script(&mut self) -> Result<(), Trouble> {
        for line in io::stdin().lock().lines() {
            let line = line.map_err(Failure::environment)?;
            if line.trim_start().starts_with('#') {
                continue;
            }
            match self.command(&line) {
                Ok(Next::Go) => {}
                Ok(Next::Quit) => break,
                Err(trouble) if self.json => return Err(Failure::from(trouble).as_json().into()),
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(())
    }

    fn prompt(&mut self) -> Result<(), Trouble> {
        // A system that does not answer yet tells its services' names when it boots.
        let mut narrator = self.session.narrator().or_else(|trouble| match trouble {
            Trouble::Silent => Ok(Narrator::default()),
            other => Err(other),
        })?;
        match self.session.client.version() {
            Ok(version) => {
                self.events = Follower::from(self.session.client.log_end()?);
                text(&format!("System {} on {}. ", version.system, version.kernel))?;
            }
            Err(Trouble::Silent) => text("The system does not answer yet. ")?,
            Err(trouble) => return Err(trouble),
        }
        text("`help` lists the commands, Ctrl-D leaves.\n")?;
        let mut editor = Editor::default();
        let mut keys = Keys::take().map_err(Failure::environment)?;
        text(PROMPT)?;
        loop {
            keys.check()?;
            match self.hear(&editor, &mut narrator) {
                Err(Trouble::Gone) => {
                    text("\r\x1b[K")?;
                    return Err(Trouble::Gone);
                }
                Ok(What::Finished) => {
                    text("\r\x1b[Kthe system has finished\n")?;
                    return Ok(());
                }
                other => other?,
            };
            let Woken::Keys(bytes) =
                terminal::wait(&keys, &self.session.client, None).map_err(Failure::environment)?
            else {
                continue;
            };
            if bytes.is_empty() {
                return Ok(());
            }
            for byte in bytes {
                let services = narrator.names();
                let mut out = String::new();
                let words = Words { commands: &self.commands, services };
                let typed = editor.byte(byte, &words, &mut out);
                text(&out)?;
                match typed {
                    Typed::More => {}
                    Typed::Quit => return Ok(()),
                    Typed::Entered(line) => {
                        drop(keys);
                        if self.tried(&line)? == Next::Quit {
                            return Ok(());
                        }
                        keys = Keys::take().map_err(Failure::environment)?;
                        text(PROMPT)?;
                    }
                }
            }
        }
    }

    /// Shows the events that have come.
    fn hear(&mut self, editor: &Editor, narrator: &mut Narrator) -> Result<What, Trouble> {
        loop {
            let bytes = match self.events.step(&mut self.session.client, Some(Instant::now())) {
                Ok(Step::Record(bytes)) => bytes,
                Ok(Step::Lost(_)) => continue,
                Ok(Step::Quiet) | Err(Trouble::Silent) => return Ok(What::Other),
                Err(trouble) => return Err(trouble),
            };
            let Some(event) = narrator.decode(&bytes) else { continue };
            let show = match self.shown {
                Shown::All => true,
                Shown::Main => event.weight > Weight::Detail,
                Shown::None => false,
            };
            if show {
                let mut out = String::new();
                let line = self.session.paint.paint(event_tone(event.weight), &event.line());
                editor.above(&line, &mut out);
                text(&out)?;
            }
            if event.what == What::Finished {
                return Ok(What::Finished);
            }
        }
    }

    /// As [`Console::command`], but what goes wrong with the command alone is told, and the console goes on.
    fn tried(&mut self, line: &str) -> Result<Next, Trouble> {
        let outcome = self.command(line);
        self.events.look_again();
        match outcome {
            Err(Trouble::Gone) => Err(Trouble::Gone),
            Err(Trouble::Here(Failure::Unread)) => Err(Failure::Unread.into()),
            Err(trouble) => {
                Failure::from(trouble).say("", self.json);
                Ok(Next::Go)
            }
            other => other,
        }
    }

    fn command(&mut self, line: &str) -> Result<Next, Trouble> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        if words.is_empty() {
            return Ok(Next::Go);
        }
        self.json = words.contains(&"--json");
        let matches = match self.commands.clone().try_get_matches_from(&words) {
            Ok(matches) => matches,
            Err(told) if !told.use_stderr() => {
                text(&told.render().to_string())?;
                return Ok(Next::Go);
            }
            Err(told) if self.json => return Err(Failure::Environment(misuse(&told)).into()),
            Err(told) => {
                let told = told.render().to_string();
                return Err(Failure::environment(told.trim_end()).into());
            }
        };
        match matches.subcommand() {
            Some(("quit", _)) => return Ok(Next::Quit),
            Some(("events", matches)) => {
                self.shown = matches.get_one("which").copied().unwrap_or(self.shown);
                return Ok(Next::Go);
            }
            _ => {}
        }
        (self.asks.run)(&matches, self.session)?;
        Ok(Next::Go)
    }
}
