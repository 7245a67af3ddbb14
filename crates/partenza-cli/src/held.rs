// SPDX-License-Identifier: BSD-2-Clause
//! Signals that end a command while it holds what must be put away first: a machine, the terminal's settings.
//!
//! SIGTERM, SIGINT and SIGHUP do what they always do, but while somebody is [`Held`] they only leave word: whoever holds
//! looks for it, puts away, and ends with [`Failure::Signal`], as the shell tells it of a program that a signal ended.
//! Who sleeps polls the guard's file as well, so that no signal is slept through that comes right before.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::low_level::pipe;

use crate::Failure;

struct Word {
    /// The signal that came; 0 when none did.
    left: Arc<AtomicUsize>,
    /// Nothing is held: a signal ends the command at once.
    free: Arc<AtomicBool>,
    /// Can be read once a signal came.
    bell: UnixStream,
}

static WORD: OnceLock<Word> = OnceLock::new();

/// Something is held; one at a time.
pub struct Held(&'static Word);

impl Held {
    pub fn begin() -> io::Result<Self> {
        let word = match WORD.get() {
            Some(word) => word,
            None => {
                let word = listen()?;
                WORD.get_or_init(|| word)
            }
        };
        word.free.store(false, Ordering::SeqCst);
        Ok(Self(word))
    }

    /// Whether a signal wants the command to end.
    pub fn check(&self) -> Result<(), Failure> {
        match u8::try_from(self.0.left.load(Ordering::SeqCst)) {
            Ok(0) | Err(_) => Ok(()),
            Ok(signal) => Err(Failure::Signal(signal)),
        }
    }
}

impl AsFd for Held {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.bell.as_fd()
    }
}

/// Signals leave word from here on.
fn listen() -> io::Result<Word> {
    let (left, free) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(true)));
    let (bell, rope) = UnixStream::pair()?;
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        flag::register_conditional_default(signal, Arc::clone(&free))?;
        flag::register_usize(signal, Arc::clone(&left), signal.unsigned_abs() as usize)?;
        pipe::register(signal, rope.try_clone()?)?;
    }
    Ok(Word { left, free, bell })
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.free.store(true, Ordering::SeqCst);
    }
}
