// SPDX-License-Identifier: BSD-2-Clause
//! `run`: boots an image and judges the boot by its events, never by the console's text.

use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::args::{EventFormat, FileArgs, PackArgs, RunArgs, SystemArgs};
use crate::events::{Decoded, Decoder, What};
use crate::failure::Told;
use crate::held::Held;
use crate::output::{json_line, outln};
use crate::qemu::ENDING;
use crate::{pack, qemu, session};

/// How often the machine is looked at when nothing is said.
const GLANCE: Duration = Duration::from_millis(50);
/// How long a headless machine may go on after its boot failed: its last events are still on the line.
const AFTERMATH: Duration = Duration::from_millis(1500);

/// Where events go; an error ends the machine.
pub type Sink<'s> = dyn FnMut(&Decoded) -> Result<(), Failure> + 's;

pub const EXAMPLES: &str = "\
Examples:
  partenza run .
      boot, and stay at the system's shell (Ctrl-A X ends QEMU)
  partenza run image.elf --headless --events json
      boot without a terminal, events as JSON lines
  partenza run . --param log=debug --param hold=network
      a service that is made and does not run, so that it can be looked at";

pub fn run(args: &RunArgs) -> Result<(), Failure> {
    boot(args, &mut |event| match args.events {
        Some(EventFormat::Json) => json_line(event.json.clone()),
        Some(EventFormat::Text) => outln!("{}", event.line()),
        None => Ok(()),
    })
}

/// Boots, hands each event to `sink`, and judges the boot.
pub fn boot(args: &RunArgs, sink: &mut Sink<'_>) -> Result<(), Failure> {
    let kernel = session::kernel(&args.kernel)?;
    let image = image(args)?;
    let boot_image = kernel.boot_image();
    if !boot_image.is_file() {
        let message = format!("{} is not there: the kernel's prefix has no boot image", boot_image.display());
        return Err(Failure::environment(message));
    }
    let held = Held::begin().map_err(Failure::environment)?;
    let machine = qemu::start(args, &boot_image, &image)?;
    Watch::new(args, machine, sink, &held).watch()
}

/// The image itself, or one packed from a directory.
fn image(args: &RunArgs) -> Result<PathBuf, Failure> {
    if args.what.is_file() {
        return Ok(args.what.clone());
    }
    if !args.what.is_dir() {
        return Err(Failure::environment(format!("{} is not there", args.what.display())));
    }
    let output = args.what.join("build/partenza/image.elf");
    pack::pack(&PackArgs {
        system: SystemArgs {
            dir: args.what.clone(),
            files: FileArgs {
                kernel: args.kernel.clone(),
                search_path: args.search_path.clone(),
                ..FileArgs::default()
            },
            json: false,
        },
        why_rebuilt: args.why_rebuilt,
        root_task: args.root_task.clone(),
        memory: args.memory,
        output: output.clone(),
    })?;
    Ok(output)
}

/// Why the machine was ended from outside.
enum Ended {
    Until,
    Timeout,
    Aftermath,
}

struct Watch<'a, 's> {
    args: &'a RunArgs,
    sink: &'a mut Sink<'s>,
    machine: qemu::Machine,
    decoder: Decoder,
    complete: bool,
    failure: Option<Told>,
    /// When the boot failed.
    failed_at: Option<Instant>,
    ended: Option<Ended>,
    held: &'a Held,
}

impl<'a, 's> Watch<'a, 's> {
    fn new(args: &'a RunArgs, machine: qemu::Machine, sink: &'a mut Sink<'s>, held: &'a Held) -> Self {
        let decoder = Decoder::default();
        Self {
            args,
            sink,
            machine,
            decoder,
            complete: false,
            failure: None,
            failed_at: None,
            ended: None,
            held,
        }
    }

    fn watch(mut self) -> Result<(), Failure> {
        let deadline = self.args.timeout.map(|timeout| Instant::now() + timeout);
        let mut kill_at = None;
        loop {
            // The machine goes with whoever watched it.
            self.held.check()?;
            match self.machine.events.recv_timeout(GLANCE) {
                Ok(bytes) => self.events(&bytes)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(GLANCE),
            }
            if let Some(status) = self.machine.child.try_wait().map_err(Failure::environment)? {
                let rest: Vec<Vec<u8>> = self.machine.last_bytes().collect();
                for bytes in rest {
                    self.events(&bytes)?;
                }
                // Ctrl-C reaches both.
                self.held.check()?;
                return self.judge(status);
            }
            let now = Instant::now();
            if self.ended.is_none() {
                if deadline.is_some_and(|deadline| now >= deadline) {
                    self.ended = Some(Ended::Timeout);
                } else if self.args.headless && self.failed_at.is_some_and(|at| now >= at + AFTERMATH) {
                    self.ended = Some(Ended::Aftermath);
                }
            }
            match (&self.ended, kill_at) {
                (Some(_), None) => {
                    self.machine.end();
                    kill_at = Some(now + ENDING);
                }
                (Some(_), Some(at)) if now >= at => {
                    // It did not listen; it may also have ended just now.
                    let _ = self.machine.child.kill();
                }
                _ => {}
            }
        }
    }

    fn events(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        for event in self.decoder.feed(bytes) {
            (self.sink)(&event)?;
            match &event.what {
                What::BootComplete => self.complete = true,
                What::Failed(told) => {
                    self.failure.get_or_insert_with(|| told.clone());
                    self.failed_at.get_or_insert_with(Instant::now);
                }
                What::Finished | What::Other => {}
            }
            if self.args.until.as_ref().is_some_and(|name| is(&event, name)) && self.ended.is_none() {
                self.ended = Some(Ended::Until);
            }
        }
        Ok(())
    }

    fn judge(self, status: ExitStatus) -> Result<(), Failure> {
        if let Some(failure) = self.failure {
            return Err(Failure::Failed(failure));
        }
        match (self.ended, status.code()) {
            (Some(Ended::Until), _) => Ok(()),
            (None, Some(0)) if self.args.until.is_some() => {
                Err(Failure::failed("the machine ended before the event that was waited for".to_owned()))
            }
            (Some(Ended::Timeout), _) => {
                let state = if self.complete { "after BootComplete" } else { "before BootComplete" };
                Err(Failure::failed(format!("the time was up {state}")))
            }
            // Somebody at the terminal ended it, or the system switched the machine off.
            (_, Some(0)) if self.complete || !self.args.headless => Ok(()),
            (_, Some(0)) => {
                Err(Failure::failed("the machine was switched off before BootComplete".to_owned()))
            }
            (_, Some(1)) => Err(Failure::environment("QEMU could not start the machine".to_owned())),
            (_, Some(code)) if code & 1 == 1 => {
                Err(Failure::failed(format!("the system ended the machine with value {}", code >> 1)))
            }
            (_, Some(code)) => Err(Failure::failed(format!("QEMU ended with {code}"))),
            (_, None) => Err(Failure::failed(format!("QEMU was ended: {status}"))),
        }
    }
}

/// `boot-complete` and `BootComplete` are the same event.
fn is(event: &Decoded, name: &str) -> bool {
    let plain = |text: &str| text.replace(['-', '_'], "").to_lowercase();
    event.json["event"].as_str().is_some_and(|event| plain(event) == plain(name))
}
