// SPDX-License-Identifier: BSD-2-Clause
//! Messages and deadlines take turns at the Supervisor, and its own work is held against nobody (SPEC A-6, I-2, J-2, G-4).

use std::time::Duration;

use partenza_protocol::event::{BootState, Event};
use partenza_tests::image::Image;
use partenza_tests::machine::{Machine, Outcome};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

fn machine(name: &str, system: &System) -> Machine {
    Machine::new(&Image::of(Kernel::Debug, name, system)).deadline(Duration::from_secs(90))
}

/// Its restarts are always due: the next start times out as soon as it begins.
fn never_ready() -> Service {
    let policy = "{policy: on-failure, max: 0, window: 1h, initial_delay: 0s, max_delay: 1us, on_exhausted: retry-forever}";
    Service::new("never", "misbehave", 5)
        .arg("mute")
        .critical(false)
        .startup_timeout("1us")
        .manifest("start: deferred")
        .restart(policy)
}

fn starts(outcome: &Outcome, name: &str) -> usize {
    let id = outcome.log.id(name);
    outcome.log.count(|e| matches!(e, Event::Starting { service, .. } if *service == id))
}

/// Whose stack is so large that to make it takes Init milliseconds.
fn big(name: &str) -> Service {
    let mut service = Service::new(name, "trivial", 5).startup_timeout("1s").critical(false);
    service.stack = 8 << 20;
    service
}

#[test]
fn a_restart_that_is_always_due_keeps_nobody_from_being_heard() {
    let end = Service::new("end", "script", 9).args(&["wait:5", "shutdown"]).priority(50).may("shutdown");
    let outcome = machine("pace-service", &System::new("pace-service").with(never_ready()).with(end)).run();
    outcome.must_have_ended();
    outcome.must("it was restarted over and over", starts(&outcome, "never") > 10);
    let system = System::new("pace-host").with(Service::new("idle", "trivial", 4)).with(never_ready());
    let mut running = machine("pace-host", &system).start();
    running.wait_for("the boot", |log| log.reached(BootState::SupervisorMode));
    running.shut_down();
    running.end().must_have_ended();
}

/// It beats every millisecond, and has eight.
#[test]
fn the_restart_of_a_big_service_is_not_held_against_its_neighbours() {
    let restart = "{policy: on-failure, max: 3, window: 60s, initial_delay: 1ms, max_delay: 1ms}";
    let thresholds = "failure_threshold: 3, success_threshold: 2";
    let mut dies = Service::new("big", "patient", 5)
        .args(&["health=x,g"])
        .priority(150)
        .health(&format!("probe: call, interval: 60ms, timeout: 60ms, {thresholds}"))
        .restart(restart);
    dies.stack = 16 << 20;
    let beats = Service::new("beating", "patient", 5)
        .args(&[&format!("health={}", "g".repeat(220)), "beat=1"])
        .priority(100)
        .health(&format!("probe: heartbeat, interval: 4ms, timeout: 4ms, {thresholds}"))
        .restart(restart);
    let system = System::new("pace-beats").with(dies).with(beats);
    let mut running = machine("pace-beats", &system).start();
    running.wait_for("the second start of the big one", |log| {
        log.story(&["big"]).iter().filter(|deed| deed.ends_with("ready")).count() == 2
    });
    let outcome = running.switch_off();
    outcome.same("starts of its neighbour", starts(&outcome, "beating"), 1);
}

/// It needs microseconds of its own, and is resumed before its neighbours are made, which takes longer than it has.
#[test]
fn who_waits_for_its_neighbours_to_be_made_is_given_its_time() {
    let first = Service::new("first", "trivial", 5).startup_timeout("5ms").critical(false);
    let system = System::new("pace-start").budget(5, "10s").with(first);
    let system = (0..5).fold(system, |system, index| system.with(big(&format!("big{index}"))));
    let outcome = machine("pace-start", &system).ends_after_boot().run();
    outcome.must_have_ended();
    outcome.same("running and failed", outcome.log.complete(), Some((6, 0)));
}
