// SPDX-License-Identifier: BSD-2-Clause
//! What can be asked of a service (SPEC I-4, C-6), each rule by an example.

mod common;

use common::{Plan, World, id};
use partenza_lifecycle::{Denial, Request::*, ServiceState::*, Verdict::*, *};

#[test]
fn what_is_looked_up_starts_after_what_it_requires() {
    let plan = Plan::new().service(5, &[]).start(StartMode::OnDemand);
    let plan = plan.service(5, &[0]).start(StartMode::OnDemand).service(5, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    assert_eq!(world.ask(1, Lookup), Accepted);
    assert_eq!(world.ask(1, Lookup), Already, "on its way");
    assert!(world.state(0).is_starting() && world.state(1) == Pending);
    world.behave(0);
    world.behave(1);
    assert_eq!([0, 1].map(|index| world.state(index)), [Running; 2]);
    assert_eq!(world.ask(1, Lookup), Already);
}

#[test]
fn a_lookup_is_heard_during_boot_and_nothing_else_is() {
    let plan = Plan::new().service(5, &[]).start(StartMode::OnDemand).service(5, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    for request in [Start, Stop, Restart, Enable, Disable] {
        assert_eq!(world.ask(0, request), Refused(Denial::Booting));
    }
    assert_eq!(world.ask(0, Lookup), Accepted);
    world.behave(0);
    assert_eq!(world.state(0), Running);
}

#[test]
fn a_lookup_does_not_start_what_was_stopped_or_failed() {
    let plan = Plan::new().service(5, &[]).service(5, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.hit(Event::Crashed(id(0)));
    assert_eq!(world.ask(1, Stop), Accepted);
    world.behave(1);
    for index in [0, 1] {
        assert_eq!(world.ask(index, Lookup), Refused(Denial::NotRunning));
    }
}

#[test]
fn a_start_on_purpose_starts_what_was_stopped_below_it() {
    let plan = Plan::new().service(5, &[]).service(5, &[0]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    for index in [1, 0] {
        assert_eq!(world.ask(index, Stop), Accepted);
        world.behave(index);
        assert_eq!(world.ask(index, Stop), Already);
    }
    assert_eq!(world.ask(1, Start), Accepted);
    world.rest();
    assert_eq!([0, 1].map(|index| world.state(index)), [Running; 2]);
    assert_eq!(world.ask(1, Start), Already);
}

#[test]
fn a_stop_degrades_dependents_and_a_start_brings_them_back() {
    let plan = Plan::new().service(5, &[]).service(5, &[0]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.ask(0, Stop);
    assert_eq!(world.state(1), Degraded, "from the moment on in which it is asked to stop");
    world.behave(0);
    world.ask(0, Start);
    world.rest();
    assert_eq!(world.state(1), Running);
}

#[test]
fn a_restart_stops_in_order_and_does_not_count_as_a_failure() {
    let plan = Plan::new().service(5, &[]).critical().restarts(1, OnExhausted::Stop);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    for incarnation in 2..6 {
        assert_eq!(world.ask(0, Restart), Accepted);
        assert_eq!(world.state(0), Stopping(StopPhase::Preparing));
        world.rest();
        assert_eq!(world.state(0), Running);
        assert_eq!(world.machine.record(id(0)).unwrap().incarnation(), incarnation);
    }
}

#[test]
fn a_critical_service_is_neither_stopped_nor_disabled() {
    let plan = Plan::new().service(5, &[]).critical();
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    for request in [Stop, Disable] {
        assert_eq!(world.ask(0, request), Refused(Denial::Critical));
    }
    assert_eq!(world.state(0), Running);
}

#[test]
fn a_disabled_service_stays_down_until_it_is_enabled_and_started() {
    let plan = Plan::new().service(5, &[]).service(5, &[0]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.ask(1, Stop);
    world.behave(1);
    assert_eq!(world.ask(0, Disable), Accepted);
    world.behave(0);
    assert_eq!(world.state(0), Disabled);
    assert_eq!(world.ask(0, Start), Refused(Denial::Disabled));
    assert_eq!(world.ask(1, Start), Refused(Denial::DependencyNotRunning(id(0))));
    assert_eq!(world.ask(0, Enable), Accepted);
    assert_eq!(world.state(0), Pending);
    assert_eq!(world.ask(1, Start), Accepted);
    world.rest();
    assert_eq!([0, 1].map(|index| world.state(index)), [Running; 2]);
}

#[test]
fn a_stop_calls_a_pending_restart_off_and_a_start_hurries_it() {
    let plan = Plan::new().service(5, &[]).restarts(9, OnExhausted::Stop);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.hit(Event::Crashed(id(0)));
    assert_eq!(world.ask(0, Start), Accepted);
    assert!(world.state(0).is_starting());
    world.behave(0);
    world.hit(Event::Crashed(id(0)));
    assert_eq!(world.ask(0, Stop), Accepted);
    assert_eq!((world.state(0), world.reason(0)), (Stopped, Some(Reason::Requested)));
    assert_eq!(world.machine.next_deadline(), None);
}

/// Who waits for it has to hear that nothing comes.
#[test]
fn a_stop_that_calls_a_start_off_which_has_not_begun_is_told() {
    let on_demand = |plan: Plan| plan.start(StartMode::OnDemand);
    let plan = on_demand(on_demand(Plan::new().service(5, &[])).service(5, &[0]));
    for (request, then) in [(Stop, Stopped), (Disable, Disabled)] {
        let mut room = plan.room();
        let mut world = World::new(&plan, &mut room);
        world.boot_all();
        assert_eq!(world.ask(1, Lookup), Accepted);
        assert_eq!((world.state(0).is_starting(), world.state(1)), (true, Pending));
        assert_eq!(world.ask(1, request), Accepted);
        let told = |notice: &Notice| matches!(notice, Notice::Service { service, to, .. } if (*service, *to) == (id(1), then));
        assert_eq!(world.notices().filter(told).count(), 1, "{request:?}");
        world.rest();
        assert_eq!([0, 1].map(|index| world.state(index)), [Running, then]);
    }
}

#[test]
fn a_start_that_comes_while_it_stops_starts_it_again() {
    let plan = Plan::new().service(5, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.ask(0, Stop);
    assert_eq!(world.ask(0, Start), Accepted);
    world.rest();
    assert_eq!((world.state(0), world.machine.record(id(0)).unwrap().incarnation()), (Running, 2));
}

#[test]
fn a_sidecar_is_asked_through_its_module_and_stops_after_it() {
    let plan = Plan::new().service(5, &[]).service(5, &[]).dep(0, DepKind::Sidecar);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    for request in [Start, Stop, Restart, Disable] {
        assert_eq!(world.ask(0, request), Refused(Denial::SidecarOf(id(1))));
    }
    world.ask(1, Stop);
    assert_eq!([0, 1].map(|index| world.state(index)), [Running, Stopping(StopPhase::Preparing)]);
    world.rest();
    assert_eq!([0, 1].map(|index| world.state(index)), [Stopped; 2]);
    world.ask(1, Start);
    world.rest();
    assert_eq!([0, 1].map(|index| world.state(index)), [Running; 2]);
}

#[test]
fn nothing_can_be_asked_of_what_is_not_there_is_held_or_goes_down() {
    let plan = Plan::new().service(5, &[]).hold(0);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    assert_eq!(world.ask(7, Start), Refused(Denial::NoSuchService));
    assert_eq!(world.ask(0, Enable), Refused(Denial::Held));
    world.hit(Event::ShutdownRequested(ShutdownKind::Halt));
    assert_eq!(world.ask(0, Start), Refused(Denial::GoingDown));
}

/// SPEC D-6: below waits for its program, above requires it.
#[test]
fn what_waits_for_its_program_is_refused_and_starts_once_that_is_there() {
    let plan = Plan::new().service(5, &[]).start(StartMode::OnDemand).with(|spec| spec.awaits_program = true);
    let plan = plan.service(5, &[0]).start(StartMode::OnDemand);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    assert_eq!((world.state(0), world.reason(0)), (Disabled, Some(Reason::NotDelivered)));
    for request in [Start, Stop, Restart, Enable, Disable, Lookup] {
        assert_eq!(world.ask(0, request), Refused(Denial::NotDelivered));
    }
    for request in [Start, Lookup] {
        assert_eq!(world.ask(1, request), Refused(Denial::DependencyNotRunning(id(0))));
    }
    world.hit(Event::Delivered(id(0)));
    assert_eq!((world.state(0), world.reason(0)), (Pending, None));
    world.ask(1, Lookup);
    world.rest();
    assert_eq!([0, 1].map(|index| world.state(index)), [Running; 2]);
    world.hit(Event::Delivered(id(0)));
    assert!(world.notices().any(|notice| matches!(notice, Notice::Ignored { .. })), "once is enough");
}

#[test]
fn a_recovery_boot_goes_without_what_is_delivered_and_not_in_its_set() {
    let plan = Plan::new().service(5, &[]).start(StartMode::OnDemand).with(|spec| spec.awaits_program = true);
    let plan = Plan { recovery: Some(vec![false]), ..plan };
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    assert_eq!(world.ask(0, Start), Refused(Denial::NotDelivered));
    world.hit(Event::Delivered(id(0)));
    assert_eq!((world.state(0), world.reason(0)), (Disabled, Some(Reason::NotInRecoverySet)));
}

#[test]
fn plans_that_could_not_be_carried_through_are_refused() {
    let refused = |plan: &Plan| {
        let mut room = plan.room();
        Machine::new(plan.config(), room.storage()).err()
    };
    let one = || Plan::new().service(2, &[]);
    let mute = one().readiness(Readiness::None).probed(Probe::Call);
    assert_eq!(refused(&mute), Some(ConfigError::Health(id(0))));
    let shrinking = one().restarts(1, OnExhausted::Stop).with(|spec| spec.restart.backoff_percent = 99);
    assert_eq!(refused(&shrinking), Some(ConfigError::Restart(id(0))));
    assert_eq!(refused(&one().restarts(1, OnExhausted::Fallback)), Some(ConfigError::Fallback(id(0))));
    let shared = one().service(2, &[]).dep(0, DepKind::Sidecar).service(2, &[]).dep(0, DepKind::Sidecar);
    assert_eq!(refused(&shared), Some(ConfigError::Sidecar(id(0))));
    let chained = one().service(2, &[]).dep(0, DepKind::Sidecar).service(2, &[]).dep(1, DepKind::Sidecar);
    assert_eq!(refused(&chained), Some(ConfigError::Sidecar(id(1))));
    let set = Plan { recovery: Some(vec![]), ..one() };
    assert_eq!(refused(&set), Some(ConfigError::RecoverySet));
    let eager = Plan { panic_module: Some(id(0)), ..one() };
    assert_eq!(refused(&eager), Some(ConfigError::PanicModule(id(0))));
    let early = one().with(|spec| spec.awaits_program = true);
    assert_eq!(refused(&early), Some(ConfigError::Program(id(0))));
    let empty = early.start(StartMode::OnDemand);
    assert_eq!(refused(&empty), None);
    let empty = Plan { panic_module: Some(id(0)), ..empty };
    assert_eq!(refused(&empty), Some(ConfigError::PanicModule(id(0))));
    let calm = Plan { storm: Some(Storm { restarts: 0, window: Duration::from_micros(1) }), ..one() };
    assert_eq!(refused(&calm), Some(ConfigError::Storm));
}

/// SPEC I-4: what a critical service requires is as little stopped as that; else the next `restart` would take it down.
#[test]
fn what_a_critical_service_requires_is_not_stopped() {
    let plan = Plan::new().service(2, &[]).service(2, &[0]).service(3, &[1]).critical();
    let plan = plan.with(|spec| spec.restart.on_exhausted = OnExhausted::Panic).service(3, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    for request in [Request::Stop, Request::Disable] {
        for index in [0, 1, 2] {
            assert_eq!(world.ask(index, request), Verdict::Refused(Denial::Critical));
        }
    }
    assert_eq!(world.ask(3, Request::Stop), Verdict::Accepted);
    // It failed by itself, so a restart would be the end.
    world.hit(Event::Crashed(id(1)));
    let missing = Verdict::Refused(Denial::DependencyNotRunning(id(1)));
    assert_eq!(world.ask(2, Request::Restart), missing);
    assert_eq!(world.ask(1, Request::Start), Verdict::Accepted);
    world.behave(1);
    assert_eq!(world.ask(2, Request::Restart), Verdict::Accepted);
    world.rest();
    assert_eq!((world.boot(), world.state(2)), (BootState::SupervisorMode, ServiceState::Running));
}

/// Of several providers the last one that is up stays.
#[test]
fn of_several_providers_one_is_left_to_a_critical_service() {
    let plan = Plan::new().service(2, &[]).service(2, &[]).providers(&[0, 1]);
    let plan = plan.service(3, &[]).critical().any(DepKind::Required);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    assert_eq!(world.ask(0, Request::Stop), Verdict::Accepted);
    world.behave(0);
    assert_eq!(world.ask(1, Request::Stop), Verdict::Refused(Denial::Critical));
    assert_eq!(world.ask(0, Request::Start), Verdict::Accepted);
    assert_eq!(world.ask(1, Request::Stop), Verdict::Refused(Denial::Critical), "it is not up yet");
    world.behave(0);
    assert_eq!(world.ask(1, Request::Stop), Verdict::Accepted);
}

/// A lookup of one that never ran cannot lose it.
#[test]
fn a_start_that_cannot_be_is_no_emergency() {
    let plan = Plan::new().service(2, &[]).service(2, &[0]).critical().start(StartMode::OnDemand);
    let plan = plan.with(|spec| spec.restart.on_exhausted = OnExhausted::Panic);
    for request in [Request::Lookup, Request::Start] {
        let mut room = plan.room();
        let mut world = World::new(&plan, &mut room);
        world.boot_all();
        world.hit(Event::Crashed(id(0)));
        world.ask(1, request);
        world.rest();
        assert_eq!(world.boot(), BootState::SupervisorMode, "{request:?}");
    }
}
