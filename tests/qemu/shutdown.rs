// SPDX-License-Identifier: BSD-2-Clause
//! The end of a system (SPEC M): in reverse order, with services that do not answer, die, or are not there.

use partenza_protocol::error::{ShutdownError, SupervisorError};
use partenza_protocol::event::{BootState, Event, ServiceState};
use partenza_protocol::request::Status;
use partenza_protocol::{Op, decode};
use partenza_tests::ask::Request;
use partenza_tests::image::Image;
use partenza_tests::machine::{Machine, Outcome};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

const TIMEOUTS: &str = "shutdown: {prepare_timeout: 20ms, stop_timeout: 30ms}";

fn script(steps: &[&str]) -> Service {
    Service::new("script", "script", 9).args(steps).priority(50).may("shutdown").may("reboot")
}

fn run(name: &str, system: &System) -> Outcome {
    let outcome = Machine::new(&Image::of(Kernel::Release, name, system)).run();
    outcome.must_have_ended();
    outcome
}

/// `culprit` between two that behave.
fn three(name: &str, culprit: Service) -> System {
    System::new(name)
        .with(Service::new("below", "trivial", 5))
        .with(culprit.manifest(TIMEOUTS))
        .with(Service::new("above", "trivial", 7))
        .with(script(&["shutdown"]))
}

/// Everybody stops, last to first, and the culprit like this.
fn ends(outcome: &Outcome, culprit: &[&str]) {
    let mut expected: Vec<String> = vec!["above stopping".to_owned(), "above stopped".to_owned()];
    expected.extend(culprit.iter().map(|word| format!("culprit {word}")));
    expected.extend(["below stopping".to_owned(), "below stopped".to_owned()]);
    let story = outcome.log.story(&["below", "culprit", "above"]);
    let first = story.iter().position(|deed| deed == "above stopping").unwrap_or(story.len());
    outcome.same("how it ends", &story[first..], &expected[..]);
}

/// Microseconds that the culprit's end took.
fn took(outcome: &Outcome) -> u64 {
    let culprit = outcome.log.id("culprit");
    let begin = outcome.log.time(|event| *event == Event::Stopping { service: culprit });
    let end =
        outcome.log.time(|event| matches!(event, Event::Stopped { service, .. } if *service == culprit));
    begin.zip(end).map_or(0, |(begin, end)| end - begin)
}

fn patient(args: &[&str]) -> Service {
    Service::new("culprit", "patient", 6).args(args)
}

#[test]
fn services_that_behave_are_stopped_one_by_one_from_the_last_to_the_first() {
    let outcome = run("shutdown", &three("shutdown", patient(&[])));
    ends(&outcome, &["stopping", "stopped"]);
    outcome.must("nothing waits", took(&outcome) < 1_000);
    // Each is gone before the next is asked.
    let log = &outcome.log;
    let (culprit, below) = (log.id("culprit"), log.id("below"));
    let revoked =
        log.position(|event| matches!(event, Event::Revoked { service, .. } if *service == culprit));
    let next = log.position(|event| *event == Event::Stopping { service: below });
    outcome.must("gone before the next is asked", revoked.is_some() && revoked < next);
}

#[test]
fn a_service_that_does_not_prepare_is_stopped_by_force() {
    for (name, culprit) in [
        ("shutdown-prepare-spins", patient(&["prepare=spin"])),
        ("shutdown-deaf", Service::new("culprit", "misbehave", 6).arg("deaf")),
        ("shutdown-spins", patient(&["after=spin"]).priority(40)),
    ] {
        let outcome = run(name, &three(name, culprit));
        ends(&outcome, &["stopping", "stopped by force"]);
        let took = took(&outcome);
        outcome.must(&format!("after its timeout: {took} us"), (20_000..20_300).contains(&took));
    }
}

#[test]
fn a_service_that_prepares_and_does_not_stop_is_stopped_by_force() {
    let outcome = run("shutdown-stop-spins", &three("shutdown-stop-spins", patient(&["stop=spin"])));
    ends(&outcome, &["stopping", "stopped by force"]);
    let took = took(&outcome);
    outcome.must(&format!("after its timeout: {took} us"), (30_000..30_300).contains(&took));
}

/// SPEC I-5: on request as well, and its status tells what it did not answer.
#[test]
fn what_a_service_did_not_answer_is_its_last_error() {
    for (args, error) in
        [("prepare=spin", ShutdownError::PrepareTimeout), ("stop=spin", ShutdownError::StopTimeout)]
    {
        let system = System::new("forced").with(patient(&[args]).manifest(TIMEOUTS));
        let mut running = Machine::new(&Image::of(Kernel::Release, "forced", &system)).start();
        running.change(Op::Stop, "culprit");
        running.wait_for("its end", |log| {
            log.story(&["culprit"]).ends_with(&["culprit stopped by force".to_owned()])
        });
        let answer = running.ask(&Request::about(Op::Status, "culprit"));
        let status: Status<'_> =
            answer.accepted().ok().and_then(|bytes| decode(bytes).ok()).expect("a status");
        assert_eq!((status.state, status.last_error), (ServiceState::Stopped, Some(error.code())));
    }
}

#[test]
fn a_service_that_dies_while_it_stops_is_gone() {
    for (name, args) in [("shutdown-prepare-dies", "prepare=crash"), ("shutdown-stop-dies", "stop=crash")] {
        let restart = "{policy: always, max: 5, window: 60s, initial_delay: 0ms, max_delay: 0ms}";
        let outcome = run(name, &three(name, patient(&[args]).restart(restart)));
        // Nobody restarts it now.
        ends(&outcome, &["stopping", "crashed", "stopped"]);
    }
}

/// It rests for ten seconds, and nobody waits for it.
#[test]
fn a_service_between_two_incarnations_is_no_hindrance() {
    let restart = "{policy: on-failure, max: 5, window: 60s, initial_delay: 10s, max_delay: 10s}";
    let system = System::new("shutdown-back-off")
        .with(Service::new("below", "trivial", 5))
        .with(patient(&[]).restart(restart))
        .with(Service::new("above", "trivial", 7))
        .with(script(&["crash:culprit", "wait:5", "shutdown"]).may("crash"));
    let outcome = run("shutdown-back-off", &system);
    ends(&outcome, &["stopped"]);
    let log = &outcome.log;
    let begun = log.time(|event| *event == Event::ShutdownBegun);
    let finished = log.time(|event| *event == Event::Finished);
    let took = begun.zip(finished).map_or(u64::MAX, |(begun, finished)| finished - begun);
    outcome.must(&format!("at once: {took} us"), took < 2_000);
    let culprit = log.id("culprit");
    let starts = log.count(|event| matches!(event, Event::Starting { service, .. } if *service == culprit));
    outcome.same("starts", starts, 1);
}

#[test]
fn a_second_shutdown_is_answered_and_changes_nothing() {
    let system = three("shutdown-twice", patient(&[])).with(
        Service::new("again", "script", 10)
            .args(&["shutdown", "reboot", "shutdown"])
            .may("shutdown")
            .may("reboot"),
    );
    let outcome = run("shutdown-twice", &system);
    let said: Vec<String> = outcome.log.lines("again").into_iter().map(|(_, text)| text.to_owned()).collect();
    let refused = SupervisorError::ShuttingDown.code();
    outcome.same(
        "answers",
        said,
        vec![
            "shutdown answered ok".to_owned(),
            format!("reboot answered {refused}"),
            "shutdown answered ok".to_owned(),
        ],
    );
    outcome.same("shutdowns", outcome.log.count(|event| *event == Event::ShutdownBegun), 1);
    ends(&outcome, &["stopping", "stopped"]);
}

/// Nobody is left who would have to stop, so the end comes before the answer would.
#[test]
fn a_shutdown_is_answered_when_nothing_runs_any_more() {
    let system = System::new("shutdown-empty").with(Service::new("only", "trivial", 5).critical(false));
    for kernel in [Kernel::Debug, Kernel::Release] {
        let mut running = Machine::new(&Image::of(kernel, "shutdown-empty", &system)).start();
        running.change(Op::Stop, "only");
        running.wait_for("its end", |log| log.story(&["only"]).ends_with(&["only stopped".to_owned()]));
        running.shut_down();
        running.end().must_have_ended();
    }
}

/// SPEC M-2: by a reset of the machine, which boots it again.
#[test]
fn a_reboot_stops_everybody_and_resets_the_machine() {
    let system =
        System::new("reboot").with(Service::new("only", "trivial", 5)).with(script(&["wait:5", "reboot"]));
    let machine = Machine::new(&Image::of(Kernel::Release, "reboot", &system)).reboots();
    let outcome = machine.run_until("three boots", |log| {
        log.count(|event| *event == Event::State(BootState::SupervisorMode)) == 3
    });
    for boot in outcome.log.boots().iter().take(2) {
        outcome.same("the event line", boot.whole(), Ok(()));
        outcome.same("the last event", boot.events().next_back(), Some(&Event::Finished));
        let stopped = boot.count(|event| matches!(event, Event::Stopped { forced: false, .. }));
        outcome.same("services that stopped", stopped, 2);
    }
}
