// SPDX-License-Identifier: BSD-2-Clause
//! Boot parameters (SPEC B-4): each changes what it says and nothing else; a bad one is an event.

use std::time::Duration;

use partenza_protocol::error::BootError;
use partenza_protocol::event::{BootState, Event, Record};
use partenza_protocol::{Code, Incarnation};
use partenza_tests::image::Image;
use partenza_tests::log::Log;
use partenza_tests::machine::{Machine, Outcome, Pace};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

/// `low` and `beside` in layer 2, `high` in layer 5, which requires `low`.
fn three(name: &str) -> System {
    System::new(name)
        .with(Service::new("low", "trivial", 2))
        .with(Service::new("beside", "trivial", 2))
        .with(Service::new("high", "trivial", 5).requires("low"))
}

fn boot(name: &str, parameter: (&str, &str)) -> Outcome {
    let image = Image::of(Kernel::Release, name, &three(name));
    let outcome = Machine::new(&image).ends_after_boot().parameter(parameter.0, parameter.1).run();
    outcome.must_have_ended();
    outcome
}

/// When the service said ready, failed, or whatever `what` is.
fn time(outcome: &Outcome, what: impl Fn(&Event<'static>) -> bool) -> u64 {
    let found: Option<&Record<'_>> = outcome.log.records.iter().find(|record| what(&record.event));
    found.map_or_else(
        || {
            outcome.must("the event is there", false);
            0
        },
        |record| record.time,
    )
}

fn starting(log: &Log, name: &str) -> Option<usize> {
    let service = log.id(name);
    log.position(|event| *event == Event::Starting { service, incarnation: Incarnation(1) })
}

fn ready(log: &Log, name: &str) -> Option<usize> {
    let service = log.id(name);
    log.position(|event| *event == Event::Ready { service })
}

#[test]
fn a_held_service_is_made_and_not_started() {
    let outcome = boot("hold", ("hold", "low"));
    let log = &outcome.log;
    let service = log.id("low");
    outcome.must("it is made", log.has(&Event::Created { service }));
    outcome.must("it is never ready", !log.is_ready("low"));
    let held = Event::Disabled { service, code: BootError::Held.code(), other: None };
    outcome.must("why", log.has(&held));
    outcome.same("events that tell of a failure", log.count(|e| matches!(e, Event::Failed { .. })), 0);
    // What waits for it is held back with it, which is no failure of the boot although layer 2 is critical.
    let waits = Some((BootError::DependencyNotRunning.code(), Some("low")));
    outcome.same("what its dependent says", log.failure("high"), waits);
    outcome.same("running and failed", log.complete(), Some((1, 0)));
}

#[test]
fn a_parallel_boot_starts_a_layer_before_it_waits_for_it() {
    let outcome = boot("parallel", ("parallel", "on"));
    let log = &outcome.log;
    outcome.must("both are started before one is ready", starting(log, "beside") < ready(log, "low"));
}

#[test]
fn a_sequential_boot_waits_for_each_service() {
    let outcome = boot("sequence", ("parallel", "off"));
    let log = &outcome.log;
    outcome.must("one is ready before the next starts", ready(log, "low") < starting(log, "beside"));
    outcome.same("running and failed", log.complete(), Some((3, 0)));
}

#[test]
fn the_plan_can_ask_for_a_sequential_boot_too() {
    let image = Image::of(Kernel::Release, "plan-sequence", &three("plan-sequence").in_sequence());
    let outcome = Machine::new(&image).ends_after_boot().run();
    outcome.must_have_ended();
    let log = &outcome.log;
    outcome.must("one is ready before the next starts", ready(log, "low") < starting(log, "beside"));
}

fn time_to_give_up(percent: &str) -> u64 {
    let system = System::new("timeouts").with(
        Service::new("late", "misbehave", 5).arg("never-ready").critical(false).startup_timeout("200ms"),
    );
    let image = Image::of(Kernel::Release, &format!("timeouts-{percent}"), &system);
    let outcome = Machine::new(&image).ends_after_boot().parameter("timeouts", percent).run();
    outcome.must_have_ended();
    outcome.same(
        "why it failed",
        outcome.log.failure("late"),
        Some((BootError::StartupTimeout.code(), None)),
    );
    time(&outcome, |event| matches!(event, Event::Failed { .. }))
        - time(&outcome, |event| matches!(event, Event::Created { .. }))
}

/// In microseconds, with what it takes to notice, and the TSC's frequency in whole MHz.
#[test]
fn timeouts_are_scaled() {
    for (percent, expected) in [("100", 200_000), ("10", 20_000), ("1000", 2_000_000)] {
        let took = time_to_give_up(percent);
        assert!(
            (expected..expected + 500 + expected / 500).contains(&took),
            "{percent} %: {took} us instead of {expected}"
        );
    }
}

#[test]
fn a_layer_over_its_budget_is_an_event() {
    let system = System::new("budget").budget(5, "1ms").with(
        Service::new("late", "misbehave", 5).arg("never-ready").critical(false).startup_timeout("50ms"),
    );
    let outcome = Machine::new(&Image::of(Kernel::Release, "budget", &system)).ends_after_boot().run();
    outcome.must_have_ended();
    let over = |event: &Event<'_>| matches!(event, Event::OverBudget { layer: 5, budget: 1000, .. });
    outcome.same("such events", outcome.log.count(over), 1);
    outcome.must("it is told when it happens", time(&outcome, over) < 10_000);
}

#[test]
fn a_quiet_boot_prints_nothing_and_tells_everything() {
    let loud = boot("loud", ("quiet", "off"));
    let quiet = boot("quiet", ("quiet", "on"));
    let printed = |outcome: &Outcome| outcome.console.lines().filter(|line| line.contains(" ms] ")).count();
    loud.must("a boot prints something", printed(&loud) > 0);
    quiet.same("lines of a quiet boot", printed(&quiet), 0);
    let kinds = |outcome: &Outcome| -> Vec<_> { outcome.log.events().map(std::mem::discriminant).collect() };
    quiet.same("kinds of events", kinds(&quiet), kinds(&loud));
}

#[track_caller]
fn is_complained_about(name: &str, parameter: (&str, &str)) {
    let outcome = boot(name, parameter);
    let complaints: Vec<Code> = outcome
        .log
        .events()
        .filter_map(|event| match event {
            Event::InitError { code, .. } => Some(*code),
            _ => None,
        })
        .collect();
    outcome.same("complaints", complaints, vec![BootError::BadParameter.code()]);
    outcome.same("running and failed", outcome.log.complete(), Some((3, 0)));
}

#[test]
fn an_unknown_parameter_is_an_event() {
    is_complained_about("unknown-parameter", ("lgo", "debug"));
}

#[test]
fn a_malformed_value_is_an_event() {
    is_complained_about("malformed-value", ("timeouts", "twice"));
}

#[test]
fn a_service_to_hold_that_does_not_exist_is_an_event() {
    is_complained_about("hold-nobody", ("hold", "nobody"));
}

/// QEMU is told not to reboot, so a reset ends it.
#[test]
fn a_boot_can_end_in_a_reset() {
    let outcome = boot("reset", ("after-boot", "reboot"));
    outcome.must("after the boot", outcome.log.reached(BootState::BootComplete));
}

fn failing(name: &str, at_end: &str, deadline: Duration) -> Outcome {
    let system = System::new(name).with(Service::new("only", "misbehave", 2).args(&["fault", "ud2"]));
    let image = Image::of(Kernel::Release, name, &system);
    Machine::new(&image).pace(Pace::Real).parameter("on-failure", at_end).deadline(deadline).run()
}

#[test]
fn a_failed_boot_can_end_in_a_reset() {
    let outcome = failing("failed-reset", "reboot", Duration::from_secs(60));
    outcome.must_have_ended();
    outcome.same("the culprit", outcome.log.boot_failure().and_then(|(_, culprit)| culprit), Some("only"));
}

#[test]
fn a_failed_boot_can_end_in_a_halt_with_every_event_told() {
    let outcome = failing("failed-halt", "halt", Duration::from_secs(4));
    outcome.same("the machine stays on", outcome.code, None);
    outcome.same("the last event", outcome.log.events().next_back(), Some(&Event::Finished));
    outcome.same("the event line", outcome.log.whole(), Ok(()));
}
