// SPDX-License-Identifier: BSD-2-Clause
//! Who waits for whom, as the model sees it: nobody waits for what is decided, who is to stop waits for nobody, and the
//! graph has no circle.

use partenza_lifecycle::*;

use super::id;
use super::watch::Step;
use super::world::World;

impl World<'_> {
    pub(super) fn note_block(&mut self, service: ServiceId, why: Blocked) {
        let alive = self.alive();
        let model = self.model(service);
        model.blocked = why;
        // Nobody is watched any more while the system goes down.
        if model.state.is_up() && model.health.due.take().is_some() && !alive {
            model.health.calm = None;
        }
    }

    pub(super) fn released(&mut self, service: ServiceId, step: &Step<'_>) {
        let (now, alive) = (self.now, self.alive());
        let spec = *self.spec(service);
        let timeout = self.scaled(spec.health.timeout);
        let stops = self.models[usize::from(service.0)].state.is_stopping();
        let blocked = core::mem::take(&mut self.model(service).blocked);
        match blocked {
            Blocked::No => panic!("{service:?} is let go, and was not held"),
            Blocked::Throttled => assert!(stops || step.event == Event::PeriodOver(service), "too early"),
            Blocked::WaitingFor(server) => {
                let circle = || {
                    self.models[usize::from(service.0)].state.is_starting()
                        && self.leads_to(usize::from(server.0), usize::from(service.0), &mut vec![])
                };
                assert!(stops || !self.comes(server) || circle(), "let go undecided");
            }
        }
        let model = self.model(service);
        if model.state.is_up() && spec.health.probe != Probe::None {
            let wait = match (model.health.asked, spec.health.probe) {
                (true, _) => timeout,
                (false, Probe::Heartbeat) => us(spec.health.interval, timeout),
                (false, _) => spec.health.interval,
            };
            model.health.due = alive.then_some(now.after(wait));
        }
    }

    /// Whether it is right to wait for it: it serves, is not up, and is about to be.
    fn comes(&self, server: ServiceId) -> bool {
        let record = &self.machine.records()[usize::from(server.0)];
        let model = &self.models[usize::from(server.0)];
        let soon = record.state().is_starting() || record.returns() || !model.decided;
        let worth = record.is_open();
        assert!(!worth || soon, "{server:?} is said to come");
        self.alive() && record.serves() && !record.state().is_up() && worth
    }

    pub(super) fn check_waits(&self) {
        for (index, model) in self.models.iter().enumerate() {
            assert_eq!(self.machine.records()[index].blocked(), model.blocked);
            assert!(
                !model.state.is_stopping() || model.blocked == Blocked::No,
                "{index} cannot hear that it is to stop"
            );
            assert!(model.blocked == Blocked::No || model.exists, "{index} is held, and does not exist");
            assert!(
                model.blocked == Blocked::No || model.health.due.is_none(),
                "{index} is held, and watched"
            );
            if let Blocked::WaitingFor(server) = model.blocked {
                assert!(self.comes(server), "{index} waits for {server:?}, which is decided");
            }
        }
        let mut done = vec![false; self.models.len()];
        for index in 0..self.models.len() {
            self.walk(index, &mut vec![], &mut done);
        }
    }

    /// Follows the waits of a start, depth first.
    fn walk(&self, index: usize, path: &mut Vec<usize>, done: &mut [bool]) {
        assert!(!path.contains(&index), "a circle of waits: {path:?} and {index} again");
        if done[index] {
            return;
        }
        path.push(index);
        for next in self.start_waits_for(index) {
            self.walk(next, path, done);
        }
        path.pop();
        done[index] = true;
    }

    /// Whether the start of `from` waits, perhaps over others, for that of `to`.
    fn leads_to(&self, from: usize, to: usize, seen: &mut Vec<usize>) -> bool {
        if from == to {
            return true;
        }
        if seen.contains(&from) {
            return false;
        }
        seen.push(from);
        self.start_waits_for(from).into_iter().any(|next| self.leads_to(next, to, seen))
    }

    /// Whose start the start of this service waits for.
    fn start_waits_for(&self, index: usize) -> Vec<usize> {
        let model = &self.models[index];
        let record = &self.machine.records()[index];
        if model.state.is_starting() {
            return match model.blocked {
                Blocked::WaitingFor(server) => vec![usize::from(server.0)],
                Blocked::No | Blocked::Throttled => vec![],
            };
        }
        if model.state.is_up() || !record.is_open() {
            return vec![];
        }
        let open = |on: usize| !self.models[on].state.is_up() && self.machine.records()[on].is_open();
        let deps = self.plan.deps_of(id(index)).iter().filter(|dep| self.counts(dep));
        let mut all: Vec<usize> = deps.map(|dep| usize::from(dep.on.0)).filter(|on| open(*on)).collect();
        let booting = matches!(self.boot, BootState::BootingLayer(_));
        if booting && !model.decided && !record.returns() && model.state == ServiceState::Pending {
            for (other, peer) in self.models.iter().enumerate() {
                let lower = self.plan.services[other].layer < self.plan.services[index].layer;
                let first = !self.plan.parallel && peer.state.is_starting();
                if (lower && !peer.decided && open(other)) || first {
                    all.push(other);
                }
            }
        }
        all
    }
}

fn us(one: Duration, other: Duration) -> Duration {
    Duration::from_micros(one.as_micros() + other.as_micros())
}
