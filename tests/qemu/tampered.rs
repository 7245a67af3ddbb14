// SPDX-License-Identifier: BSD-2-Clause
//! Audits that find something (SPEC F-8): capabilities that are missing, that are others, that nobody granted. And proofs
//! that fail.
//!
//! No service can bring that about, and no fault of the root task's is known that does. So these systems boot with a root
//! task of the tests' own, which does it when the boot is over, as its parameter `tamper` says; see
//! `root-task/src/service/tamper.rs`. The shipped one has no such parameter.

use partenza_protocol::error::{BootError, GrantError, SupervisorError};
use partenza_protocol::event::{BootState, CapKind, Event, Mismatch};
use partenza_protocol::request::Audit;
use partenza_protocol::{Code, Op};
use partenza_tests::command::Commanded;
use partenza_tests::image::Image;
use partenza_tests::log::Log;
use partenza_tests::machine::{Machine, Running};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::{self, Kernel};
use serde_json::Value;

use Mismatch::{Missing, Surplus, Wrong};

const PARAMETER: &str = "tamper";
const PORTS: &str = "<ioport id=\"0\" addr=\"0x40\" size=\"4\"/>";
const IRQ: &str = "<irq id=\"20\" pin=\"2\" vector=\"2\" trigger=\"edge\"/>";

/// What is done, with what an audit has to find of it. `client` calls `server`, and may look up `late`: at 1 and 10 it has
/// notifications, at 74 its call, at 75 that which it has not looked up. `ear` has an interrupt at 158. `ports` has the
/// longest run of slots in which nothing should be, more than are looked at in one go.
const DEEDS: [(&str, u32, Option<Mismatch>); 17] = [
    ("put client 0 notification", 0, Some(Surplus)),
    ("put client 10 endpoint", 10, Some(Wrong)),
    ("put client 40 endpoint", 40, Some(Surplus)),
    ("put client 41 endpoint", 41, Some(Surplus)),
    ("put client 74 notification", 74, Some(Wrong)),
    ("put client 75 endpoint", 75, Some(Surplus)),
    ("put client 127 endpoint", 127, Some(Surplus)),
    ("take late 2", 2, Some(Missing)),
    // Another endpoint than the planned one, and without its rights: this no kernel tells.
    ("put late 1 endpoint", 1, None),
    ("put ear 35 notification", 35, Some(Wrong)),
    ("take ear 158", 158, Some(Missing)),
    ("put ports 100 endpoint", 100, Some(Surplus)),
    ("put ports 255 endpoint", 255, Some(Surplus)),
    ("put ports 256 endpoint", 256, Some(Surplus)),
    ("put ports 390 notification", 390, Some(Surplus)),
    ("put ports 394 endpoint", 394, Some(Wrong)),
    ("put ports 511 endpoint", 511, Some(Surplus)),
];

fn system(name: &str) -> System {
    let witness = |name: &str| Service::new(name, "witness", 5).priority(150);
    System::new(name)
        .with(witness("server").provides("test/count"))
        .with(witness("late").provides("test/late"))
        .with(Service::new("client", "prober", 6).args(&["3", "1"]))
        .with(Service::new("ear", "trivial", 6).holds("{irq: pit}", "irq: {pit: 20}", IRQ))
        .with(Service::new("ports", "trivial", 6).holds("{ioport: pit}", "ioport: {pit: 0}", PORTS))
        .with(Service::new("absent", "trivial", 6).manifest("start: on-demand"))
        .call("client", "server")
        .call_with("client", "late", ", bind: lookup")
}

fn image(name: &str) -> Image {
    let dir = tools::scratch(name);
    system(name).write(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    Image::tampered(&dir, &dir.join("image.elf"))
}

fn deeds() -> String {
    DEEDS.map(|(deed, ..)| deed).join("; ")
}

fn boot(image: &Image, deeds: &str) -> Running {
    let mut machine = Machine::new(image).parameter(PARAMETER, deeds).start();
    machine.wait_for("the boot's end", |log| log.reached(BootState::SupervisorMode));
    machine
}

/// What is to be found of `service`.
fn expected(service: &str) -> Vec<(u32, Mismatch)> {
    let of = |deed: &str| deed.split(' ').nth(1) == Some(service);
    DEEDS.iter().filter(|(deed, ..)| of(deed)).filter_map(|(_, slot, what)| Some((*slot, (*what)?))).collect()
}

/// What was found of it, in the order of its slots, since record number `since`.
fn found(log: &Log, service: &str, since: usize) -> Vec<(u32, Mismatch)> {
    let id = log.id(service);
    let told = |event: &Event<'static>| match event {
        Event::AuditMismatch { service, cptr, what } if *service == id => Some((*cptr, *what)),
        _ => None,
    };
    log.records[since..].iter().filter_map(|record| told(&record.event)).collect()
}

/// An audit, and the differences that it told, in the order of the slots.
#[track_caller]
fn audit(machine: &mut Running, service: &str) -> (Audit, Vec<(u32, Mismatch)>) {
    let since = machine.log().records.len();
    let audit = machine.audit(service).expect("it has a CSpace");
    // Its answer goes out before the events that it made.
    let differences = usize::from(audit.missing + audit.wrong + audit.surplus);
    machine.wait_for("what was found", |log| found(log, service, since).len() >= differences);
    (audit, found(&machine.log(), service, since))
}

/// Every slot that is not as planned is told, and none else.
#[test]
fn an_audit_tells_each_capability_that_is_missing_is_another_or_was_not_granted() {
    let image = image("tampered");
    let mut machine = boot(&image, &deeds());
    for service in ["server", "late", "client", "ear", "ports"] {
        let [slots, planned] = image.plan(|plan| {
            let service = plan.service(plan.find(service).expect("it is planned"));
            let granted = service.caps.iter().filter(|grant| service.late_call(grant.cptr).is_none());
            [1 << service.cnode_radix, granted.count() as u16]
        });
        let count = |wanted| expected(service).iter().filter(|(_, what)| *what == wanted).count() as u16;
        let [missing, wrong, surplus] = [Missing, Wrong, Surplus].map(count);
        let present = planned - missing - wrong;
        let whole = Audit { slots, present, missing, wrong, surplus, types: true, diverted: 0 };
        // It changes nothing, so a second one finds the same.
        for _ in 0..2 {
            assert_eq!(
                audit(&mut machine, service),
                (whole, expected(service)),
                "{service}\n{}",
                machine.log()
            );
        }
    }
}

/// One run of slots can hold more than is worth a line each.
#[test]
fn an_audit_names_so_many_surplus_capabilities_of_one_run_of_slots_and_goes_on_behind_it() {
    let deeds: Vec<String> = (200..220).map(|slot| format!("put ports {slot} endpoint")).collect();
    let mut machine = boot(&image("tampered-full"), &(deeds.join(";") + ";put ports 500 endpoint"));
    let (audit, found) = audit(&mut machine, "ports");
    let named = (200..216).chain([500]).map(|slot| (slot, Surplus)).collect::<Vec<_>>();
    assert_eq!((usize::from(audit.surplus), &found), (named.len(), &named), "{}", machine.log());
}

/// What the commands say, and what they end with.
#[test]
fn the_commands_tell_what_is_not_as_planned_and_end_with_one() {
    let machine = Commanded::run(
        &image("tampered-commands"),
        &["--qemu-arg=-fw_cfg", &format!("--qemu-arg=name=opt/partenza/{PARAMETER},string={}", deeds())],
    );
    let json = |args: &[&str]| -> (Option<i32>, Value) {
        let output = machine.ask(args);
        let value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}"));
        (output.status.code(), value)
    };
    let (code, all) = json(&["audit", "--json"]);
    assert_eq!(code, Some(1));
    for row in all["services"].as_array().expect("a row for each") {
        let verdict = match row["service"].as_str() {
            Some("server") => "as planned",
            Some("absent") => "holds nothing",
            _ => "NOT as planned",
        };
        assert_eq!(row["verdict"], verdict, "{row}");
    }
    assert_eq!(machine.says(&["audit", "server"]).0, Some(0));
    let (code, text) = machine.says(&["audit", "client"]);
    assert_eq!((code, text.contains("NOT as planned")), (Some(1), true), "{text}");

    let (code, client) = json(&["grants", "--live", "client", "--json"]);
    assert_eq!((code, &client["verdict"]), (Some(1), &"NOT as planned".into()));
    assert_eq!(client["surplus"], serde_json::json!([0, 40, 41, 75, 127]));
    let live = |at: u64| {
        let grants = client["grants"].as_array().expect("a row for each");
        let row = grants.iter().find(|row| row["at"] == at).unwrap_or_else(|| panic!("{at} in {client}"));
        row["live"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!([1, 2, 10, 74].map(live), ["held", "held", "ANOTHER TYPE", "ANOTHER TYPE"]);
    let (code, text) = machine.says(&["grants", "--live", "client"]);
    assert_eq!((code, text.matches("NOT PLANNED").count()), (Some(1), 5), "{text}");
    let (code, text) = machine.says(&["grants", "--live", "late"]);
    assert_eq!((code, text.matches("MISSING").count()), (Some(1), 1), "{text}");
    assert_eq!(machine.says(&["grants", "--live", "server"]).0, Some(0));

    // Slot by slot, and as errors.
    let (_, log) = machine.says(&["log", "--json"]);
    let told =
        |slot: &str, what: &str| log.contains(&format!("client: slot {slot} is not as planned: {what}"));
    assert!(told("0x28", "it holds a capability that nobody granted"), "{log}");
    assert!(told("0x4a", "its capability is of another type"), "{log}");
    machine.shut_down();
}

fn complaints(log: &Log) -> Vec<Code> {
    let code = |event: &Event<'_>| match event {
        Event::InitError { code, .. } => Some(*code),
        _ => None,
    };
    log.events().filter_map(code).collect()
}

/// A deed that is not done is told, or these cases might hold for want of deeds.
#[test]
fn a_deed_that_cannot_be_read_or_done_is_told() {
    let image = image("tampered-badly");
    let bad = BootError::BadParameter.code();
    for words in [
        ";",
        "take client",
        "take nobody 1",
        "put client 5",
        "put client 5 thread",
        "take client 1 2",
        "take client 128",
    ] {
        assert_eq!(complaints(&boot(&image, words).log()), [bad], "`{words}`");
    }
    let absent = [SupervisorError::NotRunning.code()];
    assert_eq!(complaints(&boot(&image, "take absent 1").log()), absent);
    assert_eq!(complaints(&boot(&image, &deeds()).log()), []);
}

/// SPEC D-3, L-7: with `verify` the end of a service is followed by a proof. One that could not fail would prove nothing.
#[test]
fn what_is_left_in_a_slot_of_a_service_is_told() {
    let image = image("tampered-clutter");
    for (deeds, sound) in [("clutter absent", false), ("take late 2", true)] {
        let machine = Machine::new(&image).parameter(PARAMETER, deeds).parameter("verify", "on");
        let mut machine = machine.start();
        machine.wait_for("the boot's end", |log| log.reached(BootState::SupervisorMode));
        machine.change(Op::Start, "absent");
        let intact = |event: &Event<'_>, id| match event {
            Event::Reclaimed { service, intact, .. } if *service == id => Some(*intact),
            _ => None,
        };
        if sound {
            machine.wait_for("its ready", |log| log.is_ready("absent"));
            machine.change(Op::Stop, "absent");
        }
        machine
            .wait_for("its end", |log| log.events().any(|event| intact(event, log.id("absent")).is_some()));
        machine.shut_down();
        let outcome = machine.end();
        let log = &outcome.log;
        for name in log.names() {
            let told: Vec<bool> = log.events().filter_map(|event| intact(event, log.id(name))).collect();
            let expected = sound || *name != "absent";
            outcome
                .must(&format!("{name}: {told:?}"), !told.is_empty() && told.iter().all(|t| *t == expected));
        }
        if !sound {
            let refused = Some((BootError::KernelRefused.code(), None));
            outcome.same("why it could not be started", log.failure("absent"), refused);
        }
    }
}

/// Nor is there anything of it in what is shipped.
#[test]
fn the_shipped_root_task_knows_no_such_parameter() {
    let mut images = Vec::new();
    for kernel in [Kernel::Debug, Kernel::Release] {
        let image = Image::of(kernel, "tampered-not", &system("tampered-not"));
        let holds = |bytes: &[u8]| bytes.windows(PARAMETER.len()).any(|text| text == PARAMETER.as_bytes());
        assert!(!holds(&Image::bare(kernel).bytes()), "the {} root task names it", kernel.name());
        images.push(image);
    }
    for image in images {
        let mut machine = boot(&image, &deeds());
        assert_eq!(complaints(&machine.log()), [BootError::BadParameter.code()]);
        for service in ["server", "late", "client", "ear", "ports"] {
            assert_eq!(audit(&mut machine, service).1, [], "{service}\n{}", machine.log());
        }
    }
}

/// What the kernel refused is told as such, and not as if it was done.
#[test]
fn a_grant_that_the_kernel_refuses_is_no_grant() {
    let dir = tools::scratch("tampered-lost");
    System::new("tampered-lost")
        .with(Service::new("late", "witness", 5).priority(150).provides("test/late"))
        .with(Service::new("asker", "script", 6).args(&["lookup:test/late"]).manifest("start: on-demand"))
        .call_with("asker", "late", ", bind: lookup")
        .write(&dir)
        .unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let image = Image::tampered(&dir, &dir.join("image.elf"));
    let mut machine = boot(&image, "lose late");
    machine.change(Op::Start, "asker");
    machine.wait_for("the answer", |log| !log.lines("asker").is_empty());
    let log = machine.log();
    let refused = GrantError::MintRefused.code();
    assert_eq!(log.lines("asker")[0].1, format!("lookup:test/late answered {refused}"), "{log}");
    let asker = log.id("asker");
    let of_a_call = |event: &Event<'_>| matches!(event, Event::Granted { service, kind: CapKind::Endpoint, .. } if *service == asker);
    assert!(!log.events().any(of_a_call), "{log}");
    let told = |event: &Event<'_>| matches!(event, Event::KernelRefused { service, code, .. } if (*service, *code) == (asker, refused));
    assert!(log.events().any(told), "{log}");
}
