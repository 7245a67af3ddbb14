// SPDX-License-Identifier: BSD-2-Clause
//! After the boot: losses (SPEC L-9) and going down (SPEC M-1), each rule by an example.

mod common;

use common::{Plan, World, id, us};
use partenza_lifecycle::{BootState::*, ServiceState::*, *};

fn destroyed(service: usize) -> Action {
    Action::Destroy { service: id(service), scope: Scope::Incarnation }
}

fn directed(service: usize, directive: Directive) -> Action {
    Action::Direct { service: id(service), directive }
}

#[test]
fn a_crash_takes_one_incarnation_and_degrades_those_that_require_it() {
    let plan = Plan::new().service(2, &[]).critical().service(3, &[0]).service(3, &[]).optional(0);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    let since = world.trace.len();
    world.hit(Event::Crashed(id(0)));
    assert_eq!([0, 1, 2].map(|i| world.state(i)), [Crashed, Degraded, Running]);
    assert_eq!(world.reason(1), Some(Reason::DependencyNotRunning(id(0))));
    assert_eq!(world.deeds(since), [destroyed(0)]);
    assert_eq!(world.boot(), SupervisorMode);
}

#[test]
fn a_service_that_ends_by_itself_is_stopped_and_missed() {
    let plan = Plan::new().service(2, &[]).service(3, &[0]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.hit(Event::Stopped { service: id(0), code: -1 });
    assert_eq!((world.state(0), world.reason(0)), (Stopped, Some(Reason::Exited(-1))));
    assert_eq!(world.state(1), Degraded);
}

#[test]
fn a_flooder_that_runs_is_degraded_once() {
    let plan = Plan::new().service(2, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.hit(Event::Flooded(id(0)));
    assert_eq!((world.state(0), world.reason(0)), (Degraded, Some(Reason::Flooded)));
    assert_eq!(world.step(Event::Flooded(id(0))), []);
}

#[test]
fn a_shutdown_asks_each_service_twice_in_reverse_order() {
    let plan = Plan::new().service(2, &[]).service(3, &[0]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    let since = world.trace.len();
    world.hit(Event::ShutdownRequested(ShutdownKind::Reboot));
    world.behave(1);
    world.behave(0);
    assert_eq!(
        world.deeds(since),
        [
            directed(1, Directive::PrepareStop),
            directed(1, Directive::Stop),
            destroyed(1),
            directed(0, Directive::PrepareStop),
            directed(0, Directive::Stop),
            destroyed(0),
            Action::Finish(Ending::Reboot),
        ]
    );
}

#[test]
fn the_next_is_asked_only_when_the_one_before_is_destroyed() {
    let plan = Plan::new().service(2, &[]).service(3, &[0]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.step(Event::ShutdownRequested(ShutdownKind::Halt));
    world.step(Event::ReadyToStop(id(1)));
    world.step(Event::Stopped { service: id(1), code: 0 });
    assert_eq!(world.state(0), Running);
    world.step(Event::Destroyed(id(1)));
    assert_eq!(world.state(0), Stopping(StopPhase::Preparing));
}

#[test]
fn a_service_that_does_not_answer_is_stopped_by_force() {
    let plan = Plan::new().service(2, &[]).service(2, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.hit(Event::ShutdownRequested(ShutdownKind::PowerOff));
    assert_eq!(world.machine.next_deadline(), Some(world.now.after(us(200))));
    world.pass(200);
    world.answer_all();
    assert_eq!(world.reason(1), Some(Reason::StopTimeout(StopPhase::Preparing)));
    world.hit(Event::ReadyToStop(id(0)));
    assert_eq!(world.machine.next_deadline(), Some(world.now.after(us(300))));
    world.pass(300);
    world.answer_all();
    assert_eq!(world.reason(0), Some(Reason::StopTimeout(StopPhase::Stopping)));
    assert_eq!(world.finished(), Some(Ending::PowerOff));
    let phase = StopPhase::Preparing;
    assert!(world.notices().any(|notice| notice == Notice::StopForced { service: id(1), phase }));
}

#[test]
fn a_service_without_a_channel_is_destroyed_at_once() {
    let plan = Plan::new().service(9, &[]).readiness(Readiness::None);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    let since = world.trace.len();
    world.hit(Event::ShutdownRequested(ShutdownKind::Halt));
    assert_eq!(world.deeds(since), [destroyed(0), Action::Finish(Ending::Halt)]);
}

#[test]
fn a_crash_while_stopping_is_an_end_too() {
    let plan = Plan::new().service(2, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.hit(Event::ShutdownRequested(ShutdownKind::Halt));
    world.hit(Event::Crashed(id(0)));
    assert_eq!((world.state(0), world.reason(0)), (Stopped, Some(Reason::Crashed)));
    assert_eq!(world.finished(), Some(Ending::Halt));
}

#[test]
fn a_shutdown_during_boot_starts_nothing_more_and_takes_down_what_started() {
    let plan = Plan::new().service(2, &[]).service(2, &[]).service(3, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.step(Event::Begin);
    world.step(Event::Created(id(0)));
    let since = world.trace.len();
    world.step(Event::ShutdownRequested(ShutdownKind::PowerOff));
    assert_eq!(world.deeds(since), [], "the creation of 1 is not answered yet");
    world.step(Event::Created(id(1)));
    world.answer_all();
    assert_eq!(world.deeds(since), [destroyed(1), destroyed(0), Action::Finish(Ending::PowerOff)]);
    assert_eq!([0, 1, 2].map(|i| world.state(i)), [Stopped, Stopped, Pending]);
}

#[test]
fn a_shutdown_before_the_boot_ends_at_once() {
    let plan = Plan::new().service(2, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.step(Event::ShutdownRequested(ShutdownKind::Halt));
    assert_eq!(world.finished(), Some(Ending::Halt));
    let event = Event::Begin;
    assert_eq!(world.step(event), [Action::Notice(Notice::Ignored { event, state: None })]);
}

#[test]
fn a_second_shutdown_is_ignored() {
    let plan = Plan::new().service(2, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.step(Event::ShutdownRequested(ShutdownKind::Halt));
    let event = Event::ShutdownRequested(ShutdownKind::Reboot);
    assert_eq!(world.step(event), [Action::Notice(Notice::Ignored { event, state: None })]);
}

#[test]
fn time_never_goes_back() {
    let plan = Plan::new().service(2, &[]);
    let mut room = plan.room();
    let mut machine = Machine::new(plan.config(), room.storage()).unwrap();
    let mut sink = |_: Action| {};
    machine.step(Instant::from_micros(500), Event::Begin, &mut sink);
    machine.step(Instant::from_micros(20), Event::Created(id(0)), &mut sink);
    assert_eq!(machine.next_deadline(), Some(Instant::from_micros(1_500)));
}

#[test]
fn plans_that_could_hang_the_machine_are_refused() {
    let refused = |plan: &Plan| {
        let mut room = plan.room();
        Machine::new(plan.config(), room.storage()).err()
    };
    assert_eq!(refused(&Plan::new().service(2, &[0])), Some(ConfigError::DepOrder(id(0))));
    assert_eq!(refused(&Plan::new().service(2, &[5])), Some(ConfigError::DepOrder(id(0))));
    assert_eq!(refused(&Plan::new().service(3, &[]).service(2, &[])), Some(ConfigError::LayerOrder(id(1))));
    assert_eq!(refused(&Plan::new().service(2, &[]).hold(1)), Some(ConfigError::Hold(id(1))));
    assert_eq!(refused(&Plan::new().scale(0)), Some(ConfigError::TimeoutScale));
    let mut outside = Plan::new().service(2, &[]).service(2, &[0]);
    outside.deps.clear();
    assert_eq!(refused(&outside), Some(ConfigError::DepRange(id(1))));
}

#[test]
fn storage_that_is_too_small_is_refused() {
    let plan = Plan::new().service(2, &[]).service(2, &[0]).restarts(3, OnExhausted::Stop);
    for cut in 0..4 {
        let mut room = plan.room();
        match cut {
            0 => drop(room.records.pop()),
            1 => drop(room.timers.pop()),
            2 => drop(room.history.pop()),
            _ => drop(room.dependents.pop()),
        }
        assert_eq!(Machine::new(plan.config(), room.storage()).err(), Some(ConfigError::Storage));
    }
}
