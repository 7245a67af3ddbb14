// SPDX-License-Identifier: BSD-2-Clause
//! When each service starts and is ready if everything takes as long as it may.
//!
//! The only budget of a service is its startup timeout, which runs from its creation to ready and is an upper bound: a
//! service that needs longer has failed. The rules are the Supervisor's: a layer begins when the one below has an
//! outcome; in a layer a service starts when all that it depends on, required or not, has an outcome; without
//! `parallel` when the one before has. Creation has no budget and counts as nothing (it is some 0.1 ms).
//! Services that start after BootComplete or on demand take no part.

use partenza_plan::{Plan, Readiness, ServiceId, Start};

/// A service's bounds, in microseconds from the begin of the first layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worst {
    pub start: u64,
    pub ready: u64,
    /// What it waits for last, if not for its layer's begin: a service of its own layer.
    pub after: Option<ServiceId>,
    /// On its layer's longest chain.
    pub critical_path: bool,
}

/// A layer's bounds, in microseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerTiming {
    pub number: u8,
    pub services: u16,
    pub budget: Option<u64>,
    pub begin: u64,
    /// How long it takes at worst.
    pub worst: u64,
    /// The longest chain of startup timeouts, first to start first.
    pub chain: Vec<ServiceId>,
}

impl LayerTiming {
    /// Its services may take longer than the layer.
    #[must_use]
    pub fn over_budget(&self) -> bool {
        self.budget.is_some_and(|budget| self.worst > budget)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// By service; `None` for those that the boot does not wait for.
    pub services: Vec<Option<Worst>>,
    /// As the plan has them, ascending.
    pub layers: Vec<LayerTiming>,
    /// From the first layer's begin to BootComplete.
    pub total: u64,
}

impl Timing {
    #[must_use]
    pub fn new(plan: &Plan<'_>) -> Self {
        let mut timing = Self { services: vec![None; plan.services.len()], layers: Vec::new(), total: 0 };
        for layer in &plan.layers {
            let members: Vec<usize> =
                (0..plan.services.len()).filter(|at| plan.services[*at].layer == layer.number).collect();
            let begin = timing.total;
            let mut before: Option<(u64, ServiceId)> = None;
            for at in &members {
                before = timing.place(plan, *at, begin, before).or(before);
            }
            let chain = timing.chain(&members);
            let end = chain.last().map_or(begin, |id| timing.ready(*id));
            for id in &chain {
                if let Some(Some(worst)) = timing.services.get_mut(usize::from(id.0)) {
                    worst.critical_path = true;
                }
            }
            timing.layers.push(LayerTiming {
                number: layer.number,
                services: members.len() as u16,
                budget: layer.budget,
                begin,
                worst: end - begin,
                chain,
            });
            timing.total = end;
        }
        timing
    }

    /// Places a service whose predecessors are placed; `before` is the previous one of the layer and its end.
    fn place(
        &mut self,
        plan: &Plan<'_>,
        at: usize,
        begin: u64,
        before: Option<(u64, ServiceId)>,
    ) -> Option<(u64, ServiceId)> {
        let service = &plan.services[at];
        if service.start != Start::Eager {
            return None;
        }
        let own_layer = service.requires.iter().map(|d| d.on).filter_map(|on| {
            let other = plan.services.get(usize::from(on.0))?;
            (other.layer == service.layer).then_some(())?;
            Some((self.services[usize::from(on.0)]?.ready, on))
        });
        let waits = own_layer.chain(before.filter(|_| !plan.boot.parallel));
        // Of two that are ready at the same time the first in boot order is named.
        let last = waits.max_by_key(|(ready, on)| (*ready, std::cmp::Reverse(on.0)));
        let start = last.map_or(begin, |(ready, _)| ready.max(begin));
        let allowed = match service.readiness {
            Readiness::None => 0,
            Readiness::Signal | Readiness::Message => {
                (u128::from(service.startup_timeout) * u128::from(plan.boot.timeout_percent) / 100) as u64
            }
        };
        let ready = start.saturating_add(allowed);
        self.services[at] = Some(Worst { start, ready, after: last.map(|(_, on)| on), critical_path: false });
        Some((ready, ServiceId(at as u16)))
    }

    fn ready(&self, id: ServiceId) -> u64 {
        self.services.get(usize::from(id.0)).copied().flatten().map_or(0, |worst| worst.ready)
    }

    /// From the last to be ready back to one that waits for nothing but the layer.
    fn chain(&self, members: &[usize]) -> Vec<ServiceId> {
        let placed = members.iter().filter_map(|at| Some((self.services[*at]?.ready, *at)));
        let last = placed.max_by_key(|(ready, at)| (*ready, std::cmp::Reverse(*at)));
        let mut next = last.map(|(_, at)| ServiceId(at as u16));
        let mut chain = Vec::new();
        while let Some(id) = next.filter(|_| chain.len() < members.len()) {
            chain.push(id);
            next = self.services[usize::from(id.0)].and_then(|worst| worst.after);
        }
        chain.reverse();
        chain
    }
}
