// SPDX-License-Identifier: BSD-2-Clause
//! The reference system (SPEC C-1): twelve services, on both kernels, with the host's clock and counted.

use partenza_plan::{Object, Plan};
use partenza_protocol::event::{BootState, CapKind, Event};
use partenza_protocol::{Incarnation, ServiceId};
use partenza_tests::image::Image;
use partenza_tests::machine::{Machine, Outcome, Pace};
use partenza_tests::tools::Kernel;

/// SPEC C-1, C-2: a boot order that layers and dependencies allow, ties broken by the order of partenza.yaml.
const SERVICES: [(&str, u8); 12] = [
    ("axiom", 2),
    ("policy", 2),
    ("keys", 2),
    ("identity", 2),
    ("capability_service", 3),
    ("process_manager", 3),
    ("block_storage", 4),
    ("filesystem", 4),
    ("driver_manager", 5),
    ("network", 5),
    ("terminal", 7),
    ("update_manager", 7),
];

#[test]
fn boots_on_the_debug_kernel() {
    boots(Kernel::Debug, Pace::Real);
}

#[test]
fn boots_on_the_release_kernel() {
    boots(Kernel::Release, Pace::Real);
}

#[test]
fn boots_on_the_debug_kernel_in_counted_time() {
    boots(Kernel::Debug, Pace::Counted);
}

#[test]
fn boots_on_the_release_kernel_in_counted_time() {
    boots(Kernel::Release, Pace::Counted);
}

fn boots(kernel: Kernel, pace: Pace) {
    let image = Image::reference(kernel, &format!("reference-{pace:?}"));
    let outcome = Machine::new(&image).pace(pace).ends_after_boot().run();
    outcome.must_have_ended();
    let log = &outcome.log;
    outcome.same("running and failed", log.complete(), Some((12, 0)));
    outcome.same("the boot order", log.names(), &SERVICES.map(|(name, _)| name)[..]);
    for (name, layer) in SERVICES {
        let id = log.id(name);
        let registered = log.position(
            |e| matches!(e, Event::Registered { service, layer: l, .. } if *service == id && *l == layer),
        );
        outcome.must(&format!("{name} is in layer {layer}"), registered.is_some());
        outcome.must(&format!("{name} is ready"), log.is_ready(name));
    }
    states_follow_each_other(&outcome);
    nothing_went_wrong(&outcome);
    image.plan(|plan| {
        dependencies_come_first(&outcome, plan);
        layers_come_up_one_by_one(&outcome, plan);
        grants_are_the_planned_ones(&outcome, plan);
    });
}

/// SPEC E-1.
fn states_follow_each_other(outcome: &Outcome) {
    let states = outcome.log.events().filter_map(|event| match event {
        Event::State(state) => Some(*state),
        _ => None,
    });
    use BootState::{BootComplete, BootingLayer, Initializing, KernelHandoff, SupervisorMode};
    let layers = [2, 3, 4, 5, 7].map(BootingLayer);
    let expected: Vec<BootState> = [KernelHandoff, Initializing]
        .into_iter()
        .chain(layers)
        .chain([BootComplete, SupervisorMode])
        .collect();
    outcome.same("the system's states", states.collect(), expected);
}

fn nothing_went_wrong(outcome: &Outcome) {
    let bad = outcome.log.events().find(|event| {
        matches!(
            event,
            Event::Crashed { .. }
                | Event::Failed { .. }
                | Event::Rejected { .. }
                | Event::Degraded { .. }
                | Event::OverBudget { .. }
                | Event::InitError { .. }
                | Event::Lost { .. }
                | Event::WeakEntropy
        )
    });
    outcome.same("an event that should not be", bad, None);
}

/// SPEC C-4, D-2: what a service requires is ready before it starts; every grant is made before it is created.
fn dependencies_come_first(outcome: &Outcome, plan: &Plan<'_>) {
    let log = &outcome.log;
    for (index, service) in plan.services.iter().enumerate() {
        let id = ServiceId(index as u16);
        let starting = Event::Starting { service: id, incarnation: Incarnation(1) };
        let started = log.position(|e| *e == starting);
        let created = log.position(|e| *e == Event::Created { service: id });
        let ready = log.position(|e| *e == Event::Ready { service: id });
        outcome.must(
            &format!("{} starts, is made, is ready", service.name),
            started < created && created < ready,
        );
        for dependency in service.requires.iter().filter(|dependency| dependency.required) {
            let before = log.position(|e| *e == Event::Ready { service: dependency.on });
            let what = format!("{} is ready before {} starts", log.name(dependency.on), service.name);
            outcome.must(&what, before.is_some() && before < started);
        }
        let granted = |e: &Event<'_>| matches!(e, Event::Granted { service, .. } if *service == id);
        let total = log.count(granted);
        let before = log.events().take(created.unwrap_or(0)).filter(|event| granted(event)).count();
        // What is granted at run time comes once it was asked for (SPEC F-7).
        let later = service.late_calls.len();
        outcome.same(&format!("grants of {} before it is made", service.name), before, total - later);
    }
}

/// SPEC C-5.
fn layers_come_up_one_by_one(outcome: &Outcome, plan: &Plan<'_>) {
    let log = &outcome.log;
    for (index, service) in plan.services.iter().enumerate() {
        let id = ServiceId(index as u16);
        let up = log.position(|e| matches!(e, Event::LayerUp { layer, .. } if *layer == service.layer));
        let ready = log.position(|e| *e == Event::Ready { service: id });
        let booting = log.position(|e| *e == Event::State(BootState::BootingLayer(service.layer)));
        let what = format!("{} becomes ready while layer {} boots", service.name, service.layer);
        outcome.must(&what, booting < ready && ready < up);
    }
}

/// SPEC F-1: slot by slot.
fn grants_are_the_planned_ones(outcome: &Outcome, plan: &Plan<'_>) {
    for (index, service) in plan.services.iter().enumerate() {
        let id = ServiceId(index as u16);
        let mut planned: Vec<(CapKind, u64)> = service
            .caps
            .iter()
            .map(|grant| {
                let kind = match grant.object {
                    Object::Endpoint(_) => CapKind::Endpoint,
                    Object::Notification(_) => CapKind::Notification,
                    Object::Supervisor => CapKind::Supervisor,
                    Object::FaultHandler | Object::Parent(_) => CapKind::FaultHandler,
                    Object::Irq(_) => CapKind::IrqHandler,
                    Object::IoPorts(..) => CapKind::IoPorts,
                    Object::Child(_) => CapKind::Thread,
                };
                (kind, u64::from(grant.cptr))
            })
            .collect();
        planned.extend(service.maps.iter().map(|map| {
            let device = plan.regions[usize::from(map.region)].physical.is_some();
            (if device { CapKind::Device } else { CapKind::Memory }, map.address)
        }));
        // What is granted at run time comes last.
        let late =
            |(_, at): &(CapKind, u64)| u32::try_from(*at).is_ok_and(|at| service.late_call(at).is_some());
        planned.sort_by_key(late);
        let granted = outcome.log.events().filter_map(|event| match event {
            Event::Granted { service, kind, cptr } if *service == id => Some((*kind, *cptr)),
            _ => None,
        });
        outcome.same(&format!("grants of {}", service.name), granted.collect(), planned);
    }
}
