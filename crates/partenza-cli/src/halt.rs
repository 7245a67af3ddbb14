// SPDX-License-Identifier: BSD-2-Clause
//! Notices that a machine's kernel has halted: nothing runs any more, so nothing will ever be said again.
//!
//! The processor decides, never the console: services may print a kernel's words, and a release kernel says nothing. It is
//! looked at while the machine is silent, and at once when the console reads like a kernel's end.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use partenza_compiler::Code;
use partenza_lab::monitor::{Monitor, Processor, last_words};

use crate::failure::Told;

/// How long a machine is silent before its processor is looked at.
const SILENCE: Duration = Duration::from_secs(1);
/// How often it is looked at then.
const LOOK: Duration = Duration::from_millis(300);
/// How often in a row it must be found halted.
const TIMES: u32 = 2;

pub struct HaltWatch {
    socket: PathBuf,
    monitor: Option<Monitor>,
    next: Instant,
    found: u32,
}

impl HaltWatch {
    /// `socket` is where QEMU's monitor will be.
    pub fn new(socket: PathBuf) -> Self {
        Self { socket, monitor: None, next: Instant::now(), found: 0 }
    }

    /// What is to be said of a kernel that has halted. `silent` is how long the machine has said nothing, `console` the end of
    /// what it said.
    pub fn look(&mut self, silent: Duration, console: &str) -> Option<Told> {
        let now = Instant::now();
        if now < self.next {
            return None;
        }
        self.next = now + LOOK;
        if self.monitor.is_none() {
            // QEMU may not be that far yet.
            self.monitor = Monitor::connect(&self.socket).ok();
        }
        let words = last_words(console);
        if silent < SILENCE && words.is_none() {
            self.found = 0;
            return None;
        }
        let monitor = self.monitor.as_mut()?;
        match monitor.processor() {
            Ok(Processor::Halted) => self.found += 1,
            Ok(Processor::Works) => self.found = 0,
            Err(_) => {
                // It has ended, or will be asked again.
                self.monitor = None;
                self.found = 0;
            }
        }
        (self.found >= TIMES).then(|| told(words.as_deref()))
    }

    /// Why the machine went off, as QEMU names it: `guest-reset`, `guest-shutdown`.
    pub fn reason(&mut self) -> Option<String> {
        self.monitor.as_mut()?.last_reason()
    }
}

/// What is said, with the kernel's own words.
pub fn told(words: Option<&str>) -> Told {
    let words = match words.filter(|words| !words.is_empty()) {
        Some(words) => words.lines().map(|line| format!("\n  | {line}")).collect(),
        None => " and says nothing, as a release kernel does".to_owned(),
    };
    let code = Code::KernelHalted;
    Told::of(code, format_args!("{}{words}", code.row().title), code.row().hint)
}
