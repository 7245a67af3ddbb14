// SPDX-License-Identifier: BSD-2-Clause
//! Who waits for whom, each rule by an example. That nothing else happens in between is watched by `common/waits.rs`.

mod common;

use common::{Plan, World, id, us};
use partenza_lifecycle::{ServiceState::*, *};

fn waits(world: &mut World<'_>, client: usize, server: usize) -> Verdict {
    let actions = world.step(Event::Waits { client: id(client), server: id(server) });
    let verdict = actions.iter().find_map(|action| match action {
        Action::Notice(Notice::Answered { verdict, .. }) => Some(*verdict),
        _ => None,
    });
    world.answer_all();
    verdict.expect("an answer")
}

fn blocked(world: &World<'_>, client: usize) -> Blocked {
    world.machine.records()[client].blocked()
}

#[test]
fn who_waits_goes_on_when_another_provider_serves() {
    let plan = Plan::new().service(2, &[]).start(StartMode::OnDemand).service(2, &[]);
    let plan = plan.start(StartMode::OnDemand).providers(&[0, 1]).service(3, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    world.behave(2);
    assert_eq!(waits(&mut world, 2, 0), Verdict::Accepted);
    world.ask(1, Request::Start);
    assert_eq!(blocked(&world, 2), Blocked::WaitingFor(id(0)));
    world.behave(1);
    assert_eq!(blocked(&world, 2), Blocked::No);
    assert_eq!(world.machine.server_of(id(0)), id(1));
}

#[test]
fn who_waits_is_told_when_the_server_retries_for_ever() {
    let plan = Plan::new().service(2, &[]).restarts(1, OnExhausted::RetryForever).service(3, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.hit(Event::Crashed(id(0)));
    assert_eq!(waits(&mut world, 1, 0), Verdict::Already);
    // It starts again, and is waited for until that fails as well.
    world.pass(100);
    world.answer_all();
    assert_eq!(blocked(&world, 1), Blocked::WaitingFor(id(0)));
    world.hit(Event::Crashed(id(0)));
    assert_eq!(blocked(&world, 1), Blocked::No);
    assert_eq!(waits(&mut world, 1, 0), Verdict::Refused(Denial::NotRunning));
}

#[test]
fn who_is_to_stop_is_let_go_and_waits_for_nobody() {
    let plan = Plan::new().service(2, &[]).start(StartMode::OnDemand).service(3, &[]).service(3, &[]);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.begin();
    (1..3).for_each(|index| world.behave(index));
    waits(&mut world, 1, 0);
    world.step(Event::Throttled(id(2)));
    for client in [1, 2] {
        world.ask(client, Request::Stop);
        assert_eq!(world.state(client), Stopping(StopPhase::Preparing));
        assert_eq!(blocked(&world, client), Blocked::No);
        assert_eq!(waits(&mut world, client, 0), Verdict::Refused(Denial::ClientStops));
    }
}

/// The server waits for its client to be gone, and the client waits for the server.
#[test]
fn a_client_that_restarts_with_its_server_does_not_wait_for_it() {
    let plan = Plan::new().service(2, &[]).restarts(3, OnExhausted::Stop);
    let plan = plan.service(3, &[]).dep(0, DepKind::RestartWith);
    let mut room = plan.room();
    let mut world = World::new(&plan, &mut room);
    world.boot_all();
    world.step(Event::Crashed(id(0)));
    assert_eq!(waits(&mut world, 1, 0), Verdict::Refused(Denial::ClientStops));
    world.behave(1);
    world.pass(100);
    world.answer_all();
    assert!(world.state(0).is_starting());
}

#[test]
fn who_is_held_is_not_found_hung_and_has_its_whole_time_afterwards() {
    for probe in [Probe::Call, Probe::Heartbeat] {
        let plan = Plan::new().service(2, &[]).probed(probe);
        let mut room = plan.room();
        let mut world = World::new(&plan, &mut room);
        world.boot_all();
        if probe == Probe::Call {
            world.pass(500);
        }
        world.step(Event::Throttled(id(0)));
        assert_eq!(world.machine.next_deadline(), None);
        world.now = world.now.after(us(5_000));
        world.step(Event::PeriodOver(id(0)));
        let whole = if probe == Probe::Call { 100 } else { 600 };
        assert_eq!(world.machine.next_deadline(), Some(world.now.after(us(whole))));
        world.pass(whole);
        assert_eq!((world.state(0), world.reason(0)), (Crashed, Some(Reason::Hung)), "nobody held it then");
    }
}

/// A service that starts calls one whose start waits for it: by what it requires, by a lower layer, or by a call.
#[test]
fn a_start_does_not_wait_for_what_waits_for_it() {
    let on_demand = |plan: Plan| plan.start(StartMode::OnDemand);
    let cases: [(Plan, &[(usize, usize)]); 4] = [
        (on_demand(Plan::new().service(2, &[]).service(2, &[0])), &[(0, 1)]),
        (on_demand(on_demand(Plan::new().service(2, &[]).service(2, &[0])).service(2, &[1])), &[(0, 2)]),
        (Plan::new().service(2, &[]).service(3, &[]), &[(0, 1)]),
        (on_demand(Plan::new().service(2, &[]).service(2, &[])), &[(0, 1), (1, 0)]),
    ];
    for (plan, calls) in cases {
        let mut room = plan.room();
        let mut world = World::new(&plan, &mut room);
        world.begin();
        let (last, before) = calls.split_last().expect("a call");
        for (client, server) in before {
            assert!(!matches!(waits(&mut world, *client, *server), Verdict::Refused(_)));
        }
        assert_eq!(waits(&mut world, last.0, last.1), Verdict::Refused(Denial::WaitsForClient), "{calls:?}");
    }
}
