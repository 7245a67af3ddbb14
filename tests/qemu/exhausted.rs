// SPDX-License-Identifier: BSD-2-Clause
//! A service for which no restart is left (SPEC L-1, L-4, L-8, E-5, E-6), and what follows.

use partenza_protocol::error::{BootError, SupervisorError};
use partenza_protocol::event::{BootState, Event};
use partenza_tests::image::Image;
use partenza_tests::machine::{Machine, Outcome};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

/// Two restarts, and what comes then.
fn policy(then: &str) -> String {
    format!(
        "{{policy: on-failure, max: 2, window: 60s, initial_delay: 1ms, max_delay: 5ms, backoff: 2.0{then}}}"
    )
}

/// Dies of whatever incarnation it is, 2 ms after it is ready.
fn mortal(name: &str, then: &str) -> Service {
    Service::new(name, "patient", 5).arg("after=2:crash").priority(60).restart(&policy(then))
}

fn end_after(milliseconds: u32) -> Service {
    Service::new("end", "script", 9)
        .args(&[&format!("wait:{milliseconds}"), "shutdown"])
        .priority(50)
        .may("shutdown")
}

fn run(name: &str, system: &System) -> Outcome {
    let outcome = Machine::new(&Image::of(Kernel::Release, name, system)).run();
    outcome.must_have_ended();
    outcome
}

fn story(outcome: &Outcome, names: &[&str]) -> Vec<String> {
    outcome.log.story(names)
}

/// What is said of `mortal` up to the end of its retries.
fn up_to_the_limit(limit: String) -> Vec<String> {
    let mut words = Vec::new();
    for incarnation in 1..=3 {
        words.push(format!("mortal starting {incarnation}"));
        words.push("mortal ready".to_owned());
        words.push("mortal crashed".to_owned());
        if incarnation < 3 {
            words.push("mortal restarting".to_owned());
        }
    }
    words.push(format!("mortal given up {limit}"));
    words.push(format!("mortal failed {}", SupervisorError::Crashed.code()));
    words
}

#[test]
fn a_service_without_retries_left_stays_down_and_the_rest_goes_on() {
    let system = System::new("exhausted-stop")
        .with(mortal("mortal", ", on_exhausted: stop"))
        .with(Service::new("other", "trivial", 6))
        .with(end_after(50));
    let outcome = run("exhausted-stop", &system);
    let limit = SupervisorError::RetriesExhausted.code().to_string();
    outcome.same("what became of it", story(&outcome, &["mortal"]), up_to_the_limit(limit));
    let other = ["other starting 1", "other ready", "other stopping", "other stopped"].map(str::to_owned);
    outcome.same("what became of the other", story(&outcome, &["other"]), other.to_vec());
}

/// SPEC L-8: not started by the boot, but in place of the one that is lost.
#[test]
fn a_fallback_takes_the_place_of_a_service_without_retries_left() {
    let system = System::new("exhausted-fallback")
        .with(mortal("mortal", "").manifest("fallback: spare"))
        .with(Service::new("spare", "trivial", 5).manifest("start: on-demand"))
        .with(end_after(50));
    let outcome = run("exhausted-fallback", &system);
    let mut expected = up_to_the_limit(SupervisorError::RetriesExhausted.code().to_string());
    expected.extend(
        ["mortal replaced by spare", "spare starting 1", "spare ready", "spare stopping", "spare stopped"]
            .map(str::to_owned),
    );
    outcome.same("what became of both", story(&outcome, &["mortal", "spare"]), expected);
}

/// SPEC L-1: the limit is told once, and then one restart follows another after the longest pause.
#[test]
fn a_service_that_is_retried_for_ever_is_told_of_once() {
    let system = System::new("exhausted-forever")
        .with(mortal("mortal", ", on_exhausted: retry-forever"))
        .with(end_after(50));
    let outcome = run("exhausted-forever", &system);
    let log = &outcome.log;
    let told = log.count(|event| matches!(event, Event::RestartLimitReached { .. }));
    outcome.same("times that it is told", told, 1);
    let pauses: Vec<u64> = log
        .events()
        .filter_map(|event| match event {
            Event::Restarting { delay, .. } => Some(delay.div_ceil(1000)),
            _ => None,
        })
        .collect();
    outcome.must(&format!("pauses in ms: {pauses:?}"), pauses.len() > 5 && pauses.starts_with(&[1, 2, 5, 5]));
    outcome.must("each the longest", pauses[2..].iter().all(|pause| *pause == 5));
    let codes = log.count(|event| matches!(event, Event::Failed { .. }));
    outcome.same("times that it is given up", codes, 0);
}

/// SPEC E-5: the system goes down in order, and the machine ends as for a failed boot.
#[test]
fn a_system_that_loses_what_it_cannot_do_without_stops_in_order() {
    let system = System::new("exhausted-panic")
        .with(mortal("mortal", ", on_exhausted: panic"))
        .with(Service::new("first", "trivial", 6))
        .with(Service::new("second", "trivial", 7))
        .with(Service::new("deaf", "misbehave", 8).arg("deaf").manifest("shutdown: {prepare_timeout: 20ms}"));
    let outcome = run("exhausted-panic", &system);
    let crashed = SupervisorError::Crashed.code();
    let mut expected = up_to_the_limit(SupervisorError::RetriesExhausted.code().to_string());
    expected.retain(|deed| deed.contains("crashed") || deed.contains("given up"));
    expected.extend([
        format!("mortal failed {crashed}"),
        format!("mortal lost {crashed}"),
        "deaf stopping".to_owned(),
        "deaf stopped by force".to_owned(),
        "second stopping".to_owned(),
        "second stopped".to_owned(),
        "first stopping".to_owned(),
        "first stopped".to_owned(),
    ]);
    let mut seen = story(&outcome, &["mortal", "first", "second", "deaf"]);
    seen.retain(|deed| {
        !["starting", "ready", "restarting"].iter().any(|word| deed.split(' ').nth(1) == Some(word))
    });
    outcome.same("how it ends", seen, expected);
    let states: Vec<BootState> = outcome
        .log
        .events()
        .filter_map(|event| match event {
            Event::State(state) => Some(*state),
            _ => None,
        })
        .collect();
    outcome.must(
        "by way of the emergency stop",
        states.ends_with(&[BootState::EmergencyStop, BootState::Panic]),
    );
}

/// SPEC L-4: in a storm only core services are restarted.
#[test]
fn a_storm_of_restarts_is_broken_off() {
    let restless =
        "{policy: on-failure, max: 100, window: 60s, initial_delay: 1ms, max_delay: 1ms, backoff: 1.0}";
    let system = System::new("storm")
        .with(mortal("mortal", "").restart(restless))
        .with(mortal("core", "").restart(restless).manifest("class: core"))
        .with(end_after(50))
        .config("storm: {restarts: 6, window: 10s}");
    let outcome = run("storm", &system);
    let log = &outcome.log;
    outcome.same("storms", log.count(|event| *event == Event::Storm), 1);
    let restarts = |name: &str| {
        let id = log.id(name);
        log.count(
            |e| matches!(e, Event::Starting { service, incarnation } if *service == id && incarnation.0 > 1),
        )
    };
    let (mortal, core) = (restarts("mortal"), restarts("core"));
    outcome.must(&format!("{mortal} restarts of the one"), mortal <= 6);
    outcome.must(&format!("{core} restarts of the core service"), core > 6);
    let limit = Event::RestartLimitReached {
        service: log.id("mortal"),
        restarts: mortal as u16,
        code: SupervisorError::StormGuard.code(),
    };
    outcome.must("it is told which limit", log.has(&limit));
}

/// SPEC E-6: restarts go on while the layer boots, as long as its budget lasts.
#[test]
fn a_service_that_comes_up_at_the_second_attempt_is_waited_for() {
    let system = System::new("second-attempt")
        .with(Service::new("mortal", "patient", 2).arg("start=crash,ok").restart(&policy("")))
        .with(Service::new("user", "trivial", 3).requires("mortal"));
    let outcome =
        Machine::new(&Image::of(Kernel::Release, "second-attempt", &system)).ends_after_boot().run();
    outcome.must_have_ended();
    outcome.same("running and failed", outcome.log.complete(), Some((2, 0)));
    let expected =
        ["mortal starting 1", "mortal crashed", "mortal restarting", "mortal starting 2", "mortal ready"];
    outcome.same("what became of it", story(&outcome, &["mortal"]), expected.map(str::to_owned).to_vec());
}

#[test]
fn restarts_end_with_the_budget_of_the_layer_that_boots() {
    let patiently =
        "{policy: on-failure, max: 100, window: 60s, initial_delay: 30ms, max_delay: 30ms, backoff: 1.0}";
    let system = System::new("budget")
        .with(Service::new("mortal", "patient", 5).arg("start=crash").restart(patiently))
        .with(Service::new("user", "trivial", 6).requires("mortal"))
        .with(Service::new("other", "trivial", 6))
        .budget(5, "100ms");
    let outcome = Machine::new(&Image::of(Kernel::Release, "budget", &system)).ends_after_boot().run();
    outcome.must_have_ended();
    let log = &outcome.log;
    outcome.same("running and failed", log.complete(), Some((1, 2)));
    let service = log.id("mortal");
    let limit = Event::RestartLimitReached { service, restarts: 3, code: BootError::LayerBudget.code() };
    outcome.must("it is told which limit", log.has(&limit));
    let starts = log.count(|e| matches!(e, Event::Starting { service: id, .. } if *id == service));
    outcome.same("starts in 100 ms", starts, 4);
    let missing = Some((BootError::DependencyNotRunning.code(), Some("mortal")));
    outcome.same("what needs it", log.failure("user"), missing);
}

/// SPEC L-8: when everything else is gone, it is started, and stopped when it has shown what it has to show.
#[test]
fn a_panic_module_shows_why_when_everybody_else_is_gone() {
    for (name, culprit, on_failure) in [
        // At run time, and in a boot.
        ("panic-module", mortal("mortal", ", on_exhausted: panic"), SupervisorError::Crashed.code()),
        (
            "panic-module-boot",
            Service::new("mortal", "patient", 2).arg("start=crash"),
            BootError::ServiceCrashed.code(),
        ),
    ] {
        let system = System::new(name)
            .with(culprit)
            .with(Service::new("other", "trivial", 2))
            .with(
                Service::new("shower", "patient", 9)
                    .args(&["start=ok", "health=g", "stop=ok"])
                    .manifest("start: on-demand"),
            )
            .config("recovery: {panic: shower}");
        let outcome = run(name, &system);
        let mut story = story(&outcome, &["mortal", "other", "shower"]);
        // In a failed boot nobody is asked.
        story.retain(|deed| {
            deed != "other stopping" && (!deed.starts_with("mortal") || deed.contains("failed"))
        });
        let expected = [
            "other starting 1",
            "other ready",
            &format!("mortal failed {on_failure}"),
            "other stopped",
            "shower starting 1",
            "shower ready",
            "shower stopping",
            "shower stopped",
        ];
        outcome.same("who is there when", story, expected.map(str::to_owned).to_vec());
    }
}

/// It has one try: nobody waits longer for it than it says.
#[test]
fn a_panic_module_that_cannot_show_why_is_no_hindrance() {
    for (name, deed) in [("panic-module-spins", "start=spin"), ("panic-module-dies", "start=crash")] {
        let shower = Service::new("shower", "patient", 9)
            .arg(deed)
            .manifest("start: on-demand")
            .startup_timeout("20ms")
            .restart(&policy(""));
        let system = System::new(name)
            .with(mortal("mortal", ", on_exhausted: panic"))
            .with(shower)
            .config("recovery: {panic: shower}");
        let outcome = run(name, &system);
        let shower = outcome.log.id("shower");
        let tries =
            outcome.log.count(|event| matches!(event, Event::Starting { service, .. } if *service == shower));
        outcome.same("tries", tries, 1);
    }
}
