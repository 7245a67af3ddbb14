// SPDX-License-Identifier: BSD-2-Clause
//! A server dies and comes back (SPEC J-4): calls that it did not answer are made again or refused, as `on-dead` says,
//! and no call is done twice by a server that lives.

use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::Event;
use partenza_tests::image::Image;
use partenza_tests::machine::{Machine, Outcome};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

const RESTART: &str =
    "{policy: on-failure, max: 3, window: 60s, initial_delay: 5ms, max_delay: 5ms, backoff: 1.0}";

fn server(name: &str, args: &[&str]) -> Service {
    Service::new(name, "witness", 5).args(args).priority(150).provides("test/count").restart(RESTART)
}

fn client(name: &str, layer: u8, steps: &[&str]) -> Service {
    Service::new(name, "script", layer).args(steps).priority(50)
}

fn run(name: &str, kernel: Kernel, system: &System) -> Outcome {
    let outcome = Machine::new(&Image::of(kernel, name, system)).run();
    outcome.must_have_ended();
    outcome
}

fn said(outcome: &Outcome, name: &str) -> Vec<&'static str> {
    outcome.log.lines(name).into_iter().map(|(_, text)| text).collect()
}

/// How often a call was released, to be made again or with an answer.
fn released(outcome: &Outcome, again: bool) -> usize {
    outcome.log.count(|event| matches!(event, Event::Released { repeated, .. } if *repeated == again))
}

#[test]
fn a_call_that_is_to_be_repeated_is_answered_once_by_the_next_incarnation() {
    for kernel in [Kernel::Debug, Kernel::Release] {
        let system = System::new("repeated-call")
            .with(server("mortal", &["2,any"]))
            .with(client("client", 9, &["count", "count", "count", "count", "shutdown"]).may("shutdown"))
            .repeated_call("client", "mortal");
        let outcome = run("repeated-call", kernel, &system);
        // The third call kills the first incarnation and is the second one's first.
        let answers = [
            "count answered 1",
            "count answered 2",
            "count answered 1",
            "count answered 2",
            "shutdown answered ok",
        ];
        outcome.same("the client", said(&outcome, "client"), answers.to_vec());
        let answered = ["answered 1 for client", "answered 2 for client"];
        outcome.same("the server", said(&outcome, "mortal"), [answered, answered].concat());
        outcome.same(
            "calls made again, and answered",
            (released(&outcome, true), released(&outcome, false)),
            (1, 0),
        );
    }
}

/// When the second incarnation dies, one of the two stands in the call that it died of, the other in the queue behind.
#[test]
fn each_of_two_clients_is_answered_once_by_the_next_incarnation() {
    let steps = ["count", "count"];
    let system = System::new("repeated-calls")
        .with(server("mortal", &["0,0,any", "5"]))
        .with(client("one", 9, &steps).priority(60))
        .with(client("two", 9, &steps))
        .with(client("end", 10, &["wait:100", "shutdown"]).may("shutdown").priority(40))
        .repeated_call("one", "mortal")
        .repeated_call("two", "mortal");
    let outcome = run("repeated-calls", Kernel::Release, &system);
    let mut answers = [said(&outcome, "one"), said(&outcome, "two")].concat();
    answers.sort_unstable();
    outcome.same(
        "all answers",
        answers,
        vec!["count answered 1", "count answered 2", "count answered 3", "count answered 4"],
    );
    outcome.same("what the server did", said(&outcome, "mortal").len(), 4);
    outcome.same(
        "calls made again, and answered",
        (released(&outcome, true), released(&outcome, false)),
        (3, 0),
    );
}

/// SPEC J-4: without `repeat`, the caller hears of it at once. A call that it makes then waits for the next incarnation.
#[test]
fn a_call_that_is_not_to_be_repeated_is_refused_once() {
    for kernel in [Kernel::Debug, Kernel::Release] {
        let system = System::new("refused-call")
            .with(server("mortal", &["2,any"]))
            .with(client("client", 9, &["count", "count", "count", "count", "shutdown"]).may("shutdown"))
            .call("client", "mortal");
        let outcome = run("refused-call", kernel, &system);
        let down = format!("count answered {}", SupervisorError::ServerDown.code());
        let answers =
            ["count answered 1", "count answered 2", &down, "count answered 1", "shutdown answered ok"];
        outcome.same("the client", said(&outcome, "client"), answers.to_vec());
        outcome.same(
            "calls made again, and answered",
            (released(&outcome, true), released(&outcome, false)),
            (0, 1),
        );
        let told = outcome.log.position(|event| matches!(event, Event::Released { .. }));
        let mortal = outcome.log.id("mortal");
        let back = outcome.log.position(
            |event| matches!(event, Event::Starting { service, incarnation } if *service == mortal && incarnation.0 == 2),
        );
        outcome.must("before the server is back", told < back);
    }
}

/// Letting such a client repeat its call would make the healthy server do the work twice.
#[test]
fn a_client_that_waits_for_a_healthy_server_is_left_alone() {
    for on_dead in ["repeat", "error"] {
        let name = format!("healthy-{on_dead}");
        let mortal = Service::new("mortal", "patient", 5)
            .arg("health=x,g")
            .health("probe: call, interval: 10ms, timeout: 5ms")
            .priority(160)
            .provides("test/mortal")
            .restart(RESTART);
        let system = System::new(&name)
            .with(mortal)
            // Each call takes 30 ms; the other server dies after 10.
            .with(server("healthy", &["any", "30"]))
            .with(client("client", 9, &["count", "count", "shutdown"]).may("shutdown"))
            .call("client", "healthy");
        let system = match on_dead {
            "repeat" => system.repeated_call("client", "mortal"),
            _ => system.call("client", "mortal"),
        };
        let outcome = run(&name, Kernel::Release, &system);
        let crash = outcome.log.position(|event| matches!(event, Event::Crashed { .. }));
        let first = outcome
            .log
            .position(|event| matches!(event, Event::Message { text, .. } if text.starts_with("answered 1")));
        let ready =
            outcome.log.position(|event| *event == Event::Ready { service: outcome.log.id("client") });
        outcome.must("it dies while the other works for the client", ready < crash && crash < first);
        let answers = ["count answered 1", "count answered 2", "shutdown answered ok"];
        outcome.same("the client", said(&outcome, "client"), answers.to_vec());
        let done = ["answered 1 for client", "answered 2 for client"];
        outcome.same("what the healthy server did", said(&outcome, "healthy"), done.to_vec());
        outcome.same("clients that were touched", released(&outcome, true) + released(&outcome, false), 0);
    }
}
