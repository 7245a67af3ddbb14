// SPDX-License-Identifier: BSD-2-Clause
//! The machine's invariants, over random plans and random histories. What is asserted is in `common/world.rs`.

mod common;
mod generate;

use common::{Plan, World, id};
use generate::plan;
use partenza_lifecycle::*;
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngSeed};

/// How many lives [`any_history_keeps_the_invariants_and_ends`] tries, of about 50 events each, unless `LIVES` or proptest's
/// own `PROPTEST_CASES` says otherwise.
const LIVES: u32 = 20_000;
const SEED: u64 = 0x5041_5254_454e_5a41;

/// The same cases in every run, and with `PARTENZA_SEED=N` (decimal, or hexadecimal behind `0x`) others: those of that seed.
/// What failed once is in `properties.regressions` and is tried first.
fn cases(usual: u32) -> ProptestConfig {
    let read = |name: &str| std::env::var(name).ok().map(|text| (text.parse(), text));
    let number =
        |name| read(name).map(|(n, text)| n.unwrap_or_else(|_| panic!("{name}={text}: not a number")));
    let seed = std::env::var("PARTENZA_SEED").map_or(SEED, |text| {
        let number = text.strip_prefix("0x").map_or_else(|| text.parse(), |hex| u64::from_str_radix(hex, 16));
        number.unwrap_or_else(|_| panic!("PARTENZA_SEED={text}: not a number of 64 bits"))
    });
    println!("PARTENZA_SEED={seed:#x}");
    let regressions = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/properties.regressions");
    ProptestConfig {
        cases: number("LIVES").or_else(|| number("PROPTEST_CASES")).unwrap_or(usual),
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(regressions))),
        ..ProptestConfig::default()
    }
}

/// One thing that happens to the machine.
#[derive(Clone, Copy, Debug)]
enum Op {
    /// The executor answers one of its open actions.
    Answer {
        nth: usize,
        well: bool,
    },
    /// Any event, sensible or not.
    Raw(Event),
    /// The service does what it should do next.
    Behave(usize),
    AllBehave,
    Fail(usize),
    Report(usize, bool),
    Flood(usize),
    Throttle(usize),
    PeriodOver(usize),
    Wait(usize, usize),
    Ask(usize, Request),
    Pass(u64),
    Excuse(u64),
}

/// Any event; services beyond the plan's included.
fn event() -> impl Strategy<Value = Event> {
    let service = (0u16..16).prop_map(ServiceId);
    let shutdown =
        prop_oneof![Just(ShutdownKind::PowerOff), Just(ShutdownKind::Reboot), Just(ShutdownKind::Halt)];
    let refusal = prop_oneof![Just(Refusal::Name), Just(Refusal::Version), Just(Refusal::Interface)];
    let of_service =
        (service, refusal, request(), 0u8..17).prop_map(|(service, refusal, request, kind)| match kind {
            0 => Event::Created(service),
            1 => Event::CreateFailed { service, code: 3 },
            2 => Event::Destroyed(service),
            3 => Event::Hello(service),
            4 => Event::Ready(service),
            5 => Event::ReadyRefused { service, refusal },
            6 => Event::Crashed(service),
            7 => Event::Flooded(service),
            8 => Event::ReadyToStop(service),
            9 => Event::HealthReport { service, probe: 1, healthy: true },
            10 => Event::Heartbeat { service, healthy: false },
            11 => Event::Requested { service, request },
            12 | 13 => Event::Delivered(service),
            14 => Event::Throttled(service),
            15 => Event::PeriodOver(service),
            _ => Event::Stopped { service, code: 1 },
        });
    prop_oneof![
        2 => Just(Event::Begin),
        1 => shutdown.prop_map(Event::ShutdownRequested),
        4 => Just(Event::Tick),
        120 => of_service,
    ]
}

fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
        3 => Just(Request::Start),
        3 => Just(Request::Stop),
        2 => Just(Request::Restart),
        1 => Just(Request::Enable),
        1 => Just(Request::Disable),
        2 => Just(Request::Lookup),
        2 => Just(Request::Serve),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let service = 0usize..15;
    prop_oneof![
        8 => (0usize..4, prop::bool::weighted(0.95)).prop_map(|(nth, well)| Op::Answer { nth, well }),
        2 => event().prop_map(Op::Raw),
        10 => service.clone().prop_map(Op::Behave),
        3 => Just(Op::AllBehave),
        3 => service.clone().prop_map(Op::Fail),
        2 => (service.clone(), any::<bool>()).prop_map(|(service, healthy)| Op::Report(service, healthy)),
        1 => service.clone().prop_map(Op::Flood),
        1 => service.clone().prop_map(Op::Throttle),
        1 => service.clone().prop_map(Op::PeriodOver),
        4 => (service.clone(), service.clone()).prop_map(|(client, server)| Op::Wait(client, server)),
        2 => (service, request()).prop_map(|(service, request)| Op::Ask(service, request)),
        5 => prop_oneof![0u64..400, 0u64..4_000].prop_map(Op::Pass),
        1 => (0u64..4_000).prop_map(Op::Excuse),
    ]
}

fn apply(world: &mut World<'_>, op: Op) {
    let services = world.machine.records().len();
    let event = match op {
        Op::Answer { nth, well } => world.answer(nth, well),
        Op::Raw(event) => Some(event),
        Op::Behave(service) if service < services => world.expected(service),
        Op::Fail(service) if service < services => Some(Event::Crashed(id(service))),
        Op::Flood(service) if service < services => Some(Event::Flooded(id(service))),
        Op::Throttle(service) if service < services => Some(Event::Throttled(id(service))),
        Op::PeriodOver(service) if service < services => Some(Event::PeriodOver(id(service))),
        Op::Wait(client, server) => world.wait(client, server),
        Op::Report(service, healthy) if service < services => world.report(service, healthy),
        Op::Ask(service, request) => Some(Event::Requested { service: id(service), request }),
        Op::AllBehave => {
            world.answer_all();
            (0..services).for_each(|service| world.behave(service));
            None
        }
        Op::Excuse(micros) => {
            world.excuse(Duration::from_micros(micros));
            None
        }
        Op::Pass(micros) => {
            world.pass(micros);
            None
        }
        Op::Behave(_) | Op::Fail(_) | Op::Flood(_) | Op::Throttle(_) | Op::PeriodOver(_) | Op::Report(..) => {
            None
        }
    };
    if let Some(event) = event {
        world.step(event);
    }
}

/// A whole life: boot, whatever `ops` say, rest, shutdown. Returns all that came out.
fn live(plan: &Plan, ops: &[Op]) -> Vec<Action> {
    let mut room = plan.room();
    let mut world = World::new(plan, &mut room);
    world.step(Event::Begin);
    for &op in ops {
        apply(&mut world, op);
    }
    world.settle();
    world.rest();
    world.check_rest();
    world.step(Event::ShutdownRequested(ShutdownKind::PowerOff));
    world.settle();
    world.check_rest();
    assert!(world.finished().is_some(), "shutdown always ends");
    world.trace
}

proptest! {
    #![proptest_config(cases(LIVES))]

    #[test]
    fn any_history_keeps_the_invariants_and_ends(
        plan in plan(),
        ops in prop::collection::vec(op(), 0..160),
    ) {
        live(&plan, &ops);
    }
}

/// One thing that happens while everybody behaves and somebody asks.
fn request_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0usize..15, request()).prop_map(|(service, request)| Op::Ask(service, request)),
        3 => (0usize..4).prop_map(|nth| Op::Answer { nth, well: true }),
        3 => (0usize..15).prop_map(Op::Behave),
    ]
}

proptest! {
    #![proptest_config(cases(6_000))]

    /// SPEC I-4. Whatever happened before: from a system at rest in which all runs that critical services need, and with
    /// services that behave.
    #[test]
    fn no_requests_take_down_what_is_critical(
        plan in plan(),
        before in prop::collection::vec(op(), 0..60),
        requests in prop::collection::vec(request_op(), 0..60),
    ) {
        let mut room = plan.room();
        let mut world = World::new(&plan, &mut room);
        world.step(Event::Begin);
        before.into_iter().for_each(|op| apply(&mut world, op));
        world.settle();
        world.rest();
        if !world.has_all_that_is_needed() {
            return Ok(());
        }
        let critical = |index: &usize| plan.services[*index].critical;
        let up: Vec<usize> =
            (0..plan.services.len()).filter(critical).filter(|&index| world.state(index).is_up()).collect();
        let was = world.boot();
        requests.into_iter().for_each(|op| apply(&mut world, op));
        world.rest();
        prop_assert_eq!(world.boot(), was);
        for index in up {
            prop_assert!(world.state(index).is_up(), "{} is {:?}", index, world.state(index));
        }
    }
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn the_same_events_give_the_same_actions(
        plan in plan(),
        ops in prop::collection::vec(op(), 0..120),
    ) {
        prop_assert_eq!(live(&plan, &ops), live(&plan, &ops));
    }

    #[test]
    fn services_that_behave_all_run(
        mut plan in plan(),
        order in prop::collection::vec((0usize..4, 0usize..14), 0..200),
    ) {
        (plan.hold, plan.recovery) = (None, None);
        for spec in &mut plan.services {
            spec.health = HealthSpec::default();
            spec.awaits_program = false;
            if plan.panic_module.is_none() {
                spec.start = StartMode::Eager;
            }
        }
        if plan.panic_module.is_some() {
            let last = plan.services.len() - 1;
            plan.services[..last].iter_mut().for_each(|spec| spec.start = StartMode::Eager);
        }
        let mut room = plan.room();
        let mut world = World::new(&plan, &mut room);
        world.step(Event::Begin);
        for (nth, service) in order {
            apply(&mut world, Op::Answer { nth, well: true });
            apply(&mut world, Op::Behave(service));
        }
        while world.boot() != BootState::SupervisorMode {
            world.answer_all();
            for service in 0..plan.services.len() {
                apply(&mut world, Op::Behave(service));
            }
        }
        for service in 0..plan.services.len() {
            let shown = plan.panic_module == Some(id(service));
            let state = if shown { ServiceState::Pending } else { ServiceState::Running };
            prop_assert_eq!(world.state(service), state);
        }
        prop_assert_eq!(world.machine.next_deadline(), None);
    }
}

/// Every history of small plans up to a depth, cut off where an event is ignored: it changed nothing.
#[test]
fn every_short_history_of_a_small_system_comes_to_rest() {
    let two = Plan::new().service(2, &[]).service(2, &[]);
    let chain = Plan::new().service(2, &[]).service(2, &[0]).critical();
    let three = Plan::new().service(2, &[]).readiness(Readiness::Signal).service(2, &[]).optional(0);
    let three = three.critical().service(3, &[0]).readiness(Readiness::None);
    let plans =
        [two.clone(), two.sequential(), chain.clone(), chain.hold(0), three.clone(), three.sequential()];
    let lives: usize = plans.iter().map(|plan| explore(plan, &mut vec![], 8)).sum();
    assert!(lives > 20_000, "only {lives}");
}

fn explore(plan: &Plan, history: &mut Vec<Event>, depth: usize) -> usize {
    let mut lives = 0;
    for event in alphabet(plan) {
        let mut room = plan.room();
        let mut world = World::new(plan, &mut room);
        world.step(Event::Begin);
        for &event in history.iter() {
            at(&mut world, event);
        }
        let actions = at(&mut world, event);
        if actions.is_empty() && event == Event::Tick {
            continue;
        }
        if let [Action::Notice(Notice::Ignored { .. })] = actions[..] {
            continue;
        }
        world.settle();
        world.rest();
        world.check_rest();
        lives += 1;
        if depth > 1 {
            history.push(event);
            lives += explore(plan, history, depth - 1);
            history.pop();
        }
    }
    lives
}

/// A tick is one at the next deadline.
fn at(world: &mut World<'_>, event: Event) -> Vec<Action> {
    if event == Event::Tick {
        world.now = world.machine.next_deadline().unwrap_or(world.now).max(world.now);
    }
    world.step(event)
}

fn alphabet(plan: &Plan) -> impl Iterator<Item = Event> + use<> {
    let whole = [Event::Tick, Event::ShutdownRequested(ShutdownKind::Halt)];
    let each = (0..plan.services.len()).map(id).flat_map(|service| {
        [
            Event::Created(service),
            Event::CreateFailed { service, code: 1 },
            Event::Destroyed(service),
            Event::Hello(service),
            Event::Ready(service),
            Event::ReadyRefused { service, refusal: Refusal::Name },
            Event::Crashed(service),
            Event::Flooded(service),
            Event::ReadyToStop(service),
            Event::Stopped { service, code: 0 },
        ]
    });
    whole.into_iter().chain(each)
}
