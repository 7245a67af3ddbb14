// SPDX-License-Identifier: BSD-2-Clause
//! One QEMU: started with an image and boot parameters, watched, asked, ended in time.
//!
//! A run under [`Pace::Counted`] is the same in every repetition, however busy the host is, as long as it is asked
//! nothing.

use std::fmt;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::pipe::fcntl_setpipe_size;

use crate::boot_module::BootModule;
use crate::line::{Line, escaped};
use crate::log::{Answer, Log};
use crate::monitor::last_words;
use crate::request::Request;

/// The machine of seL4's pc99 platform, as far as everybody wants the same.
pub const MACHINE: &[&str] = &[
    "-machine",
    "q35",
    "-accel",
    "tcg",
    "-cpu",
    "qemu64,+fsgsbase,+rdrand",
    "-display",
    "none",
    "-nodefaults",
];

/// How long a run may last if nobody says.
const DEADLINE: Duration = Duration::from_secs(60);
/// How often a running machine is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// How long a console that reads like a kernel's end must be silent.
const SILENCE: Duration = Duration::from_secs(2);
/// Lines of the console that an outcome shows.
const CONSOLE_TAIL: usize = 40;

/// How the machine's time goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// With the host's clock, as for a user.
    Real,
    /// One nanosecond an instruction, and none while it waits.
    Counted,
}

/// Why a machine was not seen to do what was waited for.
#[derive(Debug)]
pub enum Trouble {
    /// Something of the host's: a file, a FIFO, QEMU.
    Host { what: String, error: io::Error },
    /// The machine went off first.
    Off { what: String },
    /// The deadline came first.
    Deadline { what: String },
    /// The kernel halted first.
    Halted { what: String, words: String },
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Host { what, error } => write!(f, "{what}: {error}"),
            Trouble::Off { what } => write!(f, "waited for {what}; the machine went off"),
            Trouble::Deadline { what } => write!(f, "waited for {what}; the deadline came"),
            Trouble::Halted { what, words } => {
                write!(f, "waited for {what}; the kernel has halted:\n{words}")
            }
        }
    }
}

impl std::error::Error for Trouble {}

fn host(what: impl fmt::Display) -> impl FnOnce(io::Error) -> Trouble {
    move |error| Trouble::Host { what: what.to_string(), error }
}

/// A machine to be.
#[derive(Clone, Debug)]
pub struct Machine {
    kernel: PathBuf,
    image: PathBuf,
    memory: u32,
    pace: Pace,
    parameters: Vec<(String, String)>,
    deadline: Duration,
    reboots: bool,
    /// More of QEMU's options.
    options: Vec<String>,
    console: Reading,
}

/// Whether the host takes what comes on the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    All,
    /// A full pipe.
    Nothing,
}

impl Machine {
    /// 128 MiB, counted time; ends by itself after a failed boot. `kernel` is what QEMU loads, `image` what
    /// `partenza pack` made.
    #[must_use]
    pub fn new(kernel: &Path, image: &Path) -> Self {
        let machine = Self {
            kernel: kernel.to_owned(),
            image: image.to_owned(),
            memory: 128,
            pace: Pace::Counted,
            parameters: Vec::new(),
            deadline: DEADLINE,
            reboots: false,
            options: Vec::new(),
            console: Reading::All,
        };
        machine.parameter("on-failure", "poweroff")
    }

    /// A boot parameter; the last value counts.
    #[must_use]
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.parameters.retain(|(known, _)| known != name);
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Ends by itself after BootComplete, too.
    #[must_use]
    pub fn ends_after_boot(self) -> Self {
        self.parameter("after-boot", "poweroff")
    }

    /// MiB of RAM.
    #[must_use]
    pub fn memory(mut self, mebibytes: u32) -> Self {
        self.memory = mebibytes;
        self
    }

    /// With the host's clock, services get ten times as long: the host may be busy.
    #[must_use]
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        if pace == Pace::Real { self.parameter("timeouts", "1000") } else { self }
    }

    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// A reset starts it again instead of ending it.
    #[must_use]
    pub fn reboots(mut self) -> Self {
        self.reboots = true;
        self
    }

    /// An option more for QEMU, and its value.
    #[must_use]
    pub fn option(mut self, name: &str, value: &str) -> Self {
        self.options.extend([name, value].map(str::to_owned));
        self
    }

    /// The console is there, and nobody reads it: what is written waits for ever.
    #[must_use]
    pub fn nobody_reads_the_console(mut self) -> Self {
        self.console = Reading::Nothing;
        self
    }

    /// Switches the machine on.
    ///
    /// # Errors
    /// QEMU cannot be started.
    pub fn start(&self) -> Result<Running, Trouble> {
        let path = self.image.with_extension(unique());
        let line = Line::make(path.clone()).map_err(host(path.display()))?;
        let module = BootModule::open(&self.image).map_err(host(self.image.display()))?;
        let mut command = self.command(&module, &line);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(host("qemu-system-x86_64"))?;
        let console = Arc::new(Mutex::new(Vec::new()));
        let keyboard = child.stdin.take();
        let mut output = child.stdout.take();
        let unread = match self.console {
            Reading::All => None,
            Reading::Nothing => output.take(),
        };
        if let Some(unread) = &unread {
            // What the pipe takes until it is full should not be the whole text.
            let _ = fcntl_setpipe_size(unread, 4096);
        }
        let streams = [output.map(boxed), child.stderr.take().map(boxed)];
        let read = |stream| {
            let console = Arc::clone(&console);
            thread::spawn(move || copy(stream, &console))
        };
        let readers = streams.into_iter().flatten().map(read).collect();
        let until = Instant::now() + self.deadline;
        let (log, silent_since) = (Log::default(), Instant::now());
        Ok(Running {
            child,
            keyboard,
            console,
            _unread: unread,
            readers,
            line,
            _module: module,
            log,
            tag: 0,
            until,
            said: 0,
            silent_since,
            judged: 0,
        })
    }

    fn command(&self, module: &BootModule, line: &Line) -> Command {
        let mut command = Command::new("qemu-system-x86_64");
        command.args(MACHINE).args(["-monitor", "none"]);
        if !self.reboots {
            command.arg("-no-reboot");
        }
        command.args(["-m", &self.memory.to_string()]);
        command.arg("-kernel").arg(&self.kernel).arg("-initrd").arg(module.argument());
        command.args(["-serial", "stdio"]).args(line.options());
        if self.pace == Pace::Counted {
            command.args(["-icount", "shift=0,sleep=off"]);
        }
        for (name, value) in &self.parameters {
            let value = escaped(value);
            command.arg("-fw_cfg").arg(format!("name=opt/partenza/{name},string={value}"));
        }
        command.args(&self.options);
        command
    }

    /// Runs until the machine goes off, or to the deadline.
    ///
    /// # Errors
    /// As [`Machine::start`].
    pub fn run(&self) -> Result<Outcome, Trouble> {
        Ok(self.start()?.end())
    }
}

fn boxed(stream: impl Read + Send + 'static) -> Box<dyn Read + Send> {
    Box::new(stream)
}

fn copy(mut stream: Box<dyn Read + Send>, console: &Mutex<Vec<u8>>) {
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut bytes) {
        if let Ok(mut console) = console.lock() {
            console.extend_from_slice(&bytes[..count]);
        }
    }
}

/// Tells runs of one image apart, also those of several processes.
fn unique() -> String {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A machine that is on.
pub struct Running {
    child: Child,
    keyboard: Option<ChildStdin>,
    console: Arc<Mutex<Vec<u8>>>,
    /// Of a console that nobody reads: without a reader at all QEMU would drop the text.
    _unread: Option<ChildStdout>,
    readers: Vec<JoinHandle<()>>,
    line: Line,
    _module: BootModule,
    log: Log,
    tag: u8,
    until: Instant,
    /// Bytes on the console, and since when there are no more.
    said: usize,
    silent_since: Instant,
    /// Bytes of the console that were found to be no kernel's end.
    judged: usize,
}

impl Running {
    /// The events so far.
    pub fn log(&mut self) -> &Log {
        let bytes = self.line.take();
        self.log.feed(&bytes);
        &self.log
    }

    /// The console's text so far.
    #[must_use]
    pub fn console(&self) -> String {
        self.console.lock().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Waits until the events are as wanted.
    ///
    /// # Errors
    /// They were not before the deadline, or before the machine went off.
    pub fn wait_for(&mut self, what: &str, wanted: impl Fn(&Log) -> bool) -> Result<(), Trouble> {
        self.wait(what, |running| wanted(running.log()))
    }

    /// Waits until the console's text from byte `from` on holds `text`; gives the place behind it.
    ///
    /// # Errors
    /// It did not before the deadline, or before the machine went off.
    pub fn wait_for_text(&mut self, from: usize, text: &str) -> Result<usize, Trouble> {
        self.wait(&format!("`{text}` on the console"), |running| {
            running.console().get(from..).is_some_and(|rest| rest.contains(text))
        })?;
        let console = self.console();
        Ok(from + console[from..].find(text).unwrap_or(0) + text.len())
    }

    fn wait(&mut self, what: &str, there: impl Fn(&mut Self) -> bool) -> Result<(), Trouble> {
        loop {
            let gone = !matches!(self.child.try_wait(), Ok(None));
            self.log();
            if there(self) {
                return Ok(());
            }
            let what = || what.to_owned();
            if gone {
                return Err(Trouble::Off { what: what() });
            }
            if Instant::now() > self.until {
                return Err(Trouble::Deadline { what: what() });
            }
            if let Some(words) = self.last_words() {
                return Err(Trouble::Halted { what: what(), words });
            }
            thread::sleep(LOOK);
        }
    }

    /// What a debug kernel said when it halted. A service that says the same and is heard no more for a while ends its own run.
    fn last_words(&mut self) -> Option<String> {
        let length = self.console.lock().map_or(0, |bytes| bytes.len());
        if length != self.said {
            (self.said, self.silent_since) = (length, Instant::now());
        }
        if length == self.judged || self.silent_since.elapsed() <= SILENCE {
            return None;
        }
        self.judged = length;
        last_words(&self.console())
    }

    /// Types `text` on the console.
    ///
    /// # Errors
    /// The machine is off.
    pub fn type_text(&mut self, text: &str) -> io::Result<()> {
        let keyboard = self.keyboard.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        keyboard.write_all(text.as_bytes())?;
        keyboard.flush()
    }

    /// Asks the Supervisor over the event line and waits for the answer.
    ///
    /// # Errors
    /// There is none.
    pub fn request(&mut self, request: &Request<'_>) -> Result<Answer, Trouble> {
        self.tag = self.tag.wrapping_add(1);
        let tag = self.tag;
        let (what, frame) = (request.what(), request.frame(tag));
        self.line.requests.write_all(&frame).map_err(host("the event line"))?;
        let there = |log: &Log| log.answers.iter().any(|answer| answer.tag == tag);
        self.wait_for(&format!("the answer to {what}"), there)?;
        let at = self.log.answers.iter().position(|answer| answer.tag == tag);
        // A tag comes again after 256 requests.
        Ok(at.map_or_else(Answer::default, |at| self.log.answers.remove(at)))
    }

    /// Waits until the machine goes off, or to the deadline.
    #[must_use]
    pub fn end(mut self) -> Outcome {
        let code = loop {
            self.log();
            match self.child.try_wait() {
                Ok(Some(status)) => break status.code(),
                Ok(None) if Instant::now() <= self.until && self.last_words().is_none() => {
                    thread::sleep(LOOK)
                }
                Ok(None) | Err(_) => break None,
            }
        };
        self.kill();
        self.outcome(code)
    }

    /// Switches the machine off.
    #[must_use]
    pub fn switch_off(mut self) -> Outcome {
        self.kill();
        self.outcome(None)
    }

    fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Its end of the pipes is closed, so these end, too.
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
    }

    fn outcome(&mut self, code: Option<i32>) -> Outcome {
        Outcome { code, log: self.log().clone(), console: self.console() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a run came to.
pub struct Outcome {
    /// QEMU's exit code; `None` when it was switched off from outside.
    pub code: Option<i32>,
    pub log: Log,
    pub console: String,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => writeln!(f, "QEMU ended with {code}")?,
            None => writeln!(f, "QEMU was ended from outside")?,
        }
        writeln!(f, "events:\n{}console, its last lines:", self.log)?;
        let lines: Vec<&str> = self.console.lines().collect();
        for line in &lines[lines.len().saturating_sub(CONSOLE_TAIL)..] {
            writeln!(f, "  | {line}")?;
        }
        Ok(())
    }
}
