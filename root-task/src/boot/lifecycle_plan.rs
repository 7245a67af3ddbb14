// SPDX-License-Identifier: BSD-2-Clause
//! The plan in the lifecycle machine's terms, and the storage that the machine works in.

use alloc::vec;
use alloc::vec::Vec;

use partenza_lifecycle::{
    Config, Dep, DepKind, DepRange, Dependent, Duration, HealthSpec, Instant, LayerSpec, Machine,
    OnExhausted, Overload, Policy, Probe, Provider, Readiness, Record, RestartSpec, ServiceId, ServiceSpec,
    StartMode, Storage, Storm, TimerCell,
};
use partenza_plan::archived::{Health, Plan, Restart, Service};
use partenza_plan::policy;
use partenza_plan::{Class, Start};
use partenza_protocol::ArchivedServiceId;
use partenza_protocol::error::PlanError;

use crate::boot::handoff::Failure;
use crate::system::ids::life;
use crate::system::parameters::Parameters;

fn service_id(planned: &ArchivedServiceId) -> ServiceId {
    life((*planned).into())
}

/// A machine for this plan; everything it needs lives as long as the system.
///
/// # Errors
/// The plan is one that the machine could not carry through, which the compiler does not make.
pub fn machine(
    plan: &'static Plan,
    parameters: &Parameters,
    recovers: bool,
) -> Result<Machine<'static>, Failure> {
    let edges = plan.services.iter().map(|service| service.requires.len() + 1).sum();
    let mut deps = Vec::with_capacity(edges);
    let mut services = Vec::with_capacity(plan.services.len());
    for (index, service) in (0..).zip(plan.services.iter()) {
        let start = deps.len() as u32;
        dependencies(plan, ServiceId(index), service, &mut deps);
        let awaits_program = plan.image_of(service).delivered.is_some();
        services.push(spec(
            service,
            awaits_program,
            DepRange { start, len: (deps.len() as u32 - start) as u16 },
        ));
    }
    let layers: Vec<_> = plan
        .layers
        .iter()
        .map(|layer| LayerSpec {
            number: layer.number,
            budget: layer.budget.as_ref().map(|micros| Duration::from_micros(micros.to_native())),
        })
        .collect();
    let recovery = recovers.then(|| {
        let mut set = vec![false; plan.services.len()];
        for id in plan.recovery.services.iter() {
            set[usize::from(service_id(id).0)] = true;
        }
        &*set.leak()
    });
    let mut providers = Vec::with_capacity(services.len());
    for (group, planned) in (0..).zip(plan.providers.iter()) {
        providers.extend(planned.services.iter().map(|id| Provider { group, service: service_id(id) }));
    }
    let config = Config {
        services: services.leak(),
        deps: deps.leak(),
        layers: layers.leak(),
        providers: providers.leak(),
        parallel: parameters.boot.parallel,
        timeout_scale_percent: parameters.boot.timeout_percent,
        hold: parameters.boot.hold.map(|id| ServiceId(id.0)),
        recovery,
        storm: plan.storm.as_ref().map(|storm| Storm {
            restarts: storm.restarts.into(),
            window: Duration::from_micros(storm.window.into()),
        }),
        overload: Some(Overload {
            restart_after: plan.overload.restart_after.into(),
            calm: Duration::from_micros(plan.overload.calm.into()),
        }),
        panic_module: plan.recovery.panic.as_ref().map(service_id),
    };
    let storage = Storage {
        records: vec![Record::default(); config.services.len()].leak(),
        timers: vec![TimerCell::default(); config.services.len()].leak(),
        dependents: vec![Dependent::default(); config.deps.len()].leak(),
        history: vec![Instant::default(); config.history_len()].leak(),
    };
    Machine::new(config, storage).map_err(|_| Failure::new(PlanError::OutOfRange, u64::MAX))
}

fn dependencies(plan: &Plan, id: ServiceId, service: &Service, deps: &mut Vec<Dep>) {
    let soft = |on: ServiceId| {
        plan.recovery.soften.iter().any(|pair| (service_id(&pair.0), service_id(&pair.1)) == (id, on))
    };
    deps.extend(service.requires.iter().map(|dep| Dep {
        on: service_id(&dep.on),
        kind: match (dep.required, dep.restart_with) {
            (_, true) => DepKind::RestartWith,
            (true, false) => DepKind::Required,
            (false, false) => DepKind::Optional,
        },
        soft: soft(service_id(&dep.on)),
        shared: dep.shared,
    }));
    let sidecars = (0..)
        .zip(plan.services.iter())
        .filter(|(_, other)| other.sidecar_of.as_ref().map(service_id) == Some(id));
    deps.extend(sidecars.map(|(on, _)| Dep {
        on: ServiceId(on),
        kind: DepKind::Sidecar,
        soft: false,
        shared: false,
    }));
}

fn spec(service: &Service, awaits_program: bool, deps: DepRange) -> ServiceSpec {
    ServiceSpec {
        layer: service.layer,
        critical: service.critical,
        core: service.class == Class::Core,
        start: match service.start {
            Start::Eager => StartMode::Eager,
            Start::Deferred => StartMode::Deferred,
            Start::OnDemand => StartMode::OnDemand,
        },
        awaits_program,
        deps,
        readiness: match service.readiness {
            partenza_plan::Readiness::None => Readiness::None,
            partenza_plan::Readiness::Signal => Readiness::Signal,
            partenza_plan::Readiness::Message => Readiness::Message,
        },
        startup_timeout: Duration::from_micros(service.startup_timeout.into()),
        prepare_timeout: Duration::from_micros(service.prepare_timeout.into()),
        stop_timeout: Duration::from_micros(service.stop_timeout.into()),
        health: health(&service.health),
        restart: restart(&service.restart),
        fallback: service.fallback.as_ref().map(service_id),
    }
}

fn health(planned: &Health) -> HealthSpec {
    HealthSpec {
        probe: match planned.probe {
            policy::Probe::None => Probe::None,
            policy::Probe::Call => Probe::Call,
            policy::Probe::Heartbeat => Probe::Heartbeat,
        },
        interval: Duration::from_micros(planned.interval.into()),
        timeout: Duration::from_micros(planned.timeout.into()),
        failure_threshold: planned.failure_threshold.into(),
        success_threshold: planned.success_threshold.into(),
    }
}

fn restart(planned: &Restart) -> RestartSpec {
    RestartSpec {
        policy: match planned.policy {
            policy::RestartPolicy::Always => Policy::Always,
            policy::RestartPolicy::OnFailure => Policy::OnFailure,
            policy::RestartPolicy::Never => Policy::Never,
        },
        max: planned.max.into(),
        window: Duration::from_micros(planned.window.into()),
        initial_delay: Duration::from_micros(planned.initial_delay.into()),
        max_delay: Duration::from_micros(planned.max_delay.into()),
        backoff_percent: planned.backoff_percent.into(),
        on_exhausted: match planned.on_exhausted {
            policy::OnExhausted::Stop => OnExhausted::Stop,
            policy::OnExhausted::Panic => OnExhausted::Panic,
            policy::OnExhausted::RetryForever => OnExhausted::RetryForever,
            policy::OnExhausted::Fallback => OnExhausted::Fallback,
        },
    }
}
