// SPDX-License-Identifier: BSD-2-Clause
//! The user's terminal: keys one by one, its size, and waiting for keys and events at the same time.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};

use super::client::Client;
use crate::Failure;
use crate::held::Held;
use crate::output::is_screen;

/// Keys come as they are pressed and are not shown; the terminal is as before when this is dropped.
pub struct Keys {
    before: Termios,
    held: Held,
}

impl Keys {
    pub fn take() -> io::Result<Self> {
        let held = Held::begin()?;
        let before = tcgetattr(io::stdin())?;
        let mut settings = before.clone();
        settings.local_modes &=
            !(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG | LocalModes::IEXTEN);
        settings.input_modes &= !(InputModes::ICRNL | InputModes::IXON);
        settings.special_codes[SpecialCodeIndex::VMIN] = 1;
        settings.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(io::stdin(), OptionalActions::Now, &settings)?;
        Ok(Self { before, held })
    }

    /// Whether a signal wants the command to end.
    pub fn check(&self) -> Result<(), Failure> {
        self.held.check()
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

/// Whether somebody sits there, before a terminal that can be drawn on.
pub fn is_interactive() -> bool {
    io::stdin().is_terminal() && is_screen(&io::stdout())
}

/// Columns and rows.
pub fn size() -> (usize, usize) {
    match tcgetwinsize(io::stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => {
            (usize::from(size.ws_col), usize::from(size.ws_row))
        }
        _ => (80, 24),
    }
}

/// What came first.
pub enum Woken {
    /// Bytes of keys; none when the terminal is gone.
    Keys(Vec<u8>),
    /// The system said something, or ended.
    System,
    /// Neither in time.
    Nothing,
}

/// Waits for keys, the system, a signal, or the end of the time.
pub fn wait(keys: &Keys, client: &Client, until: Option<Instant>) -> io::Result<Woken> {
    let stdin = io::stdin();
    let timeout = until.map(|until| {
        let left = until.saturating_duration_since(Instant::now());
        Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) }
    });
    let mut fds = [
        PollFd::new(&stdin, PollFlags::IN),
        PollFd::from_borrowed_fd(client.as_fd(), PollFlags::IN),
        PollFd::new(&keys.held, PollFlags::IN),
    ];
    match poll(&mut fds, timeout.as_ref()) {
        // A window that changed its size interrupts.
        Ok(0) | Err(Errno::INTR) => Ok(Woken::Nothing),
        Ok(_) if !fds[2].revents().is_empty() => Ok(Woken::Nothing),
        Ok(_) if fds[0].revents().is_empty() => Ok(Woken::System),
        Ok(_) => {
            let mut bytes = [0; 256];
            // Not through std's buffer, in which bytes would hide from `poll`.
            let count = rustix::io::read(&stdin, &mut bytes)?;
            Ok(Woken::Keys(bytes[..count].to_vec()))
        }
        Err(error) => Err(error.into()),
    }
}

/// A line as wide as the terminal at most; escape sequences take no room.
pub fn fit(line: &str, columns: usize) -> String {
    let mut out = String::with_capacity(line.len());
    let (mut room, mut escape) = (columns, false);
    for c in line.chars() {
        if escape {
            escape = !c.is_ascii_alphabetic();
        } else if c == '\x1b' {
            escape = true;
        } else if room == 0 {
            continue;
        } else {
            room -= 1;
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn a_line_is_cut_to_its_columns_but_its_colours_end() {
        assert_eq!(fit("abc", 5), "abc");
        assert_eq!(fit("a\x1b[31mbcd\x1b[0me", 3), "a\x1b[31mbc\x1b[0m");
        assert_eq!(fit("héé", 2), "hé");
    }
}
