// SPDX-License-Identifier: BSD-2-Clause
//! A service dies, and others need it (SPEC L-5, L-9) or accompany it (SPEC S-3).

use partenza_protocol::error::SupervisorError;
use partenza_tests::image::Image;
use partenza_tests::machine::{Machine, Outcome};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

const RESTART: &str =
    "{policy: on-failure, max: 3, window: 60s, initial_delay: 5ms, max_delay: 5ms, backoff: 1.0}";

/// Dies 20 ms after it is ready for the first time; below its dependents, so that these do what they do meanwhile.
fn mortal(name: &str) -> Service {
    Service::new(name, "patient", 5).arg("after=20:crash,ok").priority(60).restart(RESTART)
}

fn run(name: &str, system: System, milliseconds: u32) -> Outcome {
    let end = Service::new("end", "script", 9)
        .args(&[&format!("wait:{milliseconds}"), "shutdown"])
        .priority(50)
        .may("shutdown");
    let outcome = Machine::new(&Image::of(Kernel::Release, name, &system.with(end))).run();
    outcome.must_have_ended();
    outcome
}

/// From the crash on, as long as `expected` is.
fn follows(outcome: &Outcome, names: &[&str], expected: &[&str]) {
    let story = outcome.log.story(names);
    let story: Vec<&str> = story.iter().map(String::as_str).collect();
    let crash = story.iter().position(|deed| deed.ends_with("crashed"));
    let from = crash.map_or(&[][..], |at| &story[at..]);
    outcome.same("what follows the crash", &from[..from.len().min(expected.len())], expected);
}

/// From the first stop on: how the system goes down.
fn goes_down(outcome: &Outcome, names: &[&str], expected: &[&str]) {
    let story = outcome.log.story(names);
    let stops = |deed: &&str| deed.ends_with("stopping") || deed.contains(" stopped");
    let story: Vec<&str> = story.iter().map(String::as_str).filter(stops).collect();
    let last = story.len().saturating_sub(expected.len());
    outcome.same("how the system goes down", &story[last..], expected);
}

#[test]
fn a_dependent_is_degraded_while_what_it_requires_is_gone() {
    let system = System::new("dependent")
        .with(mortal("base"))
        .with(Service::new("user", "trivial", 6).requires("base"))
        .with(Service::new("user2", "trivial", 7).requires("user"))
        .with(Service::new("apart", "trivial", 7));
    let outcome = run("dependent", system, 20);
    let lost = format!("user degraded {} base", SupervisorError::DependencyLost.code());
    follows(
        &outcome,
        &["base", "user", "user2", "apart"],
        &[
            "base crashed",
            &lost,
            "base restarting",
            "base starting 2",
            "base ready",
            "user recovered",
            // The end of the system: nobody else noticed.
            "apart stopping",
        ],
    );
}

/// SPEC K-3: being Degraded for another's sake does not keep the Supervisor from asking.
#[test]
fn a_dependent_that_is_degraded_is_probed_on() {
    let health = "probe: call, interval: 10ms, timeout: 5ms, failure_threshold: 2, success_threshold: 1";
    let system = System::new("dependent-probed").with(mortal("base").restart("{policy: never}")).with(
        Service::new("user", "patient", 6)
            .requires("base")
            .arg("health=gggggbb")
            .health(health)
            .restart("{policy: never}"),
    );
    let outcome = run("dependent-probed", system, 100);
    let lost = format!("user degraded {} base", SupervisorError::DependencyLost.code());
    let sick = format!("user unhealthy {}", SupervisorError::NotWell.code());
    follows(&outcome, &["base", "user"], &["base crashed", &lost, &sick]);
}

#[test]
fn a_chain_that_restarts_together_stops_from_its_end_and_starts_from_its_root() {
    let system = System::new("chain-of-three")
        .with(mortal("a"))
        .with(Service::new("b", "trivial", 6).restarts_with("a"))
        .with(Service::new("c", "trivial", 7).restarts_with("b"))
        .with(Service::new("looks-on", "trivial", 7).requires("b"));
    let outcome = run("chain-of-three", system, 20);
    let lost = format!("looks-on degraded {} b", SupervisorError::DependencyLost.code());
    let b_lost = format!("b degraded {} a", SupervisorError::DependencyLost.code());
    follows(
        &outcome,
        &["a", "b", "c", "looks-on"],
        &[
            "a crashed",
            &b_lost,
            "a restarting",
            "c stopping",
            "c stopped",
            "b stopping",
            &lost,
            "b stopped",
            "a starting 2",
            "a ready",
            "b starting 2",
            "b ready",
            "looks-on recovered",
            "c starting 2",
            "c ready",
        ],
    );
}

/// A module, its sidecar before it, and one that only needs the module.
fn accompanied(module: Service, sidecar: Service) -> System {
    System::new("sidecar")
        .with(module.manifest("sidecars: [sidecar]"))
        .with(sidecar)
        .with(Service::new("user", "trivial", 6).requires("module"))
}

#[test]
fn a_sidecar_starts_before_its_module_and_stops_after_it() {
    let system = accompanied(Service::new("module", "trivial", 5), Service::new("sidecar", "trivial", 5));
    let outcome = run("sidecar-order", system, 1);
    let story = outcome.log.story(&["module", "sidecar"]);
    let begin = ["sidecar starting 1", "sidecar ready", "module starting 1", "module ready"];
    outcome.must("the sidecar is first", story.get(..4).is_some_and(|first| first == begin));
    let end = [
        "end stopping",
        "end stopped",
        "user stopping",
        "user stopped",
        "module stopping",
        "module stopped",
        "sidecar stopping",
        "sidecar stopped",
    ];
    goes_down(&outcome, &["end", "user", "module", "sidecar"], &end);
}

#[test]
fn a_module_that_dies_takes_its_sidecar_along() {
    let system = accompanied(mortal("module"), Service::new("sidecar", "trivial", 5));
    let outcome = run("sidecar-module", system, 20);
    let lost = format!("user degraded {} module", SupervisorError::DependencyLost.code());
    follows(
        &outcome,
        &["module", "sidecar", "user"],
        &[
            "module crashed",
            &lost,
            "module restarting",
            "sidecar stopping",
            "sidecar stopped",
            "sidecar starting 2",
            "sidecar ready",
            "module starting 2",
            "module ready",
            "user recovered",
        ],
    );
}

#[test]
fn a_sidecar_that_dies_takes_its_module_along() {
    let system = accompanied(Service::new("module", "trivial", 5), mortal("sidecar"));
    let outcome = run("sidecar-dies", system, 20);
    let lost = format!("module degraded {} sidecar", SupervisorError::DependencyLost.code());
    let user = format!("user degraded {} module", SupervisorError::DependencyLost.code());
    follows(
        &outcome,
        &["module", "sidecar", "user"],
        &[
            "sidecar crashed",
            &lost,
            "sidecar restarting",
            "module stopping",
            &user,
            "module stopped",
            "sidecar starting 2",
            "sidecar ready",
            "module starting 2",
            "module ready",
            "user recovered",
        ],
    );
}

#[test]
fn a_module_does_not_go_on_without_its_sidecar() {
    let system =
        accompanied(Service::new("module", "trivial", 5), mortal("sidecar").restart("{policy: never}"));
    let outcome = run("sidecar-lost", system, 20);
    let failed =
        format!("module failed {} sidecar", partenza_protocol::error::BootError::DependencyNotRunning.code());
    let story = outcome.log.story(&["module", "sidecar"]);
    outcome.must("the module fails", story.last() == Some(&failed));
    let stopped = story.iter().position(|deed| deed == "module stopping");
    let died = story.iter().position(|deed| deed == "sidecar crashed");
    outcome.must("in order, after the sidecar's death", died.is_some() && died < stopped);
}
