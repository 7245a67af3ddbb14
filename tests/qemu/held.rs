// SPDX-License-Identifier: BSD-2-Clause
//! Services that the Supervisor holds: over their budget, or in a call to a server that is not up. They stop in order when
//! they are told to, and are not blamed for what they cannot hear meanwhile.

use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::Event;
use partenza_tests::image::Image;
use partenza_tests::machine::{Machine, Outcome};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

const SOON: &str = "shutdown: {prepare_timeout: 100ms, stop_timeout: 100ms}";

fn run(name: &str, system: &System) -> Outcome {
    let outcome = Machine::new(&Image::of(Kernel::Debug, name, system)).run();
    outcome.must_have_ended();
    outcome
}

fn client(args: &[&str]) -> Service {
    Service::new("client", "script", 6).args(args).priority(60).critical(false)
}

/// The last service, which takes these steps and ends the system.
fn last(steps: &[&str]) -> Service {
    let last = Service::new("last", "script", 9).args(steps).arg("shutdown").priority(50);
    last.may("shutdown").may("stop").may("start")
}

/// Provides `test/count` once it is asked for, and is never ready.
fn never_ready(name: &str) -> Service {
    let server = Service::new(name, "misbehave", 5).arg("mute").provides("test/count").priority(150);
    server.critical(false).manifest("start: on-demand")
}

fn said(outcome: &Outcome, name: &str) -> Vec<String> {
    outcome.log.lines(name).into_iter().map(|(_, text)| text.to_owned()).collect()
}

fn stops_in_order(outcome: &Outcome) {
    let id = outcome.log.id("client");
    outcome.must("it stops in order", outcome.log.has(&Event::Stopped { service: id, forced: false }));
    outcome.must("nothing ends by force", !outcome.log.has(&Event::Stopped { service: id, forced: true }));
}

fn is_not_blamed(outcome: &Outcome) {
    let story = outcome.log.story(&["client"]);
    outcome.must(&format!("{story:?}"), story.iter().all(|step| !step.contains("unhealthy")));
}

/// The server comes back only when its client, which restarts with it, is gone; and that stands in a call to it.
#[test]
fn a_client_in_a_call_to_its_server_is_not_what_the_server_waits_for() {
    for repeated in [false, true] {
        let server = Service::new("server", "patient", 4).args(&["health=gx,g"]).provides("test/count");
        let server = server
            .priority(150)
            .critical(false)
            .health("probe: call, interval: 10ms, timeout: 10ms")
            .restart("{policy: on-failure, max: 3, window: 60s, initial_delay: 10ms, max_delay: 10ms}");
        let client = client(&["wait:25", "count"]).restarts_with("server");
        let client = client.manifest("shutdown: {prepare_timeout: 1s, stop_timeout: 1s}");
        let system = System::new("held-restart").with(server).with(client).with(last(&["wait:300"]));
        let system =
            if repeated { system.repeated_call("client", "server") } else { system.call("client", "server") };
        let outcome = run("held-restart", &system);
        let server = outcome.log.id("server");
        let crashed =
            outcome.log.time(|event| matches!(event, Event::Crashed { service, .. } if *service == server));
        let again = outcome.log.time(
            |event| matches!(event, Event::Starting { service, incarnation } if *service == server && incarnation.0 == 2),
        );
        let (crashed, again) = (crashed.expect("it crashes"), again.expect("it comes back"));
        // Ten milliseconds of pause, and the rest of the client's 25.
        outcome.must(&format!("the server is back after {} us", again - crashed), again - crashed < 100_000);
        stops_in_order(&outcome);
        let down = format!("count answered {}", SupervisorError::ServerDown.code());
        outcome.same("the first call", said(&outcome, "client").first(), Some(&down));
    }
}

#[test]
fn a_client_that_waits_for_a_start_stops_in_order() {
    let server = never_ready("server").startup_timeout("1h");
    let system = System::new("held-start")
        .with(server)
        .with(client(&["count"]).manifest(SOON))
        .with(last(&["wait:10", "stop:client", "wait:200"]))
        .call("client", "server");
    let outcome = run("held-start", &system);
    stops_in_order(&outcome);
    let down = format!("count answered {}", SupervisorError::ServerDown.code());
    outcome.same("what it was answered", said(&outcome, "client"), vec![down]);
}

/// What it asks beyond its budget while it is to stop is refused at once.
#[test]
fn a_throttled_client_stops_in_order() {
    let system = System::new("held-budget")
        .with(client(&["flood:200"]).manifest(SOON))
        .with(last(&["wait:20", "stop:client", "wait:200"]))
        .config("overload: {requests: 100, period: 10s, restart_after: 0}");
    let outcome = run("held-budget", &system);
    stops_in_order(&outcome);
    outcome.must(
        "it was throttled",
        outcome.log.story(&["client"]).iter().any(|step| step.contains("degraded")),
    );
}

#[test]
fn a_throttled_client_is_not_found_hung() {
    let system = System::new("held-probed")
        .with(client(&["flood:1000"]).health("probe: call, interval: 50ms, timeout: 50ms"))
        .with(last(&["wait:400"]))
        .config("overload: {requests: 1100, period: 100ms, restart_after: 0}");
    let outcome = run("held-probed", &system);
    is_not_blamed(&outcome);
    outcome.same(
        "what it was answered",
        said(&outcome, "client"),
        vec!["flood:1000 answered 1000".to_owned()],
    );
}

#[test]
fn a_client_that_waits_for_a_start_is_not_found_hung() {
    let server =
        Service::new("server", "patient", 5).args(&["start=60:ok"]).provides("test/count").priority(150);
    let server = server.critical(false).startup_timeout("500ms").manifest("start: on-demand");
    let system = System::new("held-waiting")
        .with(server)
        .with(client(&["count"]).health("probe: call, interval: 20ms, timeout: 20ms"))
        .with(last(&["wait:200"]))
        .call("client", "server");
    is_not_blamed(&run("held-waiting", &system));
}

/// Nor is one that calls a server in its pause.
#[test]
fn a_client_that_waits_for_a_restart_is_not_found_hung() {
    let later = "{policy: on-failure, max: 3, window: 60s, initial_delay: 100ms, max_delay: 100ms}";
    let server = Service::new("server", "witness", 4).args(&["0,any"]).provides("test/count").priority(150);
    let system = System::new("held-pause")
        .with(server.critical(false).restart(later))
        .with(client(&["count", "count"]).health("probe: call, interval: 20ms, timeout: 20ms"))
        .with(last(&["wait:300"]))
        .call("client", "server");
    let outcome = run("held-pause", &system);
    is_not_blamed(&outcome);
    let down = format!("count answered {}", SupervisorError::ServerDown.code());
    outcome.same("what it was answered", said(&outcome, "client"), vec![down, "count answered 1".to_owned()]);
}

/// SPEC S-2, J-4: it waits for the interface, not for the provider that it called first.
#[test]
fn who_waits_for_a_provider_that_never_comes_up_is_served_by_another() {
    let first = never_ready("first").startup_timeout("20ms").restart(
        "{policy: on-failure, max: 1, window: 60s, initial_delay: 5ms, max_delay: 5ms, on_exhausted: retry-forever}",
    );
    let second = Service::new("second", "witness", 5).provides("test/count").priority(150);
    let system = System::new("held-provider")
        .with(first)
        .with(second.critical(false).manifest("start: on-demand"))
        .with(client(&["count"]))
        .with(last(&["wait:10", "start:second", "wait:300"]))
        .call("client", "first")
        .call("client", "second")
        .config("providers: {test/count: [first, second]}");
    let outcome = run("held-provider", &system);
    outcome.same("what it was answered", said(&outcome, "client"), vec!["count answered 1".to_owned()]);
    let answered =
        outcome.log.position(|e| matches!(e, Event::Message { text, .. } if *text == "count answered 1"));
    let down = outcome.log.position(|event| *event == Event::ShutdownBegun);
    outcome.must("it is answered while the second serves", answered < down);
}

/// While nobody else serves, the answer comes when the server's retries are exhausted.
#[test]
fn who_waits_for_a_server_that_retries_for_ever_is_answered() {
    let server = never_ready("server").startup_timeout("20ms").restart(
        "{policy: on-failure, max: 1, window: 60s, initial_delay: 5ms, max_delay: 5ms, on_exhausted: retry-forever}",
    );
    let system = System::new("held-forever")
        .with(server)
        .with(client(&["count"]))
        .with(last(&["wait:300"]))
        .repeated_call("client", "server");
    let outcome = run("held-forever", &system);
    let down = format!("count answered {}", SupervisorError::ServerDown.code());
    outcome.same("what it was answered", said(&outcome, "client"), vec![down]);
    let answered = outcome.log.position(|event| matches!(event, Event::Message { .. }));
    outcome.must("before the end", answered < outcome.log.position(|event| *event == Event::ShutdownBegun));
}
