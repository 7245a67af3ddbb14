// SPDX-License-Identifier: BSD-2-Clause
//! A system to put the machine in: plans built by hand or at random, and an executor that watches.
//!
//! [`World`] performs actions on a model of its own and asserts every invariant as it goes. The model knows nothing
//! of the machine's inside: it follows the actions and notices and the plan, and keeps its own timers.
#![allow(dead_code, reason = "each test binary uses its part")]

mod table;
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
    pub parallel: bool,
    pub timeout_scale_percent: u32,
    pub hold: Option<ServiceId>,
}

impl Plan {
    pub fn new() -> Self {
        Self {
            services: vec![],
            deps: vec![],
            layers: vec![],
            parallel: true,
            timeout_scale_percent: 100,
            hold: None,
        }
    }

    /// Appends a service that says ready by message, with timeouts of 1000, 200 and 300 us.
    pub fn service(mut self, layer: u8, requires: &[usize]) -> Self {
        let start = self.deps.len() as u32;
        self.deps.extend(requires.iter().map(|&on| Dep { on: id(on), required: true }));
        self.services.push(ServiceSpec {
            layer,
            critical: false,
            start: StartMode::Eager,
            deps: DepRange { start, len: requires.len() as u16 },
            readiness: Readiness::Message,
            startup_timeout: us(1_000),
            prepare_timeout: us(200),
            stop_timeout: us(300),
        });
        self
    }

    pub fn optional(mut self, on: usize) -> Self {
        self.deps.push(Dep { on: id(on), required: false });
        self.last().deps.len += 1;
        self
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

    pub fn requires(&self, service: ServiceId, on: ServiceId) -> bool {
        self.deps_of(service).iter().any(|dep| dep.required && dep.on == on)
    }

    pub fn config(&self) -> Config<'_> {
        Config {
            services: &self.services,
            deps: &self.deps,
            layers: &self.layers,
            parallel: self.parallel,
            timeout_scale_percent: self.timeout_scale_percent,
            hold: self.hold,
        }
    }

    /// Storage of exactly the size needed, full of another plan's remains.
    pub fn room(&self) -> Room {
        Room {
            records: vec![Record::default(); self.services.len()],
            timers: vec![TimerCell::default(); self.services.len()],
            dependents: vec![Dependent::default(); self.deps.len()],
        }
    }
}

pub struct Room {
    pub records: Vec<Record>,
    pub timers: Vec<TimerCell>,
    pub dependents: Vec<Dependent>,
}

impl Room {
    pub fn storage(&mut self) -> Storage<'_> {
        Storage { records: &mut self.records, timers: &mut self.timers, dependents: &mut self.dependents }
    }
}
