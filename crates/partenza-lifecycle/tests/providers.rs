// SPDX-License-Identifier: BSD-2-Clause
//! Requirements that several services can meet (SPEC S-2), each rule by an example.

mod common;

use common::{Plan, World, id, us};
use partenza_lifecycle::{ServiceState::*, *};

/// `first` and `second`, which each is restarted once, and a client that either will do for.
fn pair(kind: DepKind) -> Plan {
    let plan = Plan::new().service(2, &[]).restarts(1, OnExhausted::Stop);
    plan.service(2, &[]).restarts(1, OnExhausted::Stop).providers(&[0, 1]).service(2, &[]).any(kind)
}

fn crash(world: &mut World<'_>, index: usize) {
    world.hit(Event::Crashed(id(index)));
}

fn serves(world: &World<'_>, index: usize) -> bool {
    world.machine.records()[index].serves()
}

/// What was told of the client since.
fn told(world: &World<'_>, since: usize, client: usize) -> Vec<ServiceState> {
    let of_client = |action: &Action| match action {
        Action::Notice(Notice::Service { service, to, .. }) if *service == id(client) => Some(*to),
        _ => None,
    };
    world.trace[since..].iter().filter_map(of_client).collect()
}

#[test]
fn a_client_is_not_degraded_while_another_provider_takes_over() {
    let plan = pair(DepKind::Required);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    let since = world.trace.len();
    crash(&mut world, 0);
    assert!(serves(&world, 1));
    world.rest();
    assert_eq!([0, 1, 2].map(|index| world.state(index)), [Running; 3]);
    assert!(serves(&world, 1), "who took over keeps serving");
    crash(&mut world, 0);
    assert_eq!(told(&world, since, 2), [], "whoever of the two dies");
}

#[test]
fn a_client_is_degraded_while_nobody_provides() {
    let plan = pair(DepKind::Required);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    crash(&mut world, 0);
    let since = world.trace.len();
    crash(&mut world, 1);
    assert_eq!((world.state(2), world.reason(2)), (Degraded, Some(Reason::DependencyNotRunning(id(1)))));
    world.rest();
    assert_eq!(told(&world, since, 2), [Degraded, Running]);
}

#[test]
fn the_boot_waits_for_the_preferred_provider_and_no_other() {
    let plan = pair(DepKind::Required);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.behave(1);
    assert_eq!(world.state(2), Pending, "who is quicker does not serve for that");
    world.behave(0);
    assert!(serves(&world, 0) && world.state(2) != Pending);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.behave(0);
    assert!(world.state(1).is_starting() && world.state(2) != Pending, "the other is not waited for");
}

#[test]
fn a_provider_that_fails_in_the_boot_is_replaced_by_one_that_runs() {
    for first in [Event::Crashed(id(0)), Event::ReadyRefused { service: id(0), refusal: Refusal::Name }] {
        let plan = pair(DepKind::Required);
        let mut room = plan.room();
        let mut world = World::new(&plan, &mut room);
        world.begin();
        world.step(Event::Hello(id(0)));
        world.behave(1);
        world.hit(first);
        world.behave(2);
        assert_eq!([1, 2].map(|index| world.state(index)), [Running; 2], "after its first failure already");
    }
}

#[test]
fn a_client_starts_on_a_provider_that_comes_after_the_preferred_one_failed() {
    let plan = pair(DepKind::Required).with(|client| client.critical = true);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    crash(&mut world, 0);
    world.now = world.machine.next_deadline().expect("its pause");
    world.hit(Event::Tick);
    crash(&mut world, 0);
    assert_eq!((world.state(0), world.state(2)), (Failed, Pending));
    world.behave(1);
    world.behave(2);
    assert_eq!((world.state(2), world.boot()), (Running, BootState::SupervisorMode));
}

#[test]
fn a_client_fails_when_none_of_them_runs() {
    let plan = pair(DepKind::Required);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.settle();
    assert_eq!([0, 1, 2].map(|index| world.state(index)), [Failed; 3]);
    assert!(matches!(world.reason(2), Some(Reason::DependencyNotRunning(_))));
}

#[test]
fn what_restarts_with_a_provider_follows_the_one_that_serves() {
    let plan = pair(DepKind::RestartWith);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    let since = world.trace.len();
    crash(&mut world, 1);
    world.rest();
    assert_eq!(told(&world, since, 2), [], "the other one is nothing to it");
    crash(&mut world, 0);
    assert_eq!(world.reason(2), None);
    assert!(matches!(world.state(2), Stopping(_)), "its handles are gone with the first");
    world.rest();
    assert_eq!(world.state(2), Running);
    assert_eq!(world.machine.records()[2].incarnation(), 2);
    let since = world.trace.len();
    assert_eq!(world.ask(0, Request::Serve), Verdict::Accepted);
    world.rest();
    let starting = Starting(StartPhase::Creating);
    assert_eq!(told(&world, since, 2), [Stopping(StopPhase::Preparing), Stopped, starting, Running]);
}

/// Both retry for ever, which nobody waits for. The one whose turn comes first is to serve, so what restarts with whoever
/// serves is gone before it is made.
#[test]
fn one_that_retries_for_ever_serves_when_its_turn_comes() {
    let plan = Plan::new().service(2, &[]).restarts(0, OnExhausted::RetryForever);
    let plan = plan.service(2, &[]).restarts(0, OnExhausted::RetryForever).providers(&[0, 1]);
    let plan =
        plan.service(2, &[]).any(DepKind::RestartWith).with(|client| client.prepare_timeout = us(5_000));
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    crash(&mut world, 0);
    world.rest();
    assert_eq!((world.state(2), serves(&world, 1)), (Running, true));
    crash(&mut world, 0);
    world.pass(100);
    crash(&mut world, 1);
    assert!(matches!(world.state(2), Stopping(_)));
    world.now = world.machine.next_deadline().expect("the pause of the first");
    world.hit(Event::Tick);
    assert!(serves(&world, 0));
    assert!(matches!(world.state(0), Restarting { .. }), "it waits for the client to be gone");
    world.rest();
    assert_eq!([0, 1, 2].map(|index| world.state(index)), [Running; 3]);
}

#[test]
fn a_switch_leaves_clients_running() {
    let plan = pair(DepKind::Required);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    let since = world.trace.len();
    assert_eq!(world.ask(0, Request::Serve), Verdict::Already);
    assert_eq!(world.ask(1, Request::Serve), Verdict::Accepted);
    assert!(serves(&world, 1));
    assert_eq!(world.ask(0, Request::Serve), Verdict::Accepted);
    assert!(serves(&world, 0));
    assert_eq!(told(&world, since, 2), []);
}

#[test]
fn a_switch_to_one_that_does_not_run_starts_it_and_waits_for_it() {
    let plan = Plan::new().service(2, &[]).service(2, &[]).start(StartMode::OnDemand).providers(&[0, 1]);
    let plan = plan.service(3, &[]).any(DepKind::Required);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    let since = world.trace.len();
    assert_eq!(world.ask(1, Request::Serve), Verdict::Accepted);
    assert!(serves(&world, 0) && world.state(1).is_starting());
    world.behave(1);
    assert!(serves(&world, 1));
    crash(&mut world, 1);
    assert!(serves(&world, 0));
    // Its start fails, so nothing is changed; that it is started later is another matter.
    assert_eq!(world.ask(1, Request::Serve), Verdict::Accepted);
    crash(&mut world, 1);
    assert_eq!(world.ask(1, Request::Start), Verdict::Accepted);
    world.behave(1);
    assert!(serves(&world, 0) && world.state(1) == Running);
    assert_eq!(told(&world, since, 2), []);
    assert_eq!(world.ask(1, Request::Disable), Verdict::Accepted);
    world.behave(1);
    assert_eq!(world.ask(1, Request::Serve), Verdict::Refused(Denial::Disabled));
}

/// The one that serves is lost while the one that is asked for starts, and is back first: the switch is still to come.
#[test]
fn a_switch_is_not_forgotten_when_the_old_provider_comes_back_first() {
    let plan = Plan::new().service(2, &[]).restarts(3, OnExhausted::Stop);
    let plan = plan.service(2, &[]).start(StartMode::OnDemand).with(|spec| spec.startup_timeout = us(9_000));
    let plan = plan.restarts(3, OnExhausted::Stop).providers(&[0, 1]);
    let plan = plan.service(3, &[]).any(DepKind::Required);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    assert_eq!(world.ask(1, Request::Serve), Verdict::Accepted);
    assert_eq!(world.ask(0, Request::Stop), Verdict::Accepted);
    world.behave(0);
    assert!(serves(&world, 1) && world.state(1).is_starting(), "it is what is worth waiting for");
    assert_eq!(world.ask(0, Request::Start), Verdict::Accepted);
    world.behave(0);
    assert!(serves(&world, 0) && world.state(0) == Running);
    world.behave(1);
    assert!(serves(&world, 1), "it was asked for, and is up");
    // It is done with that: once lost it is as good as any other.
    crash(&mut world, 1);
    world.pass(100);
    world.answer_all();
    world.behave(1);
    assert!(serves(&world, 0) && world.state(1) == Running);
}

/// It serves before it is up, and nobody takes that from it meanwhile.
#[test]
fn one_that_was_asked_for_and_serves_is_not_asked_for_any_more() {
    let plan = Plan::new().service(2, &[]).restarts(3, OnExhausted::Stop);
    let plan = plan.service(2, &[]).start(StartMode::OnDemand).restarts(3, OnExhausted::Stop);
    let plan = plan.providers(&[0, 1]).service(3, &[]).any(DepKind::Required);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    assert_eq!(world.ask(1, Request::Serve), Verdict::Accepted);
    assert_eq!(world.ask(0, Request::Stop), Verdict::Accepted);
    world.behave(0);
    world.behave(1);
    assert!(serves(&world, 1) && world.state(1) == Running);
    assert_eq!(world.ask(0, Request::Start), Verdict::Accepted);
    world.behave(0);
    crash(&mut world, 1);
    world.pass(100);
    world.answer_all();
    world.behave(1);
    assert!(serves(&world, 0) && world.state(1) == Running, "it goes on until it is lost");
}

/// It is up and asked for while it is about to restart with another: it serves afterwards, too.
#[test]
fn a_switch_to_one_that_is_about_to_restart_is_not_forgotten() {
    let plan = Plan::new().service(2, &[]).service(2, &[]).service(2, &[]).dep(0, DepKind::RestartWith);
    let plan = plan.providers(&[1, 2]).service(3, &[]).any(DepKind::Required);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.step(Event::Requested { service: id(0), request: Request::Restart });
    assert_eq!(world.ask(2, Request::Serve), Verdict::Accepted);
    world.rest();
    assert!(serves(&world, 2) && world.state(2) == Running);
}

#[test]
fn a_switch_back_calls_off_a_switch_that_is_not_done() {
    let plan = Plan::new().service(2, &[]).service(2, &[]).start(StartMode::OnDemand).providers(&[0, 1]);
    let plan = plan.service(3, &[]).any(DepKind::Required);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    assert_eq!(world.ask(1, Request::Serve), Verdict::Accepted);
    assert_eq!(world.ask(0, Request::Serve), Verdict::Accepted);
    world.behave(1);
    assert!(serves(&world, 0) && world.state(1) == Running);
    assert_eq!(world.ask(0, Request::Serve), Verdict::Already);
}

#[test]
fn the_first_that_the_boot_starts_serves_first() {
    let plan = Plan::new().service(2, &[]).start(StartMode::OnDemand).service(2, &[]).providers(&[0, 1]);
    let plan = plan.service(3, &[]).any(DepKind::Required);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    assert_eq!([0, 1, 2].map(|index| world.state(index)), [Pending, Running, Running]);
}

/// A fallback that is a provider as well is what its clients wait for (SPEC L-8).
#[test]
fn a_start_by_request_brings_up_any_that_will_do() {
    let plan = Plan::new().service(2, &[]).service(2, &[]).start(StartMode::OnDemand).providers(&[0, 1]);
    let plan = plan.service(3, &[]).start(StartMode::OnDemand).any(DepKind::Required);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    crash(&mut world, 0);
    assert_eq!(world.state(0), Crashed);
    // The first was given up, and a lookup does not start that again; the second was never started.
    assert_eq!(world.ask(2, Request::Lookup), Verdict::Accepted);
    world.rest();
    assert_eq!([0, 1, 2].map(|index| world.state(index)), [Crashed, Running, Running]);
}

#[test]
fn a_start_is_refused_only_if_all_that_will_do_are_disabled() {
    let plan = Plan::new().service(2, &[]).service(2, &[]).providers(&[0, 1]);
    let plan = plan.service(3, &[]).start(StartMode::OnDemand).any(DepKind::Required);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    for index in [0, 1] {
        assert_eq!(world.ask(index, Request::Disable), Verdict::Accepted);
        world.behave(index);
    }
    let verdict = world.ask(2, Request::Start);
    assert!(matches!(verdict, Verdict::Refused(Denial::DependencyNotRunning(_))), "{verdict:?}");
    assert_eq!(world.ask(0, Request::Enable), Verdict::Accepted);
    assert_eq!(world.ask(2, Request::Start), Verdict::Accepted);
    world.rest();
    assert_eq!([0, 1, 2].map(|index| world.state(index)), [Running, Disabled, Running]);
}

#[test]
fn a_provider_is_one_of_one_group() {
    let refused = |plan: Plan| {
        let mut room = plan.room();
        Machine::new(plan.config(), room.storage()).err()
    };
    let base = || Plan::new().service(2, &[]).service(2, &[]);
    assert_eq!(refused(base().providers(&[0, 2])), Some(ConfigError::Provider(id(2))));
    assert_eq!(refused(base().providers(&[0, 1]).providers(&[1])), Some(ConfigError::Provider(id(1))));
    assert_eq!(refused(base().providers(&[0, 0])), Some(ConfigError::Provider(id(0))));
    assert_eq!(refused(base().providers(&[1, 0]).service(3, &[]).any(DepKind::RestartWith)), None);
}
