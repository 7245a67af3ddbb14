// SPDX-License-Identifier: BSD-2-Clause
//! Random plans: everything that a plan can say, with numbers small enough to collide.

use partenza_lifecycle::*;
use proptest::prelude::*;

use crate::common::{Plan, id, us};

fn timeout() -> impl Strategy<Value = Duration> {
    prop_oneof![Just(0u64), Just(50), Just(100), 1u64..2_000].prop_map(us)
}

fn span() -> impl Strategy<Value = Duration> {
    (100u64..3_000).prop_map(us)
}

fn readiness() -> impl Strategy<Value = Readiness> {
    prop_oneof![2 => Just(Readiness::None), 2 => Just(Readiness::Signal), 6 => Just(Readiness::Message)]
}

fn start() -> impl Strategy<Value = StartMode> {
    prop_oneof![8 => Just(StartMode::Eager), 1 => Just(StartMode::Deferred), 1 => Just(StartMode::OnDemand)]
}

fn kind() -> impl Strategy<Value = DepKind> {
    prop_oneof![
        2 => Just(DepKind::Optional),
        4 => Just(DepKind::Required),
        2 => Just(DepKind::RestartWith),
        1 => Just(DepKind::Sidecar),
    ]
}

fn health() -> impl Strategy<Value = HealthSpec> {
    let probe = prop_oneof![3 => Just(Probe::None), 2 => Just(Probe::Call), 1 => Just(Probe::Heartbeat)];
    (probe, span(), timeout(), 0u16..4, 0u16..4).prop_map(
        |(probe, interval, timeout, failure_threshold, success_threshold)| HealthSpec {
            probe,
            interval,
            timeout,
            failure_threshold,
            success_threshold,
        },
    )
}

fn restart() -> impl Strategy<Value = RestartSpec> {
    let policy =
        prop_oneof![2 => Just(Policy::Never), 4 => Just(Policy::OnFailure), 2 => Just(Policy::Always)];
    let on_exhausted = prop_oneof![
        4 => Just(OnExhausted::Stop),
        1 => Just(OnExhausted::Panic),
        2 => Just(OnExhausted::RetryForever),
        2 => Just(OnExhausted::Fallback),
    ];
    let delays = (0u64..300, 100u64..1_000, 100u32..300);
    (policy, on_exhausted, 0u16..5, 1u64..20_000, delays).prop_map(
        |(policy, on_exhausted, max, window, (initial, max_delay, backoff_percent))| RestartSpec {
            policy,
            max,
            window: us(window),
            initial_delay: us(initial),
            max_delay: us(max_delay),
            backoff_percent,
            on_exhausted,
        },
    )
}

/// A service before it knows its place: its step up in layers and which of the earlier ones it depends on.
#[derive(Clone, Debug)]
struct Draft {
    step: u8,
    spec: ServiceSpec,
    deps: Vec<(prop::sample::Index, DepKind, [bool; 2])>,
    fallback: Option<prop::sample::Index>,
}

fn draft() -> impl Strategy<Value = Draft> {
    let step = prop_oneof![6 => Just(0u8), 3 => Just(1u8), 1 => Just(3u8)];
    let edge = (any::<prop::sample::Index>(), kind(), [prop::bool::weighted(0.2), prop::bool::weighted(0.7)]);
    let deps = prop::collection::vec(edge, 0..4);
    let fallback = prop::option::weighted(0.4, any::<prop::sample::Index>());
    let flags = (
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.2),
        start(),
        prop::bool::weighted(0.5),
        readiness(),
    );
    let timeouts = (timeout(), timeout(), timeout());
    (step, deps, fallback, flags, timeouts, health(), restart()).prop_map(
        |(
            step,
            deps,
            fallback,
            (critical, core, start, awaits_program, readiness),
            timeouts,
            mut health,
            restart,
        )| {
            if readiness == Readiness::None && health.probe == Probe::Call {
                health.probe = Probe::None;
            }
            let (startup_timeout, prepare_timeout, stop_timeout) = timeouts;
            let spec = ServiceSpec {
                critical,
                core,
                start,
                awaits_program,
                readiness,
                startup_timeout,
                prepare_timeout,
                stop_timeout,
                health,
                restart,
                ..ServiceSpec::default()
            };
            Draft { step, spec, deps, fallback }
        },
    )
}

/// What is said of the system as a whole.
#[derive(Clone, Debug)]
struct Whole {
    budgets: Vec<LayerSpec>,
    parallel: bool,
    scale: u32,
    hold: Option<prop::sample::Index>,
    recovery: Option<Vec<bool>>,
    storm: Option<Storm>,
    overload: Option<Overload>,
    panic_module: bool,
}

fn whole() -> impl Strategy<Value = Whole> {
    let budgets = prop::collection::vec((0u8..12, prop::option::of(timeout())), 0..4);
    let scale = prop_oneof![Just(100u32), Just(30), Just(250)];
    let hold = prop::option::weighted(0.1, any::<prop::sample::Index>());
    let recovery = prop::option::weighted(0.1, prop::collection::vec(prop::bool::weighted(0.7), 14));
    let storm = prop::option::weighted(0.3, (1u16..6, 1u64..10_000));
    let overload = prop::option::weighted(0.5, (0u16..4, timeout()));
    (budgets, any::<bool>(), scale, hold, recovery, storm, overload, prop::bool::weighted(0.3)).prop_map(
        |(budgets, parallel, scale, hold, recovery, storm, overload, panic_module)| Whole {
            budgets: budgets.into_iter().map(|(number, budget)| LayerSpec { number, budget }).collect(),
            parallel,
            scale,
            hold,
            recovery,
            storm: storm.map(|(restarts, window)| Storm { restarts, window: us(window) }),
            overload: overload.map(|(restart_after, calm)| Overload { restart_after, calm }),
            panic_module,
        },
    )
}

/// Any plan that is no plan to be refused.
pub fn plan() -> impl Strategy<Value = Plan> {
    let drafts = prop::collection::vec(draft(), 0..14);
    (drafts, groups(), whole()).prop_map(|(drafts, groups, whole)| {
        let mut plan = Plan::new().scale(whole.scale);
        plan.parallel = whole.parallel;
        plan.layers = whole.budgets;
        plan.storm = whole.storm;
        plan.overload = whole.overload;
        group(&mut plan, &groups, drafts.len());
        for draft in drafts {
            add(&mut plan, draft);
        }
        // A sidecar has given its module its own mode by now.
        for spec in &mut plan.services {
            spec.awaits_program &= spec.start == StartMode::OnDemand;
        }
        let services = plan.services.len();
        if services > 0 {
            plan.hold = whole.hold.map(|hold| id(hold.index(services)));
        }
        plan.recovery = whole.recovery.map(|set| set[..services].to_vec());
        if whole.panic_module {
            let layer = plan.services.last().map_or(0, |spec| spec.layer);
            plan = plan.service(layer, &[]).start(StartMode::OnDemand);
            plan.panic_module = Some(id(services));
            if let Some(set) = &mut plan.recovery {
                set.push(true);
            }
        }
        plan
    })
}

/// Which services are providers of the same, by their places, the preferred one first.
fn groups() -> impl Strategy<Value = Vec<Vec<prop::sample::Index>>> {
    prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 1..4), 0..3)
}

/// Nobody is in two of them, or twice in one. Most are early services, which others can require.
fn group(plan: &mut Plan, groups: &[Vec<prop::sample::Index>], services: usize) {
    for group in groups.iter().filter(|_| services > 0) {
        let mut members: Vec<ServiceId> = vec![];
        for member in group {
            let member = id(member.index(services.div_ceil(2)));
            if !members.contains(&member) && plan.group_of(member).is_none() {
                members.push(member);
            }
        }
        if !members.is_empty() {
            let number = plan.groups().len() as u16;
            plan.providers.extend(members.into_iter().map(|service| Provider { group: number, service }));
        }
    }
}

/// Puts the draft behind the plan's services; edges that no plan may have become lesser ones.
fn add(plan: &mut Plan, draft: Draft) {
    let index = plan.services.len();
    let mut spec = draft.spec;
    spec.layer = plan.services.last().map_or(0, |last| last.layer) + draft.step;
    spec.deps = DepRange { start: plan.deps.len() as u32, len: 0 };
    for (on, mut kind, [soft, any]) in draft.deps.into_iter().filter(|_| index > 0) {
        let on = id(on.index(index));
        let mut edges = plan.deps.iter();
        let taken = edges.any(|dep| dep.on == on && dep.kind == DepKind::Sidecar);
        let has_own = plan.deps_of(on).iter().any(|dep| dep.kind == DepKind::Sidecar);
        if kind == DepKind::Sidecar && (taken || has_own) {
            kind = DepKind::RestartWith;
        }
        if kind == DepKind::Sidecar {
            plan.services[usize::from(on.0)].start = spec.start;
        }
        let group = plan.group_of(on).filter(|group| {
            any && kind != DepKind::Sidecar && group.iter().all(|on| usize::from(on.0) < index)
        });
        let shared = group.is_some();
        for on in group.unwrap_or(vec![on]) {
            plan.deps.push(Dep { on, kind, soft: soft && kind != DepKind::Sidecar, shared });
            spec.deps.len += 1;
        }
    }
    match &draft.fallback {
        Some(fallback) if index > 0 => spec.fallback = Some(id(fallback.index(index))),
        _ if spec.restart.on_exhausted == OnExhausted::Fallback => {
            spec.restart.on_exhausted = OnExhausted::Stop
        }
        _ => {}
    }
    plan.services.push(spec);
}
