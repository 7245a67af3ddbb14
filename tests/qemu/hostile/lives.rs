// SPDX-License-Identifier: BSD-2-Clause
//! Attacks with one's own life: starving others, never being there, dying at every moment.

use partenza_protocol::error::{BootError, SupervisorError};
use partenza_protocol::event::Event;

use super::*;

/// The first failure is the last.
const PROBED: &str = "probe: call, interval: 20ms, timeout: 10ms, failure_threshold: 1";
const TWICE: &str =
    "{policy: on-failure, max: 2, window: 1h, initial_delay: 1ms, max_delay: 1ms, backoff: 1.0}";

fn given_up(log: &Log) -> bool {
    let culprit = log.id(CULPRIT);
    log.count(|event| matches!(event, Event::RestartLimitReached { service, .. } if *service == culprit)) > 0
}

/// A culprit that ends each life in the same way: three lives, and it is given up.
#[track_caller]
fn three_lives(attack: Attack, deeds: &[String]) -> Outcome {
    let outcome = attack.with(|culprit| culprit.restart(TWICE)).run("its last life", given_up);
    let mut expected = Vec::new();
    for life in 1..=3 {
        expected.push(format!("{CULPRIT} starting {life}"));
        expected.extend(deeds.iter().map(|deed| format!("{CULPRIT} {deed}")));
        expected.push(if life < 3 {
            format!("{CULPRIT} restarting")
        } else {
            format!("{CULPRIT} given up {}", SupervisorError::RetriesExhausted.code())
        });
    }
    let mut story = outcome.log.story(&[CULPRIT]);
    story.retain(|deed| !deed.contains(" failed "));
    outcome.same("its lives", story, expected);
    outcome
}

fn taken_down() -> Vec<String> {
    vec!["ready".to_owned(), format!("unhealthy {}", SupervisorError::Hung.code())]
}

#[test]
fn a_service_that_spins_above_all_others_is_taken_down() {
    let attack = Attack::new("spin", "patient", &["after=spin"]);
    three_lives(attack.with(|culprit| culprit.priority(254).health(PROBED)), &taken_down());
}

#[test]
fn a_service_that_never_answers_is_taken_down() {
    let attack = Attack::new("mute", "hostile", &["mute"]);
    three_lives(attack.with(|culprit| culprit.health(PROBED)), &taken_down());
}

#[test]
fn a_service_that_dies_in_init_every_time_is_given_up() {
    three_lives(Attack::new("init", "patient", &["start=crash"]), &["crashed".to_owned()]);
}

#[test]
fn a_service_that_dies_just_after_ready_is_given_up() {
    let attack = Attack::new("ready", "patient", &["after=crash"]);
    three_lives(attack, &["ready", "crashed"].map(str::to_owned));
}

#[test]
fn a_service_that_is_silent_from_the_beginning_is_given_up() {
    let attack = Attack::new("silent", "misbehave", &["silent"]);
    let outcome = three_lives(attack.with(|culprit| culprit.startup_timeout("20ms")), &[]);
    let late = BootError::StartupTimeout.code();
    let told = outcome.log.count(|event| matches!(event, Event::Restarting { code, .. } if *code == late));
    outcome.same("restarts because it was late", told, 2);
}

/// SPEC S-4: it is made to wait, degraded, and when it goes on, taken down.
#[test]
fn a_service_that_floods_the_supervisor_is_throttled_and_taken_down() {
    let attack = Attack::new("flood", "misbehave", &["flood-after-ready"]).on(Kernel::Release);
    let code = SupervisorError::Overload.code();
    let deeds = ["ready".to_owned(), format!("degraded {code}"), format!("unhealthy {code}")];
    let outcome = three_lives(attack, &deeds);
    let budget = 1000 / 8;
    let lines = said(&outcome.log).len();
    outcome.must(&format!("no more lines than it may: {lines}"), lines <= 3 * 4 * budget);
}

/// A hundred faults, as fast as they can come, and each is told.
#[test]
fn a_flood_of_faults_ends_at_its_limit() {
    let attack = Attack::new("faults", "patient", &["after=crash"]).on(Kernel::Release);
    let outcome = attack.run("its last life", given_up);
    let culprit = outcome.log.id(CULPRIT);
    let crashed = |event: &Event<'_>| matches!(event, Event::Crashed { service, .. } if *service == culprit);
    outcome.same("faults", outcome.log.count(crashed), 101);
}

/// SPEC L-4: where the whole system restarts too often, who is not of its core is given up, whatever it may do.
#[test]
fn a_flood_of_faults_ends_at_the_storm_guard() {
    let attack =
        Attack::new("storm", "patient", &["after=crash"]).config("storm: {restarts: 20, window: 10s}");
    let outcome = attack.run("its last life", given_up);
    let service = outcome.log.id(CULPRIT);
    let code = SupervisorError::StormGuard.code();
    let guarded = |event: &Event<'_>| matches!(event, Event::RestartLimitReached { service: known, code: why, .. } if (*known, *why) == (service, code));
    outcome.same("times it is given up for that", outcome.log.count(guarded), 1);
    let starts =
        |event: &Event<'_>| matches!(event, Event::Starting { service: known, .. } if *known == service);
    outcome.same("lives", outcome.log.count(starts), 21);
    outcome.must("the storm is told", outcome.log.has(&Event::Storm));
}

/// It is asked to prepare, to stop, and dies at each: the system goes down in order all the same.
#[test]
fn dying_while_stopping_holds_nothing_up() {
    for (name, deed) in [("prepare", "prepare=crash"), ("stop", "stop=crash")] {
        let outcome = Attack::new(name, "patient", &[deed]).run("its ready", |log| log.is_ready(CULPRIT));
        let story = outcome.log.story(&[CULPRIT]);
        let expected =
            ["starting 1", "ready", "stopping", "crashed", "stopped"].map(|d| format!("{CULPRIT} {d}"));
        outcome.same("its life", story.as_slice(), &expected[..]);
    }
}
