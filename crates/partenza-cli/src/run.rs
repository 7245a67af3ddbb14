// SPDX-License-Identifier: BSD-2-Clause
//! `run`: boots an image and judges the boot by its events, never by the console's text.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::Failure;
use crate::args::{EventFormat, FileArgs, PackArgs, SystemArgs};
use crate::console::{BesideConsole, Cursor};
use crate::events::{Decoded, Decoder, What};
use crate::failure::Told;
use crate::held::Held;
use crate::outlet::Outlet;
use crate::output::errln;
use crate::qemu::ENDING;
use crate::run_args::RunArgs;
use crate::{output, pack, preflight, qemu, session};

/// How often the machine is looked at when nothing is said.
const GLANCE: Duration = Duration::from_millis(50);
/// How long a headless machine may go on after its boot failed: its last events are still on the line.
const AFTERMATH: Duration = Duration::from_millis(1500);

/// Bytes of events that wait for their reader: half an hour of a busy system's.
const ROOM: usize = 4 << 20;

/// Where events go, and where the console stands meanwhile; an error ends the machine. It does not wait for anybody.
pub type Sink<'s> = dyn FnMut(&Decoded, &Cursor) -> Result<(), Failure> + 's;

pub const EXAMPLES: &str = "\
Examples:
  partenza run .
      boot, and stay at the system's shell (Ctrl-A X ends QEMU)
  partenza run image.elf --headless --events json
      boot without a terminal, events as JSON lines
  partenza run . --param log=debug --param hold=network
      a service that is made and does not run, so that it can be looked at";

pub fn run(args: &RunArgs) -> Result<(), Failure> {
    let Some(format) = args.events else { return boot(args, &mut |_, _| Ok(())) };
    let gone = match format {
        EventFormat::Json => gone_as_json,
        EventFormat::Text => gone_as_text,
    };
    let stdout = io::stdout().as_fd().try_clone_to_owned().map_err(Failure::environment)?;
    let stdout = File::from(stdout);
    let console = Arc::new(OnceLock::new());
    let outlet = if !args.headless && io::stdout().is_terminal() {
        Outlet::new(BesideConsole::new(stdout, Arc::clone(&console)), ROOM, gone)
    } else {
        Outlet::new(stdout, ROOM, gone)
    };
    let outlet = outlet.map_err(Failure::environment)?;
    let outcome = boot(args, &mut |event, cursor| {
        let line = match format {
            EventFormat::Json => output::versioned(event.json.clone()).to_string(),
            EventFormat::Text => event.line(),
        };
        console.get_or_init(|| cursor.clone());
        outlet.put(format!("{line}\n").into_bytes());
        outlet.failure().map_or(Ok(()), |error| Err(output::failure(error)))
    });
    // The machine is gone; its events are waited for as any command's output is, unless a signal wants the end.
    if !matches!(outcome, Err(Failure::Signal(_))) {
        outlet.drain(|_| true);
    }
    match outlet.failure() {
        Some(error) if outcome.is_ok() => Err(output::failure(error)),
        _ => outcome,
    }
}

fn gone_as_json(count: u64, _: u64) -> String {
    let text = gone_as_text(count, 0);
    let value = json!({"event": "Unread", "count": count, "text": text.trim_end()});
    format!("{}\n", output::versioned(value))
}

fn gone_as_text(count: u64, _: u64) -> String {
    format!("{count} events are gone: nobody read them in time\n")
}

/// Boots, hands each event to `sink`, and judges the boot.
pub fn boot(args: &RunArgs, sink: &mut Sink<'_>) -> Result<(), Failure> {
    let kernel = session::kernel(&args.kernel)?;
    if args.what.is_file() {
        // For a directory, packing tells it.
        preflight::warn(&kernel);
    }
    let image = image(args)?;
    preflight::check(&image, &kernel, args.memory)?;
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
        let why = if args.what.exists() { "is neither a file nor a directory" } else { "is not there" };
        return Err(Failure::environment(format!("{} {why}", args.what.display())));
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
        memory: Some(args.memory),
        output: output.clone(),
    })?;
    Ok(output)
}

/// Why the machine was ended from outside.
enum Ended {
    Until,
    Timeout,
    Aftermath,
    /// The kernel has halted; what is said of it.
    Halted(Told),
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
                if let Some(told) = self.machine.halted() {
                    self.ended = Some(Ended::Halted(told));
                } else if deadline.is_some_and(|deadline| now >= deadline) {
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
        self.machine.heard();
        for event in self.decoder.feed(bytes) {
            (self.sink)(&event, self.machine.console.cursor())?;
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

    fn judge(mut self, status: ExitStatus) -> Result<(), Failure> {
        if let Some(Ended::Halted(told)) = self.ended {
            return Err(Failure::Failed(told));
        }
        if self.ended.is_none()
            && !self.args.reboot
            && self.machine.reason().as_deref() == Some("guest-reset")
        {
            errln!(
                "partenza: the system asked for a reset, which ends this machine; `partenza run --reboot` lets it boot again"
            );
        }
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
