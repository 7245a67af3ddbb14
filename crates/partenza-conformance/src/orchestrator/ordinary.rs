// SPDX-License-Identifier: BSD-2-Clause
//! A system in which nothing goes wrong: its boot, what it answers, changes that are asked for, its end.

use std::time::Instant;

use partenza_lab::ask::Request;
use partenza_lab::log::Log;
use partenza_lab::machine::Running;
use partenza_lab::system::{Service, System};
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::{BootState, CapKind, Event, ServiceState};
use partenza_protocol::request::{BootPage, Health, LogFrom, LogPage, Page, Version};
use partenza_protocol::wire::decode_prefix;
use partenza_protocol::{Code, Op, decode};

use super::items::Item;
use super::stage::{Stage, Stop, ends_well, in_order, is_up, micros};
use crate::sheet::Sheet;

pub const ITEMS: &[Item] = &[
    Item::A2,
    Item::A4,
    Item::B1,
    Item::B3,
    Item::B5,
    Item::C3,
    Item::C5,
    Item::C6,
    Item::D1,
    Item::D2,
    Item::D4,
    Item::E1,
    Item::F1,
    Item::F2,
    Item::F5,
    Item::F6,
    Item::F8,
    Item::F10,
    Item::G1,
    Item::I1,
    Item::I3,
    Item::I4,
    Item::I5,
    Item::I6,
    Item::I7,
    Item::L7,
    Item::M1,
    Item::M2,
    Item::R1,
    Item::R2,
    Item::S12,
];

/// Those that start by themselves, in boot order.
const EAGER: [&str; 4] = ["witness", "below", "prober", "beside"];
/// Virtual microseconds for which the machine is left alone, and what that may take on the host, where an instruction
/// takes longer than a nanosecond.
const IDLE: u64 = 20_000_000;
const IDLE_ON_HOST: u128 = 10_000;
/// Virtual microseconds that a change may take.
const PATIENCE: u64 = 2_000_000;
/// SPEC B-5 and R-1, in microseconds.
const HANDOFF: u64 = 10_000;
const BOOT: u64 = 4_000_000;

fn system() -> System {
    System::new("ordinary")
        .ballast(0x1000)
        .with(Service::new("witness", "witness", 2).priority(150).provides("test/count"))
        .with(Service::new("below", "trivial", 5).manifest("capabilities: {optional: [{serial: com1}]}"))
        .with(Service::new("prober", "prober", 6).args(&["10", "1"]).requires("witness"))
        .with(Service::new("beside", "trivial", 6))
        .with(Service::new("later", "trivial", 6).manifest("start: deferred"))
        .with(Service::new("wanted", "trivial", 6).manifest("start: on-demand"))
        .call("prober", "witness")
}

pub fn play(stage: &Stage<'_>, sheet: &mut Sheet<Item>) -> Result<(), Stop> {
    let mut running = stage.machine("ordinary", &system())?.start()?;
    running.wait_for("the boot, and the deferred service", |log| {
        is_up(log) && log.find("later").is_some_and(|service| log.has(&Event::Ready { service }))
    })?;
    let log = running.log().clone();
    boot(&log, sheet);
    starts(&log, sheet);
    answers(&mut running, sheet)?;
    idle(&mut running, sheet)?;
    changes(&mut running, sheet)?;
    end(running, sheet)
}

fn boot(log: &Log, sheet: &mut Sheet<Item>) {
    let handoff = log.events().find_map(|event| match event {
        Event::Handoff { ram, untypeds, slots, tsc_mhz } => Some((*ram, *untypeds, *slots, *tsc_mhz)),
        _ => None,
    });
    let (ram, untypeds, slots, mhz) = handoff.unwrap_or_default();
    sheet.aspect(
        Item::B1,
        ram > 0 && untypeds > 0 && slots > 0 && mhz > 0,
        format!("{} KiB in {untypeds} untypeds, {slots} slots, TSC {mhz} MHz", ram >> 10),
    );
    let places = [
        log.position(|e| matches!(e, Event::Handoff { .. })),
        log.position(|e| matches!(e, Event::Plan { .. })),
        log.position(|e| matches!(e, Event::State(BootState::BootingLayer(2)))),
        log.position(|e| matches!(e, Event::Starting { .. })),
        log.position(|e| matches!(e, Event::BootComplete { .. })),
        log.position(|e| *e == Event::State(BootState::SupervisorMode)),
    ];
    let ordered = places.iter().all(Option::is_some) && places.is_sorted();
    sheet.aspect(Item::B3, ordered, "handoff, plan, layers, BootComplete, Supervisor");
    let begin = log.time(|e| matches!(e, Event::State(BootState::BootingLayer(_))));
    sheet.aspect(
        Item::B5,
        begin.is_some_and(|us| us < HANDOFF),
        format!("the first layer begins after {}", micros(begin)),
    );
    let states: Vec<String> = log
        .events()
        .filter_map(|event| match event {
            Event::State(state) => Some(state.to_string()),
            _ => None,
        })
        .collect();
    let wanted = [
        BootState::Initializing,
        BootState::BootingLayer(2),
        BootState::BootingLayer(5),
        BootState::BootingLayer(6),
        BootState::BootComplete,
        BootState::SupervisorMode,
    ];
    let wanted: Vec<String> = wanted.iter().map(BootState::to_string).collect();
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    sheet.aspect(Item::E1, in_order(&states, &wanted), states.join(", "));
    let complete = log.events().find_map(|event| match event {
        Event::BootComplete { micros, .. } => Some(*micros),
        _ => None,
    });
    let over = log.count(|event| matches!(event, Event::OverBudget { .. }));
    sheet.aspect(
        Item::R1,
        over == 0 && complete.is_some_and(|us| us < BOOT),
        format!("BootComplete after {}, {over} layers over their budget", micros(complete)),
    );
    let first = log.records.first().map(|record| record.sequence);
    let early = log.position(|e| matches!(e, Event::Starting { .. })).unwrap_or(0);
    sheet.aspect(
        Item::I7,
        first == Some(0) && early > 0,
        format!("{early} records from before the first service"),
    );
}

/// Where events about a service stand.
fn place(
    log: &Log,
    name: &str,
    wanted: impl Fn(&Event<'_>, partenza_protocol::ServiceId) -> bool,
) -> Vec<usize> {
    let Some(id) = log.find(name) else { return Vec::new() };
    log.events().enumerate().filter(|(_, event)| wanted(event, id)).map(|(at, _)| at).collect()
}

fn starting(log: &Log, name: &str) -> Vec<usize> {
    place(log, name, |event, id| matches!(event, Event::Starting { service, .. } if *service == id))
}

fn ready(log: &Log, name: &str) -> Vec<usize> {
    place(log, name, |event, id| matches!(event, Event::Ready { service } if *service == id))
}

fn starts(log: &Log, sheet: &mut Sheet<Item>) {
    for name in EAGER {
        let granted = place(log, name, |e, id| matches!(e, Event::Granted { service, .. } if *service == id));
        let created = place(log, name, |e, id| matches!(e, Event::Created { service } if *service == id));
        let said = place(log, name, |e, id| matches!(e, Event::Message { service, .. } if *service == id));
        let first = |places: &[usize]| places.first().copied();
        let (start, made, up) = (first(&starting(log, name)), first(&created), first(&ready(log, name)));
        let order = start.is_some() && start < first(&granted) && granted.last().copied() < made && made < up;
        sheet.aspect(Item::D1, order, name);
        let quiet = said.first().is_none_or(|at| Some(*at) > granted.last().copied());
        sheet.aspect(Item::D2, quiet && granted.last().copied() < up, name);
        sheet.aspect(Item::F6, !granted.is_empty(), format!("{name}: {} grants", granted.len()));
        sheet.aspect(Item::G1, up.is_some(), name);
    }
    let firsts: Vec<Option<usize>> = EAGER.iter().map(|name| starting(log, name).first().copied()).collect();
    sheet.aspect(Item::C3, firsts.iter().all(Option::is_some) && firsts.is_sorted(), EAGER.join(" before "));
    let (prober, beside) = (ready(log, "prober"), ready(log, "beside"));
    let together = [starting(log, "prober"), starting(log, "beside")];
    let together = together.iter().flatten().max() < prober.iter().chain(&beside).min();
    sheet.aspect(
        Item::C5,
        together && !prober.is_empty(),
        "prober and beside were started before one was ready",
    );
    let up = log.position(|e| *e == Event::State(BootState::SupervisorMode));
    sheet.aspect(Item::C6, up < starting(log, "later").first().copied(), "the deferred one after the boot");
    sheet.aspect(Item::C6, starting(log, "wanted").is_empty(), "the other not yet");
    let said: Vec<&str> = log.lines("prober").into_iter().map(|(_, text)| text).collect();
    sheet.aspect(
        Item::D4,
        said == ["answered 10 of 10, 1 to 10"],
        format!("prober, told 10 and 1: {}", said.join(", ")),
    );
    let has =
        |wanted: CapKind| log.events().any(|e| matches!(e, Event::Granted { kind, .. } if *kind == wanted));
    let kinds = [
        CapKind::Endpoint,
        CapKind::Notification,
        CapKind::Supervisor,
        CapKind::FaultHandler,
        CapKind::Memory,
    ];
    let seen: Vec<String> = kinds.iter().filter(|kind| has(**kind)).map(|kind| format!("{kind:?}")).collect();
    sheet.aspect(Item::F2, seen.len() == kinds.len(), seen.join(", "));
    sheet.aspect(
        Item::F5,
        !ready(log, "below").is_empty(),
        "a service without its optional serial line runs",
    );
}

fn answers(running: &mut Running, sheet: &mut Sheet<Item>) -> Result<(), Stop> {
    let answer = running.request(&Request::plain(Op::Version))?;
    let version = answer.accepted().ok().and_then(|bytes| decode::<Version<'_>>(bytes).ok());
    let said = version
        .map_or_else(String::new, |version| format!("partenza {}, {}", version.partenza, version.kernel));
    sheet.aspect(Item::S12, !said.is_empty(), said);
    let rows = running.list()?.unwrap_or_default();
    let as_expected = rows.len() == 6
        && EAGER
            .iter()
            .all(|name| rows.iter().any(|row| row.name == *name && row.state == ServiceState::Running));
    sheet.aspect(Item::A4, as_expected, format!("list: {} services", rows.len()));
    for name in EAGER {
        let audit = running.audit(name)?;
        let clean =
            audit.is_some_and(|audit| audit.missing + audit.wrong + audit.surplus == 0 && audit.present > 0);
        let seen = audit.map_or_else(
            || format!("{name}: no answer"),
            |audit| {
                format!(
                    "{name}: {} of {} slots, {} missing, {} wrong, {} surplus",
                    audit.present, audit.slots, audit.missing, audit.wrong, audit.surplus
                )
            },
        );
        for item in [Item::F1, Item::F8] {
            sheet.aspect(item, clean, seen.clone());
        }
        // Whatever the kernel shows is of a kind that the plan lists, and plans have no such kinds.
        sheet.aspect(Item::F10, clean, format!("{name}: nothing beside the plan"));
        sheet.aspect(Item::A2, clean, format!("{name} holds what was granted"));
    }
    let good = running.status("prober", |status| {
        status.name == "prober"
            && status.version == "0.1.0"
            && status.layer == 6
            && !status.critical
            && status.state == ServiceState::Running
            && status.incarnation.0 == 1
            && status.restarts == 0
            && status.uptime.is_some()
            && status.last_error.is_none()
            && status.memory > 0
            && status.priority == 100
            && status.health == Health::Unknown
    })?;
    sheet.aspect(Item::I5, good == Some(true), "prober's status is its manifest and its state");
    report(running, sheet)?;
    log_again(running, sheet)
}

/// SPEC R-2.
fn report(running: &mut Running, sheet: &mut Sheet<Item>) -> Result<(), Stop> {
    let answer = running.request(&Request::with(Op::BootReport, &Page { from: 0 }))?;
    let page = answer.accepted().ok().and_then(|bytes| decode::<BootPage<'_>>(bytes).ok());
    let rows = page.as_ref().map_or(&[][..], |page| &page.rows[..]);
    let told = EAGER.iter().all(|name| {
        rows.iter().any(|row| {
            row.name == *name && row.created.is_some() && row.started.is_some() && row.started <= row.ready
        })
    });
    sheet.aspect(Item::R2, told, format!("{} services with their times", rows.len()));
    Ok(())
}

/// The log, asked for, gives the records that came over the line.
fn log_again(running: &mut Running, sheet: &mut Sheet<Item>) -> Result<(), Stop> {
    let seen = running.log().records.clone();
    let answer = running.request(&Request::with(Op::Log, &LogFrom { sequence: 0 }))?;
    let same = answer.accepted().ok().and_then(|bytes| {
        let (page, rest): (LogPage, &[u8]) = decode_prefix(bytes).ok()?;
        let (record, _) = postcard::take_from_bytes::<partenza_protocol::event::Record<'_>>(rest).ok()?;
        let same = seen.get(record.sequence as usize) == Some(&record);
        (page.count > 0 && same).then_some(u64::from(page.count) + page.lost)
    });
    sheet.aspect(Item::I6, same.is_some(), "the log gives the same records again");
    sheet.aspect(Item::A4, same.is_some(), "log, status and audit answer");
    Ok(())
}

/// SPEC I-1: time that passes without instructions passes quickly where instructions are counted.
fn idle(running: &mut Running, sheet: &mut Sheet<Item>) -> Result<(), Stop> {
    let begin = Instant::now();
    let until = running.uptime()?.unwrap_or(0) + IDLE;
    while running.uptime()?.is_some_and(|now| now < until) {}
    let took = begin.elapsed().as_millis();
    let seconds = IDLE / 1_000_000;
    sheet.aspect(
        Item::I1,
        took < IDLE_ON_HOST,
        format!("{seconds} idle seconds of the machine took {took} ms of the host"),
    );
    Ok(())
}

fn refusal(answer: Result<(), Code>, error: SupervisorError) -> (bool, String) {
    let code = error.code();
    (
        answer == Err(code),
        match answer {
            Ok(()) => "accepted".to_owned(),
            Err(code) => format!("{code} {}", code.text()),
        },
    )
}

fn changes(running: &mut Running, sheet: &mut Sheet<Item>) -> Result<(), Stop> {
    let mut change = |running: &mut Running, op: Op, name: &str, state: ServiceState| -> Result<(), Stop> {
        let before = running.status(name, |status| status.incarnation)?;
        let accepted = running.ask(op, name)?.is_ok();
        let until = running.uptime()?.unwrap_or(0) + PATIENCE;
        let seen = loop {
            let seen = running.status(name, |status| (status.state, status.incarnation))?;
            let again = op != Op::Restart || seen.map(|(_, incarnation)| incarnation) > before;
            let there = again && seen.is_some_and(|(seen, _)| seen == state);
            if there || running.uptime()?.is_none_or(|now| now > until) {
                break there;
            }
        };
        sheet.aspect(Item::I4, accepted && seen, op.name());
        sheet.aspect(Item::I3, accepted && seen, format!("{state:?} after {}", op.name()));
        Ok(())
    };
    change(running, Op::Start, "wanted", ServiceState::Running)?;
    change(running, Op::Stop, "beside", ServiceState::Stopped)?;
    change(running, Op::Start, "beside", ServiceState::Running)?;
    change(running, Op::Disable, "beside", ServiceState::Disabled)?;
    let disabled = refusal(running.ask(Op::Start, "beside")?, SupervisorError::DisabledService);
    let enabled = running.ask(Op::Enable, "beside")?;
    change(running, Op::Start, "beside", ServiceState::Running)?;
    let before = running.status("beside", |status| status.memory)?;
    for _ in 0..5 {
        change(running, Op::Restart, "beside", ServiceState::Running)?;
    }
    let after = running.status("beside", |status| status.memory)?;
    let audit = running.audit("beside")?;
    let clean = audit.is_some_and(|audit| audit.missing + audit.wrong + audit.surplus == 0);
    sheet.aspect(
        Item::L7,
        clean && before == after,
        format!("after 8 lives {} bytes, as before, and the audit is clean", after.unwrap_or(0)),
    );
    let on_demand =
        running.log().find("wanted").is_some_and(|service| running.log().has(&Event::Ready { service }));
    sheet.aspect(Item::C6, on_demand, "when it was asked for, it started");
    let critical = refusal(running.ask(Op::Stop, "witness")?, SupervisorError::CriticalService);
    let unknown = refusal(running.ask(Op::Stop, "nobody")?, SupervisorError::NoSuchService);
    sheet.aspect(Item::I4, enabled.is_ok(), "enable");
    for (what, (refused, seen)) in [
        ("start of a disabled one", disabled),
        ("stop of a critical one", critical),
        ("stop of nobody", unknown),
    ] {
        sheet.aspect(Item::I4, refused, format!("{what}: {seen}"));
    }
    let revoked = running.log().count(|event| matches!(event, Event::Revoked { .. }));
    sheet.aspect(Item::F6, revoked >= 7, format!("{revoked} revocations"));
    Ok(())
}

fn end(mut running: Running, sheet: &mut Sheet<Item>) -> Result<(), Stop> {
    let accepted = running.order(Op::Shutdown)?;
    let outcome = running.end();
    sheet.aspect(Item::I4, accepted.is_ok(), "shutdown");
    let story = outcome.log.story(&["witness", "below", "prober", "beside", "later", "wanted"]);
    let wanted: Vec<String> = EAGER.iter().rev().map(|name| format!("{name} stopped")).collect();
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let last: Vec<String> = story.iter().rev().take(12).rev().cloned().collect();
    sheet.aspect(Item::M1, in_order(&last, &wanted), wanted.join(", "));
    ends_well(&outcome, sheet);
    Ok(())
}
