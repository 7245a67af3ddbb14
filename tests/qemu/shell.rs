// SPDX-License-Identifier: BSD-2-Clause
//! A session at the reference system's shell, typed over COM1 as a user types it.
//!
//! Here the console's text is what is tested: it is the shell's answer. What a command does to the system is judged by
//! events, as everywhere.

use std::time::Duration;

use partenza_protocol::Op;
use partenza_protocol::event::{BootState, Cause, Event, FaultKind};
use partenza_tests::image::Image;
use partenza_tests::machine::{Machine, Pace, Running};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::{self, Kernel};

const PROMPT: &str = "partenza> ";

struct Session {
    machine: Running,
    /// Up to where the console was read.
    at: usize,
}

impl Session {
    fn open(kernel: Kernel, name: &str) -> Self {
        Self::of(&Machine::new(&Image::reference(kernel, name)))
    }

    fn of(machine: &Machine) -> Self {
        let mut machine = machine.clone().pace(Pace::Real).deadline(Duration::from_secs(90)).start();
        let at = machine.wait_for_text(0, PROMPT);
        // The shell may be up before others; what changes services is refused until they are.
        machine.wait_for_the_boot();
        Self { machine, at }
    }

    /// Types a line and gives everything up to the next prompt.
    #[track_caller]
    fn ask(&mut self, line: &str) -> String {
        self.machine.type_text(&format!("{line}\r"));
        let from = self.at;
        self.at = self.machine.wait_for_text(from, PROMPT);
        self.machine.console()[from..self.at].to_owned()
    }

    #[track_caller]
    fn answers(&mut self, line: &str, expected: &[&str]) -> String {
        let answer = self.ask(line);
        for text in expected {
            assert!(answer.contains(text), "`{line}` does not answer `{text}`:\n{answer}");
        }
        answer
    }
}

const SERVICES: [&str; 12] = [
    "axiom",
    "policy",
    "keys",
    "identity",
    "capability_service",
    "process_manager",
    "block_storage",
    "filesystem",
    "driver_manager",
    "network",
    "terminal",
    "update_manager",
];

fn session(kernel: Kernel) {
    let mut shell = Session::open(kernel, "shell");
    shell.answers(
        "help",
        &[
            "services",
            "status NAME",
            "grants [--live] NAME",
            "audit [NAME]",
            "crash NAME",
            "switch",
            "shutdown",
        ],
    );
    shell.answers("services", &SERVICES);
    shell.answers("status axiom", &["axiom", "0.1.0", "Running"]);
    shell.answers("boot", &SERVICES);
    shell.answers("log 5", &["SupervisorMode"]);
    // The whole log is longer than one message, so it is fetched in pages.
    shell.answers("log", &["handed over", "axiom ready", "terminal ready", "boot complete"]);
    shell.answers("grants terminal", &["I/O ports", "IRQ handler", "supervisor"]);
    let blocks = shell.answers("grants block_storage", &["I/O ports"]);
    assert!(!blocks.contains("IRQ handler"), "block_storage holds no interrupt:\n{blocks}");
    shell.answers("info filesystem", &["filesystem"]);
    shell.answers("status nobody", &["PZ-E0404"]);
    shell.answers("lookup storage/files", &["filesystem provides storage/files 1.0.0, on channel 2"]);
    shell.answers("lookup storage/files 2", &["PZ-E0501"]);
    shell.answers("lookup keys/mac", &["PZ-E0504"]);
    // It may, and there is nobody to switch to.
    shell.answers("switch storage/files filesystem", &["PZ-E0501"]);
    shell.answers("frobnicate", &["no such command"]);
    shell.answers("", &[]);

    let before = shell.at;
    shell.answers("crash network", &[]);
    shell.machine.wait_for("the fault of network", |log| log.fault("network").is_some());
    let log = shell.machine.log();
    let fault = log.fault("network").expect("it was just waited for");
    assert_eq!(
        (fault.kind, fault.cause, fault.address),
        (FaultKind::VmWrite, Cause::NullPointer, 0),
        "\n{log}"
    );
    assert!(fault.symbol.is_some_and(|(function, _)| !function.is_empty()), "\n{log}");
    shell.machine.wait_for("network again", |log| {
        log.count(|event| matches!(event, Event::Ready { service } if log.name(*service) == "network")) == 2
    });
    shell.answers("status network", &["Running", "incarnation  2, restarts 1", "PZ-E0413"]);
    shell.answers("services", &["network"]);
    shell.answers("status filesystem", &["Running"]);
    shell.answers("info filesystem", &["filesystem"]);
    let console = &shell.machine.console()[before..shell.at];
    assert!(!console.contains(" ms] "), "Init prints on the terminal's console:\n{console}");

    shell.machine.type_text("shutdown\r");
    let outcome = shell.machine.end();
    outcome.must_have_ended();
    let log = &outcome.log;
    outcome.must("it is told", log.has(&Event::ShutdownBegun) && log.reached(BootState::ShuttingDown));
    let stopped: Vec<&str> = log
        .events()
        .filter_map(|event| match event {
            Event::Stopped { service, forced: false } => Some(log.name(*service)),
            _ => None,
        })
        .collect();
    let expected: Vec<&str> = SERVICES.into_iter().rev().collect();
    outcome.same("services that stopped when asked, in reverse order", stopped, expected);
    let crashed = log.count(|event| matches!(event, Event::Crashed { .. }));
    outcome.same("services that crashed", crashed, 1);
}

#[test]
fn answers_every_command_on_the_debug_kernel() {
    session(Kernel::Debug);
}

#[test]
fn answers_every_command_on_the_release_kernel() {
    session(Kernel::Release);
}

/// The shell's own grants, and what is really there (SPEC F-8); types only where the kernel tells them.
fn audits(kernel: Kernel) {
    let mut shell = Session::open(kernel, "shell-audit");
    let all = shell.answers("audit", &SERVICES);
    assert_eq!(all.matches("  as planned").count(), SERVICES.len(), "{all}");
    assert_eq!(all.contains("types not told"), kernel == Kernel::Release, "{all}");
    let live = shell.answers(
        "grants --live terminal",
        &["planned                 read write", "as planned: 9 capabilities held"],
    );
    let held = if kernel == Kernel::Release { "held, of whatever type" } else { "held  " };
    for kind in ["I/O ports", "IRQ handler", "supervisor", "endpoint", "notification"] {
        let row = live.lines().find(|line| line.starts_with(kind));
        assert!(row.is_some_and(|row| row.contains(held)), "{kind}:\n{live}");
    }
    shell.answers("grants --live nobody", &["PZ-E0404"]);
    let log = shell.machine.log();
    assert!(!log.events().any(|event| matches!(event, Event::AuditMismatch { .. })), "\n{log}");
}

#[test]
fn shows_what_is_held_beside_what_is_planned() {
    audits(Kernel::Debug);
    audits(Kernel::Release);
}

/// With a root task of the tests' own: see `tampered.rs`.
#[test]
fn shows_what_is_held_and_not_planned() {
    let dir = tools::scratch("shell-tampered");
    let image = Image::tampered(tools::root(), &dir.join("image.elf"));
    let deeds = "take policy 2; put network 141 endpoint; put keys 0 endpoint; put keys 60 notification";
    let mut shell = Session::of(&Machine::new(&image).parameter("tamper", deeds));
    let all = shell.answers("audit", &SERVICES);
    for name in SERVICES {
        let row = all.lines().find(|line| line.split_whitespace().next() == Some(name)).unwrap_or_default();
        let differs = ["policy", "network", "keys"].contains(&name);
        assert!(row.ends_with(if differs { "  NOT as planned" } else { "  as planned" }), "{name}:\n{all}");
    }
    let live = shell.answers("grants --live policy", &["NOT as planned"]);
    assert_eq!((live.matches("  MISSING  ").count(), live.matches("NOT PLANNED").count()), (1, 0), "{live}");
    let live = shell.answers("grants --live network", &["NOT as planned"]);
    assert_eq!(live.matches("  ANOTHER TYPE  ").count(), 1, "{live}");
    let live = shell.answers("grants --live keys", &["NOT as planned"]);
    for slot in ["0x0", "0x3c"] {
        let row = live.lines().find(|line| line.split_whitespace().nth(1) == Some(slot));
        assert!(row.is_some_and(|row| row.contains("NOT PLANNED")), "{slot}:\n{live}");
    }
}

#[test]
fn starts_and_stops_services() {
    let mut shell = Session::open(Kernel::Release, "shell-changes");
    let readies = |shell: &mut Session, times: usize| {
        shell.machine.wait_for("network again", |log| {
            let ready = |event: &Event<'_>| matches!(event, Event::Ready { service } if log.name(*service) == "network");
            log.count(ready) == times
        });
    };
    let stops = |shell: &mut Session, times: usize| {
        shell.machine.wait_for("network's end", |log| {
            let stopped =
                |event: &Event<'_>| matches!(event, Event::Stopped { service, .. } if log.name(*service) == "network");
            log.count(stopped) == times
        });
    };
    shell.answers("stop network", &["network is to be stopped"]);
    stops(&mut shell, 1);
    shell.answers("status network", &["Stopped"]);
    shell.answers("crash network", &["PZ-E0405"]);
    shell.answers("start network", &["network is to be started"]);
    readies(&mut shell, 2);
    shell.answers("restart network", &["network is to be restarted"]);
    readies(&mut shell, 3);
    // Nothing has failed.
    shell.answers("status network", &["Running", "incarnation  3, restarts 0"]);
    shell.answers("disable network", &["nothing starts it until it is enabled"]);
    stops(&mut shell, 2);
    // That somebody asked for it is no error.
    let disabled = shell.answers("status network", &["Disabled"]);
    assert!(!disabled.contains("PZ-E0418"), "{disabled}");
    shell.answers("start network", &["PZ-E0423"]);
    shell.answers("enable network", &["network may be started"]);
    shell.answers("start network", &["network is to be started"]);
    readies(&mut shell, 4);
    shell.answers("stop axiom", &["PZ-E0421"]);
}

/// SPEC S-2, S-5: two provide one interface, and the shell, which may call both, says whose turn it is.
#[test]
fn looks_up_and_switches_providers() {
    let witness = |name| Service::new(name, "witness", 5).priority(150).provides("test/count");
    let ports =
        "<ioport id=\"0\" addr=\"0x3f8\" size=\"8\"/><irq id=\"3\" pin=\"4\" vector=\"1\" trigger=\"edge\"/>";
    let terminal = ["version", "list", "status", "log", "switch"].into_iter().fold(
        Service::new("terminal", "terminal", 7).priority(50).requires_interface("test/count").holds(
            "{serial: com1}",
            "serial: {com1: {ioport: 0, irq: 3}}",
            ports,
        ),
        Service::may,
    );
    let system = System::new("shell-providers")
        .with(witness("first"))
        .with(witness("second"))
        .with(terminal)
        .call("terminal", "first")
        .call("terminal", "second")
        .config("providers: {test/count: [first, second]}")
        .config("console: {uart: com1, handover: terminal}");
    let mut shell = Session::of(&Machine::new(&Image::of(Kernel::Release, "shell-providers", &system)));
    shell.answers("lookup test/count", &["first provides test/count 1.0.0, on channel 0 "]);
    for (times, (from, to)) in [("first", "second"), ("second", "first")].into_iter().enumerate() {
        shell.answers(&format!("switch test/count {to}"), &[&format!("{to} serves test/count now")]);
        shell.machine.wait_for("the switch", |log| {
            log.count(|event| matches!(event, Event::Switched { .. })) == times + 1
        });
        let log = shell.machine.log();
        let (from, id) = (log.id(from), log.id(to));
        assert!(log.has(&Event::Switched { interface: "test/count", from, to: id }), "\n{log}");
        shell.answers("lookup test/count 1 --below 2", &[&format!("{to} provides test/count")]);
        shell.answers("log 5", &[&format!("{to} serves test/count in place of")]);
    }
    shell.answers("switch test/count nobody", &["PZ-E0404"]);
    shell.answers("switch test/other second", &["PZ-E0501"]);
    shell.answers("lookup test/count 2", &["PZ-E0501"]);
    shell.answers("lookup", &["lookup INTERFACE [VERSION] [--below VERSION]"]);
}

/// The console is Init's while its service is down, and that one's again as soon as it is ready.
#[test]
fn the_console_goes_back_to_init_when_the_terminal_dies_and_returns() {
    let mut shell = Session::open(Kernel::Release, "shell-handover");
    let ready = " ms] terminal ready";
    let at_boot = shell.machine.console();
    assert_eq!(at_boot.matches(ready).count(), 1, "{at_boot}");
    shell.machine.change(Op::Crash, "terminal");
    shell.at = shell.machine.wait_for_text(shell.at, PROMPT);
    let console = shell.machine.console();
    assert_eq!(console.matches(ready).count(), 2, "{console}");
    let before = shell.at;
    shell.answers("crash network", &[]);
    shell.machine.wait_for("network again", |log| {
        log.count(|event| matches!(event, Event::Ready { service } if log.name(*service) == "network")) == 2
    });
    shell.answers("services", &["network"]);
    let console = &shell.machine.console()[before..shell.at];
    assert!(!console.contains(" ms] "), "Init prints on the terminal's console:\n{console}");
}

#[test]
fn edits_and_completes_lines() {
    let mut shell = Session::open(Kernel::Release, "shell-editing");
    // Backspace, then a word completed by Tab.
    shell.answers("statux\x7fs axiom", &["Running"]);
    shell.answers("status block\t", &["block_storage", "Running"]);
    // The line before, again.
    shell.answers("\x1b[A", &["block_storage", "Running"]);
    // A line that is given up does nothing.
    shell.machine.type_text("shutdown\x03");
    shell.at = shell.machine.wait_for_text(shell.at, PROMPT);
    shell.answers("services", &["Running"]);
    let log = shell.machine.log();
    assert!(!log.has(&Event::ShutdownBegun), "\n{log}");
}

/// Each byte is an interrupt; a paste is many at once.
#[test]
fn takes_what_is_pasted() {
    let mut shell = Session::open(Kernel::Release, "shell-paste");
    shell.machine.type_text("status axiom\rstatus keys\rstatus policy\r");
    for name in ["axiom", "keys", "policy"] {
        let from = shell.at;
        shell.at = shell.machine.wait_for_text(from, PROMPT);
        let answer = shell.machine.console()[from..shell.at].to_owned();
        assert!(answer.contains(name) && answer.contains("Running"), "{name}:\n{answer}");
    }
}
