// SPDX-License-Identifier: BSD-2-Clause
//! A machine's console on its way to whoever reads it: whole lines beside other output, and a copy of the last ones, for the
//! kernel's words when it halts.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::outlet::Outlet;

/// Bytes that wait for a reader.
const ROOM: usize = 256 << 10;
/// Bytes of the end that are kept.
const KEPT: usize = 8 << 10;
/// How long the beginning of a line waits for its end.
const HALF_A_LINE: Duration = Duration::from_millis(250);

/// How the text is passed on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// In whole lines, because other lines go the same way. A prompt, which has no end, is a line of its own after a while.
    Lines,
    /// As it comes.
    Bytes,
}

/// Whether the last line of a console is not over.
#[derive(Clone, Default)]
pub struct Cursor(Arc<AtomicBool>);

impl Cursor {
    fn is_mid_line(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Lines of ours on a terminal that shows a console as well: each waits a little for the end of the console's line, and begins
/// a new one if there is none, as behind a prompt.
pub struct BesideConsole {
    to: File,
    /// Once there is a console.
    cursor: Arc<OnceLock<Cursor>>,
    /// The last write ended a line.
    fresh: bool,
}

impl BesideConsole {
    pub fn new(to: File, cursor: Arc<OnceLock<Cursor>>) -> Self {
        Self { to, cursor, fresh: true }
    }
}

impl Write for BesideConsole {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(cursor) = self.cursor.get().filter(|_| self.fresh) {
            let until = Instant::now() + HALF_A_LINE;
            while cursor.is_mid_line() && Instant::now() < until {
                thread::sleep(HALF_A_LINE / 50);
            }
            if cursor.is_mid_line() {
                self.to.write_all(b"\r\n")?;
                // The console goes on at the beginning of a line of its own.
                cursor.0.store(false, Ordering::Relaxed);
            }
        }
        let count = self.to.write(bytes)?;
        self.fresh = bytes[..count].last() == Some(&b'\n');
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// The end of the text, and when something came last.
struct Tail {
    text: Vec<u8>,
    at: Instant,
}

pub struct Console {
    tail: Arc<Mutex<Tail>>,
    cursor: Cursor,
    outlet: Option<Arc<Outlet>>,
    /// The machine is gone: what cannot be read now will not come.
    stop: Arc<AtomicBool>,
    pump: Option<JoinHandle<()>>,
}

fn gone(_: u64, bytes: u64) -> String {
    format!("\n[partenza: nobody read {bytes} bytes of the console, they are gone]\n")
}

impl Console {
    /// Reads `from` to its end. Without `to` the text is shown by somebody else already.
    pub fn start(from: OwnedFd, to: Option<(File, Form)>) -> io::Result<Self> {
        let form = to.as_ref().map_or(Form::Bytes, |(_, form)| *form);
        let outlet = to.map(|(file, _)| Outlet::new(file, ROOM, gone)).transpose()?.map(Arc::new);
        let tail = Arc::new(Mutex::new(Tail { text: Vec::new(), at: Instant::now() }));
        let cursor = Cursor::default();
        let stop = Arc::new(AtomicBool::new(false));
        let pump = Pump {
            stop: Arc::clone(&stop),
            tail: Arc::clone(&tail),
            cursor: cursor.clone(),
            outlet: outlet.clone(),
            form,
            line: Vec::new(),
        };
        let pump = thread::Builder::new().name("console".to_owned()).spawn(move || pump.run(&from.into()))?;
        Ok(Self { tail, cursor, outlet, stop, pump: Some(pump) })
    }

    /// Where its last line stands, as it goes on.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// Its last lines, and for how long it has said nothing.
    pub fn tail(&self) -> (String, Duration) {
        let tail = self.tail.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        (String::from_utf8_lossy(&tail.text).into_owned(), tail.at.elapsed())
    }

    /// The machine is gone: what it said goes out, as long as the reader takes some of it in `patience`.
    pub fn end(&mut self, patience: Duration) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(pump) = self.pump.take() {
            // It has nothing to say.
            let _ = pump.join();
        }
        let Some(outlet) = &self.outlet else { return };
        let (mut seen, mut since) = (0, Instant::now());
        outlet.drain(|written| {
            if written != seen {
                (seen, since) = (written, Instant::now());
            }
            since.elapsed() < patience
        });
    }
}

/// The file for the console. One that needs a reader before it can be opened for writing is opened for both.
pub fn file(path: &Path) -> io::Result<File> {
    let fifo = fs::metadata(path).is_ok_and(|there| there.file_type().is_fifo());
    if fifo { OpenOptions::new().read(true).write(true).open(path) } else { File::create(path) }
}

struct Pump {
    stop: Arc<AtomicBool>,
    tail: Arc<Mutex<Tail>>,
    cursor: Cursor,
    outlet: Option<Arc<Outlet>>,
    form: Form,
    /// The beginning of a line.
    line: Vec<u8>,
}

impl Pump {
    fn run(mut self, mut from: &File) {
        let mut bytes = [0; 4096];
        loop {
            if !ready(from, HALF_A_LINE) {
                if !self.line.is_empty() {
                    self.line.push(b'\n');
                    self.put();
                }
                if self.stop.load(Ordering::Relaxed) {
                    break;
                }
                continue;
            }
            match from.read(&mut bytes) {
                Ok(0) => break,
                Ok(count) => self.take(&bytes[..count]),
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => {}
                Err(_) => break,
            }
        }
        self.put();
    }

    fn take(&mut self, bytes: &[u8]) {
        {
            let mut tail = self.tail.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            tail.text.extend_from_slice(bytes);
            let over = tail.text.len().saturating_sub(KEPT);
            tail.text.drain(..over);
            tail.at = Instant::now();
        }
        // The kernel ends its lines with both, in the order that terminals do not expect.
        self.cursor.0.store(!matches!(bytes.last(), Some(b'\n' | b'\r')), Ordering::Relaxed);
        if self.outlet.is_none() {
            return;
        }
        match self.form {
            Form::Bytes => {
                self.line.extend_from_slice(bytes);
                self.put();
            }
            Form::Lines => {
                for byte in bytes {
                    self.line.push(*byte);
                    if *byte == b'\n' || self.line.len() >= KEPT {
                        self.put();
                    }
                }
            }
        }
    }

    fn put(&mut self) {
        let line = std::mem::take(&mut self.line);
        if let Some(outlet) = self.outlet.as_ref().filter(|_| !line.is_empty()) {
            outlet.put(line);
        }
    }
}

/// Whether something can be read within that time.
fn ready(from: &File, patience: Duration) -> bool {
    let mut fds = [PollFd::new(from, PollFlags::IN)];
    let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(patience.subsec_nanos()) };
    // What cannot be told now is told by reading.
    poll(&mut fds, Some(&timeout)).map_or(true, |count| count > 0)
}

/// Standard error, apart from the lock that this program's own words take.
pub fn standard_error() -> io::Result<File> {
    io::stderr().as_fd().try_clone_to_owned().map(File::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Seek;
    use std::os::unix::net::UnixStream;

    fn text(file: &mut File) -> String {
        file.rewind().unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn lines_are_whole_and_a_prompt_is_one_in_the_end() {
        for (form, prompt) in [(Form::Bytes, "partenza> "), (Form::Lines, "partenza> \n")] {
            // Who reads has a place of its own in the file: with the writer's it would move that.
            let file = tempfile::NamedTempFile::new().unwrap();
            let (ours, mut theirs) = UnixStream::pair().unwrap();
            let mut console = Console::start(ours.into(), Some((file.reopen().unwrap(), form))).unwrap();
            theirs.write_all(b"one\ntwo\npartenza> ").unwrap();
            let expected = format!("one\ntwo\n{prompt}");
            let until = Instant::now() + Duration::from_secs(60);
            let mut reader = file.reopen().unwrap();
            while text(&mut reader) != expected && Instant::now() < until {
                thread::sleep(HALF_A_LINE / 5);
            }
            assert!(console.cursor().is_mid_line());
            theirs.write_all(b"halting...").unwrap();
            drop(theirs);
            console.end(Duration::from_secs(60));
            assert_eq!(text(&mut reader), format!("{expected}halting..."));
            assert_eq!(console.tail().0, "one\ntwo\npartenza> halting...");
        }
    }
}
