// SPDX-License-Identifier: BSD-2-Clause
//! A system to put the machine in: plans built by hand or at random, and an executor that watches.
//!
//! [`World`] performs actions on a model of its own and asserts every invariant as it goes. The model knows nothing
//! of the machine's inside: it follows the actions and notices and the plan, and keeps its own timers.
#![allow(dead_code, reason = "each test binary uses its part")]

mod model;
mod notices;
mod table;
mod waits;
mod watch;
mod world;

use partenza_lifecycle::*;

pub use world::World;

pub fn us(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

pub fn id(index: usize) -> ServiceId {
    ServiceId(index as u16)
}

/// An owned [`Config`].
#[derive(Clone, Debug)]
pub struct Plan {
    pub services: Vec<ServiceSpec>,
    pub deps: Vec<Dep>,
    pub layers: Vec<LayerSpec>,
    pub providers: Vec<Provider>,
    pub parallel: bool,
    pub timeout_scale_percent: u32,
    pub hold: Option<ServiceId>,
    pub recovery: Option<Vec<bool>>,
    pub storm: Option<Storm>,
    pub overload: Option<Overload>,
    pub panic_module: Option<ServiceId>,
}

impl Plan {
    pub fn new() -> Self {
        Self {
            services: vec![],
            deps: vec![],
            layers: vec![],
            providers: vec![],
            parallel: true,
            timeout_scale_percent: 100,
            hold: None,
            recovery: None,
            storm: None,
            overload: None,
            panic_module: None,
        }
    }

    /// Appends a service that says ready by message, with timeouts of 1000, 200 and 300 us.
    pub fn service(mut self, layer: u8, requires: &[usize]) -> Self {
        let start = self.deps.len() as u32;
        self.deps.extend(requires.iter().map(|&on| Dep::required(id(on))));
        self.services.push(ServiceSpec {
            layer,
            deps: DepRange { start, len: requires.len() as u16 },
            readiness: Readiness::Message,
            startup_timeout: us(1_000),
            prepare_timeout: us(200),
            stop_timeout: us(300),
            ..ServiceSpec::default()
        });
        self
    }

    /// On failure, `max` restarts within 10 ms, after 100, 200, 400 us and so on up to 1 ms.
    pub fn restarts(mut self, max: u16, on_exhausted: OnExhausted) -> Self {
        self.last().restart = RestartSpec {
            policy: Policy::OnFailure,
            max,
            window: us(10_000),
            initial_delay: us(100),
            max_delay: us(1_000),
            backoff_percent: 200,
            on_exhausted,
        };
        self
    }

    /// Probed 500 us after ready or an answer, with 100 us to answer; two bad answers, two good ones.
    pub fn probed(mut self, probe: Probe) -> Self {
        self.last().health = HealthSpec {
            probe,
            interval: us(500),
            timeout: us(100),
            failure_threshold: 2,
            success_threshold: 2,
        };
        self
    }

    pub fn with(mut self, change: impl FnOnce(&mut ServiceSpec)) -> Self {
        change(self.last());
        self
    }

    /// One more edge of the last service.
    pub fn dep(mut self, on: usize, kind: DepKind) -> Self {
        self.deps.push(Dep { on: id(on), kind, soft: false, shared: false });
        self.last().deps.len += 1;
        self
    }

    pub fn soft(mut self, on: usize) -> Self {
        self.deps.push(Dep { on: id(on), kind: DepKind::Required, soft: true, shared: false });
        self.last().deps.len += 1;
        self
    }

    /// Of these one at a time serves, the first of them first.
    pub fn providers(mut self, group: &[usize]) -> Self {
        let number = self.groups().len() as u16;
        self.providers.extend(group.iter().map(|&member| Provider { group: number, service: id(member) }));
        self
    }

    /// Edges to all of the last group, of which any one will do.
    pub fn any(mut self, kind: DepKind) -> Self {
        let group = self.groups().pop().expect("providers first");
        self.last().deps.len += group.len() as u16;
        self.deps.extend(group.iter().map(|&on| Dep { on, kind, soft: false, shared: true }));
        self
    }

    pub fn optional(self, on: usize) -> Self {
        self.dep(on, DepKind::Optional)
    }

    pub fn critical(mut self) -> Self {
        self.last().critical = true;
        self
    }

    pub fn readiness(mut self, readiness: Readiness) -> Self {
        self.last().readiness = readiness;
        self
    }

    pub fn start(mut self, start: StartMode) -> Self {
        self.last().start = start;
        self
    }

    pub fn budget(mut self, number: u8, budget: u64) -> Self {
        self.layers.push(LayerSpec { number, budget: Some(us(budget)) });
        self
    }

    pub fn sequential(mut self) -> Self {
        self.parallel = false;
        self
    }

    pub fn hold(mut self, service: usize) -> Self {
        self.hold = Some(id(service));
        self
    }

    pub fn scale(mut self, percent: u32) -> Self {
        self.timeout_scale_percent = percent;
        self
    }

    fn last(&mut self) -> &mut ServiceSpec {
        self.services.last_mut().expect("a service first")
    }

    pub fn deps_of(&self, service: ServiceId) -> &[Dep] {
        let range = self.services[usize::from(service.0)].deps;
        &self.deps[range.start as usize..][..usize::from(range.len)]
    }

    /// What an edge means in this boot.
    pub fn kind(&self, dep: &Dep) -> DepKind {
        if dep.soft && self.recovery.is_some() { DepKind::Optional } else { dep.kind }
    }

    /// The groups of providers.
    pub fn groups(&self) -> Vec<Vec<ServiceId>> {
        let of = |group: u16| self.providers.iter().filter(move |p| p.group == group).map(|p| p.service);
        (0..).map(|group| of(group).collect::<Vec<_>>()).take_while(|group| !group.is_empty()).collect()
    }

    /// The providers among which a service is one.
    pub fn group_of(&self, service: ServiceId) -> Option<Vec<ServiceId>> {
        self.groups().into_iter().find(|group| group.contains(&service))
    }

    pub fn requires(&self, service: ServiceId, on: ServiceId) -> bool {
        self.deps_of(service).iter().any(|dep| dep.on == on && self.kind(dep).is_required())
    }

    /// Whether the boot starts it.
    pub fn boots(&self, index: usize) -> bool {
        self.services[index].start == StartMode::Eager && self.is_selected(index)
    }

    pub fn is_selected(&self, index: usize) -> bool {
        self.recovery.as_ref().is_none_or(|set| set[index])
    }

    pub fn config(&self) -> Config<'_> {
        Config {
            services: &self.services,
            deps: &self.deps,
            layers: &self.layers,
            providers: &self.providers,
            parallel: self.parallel,
            timeout_scale_percent: self.timeout_scale_percent,
            hold: self.hold,
            recovery: self.recovery.as_deref(),
            storm: self.storm,
            overload: self.overload,
            panic_module: self.panic_module,
        }
    }

    /// Storage of exactly the size needed, full of another plan's remains.
    pub fn room(&self) -> Room {
        Room {
            records: vec![Record::default(); self.services.len()],
            timers: vec![TimerCell::default(); self.services.len()],
            dependents: vec![Dependent::default(); self.deps.len()],
            history: vec![Instant::from_micros(u64::MAX); self.config().history_len()],
        }
    }
}

pub struct Room {
    pub records: Vec<Record>,
    pub timers: Vec<TimerCell>,
    pub dependents: Vec<Dependent>,
    pub history: Vec<Instant>,
}

impl Room {
    pub fn storage(&mut self) -> Storage<'_> {
        Storage {
            records: &mut self.records,
            timers: &mut self.timers,
            dependents: &mut self.dependents,
            history: &mut self.history,
        }
    }
}
