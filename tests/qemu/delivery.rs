// SPDX-License-Identifier: BSD-2-Clause
//! Programs that come after the boot (SPEC D-6): delivered by a service and by the host, and then as good as any other;
//! refused where they are not the plan's, and nothing is left of that.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use partenza_protocol::Op;
use partenza_protocol::error::{DeliveryError, SupervisorError};
use partenza_protocol::event::{Event, Rejection};
use partenza_protocol::request::{Deliver, MAX_DELIVERED};
use partenza_tests::ask::Request;
use partenza_tests::command::{Commanded, partenza};
use partenza_tests::image::Image;
use partenza_tests::log::Log;
use partenza_tests::machine::{Machine, Outcome, Pace};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

/// What stands before the program in the courier's ELF, and how many bytes it has room for: see `courier.rs`.
const MARK: &[u8] = b"courier's cargo:";
const ROOM: usize = 32 << 10;

/// The server whose program comes later.
fn later() -> Service {
    let server = Service::new("later", "witness", 5).priority(150).provides("test/count");
    server.manifest("start: on-demand").entry("binary: delivered")
}

fn courier(name: &str, steps: &[&str]) -> Service {
    let courier = Service::new(name, "courier", 8).priority(50).args(steps);
    ["deliver", "start", "stop", "restart", "enable", "shutdown", "lookup", "audit"]
        .into_iter()
        .fold(courier, Service::may)
}

/// Packs the system, and again with the program of `later` in the courier.
fn pack(kernel: Kernel, name: &str, system: &System) -> Image {
    let image = Image::of(kernel, name, system);
    let program = program(&image);
    assert!(program.len() > 2 * MAX_DELIVERED && program.len() < ROOM, "{} bytes", program.len());
    let mut elf = fs::read(kernel.program("courier")).expect("it was built");
    let at = elf.windows(MARK.len()).position(|window| window == MARK).expect("it has a mark") + MARK.len();
    elf[at..at + 4].copy_from_slice(&(program.len() as u32).to_le_bytes());
    elf[at + 4..at + 4 + program.len()].copy_from_slice(&program);
    let dir = image.path.parent().expect("it lies in a folder");
    fs::write(dir.join("courier.elf"), elf).expect("the folder can be written");
    Image::pack(kernel, dir, &image.path)
}

/// What `partenza pack` wrote beside the image.
fn program(image: &Image) -> Vec<u8> {
    fs::read(image.path.with_file_name("later.pzb")).expect("it was packed")
}

fn run(kernel: Kernel, name: &str, system: &System) -> Outcome {
    let machine = Machine::new(&pack(kernel, name, system)).parameter("verify", "on");
    let outcome = machine.deadline(Duration::from_secs(120)).run();
    outcome.must_have_ended();
    outcome
}

fn said(log: &Log, name: &str) -> Vec<&'static str> {
    log.lines(name).into_iter().map(|(_, text)| text).collect()
}

fn refused(log: &Log) -> Vec<DeliveryError> {
    let codes = log.events().filter_map(|event| match event {
        Event::DeliveryRefused { code, .. } => Some(*code),
        _ => None,
    });
    let all = [
        DeliveryError::NotAwaited,
        DeliveryError::Complete,
        DeliveryError::Busy,
        DeliveryError::WrongLength,
        DeliveryError::OutOfTurn,
        DeliveryError::WrongHash,
        DeliveryError::Abandoned,
    ];
    codes
        .map(|code| all.into_iter().find(|error| error.code() == code).expect("an error of deliveries"))
        .collect()
}

/// Everything that was given to the service came back whole, each time, and no audit found a difference.
fn must_be_clean(outcome: &Outcome, name: &str) {
    let id = outcome.log.id(name);
    let torn = |event: &Event<'_>| matches!(event, Event::Reclaimed { service, intact: false, .. } if *service == id);
    outcome.same("what did not come back", outcome.log.count(torn), 0);
    let differs = |event: &Event<'_>| matches!(event, Event::AuditMismatch { .. });
    outcome.same("what an audit found", outcome.log.count(differs), 0);
}

/// Asked for in vain before, and called, crashing, restarted, stopped and started afterwards.
#[test]
fn what_a_service_delivers_is_a_service_as_any_other() {
    for kernel in [Kernel::Debug, Kernel::Release] {
        let steps = [
            "count",
            "start:later",
            "lookup:test/count",
            "enable:later",
            "deliver:later",
            "count",
            "audit:later",
            "counts:2",
            "count",
            "wait:20",
            "count",
            "restart:later",
            "count",
            "audit:later",
            "stop:later",
            "count",
            "start:later",
            "count",
            "audit:later",
            "deliver:later",
            "shutdown",
        ];
        // It dies of its fourth call, once.
        let later = later().arg("3,any").restart("{policy: on-failure, initial_delay: 1ms}");
        let system = System::new("delivered").with(later).with(courier("courier", &steps));
        let outcome = run(kernel, "delivered", &system.call("courier", "later"));
        let (down, absent) = (SupervisorError::ServerDown.code(), DeliveryError::NotDelivered.code());
        let complete = DeliveryError::Complete.code();
        let expected = [
            format!("count answered {down}"),
            format!("start:later answered {absent}"),
            format!("lookup:test/count answered {absent}"),
            format!("enable:later answered {absent}"),
            "deliver:later answered ok".to_owned(),
            "count answered 1".to_owned(),
            "audit:later answered ok".to_owned(),
            "counts:2 answered 2".to_owned(),
            format!("count answered {down}"),
            "count answered 1".to_owned(),
            "restart:later answered ok".to_owned(),
            "count answered 1".to_owned(),
            "audit:later answered ok".to_owned(),
            "stop:later answered ok".to_owned(),
            format!("count answered {down}"),
            "start:later answered ok".to_owned(),
            "count answered 1".to_owned(),
            "audit:later answered ok".to_owned(),
            format!("deliver:later answered {complete}"),
            "shutdown answered ok".to_owned(),
        ];
        outcome.same("answers", said(&outcome.log, "courier"), expected.iter().map(String::as_str).collect());
        let (service, by) = (outcome.log.id("later"), Some(outcome.log.id("courier")));
        let delivered = outcome.log.position(
            |event| matches!(event, Event::Delivered { service: s, by: b, .. } if (*s, *b) == (service, by)),
        );
        let starting =
            |event: &Event<'_>| matches!(event, Event::Starting { service: s, .. } if *s == service);
        outcome.must("nothing ran before", delivered.is_some() && delivered < outcome.log.position(starting));
        // Functions are named, and so is the text of its image looked at, though neither came with it.
        let fault = outcome.log.fault("later").and_then(|fault| fault.symbol);
        outcome.must(&format!("the fault names its function: {fault:?}"), fault.is_some());
        outcome.same("refusals", refused(&outcome.log), vec![DeliveryError::Complete]);
        must_be_clean(&outcome, "later");
    }
}

/// Each leaves everything as it was: the next one begins with the first byte, and at the end the right one is taken.
#[test]
fn what_is_not_the_program_of_the_plan_is_refused() {
    use DeliveryError::{NotAwaited, OutOfTurn, WrongHash, WrongLength};
    let wrong = [
        ("flip:later", WrongHash),
        ("short:later", WrongLength),
        ("long:later", WrongLength),
        ("open:later", WrongLength),
        ("gap:later", OutOfTurn),
        ("back:later", OutOfTurn),
        ("later:later", OutOfTurn),
        ("empty:later", WrongLength),
        ("deliver:courier", NotAwaited),
    ];
    let mut steps = Vec::new();
    let mut expected = Vec::new();
    for (step, error) in wrong {
        steps.extend([step, "start:later"]);
        expected.push(format!("{step} answered {}", error.code()));
        expected.push(format!("start:later answered {}", DeliveryError::NotDelivered.code()));
    }
    // One that is not ended begins anew.
    steps.extend(["half:later", "start:later", "deliver:later", "start:later", "audit:later", "shutdown"]);
    expected.push("half:later answered ok".to_owned());
    expected.push(format!("start:later answered {}", DeliveryError::NotDelivered.code()));
    let rest = ["deliver:later", "start:later", "audit:later", "shutdown"];
    expected.extend(rest.map(|step| format!("{step} answered ok")));
    let system = System::new("wrong-programs").with(later()).with(courier("courier", &steps));
    let outcome = run(Kernel::Release, "wrong-programs", &system);
    outcome.same("answers", said(&outcome.log, "courier"), expected.iter().map(String::as_str).collect());
    outcome.same("refusals", refused(&outcome.log), wrong.map(|(_, error)| error).to_vec());
    let by = Some(outcome.log.id("courier"));
    let foreign =
        |event: &Event<'_>| matches!(event, Event::DeliveryRefused { by: other, .. } if *other != by);
    outcome.same("refusals that name another", outcome.log.count(foreign), 0);
    let id = outcome.log.id("later");
    let starts = |event: &Event<'_>| matches!(event, Event::Starting { service, .. } if *service == id);
    outcome.same("starts", outcome.log.count(starts), 1);
    must_be_clean(&outcome, "later");
}

#[test]
fn only_who_may_deliver_does() {
    let thief = Service::new("thief", "courier", 7).priority(60).args(&["deliver:later", "half:later"]);
    let honest = courier("courier", &["wait:5", "deliver:later", "start:later", "shutdown"]);
    let system = System::new("thief").with(later()).with(thief).with(honest);
    let outcome = run(Kernel::Release, "thief", &system);
    let denied = SupervisorError::Denied.code();
    let expected = [format!("deliver:later answered {denied}"), format!("half:later answered {denied}")];
    outcome.same("answers", said(&outcome.log, "thief"), expected.iter().map(String::as_str).collect());
    outcome.same("rejections", outcome.log.rejections("thief"), vec![Rejection::Denied; 2]);
    let steps = ["deliver:later", "start:later", "shutdown"].map(|step| format!("{step} answered ok"));
    outcome.same("courier", said(&outcome.log, "courier"), steps.iter().map(String::as_str).collect());
    outcome.same("refusals", refused(&outcome.log), vec![]);
}

/// The first dies in the middle, and its delivery with it; the second is told that it is too early, and then is not.
#[test]
fn a_delivery_ends_with_who_makes_it() {
    let mortal = courier("mortal", &["half:later"]).priority(60);
    let second = [
        "wait:5",
        "deliver:later",
        "start:later",
        "crash:mortal",
        "deliver:later",
        "start:later",
        "shutdown",
    ];
    let second = courier("second", &second).may("crash");
    let system = System::new("mortal").with(later()).with(mortal).with(second);
    let outcome = run(Kernel::Release, "mortal", &system);
    let (busy, absent) = (DeliveryError::Busy.code(), DeliveryError::NotDelivered.code());
    let expected = [
        format!("deliver:later answered {busy}"),
        format!("start:later answered {absent}"),
        "crash:mortal answered ok".to_owned(),
        "deliver:later answered ok".to_owned(),
        "start:later answered ok".to_owned(),
        "shutdown answered ok".to_owned(),
    ];
    outcome.same("answers", said(&outcome.log, "second"), expected.iter().map(String::as_str).collect());
    outcome.same("refusals", refused(&outcome.log), vec![DeliveryError::Busy, DeliveryError::Abandoned]);
    must_be_clean(&outcome, "later");
}

/// A whole program at once is more than a service may ask for in a period: it takes longer, and is no offence.
#[test]
fn who_delivers_is_slowed_down_and_not_blamed() {
    let steps = ["deliver:later", "start:later", "shutdown"];
    let system = System::new("slowly")
        .config("overload: {requests: 640, period: 5ms}")
        .with(later())
        .with(courier("courier", &steps));
    let outcome = run(Kernel::Release, "slowly", &system);
    let expected = steps.map(|step| format!("{step} answered ok"));
    outcome.same("answers", said(&outcome.log, "courier"), expected.iter().map(String::as_str).collect());
    let blamed = |event: &Event<'_>| matches!(event, Event::Degraded { .. } | Event::Unhealthy { .. });
    outcome.same("who was blamed", outcome.log.count(blamed), 0);
}

/// Over the event line, piece by piece; a delivery that stands still gives way after five seconds, and not before.
#[test]
fn the_host_delivers_as_well() {
    let system = System::new("host-delivers").with(later()).with(courier("courier", &["half:later"]));
    let image = pack(Kernel::Debug, "host-delivers", &system);
    let program = program(&image);
    let mut machine = Machine::new(&image).pace(Pace::Real).parameter("verify", "on").start();
    machine.wait_for("the first half", |log| {
        log.find("courier").is_some() && said(log, "courier") == ["half:later answered ok"]
    });
    let mut send = |offset: usize, bytes: &[u8], last: bool| {
        let piece = Deliver { service: "later", offset: offset as u32, bytes, last };
        machine.ask(&Request::with(Op::Deliver, &piece)).accepted().map(drop)
    };
    assert_eq!(send(0, &program[..MAX_DELIVERED], false), Err(DeliveryError::Busy.code()));
    // By the machine's clock, which a busy host slows down.
    let until = Instant::now() + Duration::from_secs(40);
    while send(0, &program[..MAX_DELIVERED], false).is_err() && Instant::now() < until {
        thread::sleep(Duration::from_millis(500));
    }
    for (offset, piece) in (0..).step_by(MAX_DELIVERED).zip(program.chunks(MAX_DELIVERED)) {
        assert_eq!(send(offset, piece, offset + piece.len() == program.len()), Ok(()), "at {offset}");
    }
    machine.change(Op::Start, "later");
    machine.wait_for("it runs", |log| log.is_ready("later"));
    let audit = machine.audit("later").expect("it has a CSpace");
    machine.shut_down();
    let outcome = machine.end();
    outcome.same("an audit", (audit.missing, audit.wrong, audit.surplus), (0, 0, 0));
    let refused = refused(&outcome.log);
    outcome.must(&format!("{refused:?}"), refused.iter().all(|error| *error == DeliveryError::Busy));
    let host = |event: &Event<'_>| matches!(event, Event::Delivered { by: None, .. });
    outcome.same("deliveries", outcome.log.count(host), 1);
    must_be_clean(&outcome, "later");
}

/// What a user types, from packing to the service's answer.
#[test]
fn the_command_delivers_what_it_packed() {
    let system = System::new("command-delivers").with(Service::new("base", "trivial", 2)).with(later());
    let image = Image::of(Kernel::Release, "command-delivers", &system);
    let dir = image.path.parent().expect("it lies in a folder").to_owned();
    let machine = Commanded::run(&image, &[]);
    let mut damaged = program(&image);
    damaged[4321] ^= 1;
    fs::write(dir.join("damaged.pzb"), damaged).expect("the folder can be written");
    let steps: [(&[&str], i32, &str); 6] = [
        (&["start", "later"], 1, "PZ-E0801"),
        (&["deliver", "later", "damaged.pzb"], 1, "PZ-E0807"),
        (&["deliver", "base", "later.pzb"], 1, "PZ-E0802"),
        (&["deliver", "later", "later.pzb"], 0, "later: its program is there, 20 KiB"),
        (&["start", "later", "--wait"], 0, "later ready"),
        (&["audit", "later"], 0, "as planned"),
    ];
    for (args, code, words) in steps {
        let (ended, said) = machine.says(args);
        assert_eq!((ended, said.contains(words)), (Some(code), true), "{args:?}: {said}");
    }
    // The plan, what was packed, and `sha256sum` agree.
    let (again, _) = machine.says(&["deliver", "later", "later.pzb", "--json"]);
    assert_eq!(again, Some(1), "it is there");
    let plan = partenza(&dir, &["plan", "image.elf", "--json"]).output().expect("it runs");
    let plan = String::from_utf8_lossy(&plan.stdout).into_owned();
    let sum = Command::new("sha256sum").arg(dir.join("later.pzb")).output().expect("coreutils are there");
    let sum = String::from_utf8_lossy(&sum.stdout).into_owned();
    let sum = sum.split(' ').next().unwrap_or_default();
    assert!(sum.len() == 64 && plan.contains(sum), "{sum} in {plan}");
    machine.shut_down();
}
