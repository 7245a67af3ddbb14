// SPDX-License-Identifier: BSD-2-Clause
//! Services that are not well, or say nothing at all (SPEC K): what they report, what the Supervisor makes of it, when.

use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::{Event, Words};
use partenza_protocol::request::{Health, Status, Target};
use partenza_protocol::{Op, decode};
use partenza_tests::ask::Request;
use partenza_tests::image::Image;
use partenza_tests::log::Log;
use partenza_tests::machine::{Machine, Outcome, Pace};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

const PROBED: &str = "probe: call, interval: 10ms, timeout: 5ms, failure_threshold: 3, success_threshold: 2";
const BEATING: &str =
    "probe: heartbeat, interval: 20ms, timeout: 10ms, failure_threshold: 3, success_threshold: 2";
const ONCE: &str =
    "{policy: on-failure, max: 1, window: 60s, initial_delay: 1ms, max_delay: 1ms, backoff: 1.0}";

/// One service that is watched, and a script below it that shuts the system down after 100 ms.
fn run(name: &str, watched: Service) -> Outcome {
    let system = System::new(name)
        .with(watched.restart(ONCE))
        .with(Service::new("end", "script", 9).args(&["wait:100", "shutdown"]).priority(50).may("shutdown"));
    let outcome = Machine::new(&Image::of(Kernel::Release, name, &system)).run();
    outcome.must_have_ended();
    outcome
}

fn patient(health: &str, args: &[&str]) -> Service {
    Service::new("patient", "patient", 5).args(args).health(health)
}

/// The story of the patient must be this, between its first start and the end of the system.
fn became(outcome: &Outcome, middle: &[String]) {
    let words = |words: &[&str]| words.iter().map(|word| format!("patient {word}")).collect::<Vec<_>>();
    let mut story = words(&["starting 1", "ready"]);
    story.extend(middle.iter().map(|word| format!("patient {word}")));
    story.extend(words(&["stopping", "stopped"]));
    outcome.same("what became of it", outcome.log.story(&["patient"]), story);
}

fn degraded() -> String {
    format!("degraded {}", SupervisorError::NotWell.code())
}

fn unhealthy(why: SupervisorError) -> Vec<String> {
    vec![
        format!("unhealthy {}", why.code()),
        "restarting".to_owned(),
        "starting 2".to_owned(),
        "ready".to_owned(),
    ]
}

/// Microseconds from its first ready to an event of its.
fn after_ready(outcome: &Outcome, wanted: impl Fn(&Event<'static>) -> bool) -> u64 {
    let service = outcome.log.id("patient");
    let ready = outcome.log.time(|event| *event == Event::Ready { service });
    let times = outcome.log.time(wanted).zip(ready);
    outcome.must("it is ready, and what is looked for happens", times.is_some());
    times.map_or(0, |(time, ready)| time - ready)
}

/// What is told of bad reports.
fn not_well(log: &Log) -> Vec<String> {
    let told = log.events().filter(|event| matches!(event, Event::NotWell { .. }));
    told.map(|event| Words { event, name: |id| log.name(id) }.to_string()).collect()
}

/// That it is taken down.
fn found_after(outcome: &Outcome) -> u64 {
    let patient = outcome.log.id("patient");
    after_ready(outcome, |event| matches!(event, Event::Unhealthy { service, .. } if *service == patient))
}

fn recovered_after(outcome: &Outcome) -> u64 {
    let service = outcome.log.id("patient");
    after_ready(outcome, |event| *event == Event::Recovered { service })
}

#[test]
fn a_service_that_is_well_is_probed_and_left_alone() {
    let outcome = run("health-well", patient(PROBED, &["health=g"]));
    became(&outcome, &[]);
    let said = outcome.log.lines("patient");
    let reports: Option<u32> = said.first().and_then(|(_, text)| {
        text.strip_prefix("reported ").and_then(|rest| rest.strip_suffix(" times")?.parse().ok())
    });
    // One every 10 ms: an interval counts from the answer.
    outcome.must(&format!("{reports:?} in 100 ms"), reports.is_some_and(|count| (9..=10).contains(&count)));
}

#[test]
fn one_bad_answer_degrades_and_enough_good_ones_in_a_row_recover() {
    let outcome = run("health-recovers", patient(PROBED, &["health=gbbg"]));
    became(&outcome, &[degraded(), "recovered".to_owned()]);
    // By the fifth probe; the fourth is its first good answer.
    let after = recovered_after(&outcome);
    outcome.must(&format!("{after} us after ready"), (50_000..51_000).contains(&after));
}

#[test]
fn good_answers_that_are_not_in_a_row_do_not_recover() {
    // Recovered by the last two of nine; a Degraded one is probed on.
    let outcome = run("health-wavers", patient(PROBED, &["health=bgbbgbgg"]));
    became(&outcome, &[degraded(), "recovered".to_owned()]);
    let after = recovered_after(&outcome);
    outcome.must(&format!("{after} us after ready"), (80_000..81_000).contains(&after));
}

/// A component that is not well counts as the service.
#[test]
fn bad_answers_in_a_row_are_followed_by_a_restart() {
    let (itself, component) =
        ("patient is not well: valve 3 is stuck", "patient is not well: pump: no pressure, and 1 more");
    for (name, answers, told) in
        [("health-bad", "health=gbbb,g", itself), ("health-component", "health=ccc,g", component)]
    {
        let outcome = run(name, patient(PROBED, &[answers]));
        outcome.same("what is told of each report", not_well(&outcome.log), vec![told.to_owned(); 3]);
        let mut story = vec![degraded()];
        story.extend(unhealthy(SupervisorError::NotWell));
        became(&outcome, &story);
    }
}

/// SPEC I-5.
#[test]
fn the_status_of_a_service_tells_how_well_it_is() {
    let patient = |name, letters| {
        Service::new(name, "patient", 5).args(&[letters]).health(
            "probe: call, interval: 100ms, timeout: 100ms, failure_threshold: 255, success_threshold: 255",
        )
    };
    let system = System::new("health-status")
        .with(patient("well", "health=g"))
        .with(patient("sick", "health=b"))
        .with(patient("mending", "health=bg"))
        .with(Service::new("plain", "trivial", 5));
    let mut machine = Machine::new(&Image::of(Kernel::Release, "health-status", &system))
        .pace(Pace::Real)
        .parameter("timeouts", "1000")
        .start();
    machine.wait_for("bad reports", |log| not_well(log).len() > 3);
    let mut health = |name| {
        let answer = machine.ask(&Request::with(Op::Status, &Target { name }));
        decode::<Status<'_>>(answer.accepted().expect("everybody may ask")).expect("a status").health
    };
    let [well, sick, mending, plain] = ["well", "sick", "mending", "plain"].map(&mut health);
    assert_eq!((well, mending, plain), (Health::Well, Health::NotWell(0), Health::Unknown));
    assert!(matches!(sick, Health::NotWell(2..)), "{sick:?}");
    machine.shut_down();
    machine.end().must_have_ended();
}

#[test]
fn a_service_that_does_not_come_back_from_a_probe_hangs() {
    let outcome = run("health-hangs", patient(PROBED, &["health=gh,g"]));
    became(&outcome, &unhealthy(SupervisorError::Hung));
}

#[test]
fn a_service_that_lives_and_answers_nothing_hangs() {
    let deaf = Service::new("patient", "misbehave", 5).arg("deaf").health(PROBED);
    let outcome = run("health-deaf", deaf);
    let log = &outcome.log;
    let hung = format!("unhealthy {}", SupervisorError::Hung.code());
    let given_up = format!("given up {}", SupervisorError::RetriesExhausted.code());
    let story = log.story(&["patient"]);
    let expected = ["starting 1", "ready", &hung, "restarting", "starting 2", "ready", &hung, &given_up];
    let expected: Vec<String> = expected.iter().map(|word| format!("patient {word}")).collect();
    outcome.same("what became of it", &story[..story.len().min(expected.len())], &expected[..]);
    let after = found_after(&outcome);
    outcome
        .must(&format!("after one interval and the timeout: {after} us"), (15_000..15_100).contains(&after));
}

/// SPEC K-4: at the highest priority that a service can have. Others get nothing until it is found, and then everything.
#[test]
fn an_endless_loop_above_everybody_is_found_within_the_timeout() {
    for kernel in [Kernel::Debug, Kernel::Release] {
        let system = System::new("health-spins")
            .with(Service::new("witness", "witness", 2).priority(150).provides("test/count"))
            .with(patient(PROBED, &["after=spin,ok"]).priority(254).restart(ONCE))
            .with(Service::new("prober", "prober", 6).args(&["10", "1"]))
            .with(Service::new("end", "script", 9).arg("shutdown").priority(50).may("shutdown"))
            .call("prober", "witness");
        let outcome = Machine::new(&Image::of(kernel, "health-spins", &system)).run();
        outcome.must_have_ended();
        became(&outcome, &unhealthy(SupervisorError::Hung));
        let after = found_after(&outcome);
        outcome.must(&format!("{after} us after ready"), (15_000..15_100).contains(&after));
        let said = outcome.log.lines("prober");
        outcome.must(
            "others go on",
            said.first().is_some_and(|(_, text)| *text == "answered 10 of 10, 1 to 10"),
        );
    }
}

#[test]
fn heartbeats_in_time_keep_a_service_and_their_end_is_a_hang() {
    let outcome = run("health-beats", patient(BEATING, &["health=gggggggg", "beat=15"]));
    let after = found_after(&outcome);
    // Eight beats, 15 ms apart, are 120 ms, and the ninth is 30 ms late at most.
    outcome.must(&format!("{after} us after ready"), (150_000..150_500).contains(&after));
}

#[test]
fn bad_heartbeats_count_like_bad_answers() {
    let outcome = run("health-bad-beats", patient(BEATING, &["health=gbggbbb,g", "beat=15,15"]));
    let story = outcome.log.story(&["patient"]);
    let words = [degraded(), "recovered".to_owned(), degraded()];
    let unhealthy = unhealthy(SupervisorError::NotWell);
    let expected: Vec<String> =
        words.iter().chain(&unhealthy).map(|word| format!("patient {word}")).collect();
    outcome.same("what became of it", story.get(2..2 + expected.len()), Some(&expected[..]));
}

#[test]
fn a_service_slower_than_its_heartbeat_hangs() {
    let outcome = run("health-late-beats", patient(BEATING, &["health=gggg", "beat=40"]));
    let after = found_after(&outcome);
    outcome.must(&format!("{after} us after ready"), (30_000..30_100).contains(&after));
}

/// A probe falls due while an order to crash waits to be fetched: that one is kept, for it presses more.
#[test]
fn a_probe_does_not_take_the_place_of_what_presses_more() {
    let busy = Service::new("busy", "script", 5).args(&["wait:150"]).priority(50);
    let system = System::new("pressing")
        .with(busy.critical(false).health("probe: call, interval: 100ms, timeout: 100ms"))
        .with(Service::new("asker", "script", 9).args(&["wait:20", "crash:busy"]).priority(60).may("crash"));
    let mut running = Machine::new(&Image::of(Kernel::Release, "pressing", &system)).start();
    running.wait_for("the end of the busy one", |log| log.story(&["busy"]).len() > 2);
    let outcome = running.switch_off();
    let story = outcome.log.story(&["busy"]);
    outcome.same("what became of it", story[2].as_str(), "busy crashed");
}
