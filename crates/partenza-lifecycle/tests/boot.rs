// SPDX-License-Identifier: BSD-2-Clause
//! Order, readiness and failures of a boot (SPEC C, D-3, E, G), each rule by an example.

mod common;

use common::{Plan, World, id, us};
use partenza_lifecycle::{BootState::*, ServiceState::*, *};

fn created(actions: &[Action]) -> Vec<u16> {
    let created = |action: &Action| if let Action::Create(service) = action { Some(service.0) } else { None };
    actions.iter().filter_map(created).collect()
}

#[test]
fn services_start_in_layers_and_the_boot_completes() {
    let plan = Plan::new().service(2, &[]).service(2, &[0]).service(3, &[1]).service(7, &[0, 2]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    let boots: Vec<_> = world
        .notices()
        .filter_map(|notice| if let Notice::Boot { to, .. } = notice { Some(to) } else { None })
        .collect();
    assert_eq!(boots, [BootingLayer(2), BootingLayer(3), BootingLayer(7), BootComplete, SupervisorMode]);
    assert!(world.notices().any(|notice| matches!(notice, Notice::BootComplete { degraded: false, .. })));
    assert_eq!(created(&world.trace), [0, 1, 2, 3]);
}

#[test]
fn independent_services_of_a_layer_are_all_resumed_and_then_awaited() {
    let plan = Plan::new().service(2, &[]).service(2, &[0]).service(2, &[]).service(2, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    assert_eq!(created(&world.trace), [0, 2, 3]);
    world.behave(0);
    assert_eq!(created(&world.trace), [0, 2, 3, 1]);
}

#[test]
fn a_sequential_boot_starts_one_service_at_a_time_in_plan_order() {
    let plan = Plan::new().service(2, &[]).service(2, &[0]).service(2, &[]).sequential();
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    for (index, before) in [vec![0], vec![0, 1], vec![0, 1, 2]].iter().enumerate() {
        assert_eq!(created(&world.trace), *before);
        world.behave(index);
    }
    assert_eq!(world.boot(), SupervisorMode);
}

#[test]
fn a_service_without_readiness_runs_when_it_is_resumed() {
    let plan = Plan::new().service(9, &[]).readiness(Readiness::None);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    assert_eq!((world.state(0), world.boot()), (Running, SupervisorMode));
}

#[test]
fn a_signal_is_enough_for_a_service_that_promises_no_message() {
    let plan = Plan::new().service(2, &[]).readiness(Readiness::Signal);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.hit(Event::Ready(id(0)));
    assert_eq!(world.state(0), Running);
}

#[test]
fn ready_without_a_handshake_is_ignored_and_counted() {
    let plan = Plan::new().service(2, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    let event = Event::Ready(id(0));
    let actions = world.step(event);
    let state = Some(Starting(StartPhase::AwaitingHello));
    assert_eq!(actions, [Action::Notice(Notice::Ignored { event, state })]);
    assert_eq!(world.machine.record(id(0)).unwrap().ignored(), 1);
}

#[test]
fn ready_twice_is_ignored_the_second_time() {
    let plan = Plan::new().service(2, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    let event = Event::Ready(id(0));
    let actions = world.step(event);
    assert_eq!(actions, [Action::Notice(Notice::Ignored { event, state: Some(Running) })]);
}

#[test]
fn an_event_of_a_service_that_does_not_exist_is_ignored() {
    let plan = Plan::new().service(2, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    let event = Event::Crashed(id(1));
    assert_eq!(world.step(event), [Action::Notice(Notice::Ignored { event, state: None })]);
}

#[test]
fn every_way_to_fail_a_start_gives_back_everything_once() {
    let failures = [
        (Event::Crashed(id(0)), Reason::Crashed),
        (Event::Flooded(id(0)), Reason::Flooded),
        (Event::Stopped { service: id(0), code: 3 }, Reason::Exited(3)),
        (
            Event::ReadyRefused { service: id(0), refusal: Refusal::Version },
            Reason::ReadyRefused(Refusal::Version),
        ),
    ];
    for (event, reason) in failures {
        let plan = Plan::new().service(5, &[]);
        let mut room = plan.room();
        let mut world = World::new(&plan, &mut room);
        world.begin();
        world.hit(Event::Hello(id(0)));
        let since = world.trace.len();
        world.hit(event);
        assert_eq!((world.state(0), world.reason(0)), (Failed, Some(reason)));
        assert_eq!(world.deeds(since), [Action::Destroy { service: id(0), scope: Scope::Service }]);
        assert_eq!(world.boot(), SupervisorMode);
    }
}

#[test]
fn a_creation_that_fails_is_taken_back_too() {
    let plan = Plan::new().service(5, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.step(Event::Begin);
    let since = world.trace.len();
    world.hit(Event::CreateFailed { service: id(0), code: 12 });
    assert_eq!((world.state(0), world.reason(0)), (Failed, Some(Reason::CreateFailed(12))));
    assert_eq!(world.deeds(since), [Action::Destroy { service: id(0), scope: Scope::Service }]);
}

#[test]
fn a_start_times_out_at_its_deadline_and_not_before() {
    let plan = Plan::new().service(5, &[]).scale(200);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.hit(Event::Hello(id(0)));
    assert_eq!(world.machine.next_deadline(), Some(world.now.after(us(2_000))));
    assert_eq!(world.pass(1_999), []);
    world.pass(1);
    assert_eq!((world.state(0), world.reason(0)), (Failed, Some(Reason::StartupTimeout)));
}

#[test]
fn one_tick_serves_one_deadline_and_the_rest_stays_due() {
    let plan = Plan::new().service(5, &[]).service(5, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.pass(1_000);
    assert_eq!([world.state(0), world.state(1)].map(|state| state == Failed), [true, false]);
    assert!(world.machine.next_deadline().unwrap() <= world.now);
    world.hit(Event::Tick);
    assert_eq!(world.state(1), Failed);
}

#[test]
fn dependents_of_a_failed_service_fail_without_being_created_and_the_rest_boots() {
    let plan = Plan::new().service(5, &[]).service(5, &[0]).service(6, &[1]).service(6, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.hit(Event::Crashed(id(0)));
    world.behave(3);
    assert_eq!(world.reason(1), Some(Reason::DependencyNotRunning(id(0))));
    assert_eq!(world.reason(2), Some(Reason::DependencyNotRunning(id(1))));
    assert_eq!(created(&world.trace), [0, 3]);
    assert_eq!(world.boot(), SupervisorMode);
    assert!(world.notices().any(|notice| matches!(notice, Notice::BootComplete { degraded: true, .. })));
}

/// What is not up at BootComplete has failed only if something went wrong.
#[test]
fn a_complete_boot_tells_what_waits_from_what_failed() {
    let plan = Plan::new()
        .service(5, &[])
        .service(5, &[])
        .service(5, &[1])
        .service(5, &[])
        .start(StartMode::OnDemand)
        .service(5, &[])
        .start(StartMode::Deferred)
        .service(5, &[])
        .start(StartMode::OnDemand)
        .with(|spec| spec.awaits_program = true)
        .service(5, &[])
        .hold(6)
        .service(5, &[6])
        .service(5, &[])
        .readiness(Readiness::None)
        .with(|spec| spec.restart.policy = Policy::OnFailure);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.hit(Event::Stopped { service: id(8), code: 0 });
    world.hit(Event::Crashed(id(1)));
    world.behave(0);
    let counts = world.notices().find_map(|notice| match notice {
        Notice::BootComplete { up, waiting, failed, .. } => Some((up, waiting, failed)),
        _ => None,
    });
    assert_eq!(counts, Some((1, 6, 2)));
}

#[test]
fn an_optional_dependency_orders_the_start_and_may_fail() {
    let plan = Plan::new().service(5, &[]).service(5, &[]).optional(0);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    assert_eq!(created(&world.trace), [0]);
    world.hit(Event::Crashed(id(0)));
    world.behave(1);
    assert_eq!(world.state(1), Running);
}

#[test]
fn an_eager_service_cannot_require_one_that_the_boot_does_not_start() {
    let plan = Plan::new().service(5, &[]).start(StartMode::OnDemand).service(5, &[0]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    assert_eq!((world.state(0), world.state(1)), (Pending, Failed));
    assert_eq!(world.reason(1), Some(Reason::DependencyNotRunning(id(0))));
}

#[test]
fn a_deferred_service_is_no_part_of_the_boot_and_starts_after_it() {
    let plan = Plan::new().service(5, &[]).service(5, &[0]).start(StartMode::Deferred);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.step(Event::Hello(id(0)));
    world.step(Event::Ready(id(0)));
    assert_eq!((world.state(1), world.boot()), (Pending, SupervisorMode));
    world.answer_all();
    world.behave(1);
    assert_eq!(world.state(1), Running);
    assert!(world.notices().any(|notice| matches!(notice, Notice::BootComplete { degraded: false, .. })));
}

#[test]
fn a_critical_failure_is_dumped_before_everything_is_stopped() {
    let plan = Plan::new().service(2, &[]).service(2, &[]).critical().service(2, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.behave(0);
    let since = world.trace.len();
    world.hit(Event::Crashed(id(1)));
    let reason = Reason::Crashed;
    assert!(world.notices().any(|notice| notice == Notice::BootFailed { culprit: id(1), reason }));
    let gone = |service, scope| Action::Destroy { service: id(service), scope };
    assert_eq!(
        world.deeds(since),
        [
            Action::Diagnose { culprit: id(1) },
            gone(1, Scope::Service),
            gone(2, Scope::Incarnation),
            gone(0, Scope::Incarnation),
            Action::Finish(Ending::Panic),
        ]
    );
    assert_eq!(world.boot(), Finished(Ending::Panic));
}

#[test]
fn a_critical_service_that_dies_after_ready_fails_the_boot_while_it_goes_on() {
    let plan = Plan::new().service(2, &[]).critical().service(3, &[0]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.behave(0);
    world.hit(Event::Crashed(id(0)));
    assert_eq!((world.state(0), world.boot()), (Crashed, Finished(Ending::Panic)));
}

#[test]
fn a_critical_service_whose_dependency_failed_fails_the_boot_and_names_it() {
    let plan = Plan::new().service(2, &[]).service(3, &[0]).critical();
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.hit(Event::Crashed(id(0)));
    let reason = Reason::DependencyNotRunning(id(0));
    assert!(world.notices().any(|notice| notice == Notice::BootFailed { culprit: id(1), reason }));
}

#[test]
fn a_dependency_that_dies_during_a_start_leaves_the_dependent_degraded() {
    let plan = Plan::new().service(5, &[]).service(5, &[0]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.behave(0);
    world.hit(Event::Crashed(id(0)));
    world.behave(1);
    assert_eq!((world.state(1), world.reason(1)), (Degraded, Some(Reason::DependencyNotRunning(id(0)))));
}

#[test]
fn a_held_service_is_created_and_never_resumed_and_holds_back_its_dependents() {
    let plan = Plan::new().service(2, &[]).critical().service(2, &[0]).critical().service(3, &[]).hold(0);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    assert_eq!((world.state(0), world.reason(0)), (Disabled, Some(Reason::Held)));
    assert_eq!((world.state(1), world.reason(1)), (Disabled, Some(Reason::DependencyNotRunning(id(0)))));
    assert_eq!((world.state(2), world.boot()), (Running, SupervisorMode));
    assert!(!world.trace.contains(&Action::Resume(id(0))));
}

#[test]
fn a_layer_over_its_budget_is_told_once_and_boots_on() {
    let plan = Plan::new().service(2, &[]).budget(2, 400);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    let told = Action::Notice(Notice::LayerOverBudget { layer: 2, budget: us(400) });
    assert_eq!(world.pass(400), [told]);
    assert_eq!(world.pass(100), []);
    world.behave(0);
    assert_eq!(world.state(0), Running);
    assert!(world.notices().any(|notice| notice == Notice::LayerUp { layer: 2, took: us(500) }));
}

#[test]
fn a_layer_that_is_up_just_late_was_over_budget_all_the_same() {
    let plan = Plan::new().service(2, &[]).readiness(Readiness::Signal).budget(2, 400);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.now = world.now.after(us(450));
    let actions = world.step(Event::Ready(id(0)));
    assert!(actions.contains(&Action::Notice(Notice::LayerOverBudget { layer: 2, budget: us(400) })));
}

#[test]
fn a_boot_of_nothing_is_complete() {
    let plan = Plan::new();
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    assert_eq!(world.boot(), SupervisorMode);
}

#[test]
fn the_times_of_a_start_are_kept() {
    let plan = Plan::new().service(2, &[]).readiness(Readiness::Signal);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    let origin = world.now;
    world.step(Event::Begin);
    world.now = origin.after(us(10));
    world.answer_all();
    world.now = origin.after(us(30));
    world.behave(0);
    let record = world.machine.record(id(0)).unwrap();
    let times = [record.asked(), record.started(), record.ready()];
    assert_eq!(times.map(|time| time.unwrap().since(origin)), [us(0), us(10), us(30)]);
    assert_eq!(record.incarnation(), 1);
}
