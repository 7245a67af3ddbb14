// SPDX-License-Identifier: BSD-2-Clause
//! One QEMU: started with an image and boot parameters, watched, ended in time.

use std::fmt;
use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::image::Image;
use crate::log::Log;

/// How long a run may last if its case says nothing.
const DEADLINE: Duration = Duration::from_secs(60);
/// How often a running machine is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// Lines of the console that a failure shows.
const CONSOLE_TAIL: usize = 40;

/// How the machine's time goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// With the host's clock, as for a user.
    Real,
    /// One nanosecond an instruction, and none while it waits: the same in every run, whatever the host does.
    Counted,
}

/// A machine to be.
#[derive(Clone, Debug)]
pub struct Machine {
    image: Image,
    memory: u32,
    pace: Pace,
    parameters: Vec<(String, String)>,
    deadline: Duration,
}

impl Machine {
    /// 128 MiB, counted time; ends by itself after a failed boot.
    #[must_use]
    pub fn new(image: &Image) -> Self {
        let machine = Self {
            image: image.clone(),
            memory: 128,
            pace: Pace::Counted,
            parameters: Vec::new(),
            deadline: DEADLINE,
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

    /// Switches the machine on.
    ///
    /// # Panics
    /// QEMU cannot be started.
    #[must_use]
    pub fn start(&self) -> Running {
        let events = self.image.path.with_extension(format!("events-{}", unique()));
        fs::write(&events, []).unwrap_or_else(|error| panic!("{}: {error}", events.display()));
        let mut command = Command::new("qemu-system-x86_64");
        command.args(["-machine", "q35", "-accel", "tcg", "-cpu", "qemu64,+fsgsbase,+rdrand"]);
        command.args(["-display", "none", "-monitor", "none", "-nodefaults", "-no-reboot"]);
        command.args(["-m", &self.memory.to_string()]);
        command.arg("-kernel").arg(self.image.kernel.boot_image()).arg("-initrd").arg(&self.image.path);
        command.args(["-serial", "stdio", "-serial"]).arg(format!("file:{}", events.display()));
        if self.pace == Pace::Counted {
            command.args(["-icount", "shift=0,sleep=off"]);
        }
        for (name, value) in &self.parameters {
            command.arg("-fw_cfg").arg(format!("name=opt/partenza/{name},string={value}"));
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let console = Arc::new(Mutex::new(Vec::new()));
        let keyboard = child.stdin.take();
        let streams = [child.stdout.take().map(boxed), child.stderr.take().map(boxed)];
        let read = |stream| {
            let console = Arc::clone(&console);
            thread::spawn(move || copy(stream, &console))
        };
        let readers = streams.into_iter().flatten().map(read).collect();
        Running { child, keyboard, console, readers, events, until: Instant::now() + self.deadline }
    }

    /// Runs until the machine goes off, or to the deadline.
    #[must_use]
    pub fn run(&self) -> Outcome {
        self.start().end()
    }

    /// Runs until `wanted` is satisfied, then switches the machine off.
    #[must_use]
    #[track_caller]
    pub fn run_until(&self, what: &str, wanted: impl Fn(&Log) -> bool) -> Outcome {
        let mut running = self.start();
        running.wait_for(what, wanted);
        running.switch_off()
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

/// Tells runs of one image apart.
fn unique() -> usize {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A machine that is on.
pub struct Running {
    child: Child,
    keyboard: Option<ChildStdin>,
    console: Arc<Mutex<Vec<u8>>>,
    readers: Vec<JoinHandle<()>>,
    events: PathBuf,
    until: Instant,
}

impl Running {
    /// The events so far.
    ///
    /// # Panics
    /// The file that QEMU writes them to cannot be read.
    #[must_use]
    pub fn log(&self) -> Log {
        let bytes =
            fs::read(&self.events).unwrap_or_else(|error| panic!("{}: {error}", self.events.display()));
        Log::read(&bytes)
    }

    /// The console's text so far.
    #[must_use]
    pub fn console(&self) -> String {
        self.console.lock().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Waits until the events are as wanted.
    ///
    /// # Panics
    /// They were not before the deadline, or before the machine went off.
    #[track_caller]
    pub fn wait_for(&mut self, what: &str, wanted: impl Fn(&Log) -> bool) {
        self.wait(what, |running| wanted(&running.log()));
    }

    /// Waits until the console's text from byte `from` on holds `text`; gives the place behind it.
    ///
    /// # Panics
    /// It did not before the deadline, or before the machine went off.
    #[track_caller]
    pub fn wait_for_text(&mut self, from: usize, text: &str) -> usize {
        self.wait(&format!("`{text}` on the console"), |running| {
            running.console().get(from..).is_some_and(|rest| rest.contains(text))
        });
        let console = self.console();
        from + console[from..].find(text).unwrap_or(0) + text.len()
    }

    #[track_caller]
    fn wait(&mut self, what: &str, there: impl Fn(&Self) -> bool) {
        loop {
            let gone = !matches!(self.child.try_wait(), Ok(None));
            if there(self) {
                return;
            }
            if gone || Instant::now() > self.until {
                let why = if gone { "the machine went off" } else { "the deadline came" };
                let outcome = self.outcome(None);
                self.kill();
                panic!("waited for {what}; {why}\n{outcome}");
            }
            thread::sleep(LOOK);
        }
    }

    /// Types `text` on the console.
    ///
    /// # Panics
    /// The machine is off.
    #[track_caller]
    pub fn type_text(&mut self, text: &str) {
        let keyboard = self.keyboard.as_mut().expect("the keyboard is connected");
        keyboard.write_all(text.as_bytes()).and_then(|()| keyboard.flush()).expect("the machine takes keys");
    }

    /// Waits until the machine goes off, or to the deadline.
    #[must_use]
    pub fn end(mut self) -> Outcome {
        let code = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break status.code(),
                Ok(None) if Instant::now() <= self.until => thread::sleep(LOOK),
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

    fn outcome(&self, code: Option<i32>) -> Outcome {
        Outcome { code, log: self.log(), console: self.console() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_file(&self.events);
    }
}

/// What a run came to.
pub struct Outcome {
    /// QEMU's exit code; `None` when it was switched off from outside.
    pub code: Option<i32>,
    pub log: Log,
    pub console: String,
}

impl Outcome {
    /// A condition that must hold.
    ///
    /// # Panics
    /// It does not; shows everything that was seen.
    #[track_caller]
    pub fn must(&self, what: &str, holds: bool) {
        assert!(holds, "does not hold: {what}\n{self}");
    }

    /// # Panics
    /// `left` and `right` are not equal; shows everything that was seen.
    #[track_caller]
    pub fn same<T: PartialEq + fmt::Debug>(&self, what: &str, left: T, right: T) {
        assert!(left == right, "{what}: {left:?} is not {right:?}\n{self}");
    }

    /// The machine went off by itself, after its last word, and lost no event.
    ///
    /// # Panics
    /// It did not.
    #[track_caller]
    pub fn must_have_ended(&self) {
        use partenza_protocol::event::Event;
        self.same("QEMU's exit code", self.code, Some(0));
        self.same("the last event", self.log.events().next_back(), Some(&Event::Finished));
        self.same("the event line", self.log.whole(), Ok(()));
    }
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
