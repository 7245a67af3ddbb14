// SPDX-License-Identifier: BSD-2-Clause
//! `top`: the services live. On a terminal a screen with the last events; elsewhere one table a second.
//!
//! The screen is drawn here: its table is the one that `status` prints, and the rest is a few lines of text. ratatui would
//! bring 70 crates for what is 60 lines, and a table of its own.
//!
//! Only what is on the screen is asked for, so that a system of hundreds of services costs no more than one of twelve.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write;
use std::time::{Duration, Instant};

use clap::Args;
use partenza_analysis::text::{Cell, Table, Tone, count, size};
use partenza_protocol::event::ServiceState;
use partenza_shell::{Decoder, Key, Micros};
use serde_json::json;

use super::ask::{Listed, Service, Versions};
use super::change::{is_the_last_word, said_its_last_word};
use super::client::Trouble;
use super::follow::{Follower, Step};
use super::session::{Session, event_tone, tone};
use super::status::told;
use super::terminal::{self, Keys, Woken, fit};
use crate::Failure;
use crate::args::time;
use crate::events::{Narrator, Weight, What};
use crate::output::{errln, json_line, text};

pub const EXAMPLES: &str = "\
Examples:
  partenza top
      q quits, p shows only services that do not run, Up and Down scroll
  partenza top -n 1
      one table
  partenza top --interval 5s --json
      every five seconds, a JSON line";

/// Events at the foot of the screen, where there is room.
const EVENTS: usize = 6;
/// Records that are read from the log to begin with.
const EVENTS_BEFORE: u64 = 20;
/// Lines above the services: the system, its services in numbers, the table's head.
const HEAD: usize = 3;

#[derive(Args, Clone)]
pub struct TopArgs {
    /// How often to look
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = interval)]
    pub interval: Duration,
    /// Look only so often
    #[arg(short = 'n', value_name = "N")]
    pub times: Option<u32>,
    /// A JSON line each time
    #[arg(long)]
    pub json: bool,
}

/// Looking without a pause would leave the system no time for anything else.
fn interval(text: &str) -> Result<Duration, String> {
    time(text).and_then(|time| match time.is_zero() {
        true => Err("expected more than no time".to_owned()),
        false => Ok(time),
    })
}

/// How the lines of a screen are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Layout {
    services: usize,
    events: usize,
    /// Whether the keys are told of at the foot.
    keys: bool,
}

impl Layout {
    fn of(rows: usize) -> Self {
        let keys = rows > HEAD + 1;
        let rest = rows.saturating_sub(HEAD + usize::from(keys));
        let events = EVENTS.min(rest / 3);
        // The events have a head of their own.
        Self { services: rest - events - usize::from(events > 0), events, keys }
    }
}

/// What was seen last.
struct View {
    version: Versions,
    uptime: u64,
    listed: Vec<Listed>,
    /// The rows shown.
    rows: Vec<(Service, Option<u64>)>,
    /// Messages of each service, and when they were counted.
    counted: HashMap<u16, (u32, Instant)>,
    first: usize,
    problems_only: bool,
    /// It did not answer the last time.
    silent: bool,
    events: VecDeque<(Weight, String)>,
    /// Its last word was heard.
    finished: bool,
}

pub fn top(args: &TopArgs, session: &mut Session) -> Result<(), Trouble> {
    let version = session.client.version()?;
    let mut view = View {
        version,
        uptime: 0,
        listed: Vec::new(),
        rows: Vec::new(),
        counted: HashMap::new(),
        first: 0,
        problems_only: false,
        silent: false,
        events: VecDeque::new(),
        finished: false,
    };
    let outcome = if terminal::is_interactive() && !args.json && args.times.is_none() {
        live(args.interval, &mut view, session)
    } else {
        tables(args, &mut view, session)
    };
    match outcome {
        Err(Trouble::Gone) if view.finished || said_its_last_word(session)? => {
            errln!("the system has finished");
            Ok(())
        }
        other => other,
    }
}

/// A table each time, and a line between them.
fn tables(args: &TopArgs, view: &mut View, session: &mut Session) -> Result<(), Trouble> {
    let mut left = args.times;
    let mut between = "";
    while left != Some(0) {
        view.look(usize::MAX, session)?;
        if args.json {
            json_line(view.json())?
        } else {
            text(&format!("{between}{}", view.table(session)))?
        }
        between = "\n";
        left = left.map(|left| left - 1);
        if left != Some(0) {
            view.pause(args.interval, session)?;
        }
    }
    Ok(())
}

/// Puts the terminal into a screen of its own, and back.
struct Screen {
    keys: Keys,
}

impl Screen {
    fn open() -> Result<Self, Failure> {
        let keys = Keys::take().map_err(Failure::environment)?;
        text("\x1b[?1049h\x1b[?25l")?;
        Ok(Self { keys })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing.
        let _ = text("\x1b[?25h\x1b[?1049l");
    }
}

fn live(interval: Duration, view: &mut View, session: &mut Session) -> Result<(), Trouble> {
    let mut narrator = session.narrator()?;
    let mut follower = Follower::from(session.client.log_end()?.saturating_sub(EVENTS_BEFORE));
    let mut keys = Decoder::new();
    let screen = Screen::open()?;
    let mut due = Instant::now();
    loop {
        screen.keys.check()?;
        if Instant::now() >= due {
            let layout = Layout::of(terminal::size().1);
            view.silent = match view.look(layout.services, session) {
                Err(Trouble::Silent) => true,
                looked => looked.map(|()| false)?,
            };
            due = Instant::now() + interval;
        }
        view.hear(&mut follower, &mut narrator, session)?;
        view.draw(session)?;
        match terminal::wait(&screen.keys, &session.client, Some(due)).map_err(Failure::environment)? {
            Woken::Keys(bytes) if bytes.is_empty() => return Ok(()),
            Woken::Keys(bytes) => {
                for key in bytes.into_iter().filter_map(|byte| keys.byte(byte)) {
                    if view.key(key) == Asked::Quit {
                        return Ok(());
                    }
                    due = Instant::now();
                }
            }
            Woken::System | Woken::Nothing => {}
        }
    }
}

#[derive(PartialEq, Eq)]
enum Asked {
    Nothing,
    Quit,
}

impl View {
    /// Waits, and notices when the system ends.
    fn pause(&mut self, interval: Duration, session: &mut Session) -> Result<(), Trouble> {
        let until = Instant::now() + interval;
        while let Some(bytes) = session.client.event(Some(until))? {
            self.finished = is_the_last_word(&bytes)?;
        }
        Ok(())
    }

    /// Asks for as many rows as are shown.
    fn look(&mut self, rows: usize, session: &mut Session) -> Result<(), Trouble> {
        let client = &mut session.client;
        self.uptime = client.uptime()?;
        self.listed = client.list()?;
        let problems_only = self.problems_only;
        let wanted = |row: &&Listed| !problems_only || row.state != ServiceState::Running;
        let shown: Vec<&Listed> = self.listed.iter().filter(wanted).collect();
        self.first = self.first.min(shown.len().saturating_sub(rows.max(1)));
        self.rows.clear();
        for row in shown.into_iter().skip(self.first).take(rows) {
            let service = client.status(&row.name)?;
            let now = Instant::now();
            let before = self.counted.insert(service.id, (service.messages, now));
            let rate = before.and_then(|(messages, at)| {
                let new = u128::from(service.messages.checked_sub(messages)?);
                u64::try_from(new * 1000 / now.duration_since(at).as_millis().max(1)).ok()
            });
            self.rows.push((service, rate));
        }
        Ok(())
    }

    fn hear(
        &mut self,
        follower: &mut Follower,
        narrator: &mut Narrator,
        session: &mut Session,
    ) -> Result<(), Trouble> {
        loop {
            let bytes = match follower.step(&mut session.client, Some(Instant::now())) {
                Ok(Step::Record(bytes)) => bytes,
                Ok(Step::Lost(_)) => continue,
                Ok(Step::Quiet) | Err(Trouble::Silent) => return Ok(()),
                Err(trouble) => return Err(trouble),
            };
            let Some(event) = narrator.decode(&bytes) else { continue };
            self.finished = event.what == What::Finished;
            if event.weight <= Weight::Detail {
                continue;
            }
            if self.events.len() == EVENTS {
                self.events.pop_front();
            }
            self.events.push_back((event.weight, event.line()));
        }
    }

    fn key(&mut self, key: Key) -> Asked {
        match key {
            Key::Char(b'q' | b'Q') | Key::Cancel => return Asked::Quit,
            Key::Char(b'p') => (self.problems_only, self.first) = (!self.problems_only, 0),
            Key::Up | Key::Char(b'k') => self.first = self.first.saturating_sub(1),
            Key::Down | Key::Char(b'j') => self.first = self.first.saturating_add(1),
            Key::Char(b' ') => self.first = self.first.saturating_add(10),
            Key::Home => self.first = 0,
            Key::End => self.first = usize::MAX,
            _ => {}
        }
        Asked::Nothing
    }

    fn draw(&self, session: &Session) -> Result<(), Failure> {
        let (columns, rows) = terminal::size();
        let layout = Layout::of(rows);
        let paint = session.paint;
        let mut lines: Vec<String> = self.head(session).lines().map(str::to_owned).collect();
        lines.extend(self.table(session).lines().map(str::to_owned));
        lines.resize(HEAD + layout.services, String::new());
        if layout.events > 0 {
            lines.push(paint.paint(Tone::Faint, "events"));
        }
        let last = self.events.len().saturating_sub(layout.events);
        let shown = self.events.iter().skip(last);
        lines.extend(shown.map(|(weight, line)| paint.paint(event_tone(*weight), line)));
        lines.resize(rows.saturating_sub(usize::from(layout.keys)), String::new());
        if layout.keys {
            lines.push(
                paint.paint(Tone::Faint, "q quit   p only what does not run   Up Down Home End scroll"),
            );
        }
        let mut screen = String::from("\x1b[H");
        let fitted: Vec<String> = lines.iter().map(|line| format!("{}\x1b[K", fit(line, columns))).collect();
        screen.push_str(&fitted.join("\r\n"));
        screen.push_str("\x1b[J");
        text(&screen)
    }

    fn head(&self, session: &Session) -> String {
        let mut counts: Vec<(ServiceState, usize)> = Vec::new();
        for row in &self.listed {
            match counts.iter_mut().find(|(state, _)| *state == row.state) {
                Some((_, count)) => *count += 1,
                None => counts.push((row.state, 1)),
            }
        }
        let silent = if self.silent { "   does not answer" } else { "" };
        let mut head = format!(
            "{}, up {}, on {}{}\n{}:",
            session.paint.paint(Tone::Strong, &self.version.system),
            Micros(self.uptime),
            self.version.kernel,
            session.paint.paint(Tone::Bad, silent),
            count(self.listed.len(), "service"),
        );
        for (state, count) in counts {
            let told = session.paint.paint(tone(state), &state.to_string());
            let _ = write!(head, "  {count} {told}");
        }
        head.push('\n');
        head
    }

    fn table(&self, session: &Session) -> String {
        let mut table = Table::default();
        let heads =
            ["NAME", "LAYER", "STATE", "INC", "UPTIME", "PRIO", "MEMORY", "MSG/S", "IGNORED", "LAST ERROR"];
        table.head(&heads, &[1, 3, 4, 5, 6, 7, 8]);
        for (service, rate) in &self.rows {
            let ignored = if service.rejected > 0 { Tone::Hot } else { Tone::Normal };
            table.row([
                Cell::new(&service.name),
                Cell::right(service.layer.to_string()),
                Cell::new(service.state.to_string()).tone(tone(service.state)),
                Cell::right(service.incarnation.to_string()),
                Cell::right(service.uptime.map_or("-".to_owned(), |uptime| Micros(uptime).to_string())),
                Cell::right(service.priority.to_string()),
                Cell::right(size(service.memory)),
                Cell::right(rate.map_or("-".to_owned(), |rate| rate.to_string())),
                Cell::right(service.rejected.to_string()).tone(ignored),
                Cell::new(service.last_error.map_or(String::new(), told)).tone(Tone::Hot),
            ]);
        }
        table.show(session.paint)
    }

    fn json(&self) -> serde_json::Value {
        let rows = self.rows.iter().map(|(service, rate)| {
            json!({
                "name": service.name,
                "state": service.state,
                "incarnation": service.incarnation,
                "uptime_us": service.uptime,
                "memory": service.memory,
                "messages": service.messages,
                "messages_per_second": rate,
                "rejected": service.rejected,
                "last_error": service.last_error.map(|code| code.to_string()),
            })
        });
        json!({"system": self.version.system, "uptime_us": self.uptime, "services": rows.collect::<Vec<_>>()})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_shared_out_to_its_last_line_and_never_further() {
        for rows in HEAD..200 {
            let Layout { services, events, keys } = Layout::of(rows);
            let lines = HEAD + services + events + usize::from(events > 0) + usize::from(keys);
            assert_eq!(lines, rows);
            assert!(services + 1 >= events && events <= EVENTS, "{rows}");
        }
        assert_eq!(Layout::of(0).services, 0);
        assert_eq!(Layout::of(24), Layout { services: 13, events: 6, keys: true });
    }
}
