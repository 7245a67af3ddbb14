// SPDX-License-Identifier: BSD-2-Clause
//! Services that break the rules before they are ready, a witness that must not notice, and a boot that fails of one.

use partenza_lab::log::Log;
use partenza_lab::system::{Service, System};
use partenza_protocol::Code;
use partenza_protocol::error::BootError;
use partenza_protocol::event::{BootState, Cause, Event, FaultKind, Rejection};

use super::items::Item;
use super::stage::{Stage, Stop, ends_well, micros};
use crate::sheet::Sheet;

pub const ITEMS: &[Item] = &[
    Item::A3,
    Item::C4,
    Item::D3,
    Item::E4,
    Item::G2,
    Item::G3,
    Item::G4,
    Item::H1,
    Item::J1,
    Item::J2,
    Item::S1,
    Item::S4,
];
pub const FATAL_ITEMS: &[Item] = &[Item::E2, Item::E3];

/// Services that fault: the kind, what the Supervisor makes of it.
const FAULTS: &[(&str, FaultKind, Cause)] = &[
    ("null-write", FaultKind::VmWrite, Cause::NullPointer),
    ("ud2", FaultKind::UserException, Cause::InvalidInstruction),
    ("stack-overflow", FaultKind::VmWrite, Cause::StackOverflow),
    ("write-text", FaultKind::VmWrite, Cause::WriteToReadOnly),
    ("jump", FaultKind::VmExecute, Cause::JumpToUnmapped),
    ("unknown-syscall", FaultKind::UnknownSyscall, Cause::ForeignSyscall),
];

/// Services whose ready, or the lack of it, is wrong: name, mode, why the start fails, the item that says so.
const STARTS: &[(&str, &str, BootError, Item)] = &[
    ("silent", "silent", BootError::StartupTimeout, Item::G4),
    ("leaving", "exit", BootError::ServiceExited, Item::G4),
    ("renamed", "wrong-name", BootError::NameMismatch, Item::G3),
    ("aged", "wrong-version", BootError::VersionMismatch, Item::G3),
    ("boasting", "wrong-interface", BootError::InterfaceMismatch, Item::G3),
    ("foreign", "wrong-abi", BootError::AbiMismatch, Item::S1),
    ("forger", "wrong-secret", BootError::StartupTimeout, Item::S1),
    ("flood", "flood", BootError::Flooded, Item::S4),
];

/// Milliseconds that a service has to be ready.
const PATIENCE: u64 = 100;

fn system() -> System {
    let mut system = System::new("misbehaviour")
        .with(Service::new("witness", "witness", 2).priority(150).provides("test/count"))
        .with(Service::new("before", "prober", 3).args(&["10", "1"]))
        .budget(5, "60s")
        // One that floods before it is ready is stopped by the number of its messages, not slowed down by their price.
        .config("overload: {requests: 10000}");
    for (kind, ..) in FAULTS {
        system = system.with(wrong(kind, &["fault", kind]));
    }
    for (name, mode, ..) in STARTS {
        system = system.with(wrong(name, &[mode]));
    }
    system
        .with(wrong("twice", &["ready-twice"]))
        .with(Service::new("dependent", "trivial", 6).requires("silent"))
        .with(Service::new("after", "prober", 7).args(&["10", "11"]))
        .call("before", "witness")
        .call("after", "witness")
}

fn wrong(name: &str, args: &[&str]) -> Service {
    Service::new(name, "misbehave", 5).args(args).priority(110).startup_timeout(&format!("{PATIENCE}ms"))
}

pub fn play(stage: &Stage<'_>, sheet: &mut Sheet<Item>) -> Result<(), Stop> {
    let outcome = stage.machine("misbehaviour", &system())?.ends_after_boot().run()?;
    let log = &outcome.log;
    let failed = FAULTS.len() + STARTS.len() + 1;
    let complete = log.complete();
    sheet.aspect(
        Item::E4,
        complete == Some((4, failed as u16)),
        complete.map_or_else(|| "no BootComplete".to_owned(), |(up, not)| format!("{up} run, {not} do not")),
    );
    // SPEC E-2, the other half: in layer 5 nobody is critical.
    sheet.aspect(Item::E2, log.reached(BootState::BootComplete), "failures in layer 5 fail no boot");
    faults(log, sheet);
    for (name, _, error, item) in STARTS {
        let seen = log.find(name).and_then(|_| log.failure(name)).map(|(code, _)| code);
        sheet.aspect(*item, seen == Some(error.code()), format!("{name}: {}", shown(seen)));
    }
    waits(log, sheet);
    let rejected = |name: &str| log.find(name).map(|_| log.rejections(name)).unwrap_or_default();
    for (name, why) in [
        ("forger", Rejection::WrongSecret),
        ("foreign", Rejection::WrongAbi),
        ("twice", Rejection::Duplicate),
    ] {
        sheet.aspect(Item::G2, rejected(name).first() == Some(&why), format!("{name}: {:?}", rejected(name)));
    }
    sheet.aspect(
        Item::G2,
        log.find("twice").is_some() && log.is_ready("twice"),
        "the first ready of two counts",
    );
    let blamed = log.find("dependent").and_then(|_| log.failure("dependent"));
    let right = blamed == Some((BootError::DependencyNotRunning.code(), Some("silent")));
    sheet.aspect(Item::C4, right, culprit(blamed));
    sheet.aspect(Item::A3, right, "whoever is not started is told as failed, with the dependency");
    for (name, said) in [("before", "answered 10 of 10, 1 to 10"), ("after", "answered 10 of 10, 11 to 20")] {
        let lines: Vec<&str> = log
            .find(name)
            .map(|_| log.lines(name))
            .unwrap_or_default()
            .into_iter()
            .map(|(_, text)| text)
            .collect();
        sheet.aspect(Item::J2, lines == [said], format!("{name}: {}", lines.join(", ")));
    }
    ends_well(&outcome, sheet);
    Ok(())
}

/// A code and who is to blame.
fn culprit(failure: Option<(Code, Option<&str>)>) -> String {
    failure
        .map_or_else(|| "no failure".to_owned(), |(code, who)| format!("{code}: {}", who.unwrap_or("nobody")))
}

fn shown(code: Option<Code>) -> String {
    code.map_or_else(|| "did not fail".to_owned(), |code| format!("{code} {}", code.text()))
}

/// SPEC J-1, D-3.
fn faults(log: &Log, sheet: &mut Sheet<Item>) {
    for (name, kind, cause) in FAULTS {
        let fault = log.find(name).and_then(|_| log.fault(name));
        let right = fault.is_some_and(|fault| {
            fault.kind == *kind && fault.cause == *cause && fault.registers.first() == Some(&fault.ip)
        });
        sheet.aspect(
            Item::J1,
            right,
            fault.map_or_else(
                || format!("{name}: no fault"),
                |fault| format!("{name}: {:?}, {:?}", fault.kind, fault.cause),
            ),
        );
        let back = log.find(name).and_then(|_| log.reclaimed(name));
        let whole = back.is_some_and(|(bytes, _, intact)| intact && bytes > 0);
        sheet.aspect(
            Item::D3,
            whole,
            back.map_or_else(
                || format!("{name}: nothing"),
                |(bytes, slots, _)| format!("{name}: {bytes} bytes, {slots} slots"),
            ),
        );
    }
    let symbol = log.find("null-write").and_then(|_| log.fault("null-write")).and_then(|fault| fault.symbol);
    sheet.aspect(
        Item::J1,
        symbol.is_some(),
        format!("at {}", symbol.map_or_else(String::new, |(name, at)| format!("{name}+{at:#x}"))),
    );
}

/// SPEC G-4: the deadline for who says nothing, at once for who faults or leaves.
fn waits(log: &Log, sheet: &mut Sheet<Item>) {
    let waited = |name: &str| {
        let id = log.find(name)?;
        let begin = log.time(|event| *event == Event::Created { service: id })?;
        let end = log.time(|event| matches!(event, Event::Failed { service, .. } if *service == id))?;
        Some(end - begin)
    };
    let silent = waited("silent");
    let limit = PATIENCE * 1000;
    sheet.aspect(
        Item::G4,
        silent.is_some_and(|us| us >= limit && us < limit * 3 / 2),
        format!("silent: given up after {} of {limit} us", micros(silent)),
    );
    for name in ["null-write", "leaving"] {
        let us = waited(name);
        sheet.aspect(Item::G4, us.is_some_and(|us| us < limit), format!("{name}: after {}", micros(us)));
    }
}

/// A critical service that does not start.
pub fn fatal(stage: &Stage<'_>, sheet: &mut Sheet<Item>) -> Result<(), Stop> {
    let system = System::new("fatal")
        .with(Service::new("first", "trivial", 2))
        .with(Service::new("culprit", "misbehave", 3).args(&["fault", "ud2"]))
        .with(Service::new("later", "trivial", 5));
    let outcome = stage.machine("fatal", &system)?.run()?;
    let log = &outcome.log;
    let failure = log.boot_failure();
    let told = failure == Some((BootError::ServiceCrashed.code(), Some("culprit")));
    sheet.aspect(Item::E2, told && !log.reached(BootState::BootComplete), "one in layer 3 does");
    let stopped = log.story(&["first", "later"]);
    sheet.aspect(
        Item::E3,
        told && log.reached(BootState::Panic) && stopped.last().is_some_and(|deed| deed == "first stopped"),
        format!("{}; then: {}", culprit(failure), stopped.join(", ")),
    );
    sheet.aspect(Item::E3, outcome.code == Some(0), "off, as configured");
    ends_well(&outcome, sheet);
    Ok(())
}
