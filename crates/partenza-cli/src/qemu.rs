// SPDX-License-Identifier: BSD-2-Clause
//! QEMU as these systems need it: q35, two serial lines, configuration files for boot parameters.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use partenza_lab::boot_module::BootModule;
use partenza_lab::line::{Line, escaped};
use partenza_lab::machine::MACHINE;
use partenza_lab::monitor;
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};

use crate::Failure;
use crate::console::{self, Console, Form};
use crate::failure::Told;
use crate::halt::HaltWatch;
use crate::host::serve::{Ends, Serving, Wiring};
use crate::host::socket;
use crate::output::errln;
use crate::run_args::RunArgs;

/// What `partenza run` adds to the machine: a program in it can end it.
const EXIT: [&str; 2] = ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"];

/// How long QEMU may take to end when asked to.
pub const ENDING: Duration = Duration::from_secs(5);
/// Bytes that a socket's name may have.
const MAX_SOCKET: usize = 107;
/// How long the console's reader may stand still when the machine is gone.
const PARTING: Duration = Duration::from_secs(2);

/// A running machine.
pub struct Machine {
    pub child: Child,
    /// Bytes of the second serial line; closed when the machine is gone.
    pub events: Receiver<Vec<u8>>,
    /// Serves the line to the commands that ask for it.
    hub: Option<Serving>,
    pub console: Console,
    halt: HaltWatch,
    /// When the last event came.
    heard: Instant,
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
    /// There was something on the event line.
    pub fn heard(&mut self) {
        self.heard = Instant::now();
    }

    /// Looks whether the kernel has halted. Whoever waits for the system is told.
    pub fn halted(&mut self) -> Option<Told> {
        let (text, silent) = self.console.tail();
        let told = self.halt.look(silent.min(self.heard.elapsed()), &text)?;
        if let Some(hub) = &self.hub {
            hub.kernel_halted(monitor::last_words(&text).as_deref().unwrap_or_default());
        }
        Some(told)
    }

    /// QEMU is gone: why, as it names it.
    pub fn reason(&mut self) -> Option<String> {
        self.halt.reason()
    }

    /// QEMU is gone: everything that it said last, to the end.
    pub fn last_bytes(&mut self) -> impl Iterator<Item = Vec<u8>> + use<'_> {
        self.console.end(PARTING);
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
    let console = Wires::of(args, &dir, &mut command)?;
    let monitor = dir.join("monitor");
    if monitor.as_os_str().len() <= MAX_SOCKET {
        command.args(monitor::option(&monitor));
    } else {
        errln!("partenza: TMPDIR is too long a path for a socket: a kernel that halts will not be noticed");
    }
    command.args(line.options());
    for (name, value) in &args.params {
        let value = escaped(value);
        command.arg("-fw_cfg").arg(format!("name=opt/partenza/{name},string={value}"));
    }
    command.args(&args.qemu_args);
    let mut child = command.spawn().map_err(|error| {
        Failure::environment(format!("cannot start {}: {error}; is QEMU installed?", args.qemu.display()))
    })?;
    let console = console.connect(&mut child).map_err(Failure::environment)?;
    let (sender, events) = mpsc::channel();
    let observer = Box::new(move |bytes: &[u8]| {
        // Whoever watched the boot has seen enough.
        let _ = sender.send(bytes.to_vec());
    });
    let ends = line.events.try_clone().and_then(|from| Ok(Ends { from, to: line.requests.try_clone()? }));
    let ends = ends.map_err(Failure::environment)?;
    let wiring = Wiring { line: ends, control, clients: Vec::new(), observer: Some(observer) };
    let hub = Serving::start(wiring).map_err(Failure::environment)?;
    let halt = HaltWatch::new(monitor);
    let heard = Instant::now();
    Ok(Machine { child, events, hub: Some(hub), console, halt, heard, _line: line, _module: module, dir })
}

/// How the first serial line reaches whoever reads it.
enum Wires {
    /// QEMU has the terminal. A copy of what it shows comes here.
    Terminal(OwnedFd),
    /// Everything goes through this program.
    Headless(File, Form),
}

impl Wires {
    fn of(args: &RunArgs, dir: &Path, command: &mut Command) -> Result<Self, Failure> {
        if args.headless {
            command
                .args(["-monitor", "none", "-serial", "stdio"])
                .stdin(Stdio::null())
                .stdout(Stdio::piped());
            return Ok(match &args.console {
                Some(path) => {
                    let file = console::file(path);
                    let file =
                        file.map_err(|error| Failure::environment(format!("{}: {error}", path.display())));
                    Self::Headless(file?, Form::Bytes)
                }
                None => Self::Headless(console::standard_error().map_err(Failure::environment)?, Form::Lines),
            });
        }
        let copy = dir.join("console");
        mknodat(CWD, &copy, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)
            .map_err(|error| Failure::environment(format!("{}: {error}", copy.display())))?;
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let from =
            OpenOptions::new().read(true).custom_flags(flags).open(&copy).map_err(Failure::environment)?;
        // As `-serial mon:stdio`, and a copy of the output.
        let log = escaped(&copy.display().to_string());
        command.arg("-chardev").arg(format!("stdio,id=console,mux=on,signal=off,logfile={log}"));
        command.args(["-serial", "chardev:console", "-mon", "chardev=console,mode=readline"]);
        if args.events.is_some() && !io::stdout().is_terminal() {
            // Standard output is the events' alone.
            command.stdout(Stdio::from(io::stderr()));
        }
        Ok(Self::Terminal(from.into()))
    }

    fn connect(self, child: &mut Child) -> io::Result<Console> {
        match self {
            Self::Terminal(copy) => Console::start(copy, None),
            Self::Headless(to, form) => {
                let from = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
                Console::start(from.into(), Some((to, form)))
            }
        }
    }
}
