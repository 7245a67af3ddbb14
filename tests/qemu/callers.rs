// SPDX-License-Identifier: BSD-2-Clause
//! A server dies: whoever stands in a call to it, or calls it afterwards, is answered and never hangs (SPEC J-4).

use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::{BootState, CapKind, Cause, Event};
use partenza_protocol::request::{GrantRow, GrantsOf, GrantsPage};
use partenza_protocol::{Op, decode};
use partenza_tests::ask::Request;
use partenza_tests::image::Image;
use partenza_tests::machine::{Machine, Outcome};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

/// `inside` is in its sixth call when the server dies; `bystander` calls another server; `late` comes afterwards.
fn boot(kernel: Kernel) -> Outcome {
    let server = |name: &str| Service::new(name, "witness", 5).priority(150).provides("test/count");
    let system = System::new("callers")
        .with(server("mortal").arg("5"))
        .with(server("immortal"))
        .with(Service::new("inside", "prober", 6).args(&["10", "1"]))
        .with(Service::new("bystander", "prober", 6).args(&["10", "1"]))
        .with(Service::new("late", "prober", 7).args(&["3", "6"]))
        .call("inside", "mortal")
        .call("bystander", "immortal")
        .call("late", "mortal");
    let outcome = Machine::new(&Image::of(kernel, "callers", &system)).ends_after_boot().run();
    outcome.must_have_ended();
    outcome
}

fn said(outcome: &Outcome, name: &str) -> Vec<&'static str> {
    outcome.log.lines(name).into_iter().map(|(_, text)| text).collect()
}

#[test]
fn callers_of_a_dead_server_are_answered() {
    for kernel in [Kernel::Debug, Kernel::Release] {
        let outcome = boot(kernel);
        let log = &outcome.log;
        let down = SupervisorError::ServerDown.code();
        outcome.same("the fault", log.fault("mortal").map(|fault| fault.cause), Some(Cause::NullPointer));
        outcome.same("running and failed", log.complete(), Some((4, 1)));
        let inside = said(&outcome, "inside");
        outcome.must(&format!("{inside:?}"), inside == [format!("answered 5 of 10, 1 to 5: then {down}")]);
        let (service, server) = (log.id("inside"), log.id("mortal"));
        let released = Event::Released { service, server, repeated: false };
        outcome.same("calls that were ended", log.count(|event| *event == released), 1);
        let late = said(&outcome, "late");
        outcome.must(&format!("{late:?}"), late == [format!("answered 0 of 3, 6 to 5: then {down}")]);
        outcome.same("the bystander", said(&outcome, "bystander"), vec!["answered 10 of 10, 1 to 10"]);
    }
}

/// The last service: after a while does what `steps` say, then ends the system.
fn run(name: &str, system: System, steps: &[&str]) -> Outcome {
    let last = Service::new("last", "script", 9).args(steps).arg("shutdown").priority(50);
    let last = last.may("shutdown").may("stop");
    let outcome = Machine::new(&Image::of(Kernel::Release, name, &system.with(last))).run();
    outcome.must_have_ended();
    outcome
}

fn caller(name: &str, calls: usize) -> Service {
    Service::new(name, "script", 7).priority(60).args(&vec!["count"; calls])
}

fn server(name: &str, layer: u8) -> Service {
    Service::new(name, "witness", layer).priority(150).provides("test/count")
}

#[test]
fn callers_of_what_never_ran_are_answered() {
    let down = format!("count answered {}", SupervisorError::ServerDown.code());
    let system = System::new("never-ran")
        .with(server("asleep", 5).manifest("start: on-demand"))
        .with(Service::new("broken", "patient", 5).arg("start=fail"))
        .with(server("orphan", 6).requires("broken"))
        .with(server("held", 5))
        .with(caller("a", 1))
        .with(caller("b", 1))
        .with(caller("c", 1))
        .call("a", "asleep")
        .call("b", "orphan")
        .call("c", "held")
        .boot("parameters: {hold: held}");
    let outcome = run("never-ran", system, &["wait:5"]);
    // Who waits to be asked for is asked by the call.
    outcome.same("a", said(&outcome, "a"), vec!["count answered 1"]);
    for name in ["b", "c"] {
        outcome.same(name, said(&outcome, name), vec![down.as_str()]);
    }
}

/// It stands in its second call when the server dies, and the server is not started again after all.
#[test]
fn a_caller_that_waits_for_a_restart_is_answered_when_that_is_called_off() {
    let restart = "{policy: on-failure, max: 3, window: 60s, initial_delay: 10s, max_delay: 10s}";
    let system = System::new("called-off")
        .budget(7, "1m")
        .budget(9, "1m")
        .with(server("mortal", 5).arg("1").restart(restart))
        .with(caller("inside", 3))
        .repeated_call("inside", "mortal");
    let outcome = run("called-off", system, &["wait:5", "stop:mortal", "wait:5"]);
    let down = format!("count answered {}", SupervisorError::ServerDown.code());
    outcome.same("inside", said(&outcome, "inside"), vec!["count answered 1", &down, &down]);
}

/// It waits for a server that dies in its first start and is started again. It goes on waiting, and its next call, to a
/// healthy server, is made once: who is started meanwhile must not have it repeated.
#[test]
fn a_caller_that_waits_for_a_start_waits_for_the_next_one_too() {
    let restart = "{policy: on-failure, max: 3, window: 60s, initial_delay: 30ms, max_delay: 30ms}";
    let asleep =
        server("asleep", 5).args(&["any", "0", "crash"]).restart(restart).manifest("start: on-demand");
    for repeats in [false, true] {
        let name = if repeats { "waits-repeat" } else { "waits-error" };
        let healthy = server("healthy", 5).provides("test/slow").args(&["any", "100"]);
        let client = Service::new("client", "script", 7).priority(60);
        let steps = ["count", "count:test/slow", "count:test/slow"];
        let system = System::new(name)
            .budget(7, "1m")
            .budget(9, "1m")
            .with(asleep.clone())
            .with(healthy)
            .with(client.args(&steps))
            .call("client", "healthy");
        let system = match repeats {
            true => system.repeated_call("client", "asleep"),
            false => system.call("client", "asleep"),
        };
        let outcome = run(name, system, &["wait:400"]);
        let expected = ["count answered 1", "count:test/slow answered 1", "count:test/slow answered 2"];
        outcome.same("client", said(&outcome, "client"), expected.to_vec());
        outcome.same(
            "healthy",
            said(&outcome, "healthy"),
            vec!["answered 1 for client", "answered 2 for client"],
        );
    }
}

/// What `grants --live` goes by: where a call leads is told with the planned grants.
#[test]
fn grants_tell_which_calls_lead_elsewhere_at_the_moment() {
    let system = System::new("conditions")
        .with(server("alive", 5))
        .with(server("broken", 5).provides("test/broken").arg("0"))
        .with(server("late", 5).provides("test/late"))
        .with(Service::new("client", "trivial", 7).priority(60))
        .with(Service::new("breaker", "script", 7).priority(60).may("crash").args(&["crash:broken"]))
        .call("client", "alive")
        .call("client", "broken")
        .call_with("client", "late", ", bind: lookup");
    let image = Image::of(Kernel::Release, "conditions", &system);
    let mut machine = Machine::new(&image).start();
    machine.wait_for("the crash", |log| log.find("broken").is_some() && log.fault("broken").is_some());
    let (mut conditions, mut next) = (Vec::new(), Some(0));
    while let Some(from) = next {
        let answer = machine.ask(&Request::with(Op::Grants, &GrantsOf { name: "client", from }));
        let page: GrantsPage<'_> = decode(answer.accepted().expect("it knows the client")).expect("a page");
        let calls = page.rows.iter().filter(|row| row.kind == CapKind::Endpoint);
        conditions.extend(calls.map(|row| row.rights & !GrantRow::RIGHTS));
        next = page.next;
    }
    let audit = machine.audit("client").expect("it runs");
    let outcome = machine.switch_off();
    outcome.same("where calls lead", conditions, vec![0, GrantRow::DIVERTED, GrantRow::UNBOUND]);
    let differences = (audit.missing, audit.wrong, audit.surplus, audit.diverted);
    outcome.same("what the audit says", differences, (0, 0, 0, 1));
}

/// The Supervisor tells who stands in a call by registers and instruction. One that has the registers alone, as everybody
/// has just before a call, stands in none, whoever dies.
#[test]
fn who_is_about_to_call_a_server_that_dies_is_left_alone() {
    // It never says that it is well, and so is taken down for hanging, after 10 ms.
    let server = Service::new("server", "witness", 5).priority(150).provides("test/count").critical(false);
    let system = System::new("feint")
        .with(server.health("probe: heartbeat, interval: 5ms, timeout: 5ms"))
        .with(Service::new("feint", "hostile", 6).args(&["feint", "test/count"]).priority(50))
        .call("feint", "server");
    for kernel in [Kernel::Debug, Kernel::Release] {
        let image = Image::of(kernel, "feint", &system);
        let outcome = Machine::new(&image).run_until("the end of the feint", |log| {
            log.reached(BootState::SupervisorMode) && !log.lines("feint").is_empty()
        });
        let log = &outcome.log;
        let said: Vec<&str> = log.lines("feint").into_iter().map(|(_, text)| text).collect();
        outcome.same("what it says", said, vec!["was left alone"]);
        let [server, feint] = ["server", "feint"].map(|name| log.id(name));
        let died =
            log.position(|event| matches!(event, Event::Unhealthy { service, .. } if *service == server));
        let went_on =
            log.position(|event| matches!(event, Event::Message { service, .. } if *service == feint));
        outcome.must("the server died meanwhile", died.is_some() && died < went_on);
        outcome.same("released", log.count(|event| matches!(event, Event::Released { .. })), 0);
    }
}
