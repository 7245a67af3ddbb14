// SPDX-License-Identifier: BSD-2-Clause
//! Output that nobody need read: a thread writes it, and whoever puts something in never waits.
//!
//! What a slow reader does not take is kept up to a limit; then the oldest goes, and what is written next is a line that says how
//! much is gone. A reader that stands still costs its text, not the machine whose text it is.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

/// How often it is looked whether to go on waiting for the reader.
const LOOK: Duration = Duration::from_millis(50);

/// How soon a writer tries again that is not let wait.
const AGAIN: Duration = Duration::from_millis(5);

/// Says that so many pieces, of so many bytes, are gone.
pub type Gone = fn(u64, u64) -> String;

#[derive(Default)]
struct State {
    pieces: VecDeque<Vec<u8>>,
    bytes: usize,
    /// Pieces and bytes that are gone since the last word about it.
    gone: (u64, u64),
    /// Pieces that are written, for whoever waits for progress.
    written: u64,
    /// The thread is writing.
    busy: bool,
    ended: bool,
    failed: Option<io::Error>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // No holder of the lock panics.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

pub struct Outlet {
    shared: Arc<Shared>,
    limit: usize,
}

impl Outlet {
    /// Writes to `to`, of which `limit` bytes may wait.
    pub fn new(to: impl Write + Send + 'static, limit: usize, gone: Gone) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        thread::Builder::new().name("outlet".to_owned()).spawn(move || write(to, &theirs, gone))?;
        Ok(Self { shared, limit })
    }

    /// A piece, which is written whole or not at all.
    pub fn put(&self, piece: Vec<u8>) {
        let mut state = self.shared.state();
        state.bytes += piece.len();
        state.pieces.push_back(piece);
        while state.bytes > self.limit {
            let Some(oldest) = state.pieces.pop_front() else { break };
            state.bytes -= oldest.len();
            state.gone.0 += 1;
            state.gone.1 += oldest.len() as u64;
        }
        self.shared.changed.notify_all();
    }

    /// Why nothing can be written any more.
    pub fn failure(&self) -> Option<io::Error> {
        self.shared.state().failed.take()
    }

    /// Waits until everything is written, as long as `patient` says so; it is asked with how many pieces are out.
    pub fn drain(&self, mut patient: impl FnMut(u64) -> bool) {
        let mut state = self.shared.state();
        while state.failed.is_none() && (state.busy || !state.pieces.is_empty()) && patient(state.written) {
            state = match self.shared.changed.wait_timeout(state, LOOK) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        // The thread may stand in a write that never ends; it goes with the process.
        self.shared.state().ended = true;
        self.shared.changed.notify_all();
    }
}

/// Also where writing does not wait: QEMU makes its terminal such a one, which is ours as well.
fn write_whole(to: &mut impl Write, mut piece: &[u8]) -> io::Result<()> {
    while !piece.is_empty() {
        match to.write(piece) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => piece = &piece[count..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(AGAIN),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn write(mut to: impl Write, shared: &Shared, gone: Gone) {
    let mut state = shared.state();
    loop {
        let (lost, bytes) = std::mem::take(&mut state.gone);
        let next = if lost > 0 { Some(gone(lost, bytes).into_bytes()) } else { state.pieces.pop_front() };
        let Some(piece) = next else {
            if state.ended || state.failed.is_some() {
                return;
            }
            state = shared.changed.wait(state).unwrap_or_else(std::sync::PoisonError::into_inner);
            continue;
        };
        if lost == 0 {
            state.bytes -= piece.len();
        }
        state.busy = true;
        drop(state);
        let outcome = write_whole(&mut to, &piece);
        state = shared.state();
        state.busy = false;
        state.written += 1;
        if let Err(error) = outcome {
            state.failed = Some(error);
            state.pieces.clear();
            shared.changed.notify_all();
            return;
        }
        shared.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::unix::net::UnixStream;
    use std::time::Instant;

    fn gone(pieces: u64, bytes: u64) -> String {
        format!("{pieces} of {bytes} gone\n")
    }

    fn soon(_: u64) -> bool {
        true
    }

    /// The reader takes nothing until everything is put in: nobody waits for it, and it learns what it missed.
    #[test]
    fn a_reader_that_stands_still_costs_the_oldest_text() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let outlet = Outlet::new(ours, 1 << 16, gone).unwrap();
        let line = |nth: u32| format!("{nth:0>1023}\n").into_bytes();
        let count = 4000;
        for nth in 0..count {
            outlet.put(line(nth));
        }
        let begun = Instant::now();
        outlet.drain(|_| begun.elapsed() < Duration::from_millis(100));
        let reader = thread::spawn(move || {
            let mut text = String::new();
            theirs.read_to_string(&mut text).map(|_| text)
        });
        outlet.drain(soon);
        drop(outlet);
        let text = reader.join().unwrap().unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let (told, text): (Vec<&str>, Vec<&str>) = lines.iter().partition(|line| line.ends_with("gone"));
        // More than once if the thread gets the processor late.
        let missing = told.iter().map(|line| {
            let mut words = line.split(' ');
            let pieces: u32 = words.next().unwrap().parse().unwrap();
            assert_eq!(*line, gone(pieces.into(), u64::from(pieces) * 1024).trim_end());
            pieces
        });
        let missing: u32 = missing.sum();
        assert!(missing > 0);
        assert_eq!(text.len() as u32 + missing, count, "each is there or counted");
        assert!(text.iter().all(|line| line.len() == 1023), "whole lines");
        assert_eq!(lines.last().unwrap().parse::<u32>().ok(), Some(count - 1), "the newest is kept");
    }

    /// QEMU's terminal is ours, and QEMU sets it so that nobody waits in a write.
    #[test]
    fn a_writer_that_is_not_let_wait_loses_nothing() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let outlet = Outlet::new(ours, 1 << 22, gone).unwrap();
        for _ in 0..2000 {
            outlet.put(vec![b'x'; 1000]);
        }
        let reader = thread::spawn(move || theirs.read_to_end(&mut Vec::new()));
        outlet.drain(soon);
        assert!(outlet.failure().is_none());
        drop(outlet);
        assert_eq!(reader.join().unwrap().unwrap(), 2_000_000);
    }

    #[test]
    fn a_reader_that_is_gone_is_a_failure() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(theirs);
        let outlet = Outlet::new(ours, 1 << 16, gone).unwrap();
        outlet.put(b"x".to_vec());
        outlet.drain(soon);
        assert_eq!(outlet.failure().map(|error| error.kind()), Some(io::ErrorKind::BrokenPipe));
    }
}
