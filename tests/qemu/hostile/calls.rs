// SPDX-License-Identifier: BSD-2-Clause
//! Attacks of a server on its clients: answering twice, and never.

use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::Event;

use super::*;

const PROBED: &str = "probe: call, interval: 20ms, timeout: 10ms, failure_threshold: 1";

fn victim_said(log: &Log) -> Vec<&'static str> {
    log.lines("victim").into_iter().map(|(_, text)| text).collect()
}

/// The second answer finds nobody who waits for it.
#[test]
fn a_call_that_is_answered_twice_was_answered_once() {
    let attack = Attack::new("twice", "hostile", &["serve", "twice"]).against("50");
    let outcome = attack.run("all answers", |log| !victim_said(log).is_empty());
    outcome.same("what the client got", victim_said(&outcome.log), vec!["asked 50, all answered right"]);
}

/// SPEC J-4, K-4: who holds the call is taken down for it, and the call is answered.
#[track_caller]
fn is_released(name: &'static str, how: &str) {
    let attack = Attack::new(name, "hostile", &["serve", how]).with(|culprit| culprit.health(PROBED));
    let outcome = attack.against("1").run("the end of the call", |log| !victim_said(log).is_empty());
    let log = &outcome.log;
    let down = SupervisorError::ServerDown.code();
    let expected = format!("asked 1, answered {down}");
    outcome.same("what the client got", victim_said(log), vec![expected.as_str()]);
    let (culprit, victim) = (log.id(CULPRIT), log.id("victim"));
    let hung = Event::Unhealthy { service: culprit, code: SupervisorError::Hung.code() };
    outcome.must("the culprit is named", log.has(&hung));
    let released = Event::Released { service: victim, server: culprit, repeated: false };
    outcome.same("calls that were ended", log.count(|event| *event == released), 1);
}

#[test]
fn a_call_that_is_held_by_a_spinning_server_ends() {
    is_released("hold-spinning", "spin");
}

#[test]
fn a_call_that_is_held_by_a_sleeping_server_ends() {
    is_released("hold-sleeping", "sleep");
}

/// The culprit is well by its own account, and its client hangs in a call and is taken down for it. The operator's restart
/// of the culprit answers whoever stands in a call to it (SPEC J-4).
#[test]
fn a_call_that_is_forgotten_ends_with_its_server() {
    let attack = Attack::new("drop", "hostile", &["serve", "drop"])
        .with(|culprit| culprit.health(PROBED))
        .against("1")
        .with_victim(|victim| victim.health(PROBED).restart(PERSISTENT));
    let hung = |log: &Log, name: &str| {
        let event = Event::Unhealthy { service: log.id(name), code: SupervisorError::Hung.code() };
        log.count(|known| *known == event)
    };
    let outcome = attack.run_with(
        "the victim's third hang",
        |log| hung(log, "victim") >= 3,
        |running| {
            // Between two lives the victim stands nowhere, so once may not be enough.
            for life in 2..30 {
                running.change(Op::Restart, CULPRIT);
                running.wait_for("its next life", |log| is_ready_again(log, life));
                if !victim_said(&running.log()).is_empty() {
                    break;
                }
            }
            // The next life of the victim would hang again.
            running.change(Op::Disable, "victim");
        },
    );
    let log = &outcome.log;
    let down = SupervisorError::ServerDown.code();
    let expected = format!("asked 1, answered {down}");
    outcome.same("what the client got", victim_said(log).first().copied(), Some(expected.as_str()));
    outcome.same("hangs of the culprit", hung(log, CULPRIT), 0);
}
