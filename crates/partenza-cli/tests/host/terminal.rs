// SPDX-License-Identifier: BSD-2-Clause
//! `top` and `console` on a terminal that we play.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use partenza_protocol::event::Event;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use crate::fake::{Fake, ready};

const PATIENCE: Duration = Duration::from_secs(20);

/// A command on a terminal.
struct Session {
    keyboard: File,
    /// The other side, to look at its settings.
    terminal: File,
    child: Child,
    screen: Receiver<Vec<u8>>,
    seen: String,
}

impl Session {
    /// On one of 100 by 30.
    fn start(fake: &Fake, args: &[&str]) -> Self {
        Self::of_size(fake, args, 100, 30)
    }

    fn of_size(fake: &Fake, args: &[&str], columns: u16, rows: u16) -> Self {
        Self::of_kind(fake, args, "xterm", columns, rows)
    }

    fn of_kind(fake: &Fake, args: &[&str], term: &str, columns: u16, rows: u16) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let terminal = OpenOptions::new().read(true).write(true).open(name).unwrap();
        tcsetwinsize(&master, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        let side = || Stdio::from(terminal.try_clone().unwrap());
        let child =
            fake.command(args).env("TERM", term).stdin(side()).stdout(side()).stderr(side()).spawn().unwrap();
        let keyboard = File::from(master);
        let mut reader = keyboard.try_clone().unwrap();
        let (sender, screen) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count) = reader.read(&mut buffer) {
                if count == 0 || sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { keyboard, terminal, child, screen, seen: String::new() }
    }

    /// Waits until the screen has shown `text` since the last time.
    fn shows(&mut self, text: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.seen.contains(text) {
            let left = until.saturating_duration_since(Instant::now());
            let bytes =
                self.screen.recv_timeout(left).unwrap_or_else(|_| panic!("no {text:?} in {:?}", self.seen));
            self.seen.push_str(&String::from_utf8_lossy(&bytes));
        }
        let end = self.seen.find(text).unwrap() + text.len();
        self.seen.drain(..end);
    }

    fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Ends as it should, with the terminal as it was.
    fn ends(mut self, code: i32) {
        assert_eq!(self.child.wait().unwrap().code(), Some(code));
        let modes = tcgetattr(&self.terminal).unwrap().local_modes;
        assert!(modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG), "{modes:?}");
    }
}

/// Whether this machine has pseudo terminals; a bare chroot without devpts has none, and then these cases are skipped,
/// said past the test runner's capture.
fn terminals_exist() -> bool {
    let exist = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).is_ok();
    if !exist {
        let said = b"SKIPPED: no pseudo terminals on this machine (mount devpts on /dev/pts)\n";
        // Nobody to tell if even this cannot be written.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), said);
    }
    exist
}

#[test]
fn top_shows_services_and_events_and_leaves_the_terminal_as_it_was() {
    if !terminals_exist() {
        return;
    }
    let fake = Fake::start(&["axiom", "network"]);
    let mut session = Session::start(&fake, &["top", "--interval", "100ms"]);
    session.shows("\x1b[?1049h");
    session.shows("2 services:");
    session.shows("network");
    fake.world().happens(ready(1));
    session.shows("network ready");
    session.types("p");
    session.shows("2 services:");
    // End and Down at once: there is nothing below the end.
    session.types("\x1b[F\x1b[B p");
    session.shows("network");
    session.types("q");
    session.shows("\x1b[?25h\x1b[?1049l");
    session.ends(0);
}

/// As in an editor's shell window: it shows escape sequences as they are.
#[test]
fn a_dumb_terminal_gets_plain_text() {
    if !terminals_exist() {
        return;
    }
    let fake = Fake::start(&["axiom", "network"]);
    for args in [&["status"][..], &["top", "-n", "1"], &["log"]] {
        fake.world().logged(ready(1));
        let mut session = Session::of_kind(&fake, args, "dumb", 100, 30);
        session.shows("network");
        let status = session.child.wait().unwrap();
        while let Ok(bytes) = session.screen.recv_timeout(Duration::from_millis(200)) {
            session.seen.push_str(&String::from_utf8_lossy(&bytes));
        }
        assert!(status.success() && !session.seen.contains('\x1b'), "{args:?}: {:?}", session.seen);
    }
}

#[test]
fn a_signal_puts_the_terminal_back() {
    if !terminals_exist() {
        return;
    }
    let fake = Fake::start(&["axiom"]);
    for (args, seen) in [(&["top", "--interval", "1h"][..], "1 service:"), (&["console"], "partenza> ")] {
        let mut session = Session::start(&fake, args);
        session.shows(seen);
        let pid = rustix::process::Pid::from_child(&session.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        session.ends(128 + 15);
    }
}

/// What a screen shows in one go: its lines, without what steers the terminal.
fn screen(session: &mut Session) -> Vec<String> {
    session.shows("\x1b[H");
    let mut text = String::new();
    let until = Instant::now() + PATIENCE;
    while !session.seen.contains("\x1b[J") {
        let left = until.saturating_duration_since(Instant::now());
        session.seen.push_str(&String::from_utf8_lossy(&session.screen.recv_timeout(left).unwrap()));
    }
    let mut escape = false;
    for c in session.seen.split("\x1b[J").next().unwrap().chars() {
        match c {
            '\x1b' => escape = true,
            c if escape => escape = !c.is_ascii_alphabetic(),
            c => text.push(c),
        }
    }
    text.split('\n').map(|line| line.trim_end_matches('\r').to_owned()).collect()
}

#[test]
fn top_fits_a_terminal_of_whatever_size() {
    if !terminals_exist() {
        return;
    }
    let names: Vec<String> = (0..40).map(|n| format!("service_{n}")).collect();
    let fake = Fake::start(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for service in 0..20 {
        fake.world().logged(ready(service));
    }
    for (columns, rows) in [(100, 30), (40, 12), (30, 6), (20, 4), (7, 1)] {
        let mut session = Session::of_size(&fake, &["top", "--interval", "100ms"], columns, rows);
        let lines = screen(&mut session);
        assert_eq!(lines.len(), usize::from(rows), "{columns} by {rows}: {lines:?}");
        let widest = lines.iter().map(|line| line.chars().count()).max();
        assert!(widest <= Some(columns.into()), "{columns} by {rows}: {lines:?}");
        let services = lines.iter().filter(|line| line.starts_with("service_")).count();
        let events = lines.iter().filter(|line| line.starts_with('[')).count();
        let expected = match rows {
            30 => (19, 6),
            12 => (5, 2),
            6 => (2, 0),
            4 => (1, 0),
            _ => (0, 0),
        };
        assert_eq!((services, events), expected, "{columns} by {rows}: {lines:?}");
        session.types("q");
        session.ends(0);
    }
}

#[test]
fn top_of_a_system_that_finishes_has_not_failed() {
    if !terminals_exist() {
        return;
    }
    let fake = Fake::start(&["axiom"]);
    let mut session = Session::start(&fake, &["top"]);
    session.shows("1 service:");
    fake.world().happens(Event::Finished);
    fake.hang_up();
    session.shows("\x1b[?1049l");
    session.shows("the system has finished");
    session.ends(0);
}

#[test]
fn top_ends_when_the_system_does() {
    if !terminals_exist() {
        return;
    }
    let fake = Fake::start(&["axiom"]);
    let mut session = Session::start(&fake, &["top"]);
    session.shows("1 service:");
    fake.hang_up();
    session.shows("\x1b[?1049l");
    session.shows("PZ-0803");
    session.ends(2);
}

#[test]
fn the_console_edits_completes_runs_and_shows_events_above_the_prompt() {
    if !terminals_exist() {
        return;
    }
    let fake = Fake::start(&["axiom", "network"]);
    let mut session = Session::start(&fake, &["console"]);
    session.shows("partenza> ");
    session.types("upt\t\r");
    session.shows("up 01 min 01 s\r\npartenza> ");
    session.types("status ne");
    session.shows("status ne");
    fake.world().happens(ready(0));
    session.shows("axiom ready");
    session.shows("partenza> status ne");
    session.types("\t\r");
    session.shows("incarnation  3");
    session.types("restart nobody\r");
    session.shows("PZ-E0404 no service of that name");
    session.types("frobnicate\r");
    session.shows("unrecognized subcommand");
    // What a waiting command reads is shown all the same.
    fake.world().consequences = vec![ready(1)];
    session.types("restart network --wait\r");
    session.shows("network ready\r\n");
    session.shows("network ready");
    session.shows("partenza> ");
    session.types("\x04");
    session.ends(0);
}

#[test]
fn the_console_ends_with_the_system() {
    if !terminals_exist() {
        return;
    }
    let fake = Fake::start(&["axiom"]);
    let mut session = Session::start(&fake, &["console"]);
    session.shows("partenza> ");
    fake.world().happens(Event::Finished);
    session.shows("the system has finished");
    session.ends(0);
    let mut session = Session::start(&fake, &["console"]);
    session.shows("partenza> ");
    fake.hang_up();
    session.shows("PZ-0803");
    session.ends(2);
}
