// SPDX-License-Identifier: BSD-2-Clause
//! QEMU as these systems need it: q35, two serial lines, configuration files for boot parameters.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use partenza_lab::boot_module::BootModule;
use partenza_lab::line::{Line, escaped};
use partenza_lab::machine::MACHINE;

use crate::Failure;
use crate::args::RunArgs;
use crate::host::serve::{Ends, Serving, Wiring};
use crate::host::socket;

/// What `partenza run` adds to the machine: a program in it can end it.
const EXIT: [&str; 2] = ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"];

/// How long QEMU may take to end when asked to.
pub const ENDING: Duration = Duration::from_secs(5);

/// A running machine.
pub struct Machine {
    pub child: Child,
    /// Bytes of the second serial line; closed when the machine is gone.
    pub events: Receiver<Vec<u8>>,
    /// Serves the line to the commands that ask for it.
    hub: Option<Serving>,
    _line: Line,
    _module: BootModule,
    dir: PathBuf,
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Whoever stopped watching, as when nobody reads the events any more, leaves no machine behind.
        if matches!(self.child.try_wait(), Ok(None)) {
            self.end();
            let patience = Instant::now() + ENDING;
            while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < patience {
                thread::sleep(Duration::from_millis(20));
            }
            // It may have ended by itself in between.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        // The directory held the line's FIFOs; that it stays behind would hurt nobody.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

impl Machine {
    /// QEMU is gone: everything that it said last, to the end.
    pub fn last_bytes(&mut self) -> impl Iterator<Item = Vec<u8>> + use<'_> {
        // The hub reads the line to its end, and then lets go of the other side of the channel.
        self.hub = None;
        self.events.iter()
    }

    /// Asks QEMU to end; it puts the terminal back as it was.
    pub fn end(&mut self) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            // It may have ended by itself in between.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
    }
}

/// Starts QEMU on `image`.
pub fn start(args: &RunArgs, kernel: &Path, image: &Path) -> Result<Machine, Failure> {
    let dir = std::env::temp_dir().join(format!("partenza-{}", std::process::id()));
    // One that a killed run with this process number left behind.
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).map_err(|error| Failure::environment(format!("{}: {error}", dir.display())))?;
    let line = Line::make(dir.join("events")).map_err(Failure::environment)?;
    let module = BootModule::open(image)
        .map_err(|error| Failure::environment(format!("{}: {error}", image.display())))?;
    let control = socket::for_run(args.control.as_deref(), image)?;
    let mut command = Command::new(&args.qemu);
    command.args(MACHINE).args(EXIT);
    command.arg("-m").arg(format!("{}k", args.memory >> 10));
    command.arg("-kernel").arg(kernel).arg("-initrd").arg(module.argument());
    if !args.reboot {
        command.arg("-no-reboot");
    }
    if args.icount {
        command.args(["-icount", "shift=0,sleep=off"]);
    }
    console(args, &mut command)?;
    command.args(line.options());
    for (name, value) in &args.params {
        let value = escaped(value);
        command.arg("-fw_cfg").arg(format!("name=opt/partenza/{name},string={value}"));
    }
    command.args(&args.qemu_args);
    let child = command.spawn().map_err(|error| {
        Failure::environment(format!("cannot start {}: {error}; is QEMU installed?", args.qemu.display()))
    })?;
    let (sender, events) = mpsc::channel();
    let observer = Box::new(move |bytes: &[u8]| {
        // Whoever watched the boot has seen enough.
        let _ = sender.send(bytes.to_vec());
    });
    let ends = line.events.try_clone().and_then(|from| Ok(Ends { from, to: line.requests.try_clone()? }));
    let ends = ends.map_err(Failure::environment)?;
    let wiring = Wiring { line: ends, control, clients: Vec::new(), observer: Some(observer) };
    let hub = Serving::start(wiring).map_err(Failure::environment)?;
    Ok(Machine { child, events, hub: Some(hub), _line: line, _module: module, dir })
}

/// The first serial line.
fn console(args: &RunArgs, command: &mut Command) -> Result<(), Failure> {
    if !args.headless {
        command.args(["-serial", "mon:stdio"]);
        return Ok(());
    }
    command.args(["-monitor", "none"]).stdin(Stdio::null());
    match &args.console {
        Some(file) => {
            let file = escaped(&file.display().to_string());
            command.arg("-chardev").arg(format!("file,id=console,path={file}"));
            command.args(["-serial", "chardev:console"]);
        }
        None => {
            command.args(["-serial", "stdio"]);
            // Standard output is the events' alone.
            command.stdout(Stdio::from(std::io::stderr()));
        }
    }
    Ok(())
}
