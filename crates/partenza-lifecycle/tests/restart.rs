// SPDX-License-Identifier: BSD-2-Clause
//! What follows a failure (SPEC L, E-5, E-6), each rule by an example.

mod common;

use common::{Plan, World, id, us};
use partenza_lifecycle::{BootState::*, ServiceState::*, *};

/// Crashes the service and lets it come back; the delay it had.
fn crash_and_return(world: &mut World<'_>, index: usize) -> Duration {
    world.hit(Event::Crashed(id(index)));
    let Restarting { until } = world.state(index) else { panic!("{:?}", world.state(index)) };
    let delay = until.since(world.now);
    world.now = until;
    world.hit(Event::Tick);
    world.behave(index);
    assert!(world.state(index).is_up());
    delay
}

#[test]
fn delays_grow_to_their_cap_and_begin_anew_after_a_stable_period() {
    let plan = Plan::new().service(5, &[]).restarts(9, OnExhausted::Stop);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    let delays: Vec<_> = (0..5).map(|_| crash_and_return(&mut world, 0)).collect();
    assert_eq!(delays, [100, 200, 400, 800, 1_000].map(us));
    world.now = world.now.after(us(10_000));
    assert_eq!(crash_and_return(&mut world, 0), us(100));
    assert_eq!(world.machine.record(id(0)).unwrap().restarts(), 6);
}

/// Whatever ends a stable period: it is not the failing incarnation alone that counts.
#[test]
fn a_stable_period_that_a_request_ends_is_credited() {
    for request in [Request::Restart, Request::Stop] {
        let plan = Plan::new().service(5, &[]).restarts(9, OnExhausted::Stop);
        let mut room = plan.room();
        let mut world = World::new(&plan, &mut room);
        world.boot_all();
        let delays: Vec<_> = (0..3).map(|_| crash_and_return(&mut world, 0)).collect();
        assert_eq!(delays, [100, 200, 400].map(us));
        world.now = world.now.after(us(10_000));
        assert_eq!(world.ask(0, request), Verdict::Accepted);
        world.behave(0);
        if request == Request::Stop {
            assert_eq!(world.ask(0, Request::Start), Verdict::Accepted);
            world.behave(0);
        }
        assert_eq!(crash_and_return(&mut world, 0), us(100), "after {request:?}");
    }
}

#[test]
fn more_than_max_failures_within_the_window_are_the_end() {
    let plan = Plan::new().service(5, &[]).restarts(2, OnExhausted::Stop).service(5, &[0]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    crash_and_return(&mut world, 0);
    crash_and_return(&mut world, 0);
    world.hit(Event::Crashed(id(0)));
    assert_eq!((world.state(0), world.reason(0)), (Failed, Some(Reason::Crashed)));
    let told = Notice::RestartLimitReached { service: id(0), restarts: 2, limit: Limit::Retries };
    assert!(world.notices().any(|notice| notice == told));
    assert_eq!(world.state(1), Degraded);
}

#[test]
fn the_window_slides() {
    let plan = Plan::new().service(5, &[]).restarts(2, OnExhausted::Stop);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    for _ in 0..8 {
        crash_and_return(&mut world, 0);
        world.now = world.now.after(us(5_000));
    }
}

#[test]
fn an_exit_with_code_0_is_restarted_only_by_always() {
    for (policy, restarts) in [(Policy::Never, false), (Policy::OnFailure, false), (Policy::Always, true)] {
        let plan = Plan::new().service(5, &[]).restarts(2, OnExhausted::Stop);
        let plan = plan.with(|spec| spec.restart.policy = policy);
        let mut room = plan.room();
        let mut world = World::new(&plan, &mut room);
        world.boot_all();
        world.hit(Event::Stopped { service: id(0), code: 0 });
        assert_eq!(matches!(world.state(0), Restarting { .. }), restarts);
        assert_eq!(world.reason(0), Some(Reason::Exited(0)));
    }
}

#[test]
fn degraded_dependents_recover_with_their_dependency() {
    let plan = Plan::new().service(5, &[]).restarts(2, OnExhausted::Stop).service(5, &[0]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.hit(Event::Crashed(id(0)));
    assert_eq!(world.state(1), Degraded);
    world.rest();
    assert_eq!((world.state(1), world.machine.record(id(1)).unwrap().incarnation()), (Running, 1));
}

#[test]
fn those_that_restart_with_it_stop_in_reverse_before_and_start_in_order_after() {
    let plan = Plan::new().service(5, &[]).restarts(2, OnExhausted::Stop);
    let plan = plan.service(5, &[]).dep(0, DepKind::RestartWith).service(5, &[]).dep(1, DepKind::RestartWith);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    let since = world.trace.len();
    world.hit(Event::Crashed(id(0)));
    for index in [2, 1] {
        assert_eq!(world.state(index), Stopping(StopPhase::Preparing));
        world.behave(index);
        assert_eq!(world.state(index), Stopped);
    }
    assert_eq!(world.reason(1), Some(Reason::RestartsWith(id(0))));
    world.rest();
    let created = |action: &Action| if let Action::Create(service) = action { Some(service.0) } else { None };
    assert_eq!(world.trace[since..].iter().filter_map(created).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!([0, 1, 2].map(|index| world.state(index)), [Running; 3]);
}

#[test]
fn a_sidecar_and_its_module_share_their_fate() {
    let plan = Plan::new().service(5, &[]).restarts(2, OnExhausted::Stop);
    let plan = plan.service(5, &[]).dep(0, DepKind::Sidecar).restarts(2, OnExhausted::Stop);
    for crashed in [0, 1] {
        let mut room = plan.room();
        let mut world = World::new(&plan, &mut room);
        world.boot_all();
        world.hit(Event::Crashed(id(crashed)));
        world.rest();
        assert_eq!([0, 1].map(|index| world.state(index)), [Running; 2]);
        let incarnations = [0, 1].map(|index| world.machine.record(id(index)).unwrap().incarnation());
        assert_eq!(incarnations, [2, 2]);
    }
}

#[test]
fn a_module_does_not_outlive_its_sidecar_nor_the_other_way() {
    let plan = Plan::new().service(5, &[]).service(5, &[]).dep(0, DepKind::Sidecar);
    for (lost, other) in [(0, Failed), (1, Stopped)] {
        let mut room = plan.room();
        let mut world = World::new(&plan, &mut room);
        world.boot_all();
        world.hit(Event::Crashed(id(lost)));
        world.rest();
        assert_eq!(world.state(1 - lost), other);
    }
}

#[test]
fn a_restart_of_the_boot_has_to_begin_within_the_layers_budget() {
    let plan = Plan::new().budget(5, 250).service(5, &[]).restarts(9, OnExhausted::Stop).service(5, &[0]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.hit(Event::Crashed(id(0)));
    assert_eq!(world.state(1), Pending, "its dependency may still come");
    world.pass(100);
    world.answer_all();
    world.hit(Event::Crashed(id(0)));
    assert_eq!(world.reason(1), Some(Reason::DependencyNotRunning(id(0))));
    let told = |notice| matches!(notice, Notice::RestartLimitReached { limit: Limit::LayerBudget, .. });
    assert!(world.notices().any(told));
    assert_eq!((world.state(0), world.boot()), (Failed, SupervisorMode));
}

#[test]
fn a_critical_service_fails_the_boot_only_when_its_retries_are_exhausted() {
    let plan = Plan::new().service(2, &[]).critical().restarts(1, OnExhausted::Stop);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.hit(Event::Crashed(id(0)));
    assert_eq!(world.boot(), BootingLayer(2));
    world.pass(100);
    world.answer_all();
    world.hit(Event::Crashed(id(0)));
    assert_eq!(world.boot(), Finished(Ending::Panic));
}

#[test]
fn losing_what_nothing_works_without_is_an_emergency_stop_in_order() {
    let plan = Plan::new().service(2, &[]).critical().restarts(0, OnExhausted::Panic).service(3, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    let since = world.trace.len();
    world.hit(Event::Crashed(id(0)));
    assert_eq!(world.boot(), EmergencyStop);
    assert_eq!(world.state(1), Stopping(StopPhase::Preparing), "it is asked");
    world.behave(1);
    let destroyed = |index| Action::Destroy { service: id(index), scope: Scope::Incarnation };
    let deeds = world.deeds(since);
    assert_eq!(deeds[..2], [Action::Diagnose { culprit: id(0) }, destroyed(0)]);
    assert_eq!(deeds[deeds.len() - 2..], [destroyed(1), Action::Finish(Ending::Panic)]);
}

#[test]
fn the_panic_module_shows_when_all_else_is_gone() {
    let plan = Plan::new().service(2, &[]).critical().service(2, &[]).start(StartMode::OnDemand);
    let plan = Plan { panic_module: Some(id(1)), ..plan };
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.hit(Event::Crashed(id(0)));
    assert!(world.state(1).is_starting() && world.boot() == Panic);
    world.behave(1);
    assert_eq!((world.state(1), world.finished()), (Stopped, Some(Ending::Panic)));
}

#[test]
fn a_fallback_starts_when_retries_are_exhausted_and_once() {
    let plan = Plan::new().service(5, &[]).start(StartMode::OnDemand);
    let plan =
        plan.service(5, &[]).restarts(1, OnExhausted::Fallback).with(|spec| spec.fallback = Some(id(0)));
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    crash_and_return(&mut world, 1);
    world.hit(Event::Crashed(id(1)));
    world.behave(0);
    assert_eq!([0, 1].map(|index| world.state(index)), [Running, Failed]);
    let told = Notice::FallbackStarted { service: id(1), fallback: id(0) };
    assert_eq!(world.notices().filter(|notice| *notice == told).count(), 1);
}

#[test]
fn endless_retries_go_on_at_the_longest_delay_and_are_told_once() {
    let plan = Plan::new().service(5, &[]).restarts(1, OnExhausted::RetryForever);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    let delays: Vec<_> = (0..4).map(|_| crash_and_return(&mut world, 0)).collect();
    assert_eq!(delays, [100, 1_000, 1_000, 1_000].map(us));
    let told = |notice: &Notice| matches!(notice, Notice::RestartLimitReached { .. });
    assert_eq!(world.notices().filter(told).count(), 1);
}

#[test]
fn in_a_storm_only_core_services_are_restarted() {
    let plan = Plan { storm: Some(Storm { restarts: 2, window: us(5_000) }), ..Plan::new() };
    let plan = plan.service(5, &[]).restarts(9, OnExhausted::Stop);
    let plan = plan.service(5, &[]).restarts(9, OnExhausted::Stop).with(|spec| spec.core = true);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    crash_and_return(&mut world, 0);
    crash_and_return(&mut world, 1);
    crash_and_return(&mut world, 1);
    world.hit(Event::Crashed(id(0)));
    world.pass(1_000);
    assert_eq!(world.state(0), Failed);
    assert_eq!(world.notices().filter(|notice| *notice == Notice::Storm).count(), 1);
    world.now = world.now.after(us(5_000));
    crash_and_return(&mut world, 1);
}

#[test]
fn a_shutdown_calls_restarts_off() {
    let plan = Plan::new().service(5, &[]).restarts(9, OnExhausted::Stop);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.hit(Event::Crashed(id(0)));
    world.hit(Event::ShutdownRequested(ShutdownKind::Halt));
    assert_eq!((world.state(0), world.finished()), (Stopped, Some(Ending::Halt)));
}

#[test]
fn a_recovery_boot_starts_its_set_and_softens_edges() {
    let plan = Plan::new().service(2, &[]).service(2, &[]).soft(0).service(2, &[0]).service(2, &[]);
    let plan = Plan { recovery: Some(vec![false, true, true, false]), ..plan };
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    assert_eq!([0, 1, 2, 3].map(|index| world.state(index)), [Disabled, Running, Disabled, Disabled]);
    assert_eq!(world.reason(0), Some(Reason::NotInRecoverySet));
    assert_eq!(world.reason(2), Some(Reason::DependencyNotRunning(id(0))));
}

/// `check` refuses such a plan; a machine that gets it tells why nobody takes the place, and does not say that one does.
#[test]
fn a_fallback_that_requires_what_it_replaces_fails_and_is_not_announced() {
    let plan = Plan::new().service(5, &[]).restarts(0, OnExhausted::Fallback);
    let plan = plan.with(|spec| spec.fallback = Some(id(1)));
    let plan = plan.service(5, &[0]).start(StartMode::OnDemand).with(|spec| {
        spec.critical = true;
        spec.restart.on_exhausted = OnExhausted::Panic;
    });
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.hit(Event::Crashed(id(0)));
    world.rest();
    assert_eq!((world.boot(), world.state(0), world.state(1)), (SupervisorMode, Failed, Failed));
    assert_eq!(world.reason(1), Some(Reason::DependencyNotRunning(id(0))));
    assert!(!world.notices().any(|notice| matches!(notice, Notice::FallbackStarted { .. })));
}
