// SPDX-License-Identifier: BSD-2-Clause
//! What requests cost their sender (SPEC S-4), to the last one; what becomes of one that floods, and that the others notice
//! nothing.

use partenza_protocol::Op;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::Event;
use partenza_protocol::price::price;
use partenza_tests::image::Image;
use partenza_tests::machine::{Machine, Outcome};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

fn run(name: &str, system: &System) -> Outcome {
    let outcome = Machine::new(&Image::of(Kernel::Release, name, system)).run();
    outcome.must_have_ended();
    outcome
}

/// The last service, which ends the system.
fn last(steps: &[&str]) -> Service {
    Service::new("last", "script", 9).args(steps).arg("shutdown").priority(20).may("shutdown")
}

/// What an operation costs whose payload does not matter.
fn plain(op: Op) -> u32 {
    price(Some(op), 0)
}

/// What the line about a step costs: version, level and length come before its text, and all is whole words.
fn line(step: &str) -> u32 {
    price(Some(Op::Emit), (3 + step.len() + " answered ok".len()).next_multiple_of(8))
}

/// Whether it gets through its steps within so much, in one period.
fn is_enough(budget: u32, steps: &[&str]) -> bool {
    let system = System::new("request-budget")
        .with(Service::new("asker", "script", 5).args(steps).may("audit").critical(false))
        .with(last(&["wait:20"]))
        .config(&format!("overload: {{requests: {budget}, period: 10ms, restart_after: 0}}"));
    let outcome = run("request-budget", &system);
    let said: Vec<String> = outcome.log.lines("asker").into_iter().map(|(_, text)| text.to_owned()).collect();
    // One that is over its budget waits, and goes on in the next period.
    outcome.same(
        "what it was answered",
        said,
        steps.iter().map(|step| format!("{step} answered ok")).collect(),
    );
    let degraded = format!("asker degraded {}", SupervisorError::Overload.code());
    !outcome.log.story(&["asker"]).contains(&degraded)
}

#[test]
fn an_audit_is_charged_as_much_as_many_questions() {
    let steps = ["audit:asker", "audit:last", "uptime"];
    // Hello and ready, then each step and the line about it.
    let before = plain(Op::Hello) + plain(Op::Ready);
    let lines: u32 = steps.into_iter().map(line).sum();
    let total = before + 2 * plain(Op::Audit) + plain(Op::Uptime) + lines;
    assert!(is_enough(total, &steps));
    assert!(!is_enough(total - 1, &steps));
}

#[test]
fn a_flooder_is_throttled_degraded_and_restarted() {
    let policy =
        "{policy: on-failure, max: 3, window: 60s, initial_delay: 1ms, max_delay: 1ms, backoff: 1.0}";
    let system = System::new("flood")
        .with(
            Service::new("flooder", "script", 5)
                .critical(false)
                .args(&["flood:4000"])
                .priority(120)
                .restart(policy),
        )
        .with(last(&["wait:1000"]));
    let outcome = run("flood", &system);
    let log = &outcome.log;
    let code = SupervisorError::Overload.code();
    let story = log.story(&["flooder"]);
    let begin = [
        "flooder starting 1".to_owned(),
        "flooder ready".to_owned(),
        format!("flooder degraded {code}"),
        format!("flooder unhealthy {code}"),
        "flooder restarting".to_owned(),
        "flooder starting 2".to_owned(),
    ];
    outcome.same("what became of it", story.get(..6), Some(&begin[..]));
}

/// Whoever calls a server that is down is answered by the Supervisor, which costs a request as well.
#[test]
fn calls_to_a_server_that_is_down_are_charged() {
    for (name, calls, is_too_many) in [("calls-few", "counts:20", false), ("calls-flood", "counts:400", true)]
    {
        let system = System::new(name)
            .with(Service::new("witness", "witness", 2).provides("test/count").critical(false))
            .with(last(&["stop:witness", "wait:15", calls, "wait:15"]).may("stop"))
            .call("last", "witness")
            .config("overload: {requests: 128, period: 10ms, restart_after: 0}");
        let outcome = run(name, &system);
        let said = outcome.log.lines("last");
        let answered = format!("{calls} answered 0");
        outcome.must("each was answered, with an error", said.iter().any(|(_, text)| *text == answered));
        let degraded = format!("last degraded {}", SupervisorError::Overload.code());
        outcome.same("throttled", outcome.log.story(&["last"]).contains(&degraded), is_too_many);
    }
}

/// SPEC S-4: the others notice nothing.
#[test]
fn requests_of_others_take_at_most_twice_as_long_in_a_flood() {
    let median = |name: &str, flood: &str| {
        let system = System::new(name)
            .with(Service::new("flooder", "script", 5).critical(false).args(&[flood]).priority(120))
            .with(last(&["latency:101"]))
            .config("overload: {restart_after: 0}");
        let outcome = run(name, &system);
        let ticks = outcome.log.lines("last")[0].1;
        let ticks: u64 = ticks.rsplit(' ').next().and_then(|n| n.parse().ok()).expect("a number");
        ticks
    };
    let (idle, flooded) = (median("latency-idle", "wait:0"), median("latency-flood", "flood:100000"));
    assert!(flooded <= 2 * idle, "{flooded} ticks in a flood, {idle} without");
}

/// Who waited for the end of a period goes on once. At the end of the next, when others wait, it may stand in a call to a
/// healthy server, which would do its work twice.
#[test]
fn one_that_was_throttled_is_let_go_on_once() {
    let slow = Service::new("slow", "witness", 4).args(&["any", "35"]).priority(150).provides("test/count");
    let once = Service::new("once", "script", 5).args(&["flood:60", "count"]).priority(50);
    let always = Service::new("always", "script", 5).args(&["flood:1000"]).priority(200);
    let system = System::new("throttled-once")
        .with(slow.critical(false))
        .with(once.critical(false))
        .with(always.critical(false))
        .with(last(&["wait:400"]))
        .call("once", "slow")
        .config("overload: {requests: 100, period: 10ms, restart_after: 0}");
    let outcome = run("throttled-once", &system);
    let said = |name: &str| outcome.log.lines(name).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
    outcome.same("what it was answered", said("once"), vec!["flood:60 answered 60", "count answered 1"]);
    outcome.same("what was done for it", said("slow"), vec!["answered 1 for once"]);
    outcome.same("the other", said("always"), vec!["flood:1000 answered 1000"]);
    let at = |wanted: &str| {
        outcome.log.position(|event| matches!(event, Event::Message { text, .. } if *text == wanted))
    };
    outcome.must("it flooded all the while", at("answered 1 for once") < at("flood:1000 answered 1000"));
}
