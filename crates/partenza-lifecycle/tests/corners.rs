// SPDX-License-Identifier: BSD-2-Clause
//! The corner cases that docs/policy tells of, where no other test has them: each sentence there by an example.

mod common;

use common::{Plan, World, id, us};
use partenza_lifecycle::{BootState::*, Request::*, ServiceState::*, Verdict::*, *};

/// Crashes the service and lets its back-off pass and its next incarnation become ready.
fn crash_and_return(world: &mut World<'_>, index: usize) {
    world.hit(Event::Crashed(id(index)));
    let Restarting { until } = world.state(index) else { panic!("{:?}", world.state(index)) };
    world.now = until;
    world.hit(Event::Tick);
    world.behave(index);
    assert!(world.state(index).is_up());
}

/// 1 has no restarts, and 0 to stand in for it.
fn with_fallback() -> Plan {
    let plan = Plan::new().service(5, &[]).start(StartMode::OnDemand).service(5, &[]);
    plan.restarts(0, OnExhausted::Fallback).with(|spec| spec.fallback = Some(id(0)))
}

fn limits(world: &World<'_>) -> Vec<Limit> {
    let limit = |notice| match notice {
        Notice::RestartLimitReached { limit, .. } => Some(limit),
        _ => None,
    };
    world.notices().filter_map(limit).collect()
}

#[test]
fn no_restarts_at_all_is_a_limit_reached_and_never_is_none() {
    for (policy, state, told) in
        [(Policy::OnFailure, Failed, vec![Limit::Retries]), (Policy::Never, Crashed, vec![])]
    {
        let plan = Plan::new().service(5, &[]).restarts(0, OnExhausted::Stop);
        let plan = plan.with(|spec| spec.restart.policy = policy);
        let mut room = plan.room();
        let mut world = World::new(&plan, &mut room);
        world.boot_all();
        world.hit(Event::Crashed(id(0)));
        assert_eq!((world.state(0), limits(&world)), (state, told));
    }
}

#[test]
fn what_follows_the_last_restart_follows_a_first_failure_without_any() {
    let plan = Plan::new().service(5, &[]).start(StartMode::OnDemand).service(5, &[]);
    let plan = plan.with(|spec| {
        spec.restart.on_exhausted = OnExhausted::Fallback;
        spec.fallback = Some(id(0));
    });
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.hit(Event::Crashed(id(1)));
    world.behave(0);
    assert_eq!([0, 1].map(|index| world.state(index)), [Running, Crashed]);
}

#[test]
fn during_boot_the_window_does_not_slide() {
    let plan = Plan::new().service(5, &[]).restarts(2, OnExhausted::Stop).service(5, &[]);
    let plan = plan.with(|spec| spec.startup_timeout = us(1_000_000));
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.behave(0);
    for _ in 0..2 {
        crash_and_return(&mut world, 0);
        world.now = world.now.after(us(50_000));
    }
    assert_eq!(world.boot(), BootingLayer(5));
    world.hit(Event::Crashed(id(0)));
    assert_eq!((world.state(0), limits(&world)), (Failed, vec![Limit::Retries]));
}

#[test]
fn the_budget_that_counts_is_that_of_the_layer_that_boots() {
    let plan = Plan::new().budget(2, 10_000).budget(3, 50);
    let plan = plan.service(2, &[]).restarts(9, OnExhausted::Stop).service(3, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.behave(0);
    assert_eq!(world.boot(), BootingLayer(3));
    world.hit(Event::Crashed(id(0)));
    assert_eq!((world.state(0), limits(&world)), (Failed, vec![Limit::LayerBudget]));
}

#[test]
fn a_start_on_purpose_is_no_restart_and_forgives_none() {
    let plan = Plan::new().service(5, &[]).restarts(1, OnExhausted::Stop);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    crash_and_return(&mut world, 0);
    world.hit(Event::Crashed(id(0)));
    assert_eq!(world.ask(0, Start), Accepted);
    world.behave(0);
    assert_eq!((world.state(0), world.machine.record(id(0)).unwrap().restarts()), (Running, 1));
    world.hit(Event::Crashed(id(0)));
    assert_eq!(world.state(0), Failed, "the restart before still counts");
    world.ask(0, Start);
    world.behave(0);
    world.now = world.now.after(us(10_000));
    crash_and_return(&mut world, 0);
}

#[test]
fn a_critical_service_that_ends_well_fails_the_boot_and_not_what_comes_after() {
    for booting in [true, false] {
        let plan = Plan::new().service(2, &[]).critical().restarts(3, OnExhausted::Stop).service(3, &[]);
        let mut room = plan.room();
        let mut world = World::new(&plan, &mut room);
        world.begin();
        world.behave(0);
        if !booting {
            world.behave(1);
        }
        world.hit(Event::Stopped { service: id(0), code: 0 });
        assert_eq!(world.boot() == SupervisorMode, !booting);
    }
}

#[test]
fn a_boot_does_not_wait_for_a_critical_service_that_is_retried_for_ever() {
    let plan = Plan::new().service(2, &[]).critical().restarts(0, OnExhausted::RetryForever);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.hit(Event::Crashed(id(0)));
    assert_eq!(world.boot(), Finished(Ending::Panic));
}

#[test]
fn what_panics_when_exhausted_fails_the_boot_critical_or_not() {
    let plan = Plan::new().service(5, &[]).restarts(0, OnExhausted::Panic);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.hit(Event::Crashed(id(0)));
    assert_eq!(world.boot(), Finished(Ending::Panic));
}

#[test]
fn what_was_not_tried_neither_panics_nor_falls_back() {
    let plan = Plan::new().service(5, &[]).service(5, &[0]).restarts(0, OnExhausted::Panic);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.hit(Event::Crashed(id(0)));
    assert_eq!((world.state(1), world.boot()), (Failed, SupervisorMode));
}

#[test]
fn endless_retries_go_on_after_the_boot_and_do_not_bring_dependents_back() {
    let plan = Plan::new().service(5, &[]).restarts(0, OnExhausted::RetryForever).service(5, &[0]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.hit(Event::Crashed(id(0)));
    assert_eq!((world.state(1), world.boot()), (Failed, SupervisorMode));
    world.rest();
    assert_eq!([0, 1].map(|index| world.state(index)), [Running, Failed]);
    assert_eq!(world.ask(1, Start), Accepted);
    world.rest();
    assert_eq!(world.state(1), Running);
}

#[test]
fn of_two_that_die_at_once_the_dependent_waits_for_its_dependency() {
    let plan = Plan::new().service(5, &[]).restarts(3, OnExhausted::Stop);
    let plan = plan.with(|spec| spec.restart.initial_delay = us(1_000)).service(5, &[0]);
    let plan = plan.restarts(3, OnExhausted::Stop);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.step(Event::Crashed(id(0)));
    world.step(Event::Crashed(id(1)));
    world.answer_all();
    world.pass(100);
    assert!(matches!(world.state(1), Restarting { .. }), "its own back-off is over");
    world.rest();
    assert_eq!([0, 1].map(|index| world.state(index)), [Running; 2]);
    let created: Vec<_> = world.trace.iter().filter(|action| matches!(action, Action::Create(_))).collect();
    assert_eq!(created[2..], [&Action::Create(id(0)), &Action::Create(id(1))]);
}

#[test]
fn a_dependent_whose_dependency_is_given_up_while_it_restarts_fails() {
    let plan = Plan::new().service(5, &[]).restarts(0, OnExhausted::Stop).service(5, &[0]);
    let plan = plan.restarts(3, OnExhausted::Stop);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.hit(Event::Crashed(id(1)));
    world.hit(Event::Crashed(id(0)));
    world.pass(100);
    assert_eq!((world.state(1), world.reason(1)), (Failed, Some(Reason::DependencyNotRunning(id(0)))));
}

#[test]
fn restart_with_waits_for_a_restart_and_is_made_good_by_a_start() {
    let plan = Plan::new().service(5, &[]).restarts(0, OnExhausted::Stop);
    let plan = plan.service(5, &[]).dep(0, DepKind::RestartWith);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.hit(Event::Crashed(id(0)));
    assert_eq!(
        [0, 1].map(|index| world.state(index)),
        [Failed, Degraded],
        "nothing comes that it could follow"
    );
    assert_eq!(world.ask(0, Start), Accepted);
    assert_eq!(world.state(1), Stopping(StopPhase::Preparing), "it stops before the new incarnation is made");
    world.rest();
    let incarnations = [0, 1].map(|index| world.machine.record(id(index)).unwrap().incarnation());
    assert_eq!((incarnations, world.state(1)), ([2, 2], Running));
}

#[test]
fn a_shutdown_ends_a_restart_of_several_half_way() {
    let plan = Plan::new().service(5, &[]).restarts(3, OnExhausted::Stop);
    let plan = plan.service(5, &[]).dep(0, DepKind::RestartWith);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.hit(Event::Crashed(id(0)));
    assert_eq!(world.state(1), Stopping(StopPhase::Preparing));
    world.hit(Event::ShutdownRequested(ShutdownKind::Reboot));
    world.behave(1);
    assert_eq!([0, 1].map(|index| world.state(index)), [Stopped; 2]);
    assert_eq!(world.finished(), Some(Ending::Reboot));
}

#[test]
fn nothing_is_restarted_while_the_system_goes_down() {
    let plan = Plan::new().service(5, &[]).restarts(3, OnExhausted::Panic).service(5, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.hit(Event::ShutdownRequested(ShutdownKind::Halt));
    world.hit(Event::Crashed(id(0)));
    assert_eq!((world.state(0), limits(&world)), (Crashed, vec![]));
    world.behave(1);
    assert_eq!(world.finished(), Some(Ending::Halt));
}

#[test]
fn a_storm_delays_endless_retries_and_ends_the_others() {
    let plan = Plan { storm: Some(Storm { restarts: 1, window: us(5_000) }), ..Plan::new() };
    let plan = plan.service(5, &[]).restarts(9, OnExhausted::Stop);
    let plan = plan.service(5, &[]).restarts(9, OnExhausted::RetryForever);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    crash_and_return(&mut world, 0);
    world.hit(Event::Crashed(id(1)));
    world.pass(100);
    assert_eq!(limits(&world), [Limit::Storm]);
    assert!(matches!(world.state(1), Restarting { .. }));
    world.rest();
    assert_eq!(world.state(1), Running);
}

#[test]
fn a_restart_on_request_is_free_of_limits_and_of_the_storm_guard() {
    let plan = Plan { storm: Some(Storm { restarts: 1, window: us(5_000) }), ..Plan::new() };
    let plan = plan.service(5, &[]).restarts(1, OnExhausted::Stop);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    crash_and_return(&mut world, 0);
    for _ in 0..3 {
        assert_eq!(world.ask(0, Restart), Accepted);
        world.rest();
        assert_eq!(world.state(0), Running);
    }
    assert_eq!(limits(&world), []);
}

#[test]
fn a_threshold_of_one_leaves_no_time_for_degraded() {
    let plan = Plan::new().service(5, &[]).probed(Probe::Call).with(|spec| spec.health.failure_threshold = 1);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.pass(500);
    world.hit(Event::HealthReport { service: id(0), probe: 1, healthy: false });
    assert_eq!((world.state(0), world.reason(0)), (Unhealthy, Some(Reason::NotWell)));
    assert!(!world.notices().any(|notice| matches!(notice, Notice::Service { to: Degraded, .. })));
}

#[test]
fn a_degraded_dependency_is_good_enough_to_start_on() {
    let plan = Plan::new().service(5, &[]).service(5, &[0]).service(5, &[1]).start(StartMode::OnDemand);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.hit(Event::Crashed(id(0)));
    assert_eq!((world.state(1), world.ask(2, Start)), (Degraded, Accepted));
    world.behave(2);
    assert_eq!(world.state(2), Running);
}

#[test]
fn a_fallback_that_failed_or_runs_is_not_started_again() {
    let plan = with_fallback();
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.hit(Event::Crashed(id(1)));
    world.behave(0);
    world.hit(Event::Crashed(id(0)));
    for _ in 0..2 {
        world.ask(1, Start);
        world.behave(1);
        world.hit(Event::Crashed(id(1)));
    }
    let told = |notice: &Notice| matches!(notice, Notice::FallbackStarted { .. });
    assert_eq!((world.state(0), world.notices().filter(told).count()), (Crashed, 1));
}

#[test]
fn a_fallback_goes_on_when_what_it_stands_in_for_is_back() {
    let plan = with_fallback();
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.hit(Event::Crashed(id(1)));
    world.behave(0);
    world.ask(1, Start);
    world.behave(1);
    assert_eq!([0, 1].map(|index| world.state(index)), [Running; 2]);
}

#[test]
fn a_deferred_service_fails_no_boot_and_starts_nothing_that_was_given_up() {
    let plan = Plan::new().service(2, &[]).service(2, &[0]).critical().start(StartMode::Deferred);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.hit(Event::Crashed(id(0)));
    assert_eq!((world.state(1), world.boot()), (Failed, SupervisorMode));
    assert_eq!(world.reason(1), Some(Reason::DependencyNotRunning(id(0))));
}

#[test]
fn a_sidecar_and_its_module_that_die_at_once_come_back_once() {
    let plan = Plan::new().service(5, &[]).restarts(3, OnExhausted::Stop);
    let plan = plan.service(5, &[]).dep(0, DepKind::Sidecar).restarts(3, OnExhausted::Stop);
    for (first, second) in [(0, 1), (1, 0)] {
        let mut room = plan.room();
        let mut world = World::new(&plan, &mut room);
        world.boot_all();
        world.step(Event::Crashed(id(first)));
        world.step(Event::Crashed(id(second)));
        world.rest();
        assert_eq!([0, 1].map(|index| world.state(index)), [Running; 2]);
        let incarnations = [0, 1].map(|index| world.machine.record(id(index)).unwrap().incarnation());
        assert_eq!(incarnations, [2, 2]);
    }
}

#[test]
fn what_a_recovery_boot_leaves_out_can_be_enabled_and_started() {
    let plan = Plan::new().service(2, &[]).service(2, &[]);
    let plan = Plan { recovery: Some(vec![true, false]), ..plan };
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    assert_eq!(world.ask(1, Start), Refused(Denial::Disabled));
    assert_eq!((world.ask(1, Enable), world.ask(1, Start)), (Accepted, Accepted));
    world.behave(1);
    assert_eq!(world.state(1), Running);
}

#[test]
fn a_lookup_starts_what_is_deferred_before_its_turn() {
    let plan = Plan::new().service(2, &[]).start(StartMode::Deferred).service(2, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    assert_eq!((world.boot(), world.ask(0, Lookup)), (BootingLayer(2), Accepted));
    world.behave(0);
    assert_eq!(world.state(0), Running);
    world.behave(1);
    assert_eq!((world.boot(), world.machine.record(id(0)).unwrap().incarnation()), (SupervisorMode, 1));
}

#[test]
fn a_stop_after_a_restart_leaves_it_stopped() {
    let plan = Plan::new().service(5, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    assert_eq!((world.ask(0, Restart), world.ask(0, Stop)), (Accepted, Accepted));
    world.rest();
    assert_eq!(world.state(0), Stopped);
}

/// Everybody hears of the end of what everybody requires, restarts with it, or is its sidecar, in one step.
#[test]
fn a_step_tells_of_no_more_than_it_may() {
    const MANY: usize = 150;
    for kind in [DepKind::Required, DepKind::RestartWith] {
        let mut plan = Plan::new().service(2, &[]).service(2, &[]).providers(&[0, 1]);
        for _ in 0..MANY {
            plan = plan.service(3, &[]).any(kind).restarts(1, OnExhausted::Stop);
        }
        let mut room = plan.room();
        let mut world = World::new(&plan, &mut room);
        world.boot_all();
        world.ask(1, Request::Stop);
        world.behave(1);
        let since = world.trace.len();
        // The world holds each step to `Machine::actions_per_step`.
        world.step(Event::Crashed(id(0)));
        assert!(world.trace.len() - since > MANY, "all of them are told");
        world.rest();
    }
}
