// SPDX-License-Identifier: BSD-2-Clause
//! Order and dependencies: who starts when, and who does not because another did not (SPEC C-3, C-4, E-2, E-4).

use partenza_protocol::error::BootError;
use partenza_protocol::event::{BootState, Event};
use partenza_tests::image::Image;
use partenza_tests::machine::{Machine, Outcome};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

fn boot(system: &System, name: &str) -> Outcome {
    let outcome = Machine::new(&Image::of(Kernel::Debug, name, system)).ends_after_boot().run();
    outcome.must_have_ended();
    outcome
}

fn failing(name: &str, layer: u8) -> Service {
    Service::new(name, "misbehave", layer).args(&["fault", "ud2"])
}

#[test]
fn lower_layers_start_first_whatever_the_files_order() {
    let system = System::new("layers")
        .with(Service::new("third", "trivial", 9))
        .with(Service::new("first", "trivial", 2))
        .with(Service::new("second", "trivial", 5));
    let outcome = boot(&system, "layers");
    outcome.same("running and failed", outcome.log.complete(), Some((3, 0)));
    outcome.same("the order", outcome.log.names(), &["first", "second", "third"][..]);
}

#[test]
fn dependencies_come_first_within_a_layer_and_ties_keep_the_files_order() {
    let system = System::new("ties")
        .with(Service::new("needs-c", "trivial", 2).requires("c"))
        .with(Service::new("b", "trivial", 2))
        .with(Service::new("a", "trivial", 2))
        .with(Service::new("c", "trivial", 2));
    let outcome = boot(&system, "ties");
    let log = &outcome.log;
    outcome.same("the order", log.names(), &["b", "a", "c", "needs-c"][..]);
    let at = |event: &Event<'_>| log.position(|known| known == event);
    let (needed, needs) = (log.id("c"), log.id("needs-c"));
    let starting = log.position(|e| matches!(e, Event::Starting { service, .. } if *service == needs));
    outcome.must("it waits for what it needs", at(&Event::Ready { service: needed }) < starting);
}

#[test]
fn what_requires_a_failed_service_is_not_started_nor_what_requires_that() {
    let system = System::new("chain")
        .with(failing("root", 5))
        .with(Service::new("middle", "trivial", 5).requires("root"))
        .with(Service::new("top", "trivial", 6).requires("middle"))
        .with(Service::new("apart", "trivial", 6));
    let outcome = boot(&system, "chain");
    let log = &outcome.log;
    outcome.same("running and failed", log.complete(), Some((1, 3)));
    let missing = |on| Some((BootError::DependencyNotRunning.code(), Some(on)));
    outcome.same("what middle says", log.failure("middle"), missing("root"));
    outcome.same("what top says", log.failure("top"), missing("middle"));
    for name in ["middle", "top"] {
        let id = log.id(name);
        let starts = log.count(|e| matches!(e, Event::Starting { service, .. } if *service == id));
        outcome.same(&format!("starts of {name}"), starts, 0);
    }
    outcome.must("what needs none of them runs", log.is_ready("apart"));
}

/// SPEC E-2: layers 2 to 4 are critical unless it is said otherwise, those above are not.
#[test]
fn criticality_follows_the_layer() {
    for (layer, fails) in [(2, true), (4, true), (5, false)] {
        let system =
            System::new("criticality").with(failing("only", layer)).with(Service::new("later", "trivial", 7));
        let outcome = boot(&system, &format!("criticality-{layer}"));
        let log = &outcome.log;
        outcome.same("whether the boot fails", log.reached(BootState::BootFailed), fails);
        outcome.same("whether the boot completes", log.reached(BootState::BootComplete), !fails);
        outcome.same("whether the next layer boots", log.is_ready("later"), !fails);
    }
}

/// A critical service that cannot start because a tolerated one failed is a failure of the boot all the same.
#[test]
fn a_critical_dependent_of_a_failed_service_fails_the_boot() {
    let system = System::new("critical-dependent")
        .with(failing("root", 5))
        .with(Service::new("dependent", "trivial", 6).requires("root").critical(true));
    let outcome = boot(&system, "critical-dependent");
    let failure = Some((BootError::DependencyNotRunning.code(), Some("dependent")));
    outcome.same("what the boot failed of", outcome.log.boot_failure(), failure);
}

/// SPEC E-3: at a panic, whatever runs is stopped, last to first.
#[test]
fn a_failed_boot_stops_what_runs_in_reverse_order() {
    let system = System::new("reverse")
        .with(Service::new("first", "trivial", 2))
        .with(Service::new("second", "trivial", 3))
        .with(failing("third", 4));
    let outcome = boot(&system, "reverse");
    let log = &outcome.log;
    let stopped: Vec<&str> = log
        .events()
        .filter_map(|event| match event {
            Event::Stopped { service, .. } => Some(log.name(*service)),
            _ => None,
        })
        .collect();
    outcome.same("the order", stopped, vec!["second", "first"]);
}
