// SPDX-License-Identifier: BSD-2-Clause
//! The machine's invariants, over random plans and random histories. What is asserted is in `common/world.rs`.

mod common;

use common::{Plan, World, id, us};
use partenza_lifecycle::*;
use proptest::prelude::*;

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
    Pass(u64),
}

fn timeout() -> impl Strategy<Value = Duration> {
    prop_oneof![Just(0u64), Just(50), Just(100), 1u64..2_000].prop_map(us)
}

fn readiness() -> impl Strategy<Value = Readiness> {
    prop_oneof![2 => Just(Readiness::None), 2 => Just(Readiness::Signal), 6 => Just(Readiness::Message)]
}

fn start() -> impl Strategy<Value = StartMode> {
    prop_oneof![9 => Just(StartMode::Eager), 1 => Just(StartMode::Deferred), 1 => Just(StartMode::OnDemand)]
}

/// A service before it knows its place: its step up in layers and which of the earlier ones it depends on.
type Draft = (u8, ServiceSpec, Vec<(prop::sample::Index, bool)>);

fn draft() -> impl Strategy<Value = Draft> {
    let step = prop_oneof![6 => Just(0u8), 3 => Just(1u8), 1 => Just(3u8)];
    let deps = prop::collection::vec((any::<prop::sample::Index>(), prop::bool::weighted(0.7)), 0..4);
    let spec = (prop::bool::weighted(0.15), start(), readiness(), timeout(), timeout(), timeout()).prop_map(
        |(critical, start, readiness, startup_timeout, prepare_timeout, stop_timeout)| ServiceSpec {
            layer: 0,
            critical,
            start,
            deps: DepRange::default(),
            readiness,
            startup_timeout,
            prepare_timeout,
            stop_timeout,
        },
    );
    (step, spec, deps)
}

fn plan() -> impl Strategy<Value = Plan> {
    let drafts = prop::collection::vec(draft(), 0..14);
    let hold = prop::option::weighted(0.15, any::<prop::sample::Index>());
    let budgets = prop::collection::vec((0u8..12, prop::option::of(timeout())), 0..6);
    let scale = prop_oneof![Just(100u32), Just(30), Just(250)];
    (drafts, budgets, any::<bool>(), scale, hold).prop_map(|(drafts, budgets, parallel, scale, hold)| {
        let mut plan = Plan::new().scale(scale);
        plan.parallel = parallel;
        plan.layers = budgets.into_iter().map(|(number, budget)| LayerSpec { number, budget }).collect();
        let mut layer = 0;
        for (index, (step, mut spec, deps)) in drafts.into_iter().enumerate() {
            layer += step;
            spec.layer = layer;
            spec.deps.start = plan.deps.len() as u32;
            if index > 0 {
                let deps = deps.into_iter().map(|(on, required)| Dep { on: id(on.index(index)), required });
                plan.deps.extend(deps);
            }
            spec.deps.len = (plan.deps.len() - spec.deps.start as usize) as u16;
            plan.services.push(spec);
        }
        if !plan.services.is_empty() {
            plan.hold = hold.map(|hold| id(hold.index(plan.services.len())));
        }
        plan
    })
}

/// Any event; services beyond the plan's included.
fn event() -> impl Strategy<Value = Event> {
    let service = (0u16..15).prop_map(ServiceId);
    let shutdown =
        prop_oneof![Just(ShutdownKind::PowerOff), Just(ShutdownKind::Reboot), Just(ShutdownKind::Halt)];
    let refusal = prop_oneof![Just(Refusal::Name), Just(Refusal::Version), Just(Refusal::Interface)];
    let of_service = (service, refusal, 0u8..10).prop_map(|(service, refusal, kind)| match kind {
        0 => Event::Created(service),
        1 => Event::CreateFailed { service, code: 3 },
        2 => Event::Destroyed(service),
        3 => Event::Hello(service),
        4 => Event::Ready(service),
        5 => Event::ReadyRefused { service, refusal },
        6 => Event::Crashed(service),
        7 => Event::Flooded(service),
        8 => Event::ReadyToStop(service),
        _ => Event::Stopped { service, code: 1 },
    });
    prop_oneof![
        1 => Just(Event::Begin),
        1 => shutdown.prop_map(Event::ShutdownRequested),
        2 => Just(Event::Tick),
        40 => of_service,
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => (0usize..4, prop::bool::weighted(0.9)).prop_map(|(nth, well)| Op::Answer { nth, well }),
        3 => event().prop_map(Op::Raw),
        8 => (0usize..14).prop_map(Op::Behave),
        2 => (0u64..400).prop_map(Op::Pass),
    ]
}

fn apply(world: &mut World<'_>, op: Op) {
    match op {
        Op::Answer { nth, well } => {
            if let Some(event) = world.answer(nth, well) {
                world.step(event);
            }
        }
        Op::Raw(event) => {
            world.step(event);
        }
        Op::Behave(service) => {
            if let Some(event) = world.expected(service) {
                world.step(event);
            }
        }
        Op::Pass(micros) => {
            world.pass(micros);
        }
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
    world.check_rest();
    world.step(Event::ShutdownRequested(ShutdownKind::PowerOff));
    world.settle();
    world.check_rest();
    assert!(world.finished().is_some(), "shutdown always ends");
    world.trace
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50_000))]

    #[test]
    fn any_history_keeps_the_invariants_and_ends(
        plan in plan(),
        ops in prop::collection::vec(op(), 0..120),
    ) {
        live(&plan, &ops);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

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
        plan.hold = None;
        for spec in &mut plan.services {
            spec.start = StartMode::Eager;
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
            prop_assert_eq!(world.state(service), ServiceState::Running);
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
