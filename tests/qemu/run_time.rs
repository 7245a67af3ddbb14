// SPDX-License-Identifier: BSD-2-Clause
//! What is given at run time (SPEC F-7), and started with somebody's arguments (SPEC F-2, I-4): as the plan foresees it, and
//! nothing else.

use partenza_protocol::error::{LookupError, SupervisorError};
use partenza_protocol::event::Event;
use partenza_tests::image::Image;
use partenza_tests::log::Log;
use partenza_tests::machine::{Machine, Outcome};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

fn script(steps: &[&str]) -> Service {
    let client = Service::new("client", "script", 9).args(steps).arg("shutdown").priority(50);
    ["shutdown", "start", "stop", "crash", "grant", "revoke", "spawn"].into_iter().fold(client, Service::may)
}

fn witness(name: &str, interface: &str) -> Service {
    Service::new(name, "witness", 5).priority(150).provides(interface).critical(false)
}

fn run(kernel: Kernel, name: &str, system: &System) -> Outcome {
    let outcome = Machine::new(&Image::of(kernel, name, system)).parameter("verify", "on").run();
    outcome.must_have_ended();
    outcome
}

fn said(log: &Log, name: &str) -> Vec<&'static str> {
    log.lines(name).into_iter().map(|(_, text)| text).collect()
}

/// SPEC F-7: what the plan foresees is there once it is granted, and gone once it is revoked. Nothing else can be granted,
/// and nothing else is revoked: neither what was planned nor what was looked up.
#[test]
fn a_call_is_granted_at_run_time_and_revoked() {
    let denied = LookupError::Denied.code().to_string();
    let empty = "PZ-E0002";
    let steps = [
        ("count", empty),
        ("lookup:test/count", &denied),
        ("grant:client=test/count", "ok"),
        ("count", "1"),
        ("lookup:test/count", "ok"),
        ("revoke:test/count", "ok"),
        ("count", empty),
        ("grant:client=test/planned", &denied),
        ("revoke:test/planned", "ok"),
        ("count:test/planned", "1"),
        ("grant:client=test/sought", &denied),
        ("lookup:test/sought", "ok"),
        ("revoke:test/sought", "ok"),
        ("count:test/sought", "1"),
    ];
    let system = System::new("run-time-grant")
        .with(witness("server", "test/count"))
        .with(witness("planned", "test/planned"))
        .with(witness("sought", "test/sought"))
        .with(script(&steps.map(|(step, _)| step)))
        .call_with("client", "server", ", bind: grant")
        .call("client", "planned")
        .call_with("client", "sought", ", bind: lookup");
    for kernel in [Kernel::Debug, Kernel::Release] {
        let outcome = run(kernel, "run-time-grant", &system);
        let mut expected: Vec<String> =
            steps.iter().map(|(step, answer)| format!("{step} answered {answer}")).collect();
        expected.push("shutdown answered ok".to_owned());
        let said: Vec<String> = said(&outcome.log, "client").into_iter().map(str::to_owned).collect();
        outcome.same("what the client was answered", said, expected);
    }
}

/// A service on demand, which does what it is spawned with as long as it is restarted, and what is planned afterwards.
#[test]
fn a_service_is_spawned_with_arguments_that_hold_until_nothing_more_follows() {
    let once = "{policy: on-failure, max: 1, window: 60s, initial_delay: 1ms, max_delay: 1ms}";
    let on_demand = |name: &str, restart: &str| {
        let service = Service::new(name, "script", 5).critical(false).arg("version").restart(restart);
        service.manifest("start: on-demand")
    };
    let runs = SupervisorError::RunsAlready.code().to_string();
    let steps = [
        // Restarted once, then stopped.
        ("spawn:worker=wait:1,uptime", "ok"),
        ("spawn:worker=uptime", &runs),
        ("crash:worker", "ok"),
        ("wait:10", ""),
        ("stop:worker", "ok"),
        ("start:worker", "ok"),
        // Given up after its first death.
        ("spawn:frail=uptime", "ok"),
        ("wait:1", ""),
        ("crash:frail", "ok"),
        ("wait:1", ""),
        ("start:frail", "ok"),
        ("wait:1", ""),
    ];
    let system = System::new("spawn")
        .with(on_demand("worker", once))
        .with(on_demand("frail", "{policy: never}"))
        .with(script(&steps.map(|(step, _)| step)));
    let outcome = run(Kernel::Release, "spawn", &system);
    let mut expected: Vec<String> = steps
        .iter()
        .filter(|(_, answer)| !answer.is_empty())
        .map(|(step, answer)| format!("{step} answered {answer}"))
        .collect();
    expected.push("shutdown answered ok".to_owned());
    let client: Vec<String> = said(&outcome.log, "client").into_iter().map(str::to_owned).collect();
    outcome.same("what the client was answered", client, expected);
    let (spawned, planned) = ("uptime answered ok", "version answered ok");
    outcome.same("what one did", said(&outcome.log, "worker"), vec![spawned, spawned, planned]);
    outcome.same("what the other did", said(&outcome.log, "frail"), vec![spawned, planned]);
}

/// Spawn authority is for what waits to be spawned, and nothing else (SPEC F-2).
#[test]
fn a_service_that_is_not_on_demand_is_not_spawned_even_when_it_is_down() {
    let steps = ["spawn:eager=version", "stop:eager", "wait:5", "spawn:eager=version", "wait:5"];
    let eager = Service::new("eager", "script", 5).critical(false).arg("uptime");
    let outcome =
        run(Kernel::Release, "spawn-eager", &System::new("spawn-eager").with(eager).with(script(&steps)));
    let refused = format!("spawn:eager=version answered {}", SupervisorError::NotSpawnable.code());
    let expected = [&refused, "stop:eager answered ok", &refused, "shutdown answered ok"];
    outcome.same("what the client was answered", said(&outcome.log, "client"), expected.to_vec());
    let eager = outcome.log.id("eager");
    let starts =
        outcome.log.count(|event| matches!(event, Event::Starting { service, .. } if *service == eager));
    outcome.same("its starts", starts, 1);
}
