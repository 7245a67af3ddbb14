// SPDX-License-Identifier: BSD-2-Clause
//! Probes, heartbeats, hangs (SPEC K) and floods (SPEC S-4), each rule by an example.

mod common;

use common::{Plan, World, id, us};
use partenza_lifecycle::{ServiceState::*, *};

fn probe(service: usize, number: u32) -> Action {
    Action::Direct { service: id(service), directive: Directive::Probe(number) }
}

fn report(probe: u32, healthy: bool) -> Event {
    Event::HealthReport { service: id(0), probe, healthy }
}

#[test]
fn a_service_is_probed_an_interval_after_ready_and_after_each_answer() {
    let plan = Plan::new().service(5, &[]).probed(Probe::Call);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    assert_eq!(world.pass(499), []);
    assert_eq!(world.pass(1), [probe(0, 1)]);
    world.pass(50);
    assert_eq!(world.step(report(1, true)), []);
    assert_eq!(world.machine.next_deadline(), Some(world.now.after(us(500))));
    assert_eq!(world.pass(500), [probe(0, 2)]);
}

#[test]
fn the_first_bad_answer_degrades_and_the_threshold_takes_it_down() {
    let plan = Plan::new().service(5, &[]).probed(Probe::Call).restarts(3, OnExhausted::Stop);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.pass(500);
    world.hit(report(1, false));
    assert_eq!((world.state(0), world.reason(0)), (Degraded, Some(Reason::NotWell)));
    assert_eq!(world.pass(500), [probe(0, 2)], "degraded services are still probed");
    world.hit(report(2, false));
    let unhealthy = |notice: Notice| matches!(notice, Notice::Service { to: Unhealthy, .. });
    assert!(world.notices().any(unhealthy));
    assert!(matches!(world.state(0), Restarting { .. }));
}

#[test]
fn good_answers_in_a_row_make_it_running_again_and_a_bad_one_between_counts_from_one() {
    let plan = Plan::new().service(5, &[]).probed(Probe::Call);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    for (number, healthy, state) in [
        (1, false, Degraded),
        (2, true, Degraded),
        (3, false, Degraded),
        (4, true, Degraded),
        (5, true, Running),
    ] {
        world.pass(500);
        world.hit(report(number, healthy));
        assert_eq!(world.state(0), state, "after {number}");
    }
}

#[test]
fn silence_is_a_hang_at_the_timeout_whatever_was_answered_before() {
    let plan = Plan::new().service(5, &[]).probed(Probe::Call);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.pass(500);
    world.hit(report(1, true));
    world.pass(500);
    world.pass(99);
    assert_eq!(world.state(0), Running);
    world.pass(1);
    assert_eq!((world.state(0), world.reason(0)), (Crashed, Some(Reason::Hung)));
}

#[test]
fn a_late_or_forged_answer_is_ignored() {
    let plan = Plan::new().service(5, &[]).probed(Probe::Call);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    let ignored = |event| [Action::Notice(Notice::Ignored { event, state: Some(Running) })];
    assert_eq!(world.step(report(1, true)), ignored(report(1, true)), "not asked yet");
    world.pass(500);
    assert_eq!(world.step(report(7, true)), ignored(report(7, true)));
    world.hit(report(1, true));
    assert_eq!(world.step(report(1, true)), ignored(report(1, true)), "a second time");
    let beat = Event::Heartbeat { service: id(0), healthy: true };
    assert_eq!(world.step(beat), ignored(beat));
}

#[test]
fn a_heart_that_stops_is_a_hang_an_interval_and_a_timeout_after_the_last_beat() {
    let plan = Plan::new().service(5, &[]).probed(Probe::Heartbeat);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    let beat = |healthy| Event::Heartbeat { service: id(0), healthy };
    world.pass(600 - 1);
    world.hit(beat(true));
    assert_eq!(world.machine.next_deadline(), Some(world.now.after(us(600))));
    world.hit(beat(false));
    assert_eq!(world.state(0), Degraded);
    world.pass(600);
    assert_eq!(world.reason(0), Some(Reason::Hung));
}

#[test]
fn an_answer_that_comes_while_it_stops_is_no_offence() {
    let plan = Plan::new().service(5, &[]).probed(Probe::Call);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.pass(500);
    world.hit(Event::ShutdownRequested(ShutdownKind::Halt));
    assert_eq!(world.step(report(1, true)), []);
    assert_eq!(world.machine.next_deadline(), Some(world.now.after(us(200))));
}

#[test]
fn nobody_is_probed_while_the_system_goes_down() {
    let plan = Plan::new().service(5, &[]).probed(Probe::Call).service(5, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.pass(450);
    world.hit(Event::ShutdownRequested(ShutdownKind::Halt));
    assert_eq!(world.pass(50), []);
    assert_eq!(world.state(0), Running);
}

#[test]
fn a_flooder_is_calm_after_a_while_and_taken_down_when_it_goes_on() {
    let plan = Plan { overload: Some(Overload { restart_after: 3, calm: us(1_000) }), ..Plan::new() };
    let plan = plan.service(5, &[]).restarts(3, OnExhausted::Stop);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.hit(Event::Flooded(id(0)));
    world.pass(1_000);
    assert_eq!(world.state(0), Running);
    for _ in 0..2 {
        world.hit(Event::Flooded(id(0)));
        world.pass(999);
        assert_eq!(world.state(0), Degraded);
    }
    world.hit(Event::Flooded(id(0)));
    assert_eq!(world.reason(0), Some(Reason::Flooded));
    assert!(matches!(world.state(0), Restarting { .. }));
}

/// What nobody could do for a while is nobody's fault: a start, a stop, a probe and a heartbeat have as much time after it
/// as before.
#[test]
fn time_in_which_nobody_could_run_is_not_held_against_anybody() {
    let plan = Plan::new().service(5, &[]).probed(Probe::Call).service(5, &[]).probed(Probe::Heartbeat);
    let plan = plan.service(5, &[]).start(StartMode::OnDemand).service(5, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.pass(500);
    world.ask(2, Request::Start);
    world.ask(3, Request::Stop);
    assert!(world.machine.next_deadline().is_some_and(|at| at > world.now));
    world.excuse(us(1_000_000));
    assert!(!world.machine.blames_at(world.now));
    assert!(world.machine.next_deadline().is_some_and(|at| at > world.now));
    for index in 0..4 {
        world.behave(index);
    }
    world.rest();
    assert_eq!([0, 1, 2, 3].map(|index| world.state(index)), [Running, Running, Running, Stopped]);
    assert_eq!(world.notices().filter(|notice| matches!(notice, Notice::StopForced { .. })).count(), 0);
}

/// A tick that would start something again, or send a probe, blames nobody.
#[test]
fn only_silence_is_blamed() {
    let plan = Plan::new().service(5, &[]).probed(Probe::Call).restarts(3, OnExhausted::Stop);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    let blames =
        |world: &World<'_>| world.machine.next_deadline().is_some_and(|at| world.machine.blames_at(at));
    assert!(blames(&world), "it has not said hello");
    world.behave(0);
    assert!(!blames(&world), "its probe is due");
    world.pass(500);
    assert!(blames(&world), "the answer is due");
    world.pass(100);
    world.answer_all();
    assert!(matches!(world.state(0), Restarting { .. }) && !blames(&world));
}
