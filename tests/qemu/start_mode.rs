// SPDX-License-Identifier: BSD-2-Clause
//! Services that the boot leaves for later (SPEC C-6): after BootComplete, or when they are asked for.

use partenza_protocol::event::{BootState, Event};
use partenza_tests::image::Image;
use partenza_tests::machine::{Machine, Outcome};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

fn run(name: &str, system: &System) -> Outcome {
    let outcome = Machine::new(&Image::of(Kernel::Release, name, system)).run();
    outcome.must_have_ended();
    outcome
}

fn script(steps: &[&str]) -> Service {
    Service::new("script", "script", 9).args(steps).priority(50).may("shutdown").may("start").may("lookup")
}

fn starts(outcome: &Outcome, name: &str) -> Option<usize> {
    let id = outcome.log.id(name);
    outcome.log.position(|event| matches!(event, Event::Starting { service, .. } if *service == id))
}

#[test]
fn deferred_services_start_after_the_boot_in_their_order() {
    let later = |name: &str, layer| Service::new(name, "trivial", layer).manifest("start: deferred");
    let system = System::new("deferred")
        .with(later("first", 2).critical(false))
        .with(Service::new("eager", "trivial", 5))
        .with(later("second", 6).requires("first"))
        .with(Service::new("asked-for", "trivial", 2).manifest("start: on-demand"))
        .with(script(&["wait:10", "shutdown"]));
    let outcome = run("deferred", &system);
    let log = &outcome.log;
    // What waits to be started has not failed.
    outcome.same("running and failed", log.complete(), Some((2, 0)));
    let waiting = log.count(|e| matches!(e, Event::BootComplete { waiting: 3, .. }));
    outcome.same("that three wait", waiting, 1);
    let mode = log.position(|event| *event == Event::State(BootState::SupervisorMode));
    let (first, second) = (starts(&outcome, "first"), starts(&outcome, "second"));
    outcome.must("both start", first.is_some() && second.is_some());
    outcome.must("after the boot, in order", mode < first && first < second);
    outcome.must("what nobody asks for does not start", starts(&outcome, "asked-for").is_none());
}

/// By a request; with it what it requires, which nobody started either.
#[test]
fn a_service_on_demand_starts_with_what_it_requires_when_it_is_asked_for() {
    let system = System::new("on-demand")
        .with(Service::new("below", "trivial", 5).manifest("start: on-demand"))
        .with(Service::new("wanted", "trivial", 6).requires("below").manifest("start: on-demand"))
        .with(Service::new("unwanted", "trivial", 6).manifest("start: on-demand"))
        .with(script(&["wait:5", "start:wanted", "wait:5", "start:wanted", "shutdown"]));
    let outcome = run("on-demand", &system);
    let said: Vec<&str> = outcome.log.lines("script").into_iter().map(|(_, text)| text).collect();
    // The second finds it running.
    outcome.same(
        "answers",
        said,
        vec!["start:wanted answered ok", "start:wanted answered ok", "shutdown answered ok"],
    );
    let story = outcome.log.story(&["below", "wanted", "unwanted"]);
    let expected = [
        "below starting 1",
        "below ready",
        "wanted starting 1",
        "wanted ready",
        "wanted stopping",
        "wanted stopped",
        "below stopping",
        "below stopped",
    ];
    outcome.same("who started", story, expected.map(str::to_owned).to_vec());
}

/// A deferred service brings up the one on demand that it requires.
#[test]
fn what_is_required_later_is_started_then() {
    let system = System::new("required-later")
        .with(Service::new("below", "trivial", 5).manifest("start: on-demand"))
        .with(Service::new("above", "trivial", 6).requires("below").manifest("start: deferred"))
        .with(script(&["wait:5", "shutdown"]));
    let outcome = run("required-later", &system);
    let story = outcome.log.story(&["below", "above"]);
    let expected = ["below starting 1", "below ready", "above starting 1", "above ready"];
    outcome.same("who started", story.get(..4), Some(&expected.map(str::to_owned)[..]));
}
