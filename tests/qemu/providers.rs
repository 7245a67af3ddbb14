// SPDX-License-Identifier: BSD-2-Clause
//! Services that take each other's place (SPEC S-2), that are looked up (SPEC S-5), that start when somebody calls them
//! (SPEC C-6).

use partenza_protocol::Op;
use partenza_protocol::error::{LookupError, SupervisorError};
use partenza_protocol::event::{BootState, Event};
use partenza_protocol::request::Switch;
use partenza_tests::ask::Request;
use partenza_tests::image::Image;
use partenza_tests::log::Log;
use partenza_tests::machine::{Machine, Outcome, Pace};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

fn script(steps: &[&str]) -> Service {
    Service::new("client", "script", 9)
        .args(steps)
        .priority(50)
        .may("shutdown")
        .may("switch")
        .may("crash")
        .may("start")
}

fn witness(name: &str) -> Service {
    Service::new(name, "witness", 5).priority(150).provides("test/count").critical(false)
}

/// Two that serve `test/count`, the client calling whoever does.
fn pair(name: &str, first: Service, steps: &[&str]) -> System {
    System::new(name)
        .with(first)
        .with(witness("second"))
        .with(script(steps).requires_interface("test/count"))
        .repeated_call("client", "first")
        .repeated_call("client", "second")
        .config("providers: {test/count: [first, second]}")
}

fn run(kernel: Kernel, name: &str, system: &System) -> Outcome {
    let outcome = Machine::new(&Image::of(kernel, name, system)).parameter("verify", "on").run();
    outcome.must_have_ended();
    outcome
}

fn said(log: &Log, name: &str) -> Vec<String> {
    log.lines(name).into_iter().map(|(_, text)| text.to_owned()).collect()
}

/// How many lines it wrote; nobody has, before the services are known.
fn lines(log: &Log, name: &str) -> usize {
    if log.reached(BootState::SupervisorMode) { log.lines(name).len() } else { 0 }
}

/// What becomes of a client that always has somebody who provides.
fn runs() -> Vec<String> {
    ["client starting 1", "client ready"].map(str::to_owned).to_vec()
}

/// Until the system goes down.
fn became_of_the_client(log: &Log) -> Vec<String> {
    let mut story = log.story(&["client"]);
    if log.has(&Event::ShutdownBegun) {
        // It is asked to stop, and does.
        story.truncate(story.len() - 2);
    }
    story
}

fn switched(log: &Log, from: &str, to: &str) -> usize {
    let (from, to) = (log.id(from), log.id(to));
    log.count(|event| *event == Event::Switched { interface: "test/count", from, to })
}

#[test]
fn another_provider_takes_over_and_no_call_is_lost() {
    let steps = [
        "counts:20",
        "switch:test/count=second",
        "counts:20",
        "switch:test/count=first",
        "counts:5",
        "shutdown",
    ];
    for kernel in [Kernel::Debug, Kernel::Release] {
        let outcome = run(kernel, "switch", &pair("switch", witness("first"), &steps));
        let log = &outcome.log;
        let expected = [
            "counts:20 answered 20",
            "switch:test/count=second answered ok",
            "counts:20 answered 20",
            "switch:test/count=first answered ok",
            "counts:5 answered 5",
            "shutdown answered ok",
        ];
        outcome.same("what the client saw", said(log, "client"), expected.map(str::to_owned).to_vec());
        outcome.same("calls that the first answered", said(log, "first").len(), 25);
        outcome.same("calls that the second answered", said(log, "second").len(), 20);
        outcome.same("there", switched(log, "first", "second"), 1);
        outcome.same("and back", switched(log, "second", "first"), 1);
        outcome.same("what became of the client", became_of_the_client(log), runs());
    }
}

/// The client is somewhere in its loop, the server perhaps in a call, when the host asks.
#[test]
fn a_client_in_a_loop_sees_every_call_answered() {
    // With pauses, so that the host's requests come while it goes on.
    let steps = ["counts:10", "wait:150"].repeat(10);
    let system = pair("switch-in-loop", witness("first"), &steps);
    let mut machine = Machine::new(&Image::of(Kernel::Release, "switch-in-loop", &system)).start();
    machine.wait_for_the_boot();
    for provider in ["second", "first", "second"] {
        let answered = lines(&machine.log(), "first") + lines(&machine.log(), "second");
        machine.wait_for("a few more calls", |log| {
            lines(log, "first") + lines(log, "second") >= (answered + 10).min(100)
        });
        let answer = machine.ask(&Request::with(Op::Switch, &Switch { interface: "test/count", provider }));
        assert_eq!(answer.accepted().map(drop), Ok(()), "{provider}");
    }
    machine.wait_for("the end of the loop", |log| lines(log, "client") >= 10);
    let outcome = machine.switch_off();
    let log = &outcome.log;
    let answered = vec!["counts:10 answered 10".to_owned(); 10];
    outcome.same("what the client saw", said(log, "client"), answered);
    let (first, second) = (said(log, "first").len(), said(log, "second").len());
    outcome.same("calls that were answered", first + second, 100);
    outcome.must(&format!("both served: {first} and {second}"), first > 0 && second > 0);
    outcome.same("what became of the client", became_of_the_client(log), runs());
}

#[test]
fn who_stands_by_takes_over_from_one_that_dies() {
    // The first dies of its sixth call, which is made again.
    let first = witness("first").arg("5");
    let outcome = run(Kernel::Debug, "heir", &pair("heir", first, &["counts:20", "wait:5", "shutdown"]));
    let log = &outcome.log;
    outcome.same("what the client saw", said(log, "client")[0].as_str(), "counts:20 answered 20");
    outcome.same("calls that the first answered", said(log, "first").len(), 5);
    outcome.same("calls that the second answered", said(log, "second").len(), 15);
    outcome.same("hand-overs", switched(log, "first", "second"), 1);
    outcome.same("what became of the client", became_of_the_client(log), runs());
    let intact = log.count(|event| matches!(event, Event::Reclaimed { intact: false, .. }));
    outcome.same("what did not come back whole", intact, 0);
}

/// SPEC J-4: it handed the endpoint over in the middle of a call, and dies before it answers. Its client calls the other.
#[test]
fn a_call_that_a_provider_took_with_it_is_made_again() {
    let first = witness("first").arg("0").arg("1000");
    let system = pair("left-behind", first, &["counts:1", "wait:10000"]);
    let mut machine = Machine::new(&Image::of(Kernel::Release, "left-behind", &system)).start();
    machine.wait_for_the_boot();
    let switch = Switch { interface: "test/count", provider: "second" };
    assert_eq!(machine.ask(&Request::with(Op::Switch, &switch)).accepted().map(drop), Ok(()));
    machine.wait_for("the answer", |log| lines(log, "client") > 0);
    let outcome = machine.switch_off();
    let log = &outcome.log;
    outcome.same("what the client saw", said(log, "client")[0].as_str(), "counts:1 answered 1");
    let (client, first) = (log.id("client"), log.id("first"));
    let handed = log.position(|event| matches!(event, Event::Switched { .. }));
    let released = Event::Released { service: client, server: first, repeated: true };
    outcome.same("calls that were made again", log.count(|event| *event == released), 1);
    outcome.must("after the hand-over", handed < log.position(|event| *event == released));
}

/// SPEC L-9, S-2: a client is Degraded while nobody provides what it requires, and no longer.
#[test]
fn a_client_is_degraded_only_while_nobody_provides() {
    let system = pair("nobody", witness("first"), &["counts:3", "wait:10000"]);
    let mut machine = Machine::new(&Image::of(Kernel::Release, "nobody", &system)).start();
    machine.wait_for("the client's calls", |log| lines(log, "client") > 0);
    for (op, name, deed) in [
        (Op::Stop, "first", "first stopped"),
        (Op::Stop, "second", "second stopped"),
        (Op::Start, "first", "first ready"),
        (Op::Start, "second", "second ready"),
        (Op::Restart, "first", "first starting 3"),
    ] {
        let told = machine.log().story(&[name]).len();
        machine.change(op, name);
        machine.wait_for(deed, |log| log.story(&[name]).iter().skip(told).any(|event| event == deed));
    }
    let outcome = machine.switch_off();
    let lost = format!("client degraded {} second", SupervisorError::DependencyLost.code());
    let mut expected = runs();
    expected.extend([lost, "client recovered".to_owned()]);
    outcome.same("what became of the client", became_of_the_client(&outcome.log), expected);
}

/// SPEC C-4, S-2: the preferred one fails in the boot, and the other one satisfies what requires the interface.
#[test]
fn a_provider_that_fails_at_boot_is_replaced_before_its_client_starts() {
    let broken = witness("first").arg("nonsense");
    let steps = ["counts:5", "shutdown"];
    for kernel in [Kernel::Debug, Kernel::Release] {
        let outcome = run(kernel, "replaced", &pair("replaced", broken.clone(), &steps));
        let log = &outcome.log;
        outcome.same("what the client saw", said(log, "client")[0].as_str(), "counts:5 answered 5");
        outcome.same("calls that the second answered", said(log, "second").len(), 5);
        outcome.same("running and failed", log.complete(), Some((2, 1)));
        outcome.same("what became of the client", became_of_the_client(log), runs());
    }
}

/// SPEC L-5: what keeps handles of one incarnation starts anew when another provider takes over, and not when that one,
/// which serves nobody, dies.
#[test]
fn what_restarts_with_a_provider_follows_the_one_that_serves() {
    let system = System::new("follows")
        .with(witness("first"))
        .with(witness("second"))
        .with(
            script(&["count", "wait:10000"])
                .manifest("requires: [{interface: test/count, restart-with: true}]"),
        )
        .call("client", "first")
        .call("client", "second")
        .config("providers: {test/count: [first, second]}");
    let mut machine = Machine::new(&Image::of(Kernel::Release, "follows", &system)).start();
    let mut expected = runs();
    machine.wait_for("its call", |log| lines(log, "client") == 1);
    for (op, name, what) in
        [(Op::Restart, "second", "second starting 2"), (Op::Crash, "first", "client starting 2")]
    {
        machine.change(op, name);
        machine.wait_for(what, |log| {
            let story = log.story(&["second", "client"]);
            story.iter().any(|deed| deed == what) && story.last().is_some_and(|deed| deed.ends_with("ready"))
        });
    }
    // It does not listen while it waits.
    expected
        .extend(["stopping", "stopped by force", "starting 2", "ready"].map(|deed| format!("client {deed}")));
    let outcome = machine.switch_off();
    outcome.same("what became of the client", became_of_the_client(&outcome.log), expected);
}

#[test]
fn a_provider_that_does_not_run_is_started_first() {
    let steps = ["counts:3", "switch:test/count=second", "wait:20", "counts:3", "shutdown"];
    let system = System::new("switch-cold")
        .with(witness("first"))
        .with(witness("second").manifest("start: on-demand"))
        .with(script(&steps))
        .call("client", "first")
        .call("client", "second")
        .config("providers: {test/count: [first, second]}");
    let outcome = run(Kernel::Release, "switch-cold", &system);
    let log = &outcome.log;
    outcome.same("calls that the second answered", said(log, "second").len(), 3);
    outcome.same("calls that the first answered", said(log, "first").len(), 3);
}

#[test]
fn a_call_starts_a_server_that_waits_to_be_asked_for() {
    let system = System::new("called")
        .with(witness("server").manifest("start: on-demand"))
        .with(witness("broken").provides("test/other").manifest("start: on-demand").arg("nonsense"))
        .with(script(&["count", "count", "lookup:test/other", "shutdown"]))
        .call("client", "server")
        .call("client", "broken");
    let outcome = run(Kernel::Release, "called", &system);
    let log = &outcome.log;
    let not_running = format!("lookup:test/other answered {}", LookupError::NotRunning.code());
    let expected = ["count answered 1", "count answered 2", not_running.as_str(), "shutdown answered ok"];
    outcome.same("what the client saw", said(log, "client"), expected.map(str::to_owned).to_vec());
    let (server, client) = (log.id("server"), log.id("client"));
    let starting = |id| log.position(|e| matches!(e, Event::Starting { service, .. } if *service == id));
    outcome.must("the server starts after its client", starting(client) < starting(server));
}

#[test]
fn a_capability_is_there_once_it_was_looked_up_and_gone_when_its_server_dies() {
    let steps = [
        "count",
        "lookup:test/count",
        "count",
        "crash:server",
        "wait:5",
        "count",
        "lookup:test/count",
        "lookup:test/nothing",
        "wait:50",
        "shutdown",
    ];
    let system = System::new("lookup").with(witness("server")).with(script(&steps)).call_with(
        "client",
        "server",
        ", bind: lookup",
    );
    for kernel in [Kernel::Debug, Kernel::Release] {
        let image = Image::of(kernel, "lookup", &system);
        let mut machine = Machine::new(&image).start();
        machine.wait_for("the last lookup", |log| lines(log, "client") > 6);
        let audit = machine.audit("client").expect("the client runs");
        let outcome = machine.end();
        let log = &outcome.log;
        let said = said(log, "client");
        let empty = "count answered PZ-E0002";
        let not_running = format!("lookup:test/count answered {}", LookupError::NotRunning.code());
        let not_found = format!("lookup:test/nothing answered {}", LookupError::NotFound.code());
        let expected = [
            empty,
            "lookup:test/count answered ok",
            "count answered 1",
            "crash:server answered ok",
            empty,
            not_running.as_str(),
            not_found.as_str(),
        ];
        outcome.same("what the client saw", &said[..7], &expected.map(str::to_owned)[..]);
        let client = log.id("client");
        let withdrawn =
            log.count(|event| matches!(event, Event::Withdrawn { service, .. } if *service == client));
        outcome.same("what was taken away", withdrawn, 1);
        outcome.same("what differs from the plan", (audit.missing, audit.wrong, audit.surplus), (0, 0, 0));
    }
}

#[test]
fn subscribers_are_told() {
    let system = System::new("subscribe")
        .with(Service::new("other", "trivial", 5).critical(false).restart("{policy: never}"))
        .with(script(&["subscribe", "crash:other"]));
    let image = Image::of(Kernel::Release, "subscribe", &system);
    let outcome = Machine::new(&image).run_until("it is told", |log| lines(log, "client") > 2);
    let said = said(&outcome.log, "client");
    outcome.same("what it said", said[2].as_str(), "told");
}

/// Who serves finishes its call and gets no other, until it is known who waits for the one that died.
#[test]
fn an_audit_while_calls_are_held_back_finds_what_there_is_to_be() {
    let caller = |name, steps: &[&str]| Service::new(name, "script", 8).args(steps);
    let system = System::new("former-audit")
        // Over its budget, it waits for the end of the period.
        .with(witness("first").args(&["0", "0", "asks"]))
        .with(witness("second").args(&["any", "3000"]))
        .with(caller("client", &["counts:1"]).priority(50))
        .with(caller("other", &["wait:5", "counts:1"]).priority(49))
        .with(caller("switcher", &["wait:30", "switch:test/count=second"]).priority(40).may("switch"))
        .call("client", "first")
        .call("client", "second")
        .call("other", "first")
        .call("other", "second")
        .config("providers: {test/count: [first, second]}")
        .config("overload: {requests: 150, period: 500ms}");
    let image = Image::of(Kernel::Debug, "former-audit", &system);
    let mut machine = Machine::new(&image).pace(Pace::Real).start();
    machine
        .wait_for("the end of the former", |log| log.find("first").is_some() && log.fault("first").is_some());
    let audit = machine.audit("second").expect("it runs");
    machine.wait_for("an answer", |log| !said(log, "other").is_empty());
    machine.shut_down();
    let outcome = machine.end();
    outcome.same("there", switched(&outcome.log, "first", "second"), 1);
    outcome.same("an audit", (audit.missing, audit.wrong, audit.surplus), (0, 0, 0));
}

/// It is held up in a call while another takes over, and dies of it. Its client is released as the channel says, but only
/// when it is sure that the one who serves does not work at its call: that one is in the call of another client, who had
/// queued behind it, for long, and answers that once.
#[test]
fn a_former_provider_that_dies_in_a_call_leaves_no_client_waiting() {
    for (name, how) in [("former-error", ", on-dead: error"), ("former-repeat", ", on-dead: repeat")] {
        let client = |name, priority: u8, steps: &[&str]| {
            Service::new(name, "script", 8).args(steps).priority(priority)
        };
        let switcher = ["wait:30", "switch:test/count=second", "wait:1500", "shutdown"];
        let system = System::new(name)
            // Over its budget, it waits for the end of the period, 500 ms.
            .with(witness("first").args(&["0", "0", "asks"]))
            .with(witness("second").args(&["any", "800"]))
            .with(client("client", 50, &["counts:1"]))
            .with(client("other", 49, &["wait:5", "counts:1"]))
            .with(client("switcher", 40, &switcher).may("switch").may("shutdown"))
            .call_with("client", "first", how)
            .call_with("client", "second", how)
            .call_with("other", "first", how)
            .call_with("other", "second", how)
            .config("providers: {test/count: [first, second]}")
            .config("overload: {requests: 150, period: 500ms}");
        let outcome = run(Kernel::Release, name, &system);
        let log = &outcome.log;
        outcome.must("first died", log.fault("first").is_some());
        outcome.same("there", switched(log, "first", "second"), 1);
        let repeated = name == "former-repeat";
        let (service, server) = (log.id("client"), log.id("first"));
        let released = log.position(|event| *event == Event::Released { service, server, repeated });
        let answered =
            log.position(|event| matches!(event, Event::Message { text, .. } if text.ends_with("for other")));
        outcome.must("a working server was left alone", answered.is_some() && answered < released);
        outcome.same("calls that were ended", log.count(|event| matches!(event, Event::Released { .. })), 1);
        outcome.same(
            "the client",
            said(log, "client"),
            vec![format!("counts:1 answered {}", usize::from(repeated))],
        );
        outcome.same("the other", said(log, "other"), vec!["counts:1 answered 1".to_owned()]);
        let mut by_second = vec!["answered 1 for other".to_owned()];
        by_second.extend(repeated.then(|| "answered 2 for client".to_owned()));
        outcome.same("second", said(log, "second"), by_second);
    }
}
