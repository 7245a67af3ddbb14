// SPDX-License-Identifier: BSD-2-Clause
//! The event log is bounded (SPEC I-6): it loses its oldest records, tells who asks for them how many, and gives the others
//! as they were. Who listened all the time has them all.

use partenza_protocol::Op;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::{BootState, Event, Record};
use partenza_protocol::request::{LogFrom, LogPage};
use partenza_protocol::wire::decode_prefix;
use partenza_tests::ask::Request;
use partenza_tests::image::Image;
use partenza_tests::machine::{Machine, Running};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

/// More than fit, twice over.
const LINES: usize = 4000;

/// A page of the log, from this record on: how many were lost before it, where the next begins, and its records.
#[track_caller]
fn page(machine: &mut Running, sequence: u64) -> (u64, u64, Vec<Record<'static>>) {
    let answer = machine.ask(&Request::with(Op::Log, &LogFrom { sequence }));
    let bytes: &'static [u8] = answer.payload.leak();
    let (LogPage { count, lost, next }, mut rest) = decode_prefix(bytes).expect("a page");
    let records = (0..count).map(|_| {
        let (record, behind) = postcard::take_from_bytes(rest).expect("a record");
        rest = behind;
        record
    });
    (lost, next, records.collect())
}

#[test]
fn what_the_log_has_lost_is_told_and_the_rest_is_as_it_was() {
    let system = System::new("journal")
        .with(Service::new("writer", "script", 5).args(&[&format!("lines:{LINES}"), "uptime"]).priority(50))
        .config("overload: {requests: 1000000}");
    let mut machine = Machine::new(&Image::of(Kernel::Release, "journal", &system)).start();
    machine.wait_for("the last line", |log| {
        log.reached(BootState::SupervisorMode)
            && log.events().any(|event| matches!(event, Event::Message { text: "uptime answered ok", .. }))
    });
    let written = machine.log();
    let end = written.records.len() as u64;
    assert_eq!(written.whole(), Ok(()), "whoever listens loses nothing");
    let (mut lost, mut next, mut kept) = page(&mut machine, 0);
    let oldest = kept[0].sequence;
    assert_eq!(lost, oldest, "what is not kept is lost");
    assert!((2000..end).contains(&lost), "{lost} of {end} are lost");
    while next < end {
        let (between, behind, records) = page(&mut machine, next);
        assert!(!records.is_empty(), "nothing from {next} of {end} on");
        lost += between;
        next = behind;
        kept.extend(records);
    }
    assert_eq!((lost + kept.len() as u64, next), (end, end), "lost and kept, in all");
    assert!(kept == written.records[oldest as usize..], "the kept ones are those that came over the line");
    // From the oldest on nothing is lost, one before it one, and there is nothing new at the end.
    assert_eq!([page(&mut machine, oldest).0, page(&mut machine, oldest - 1).0], [0, 1]);
    assert_eq!(page(&mut machine, end), (0, end, vec![]));
}

/// What others had in their registers is not for everybody (a service may hold keys): the log is without, but for who was
/// granted `registers`, and for the host.
#[test]
fn registers_of_crashed_services_are_for_who_was_granted_them() {
    let reader = |name: &str| {
        let steps = ["wait:5", "crashes:log", "crashes:registers"];
        Service::new(name, "script", 5).args(&steps).priority(50)
    };
    let system = System::new("registers")
        .with(
            Service::new("crasher", "misbehave", 2)
                .args(&["fault-after-ready", "null-write"])
                .critical(false),
        )
        .with(reader("plain").critical(false))
        .with(reader("trusted").critical(false).may("registers"))
        .with(Service::new("end", "script", 9).args(&["wait:40", "shutdown"]).priority(20).may("shutdown"));
    let outcome = Machine::new(&Image::of(Kernel::Release, "registers", &system)).run();
    outcome.must_have_ended();
    let said = |name: &str| outcome.log.lines(name).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
    let host = outcome.log.fault("crasher").map_or(0, |fault| fault.registers.len());
    outcome.must("the host sees them", host > 10);
    let denied = format!("crashes:registers answered {}", SupervisorError::Denied.code());
    outcome.same("plain", said("plain"), vec!["log tells 1 crashes, 0 registers", &denied]);
    let all = format!("registers tells 1 crashes, {host} registers");
    outcome.same("trusted", said("trusted"), vec!["log tells 1 crashes, 0 registers", &all]);
}
