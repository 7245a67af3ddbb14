// SPDX-License-Identifier: BSD-2-Clause
//! Who serves what several may provide (SPEC S-2).
//!
//! Of each group of providers one serves, and what requires the interface requires that one: an edge to another counts
//! for nothing. It serves until it is lost. Then the first of the group that is up takes over, else who is worth waiting
//! for; and one that comes up takes over from one that is not. Only the first start of the one that a boot begins with
//! is waited for, so that who was quicker does not decide who serves. A dependent is told of the change and not of the
//! loss, so it stays Running if somebody took over.

use crate::event::Sink;
use crate::machine::Machine;
use crate::record::Aim;
use crate::spec::{Dep, Provider, ServiceId};
use crate::state::Reason;

/// What a provider has to offer; the best is last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Gone,
    /// It comes back, and nobody waits for it.
    Returns,
    /// It is worth waiting for.
    Open,
    Up,
    /// The boot began with it, and its first start has no outcome.
    First,
    /// It is up, and was asked for.
    Wanted,
}

impl<'a> Machine<'a> {
    /// Whether the edge leads to the one that serves.
    pub(crate) fn counts(&self, dep: &Dep) -> bool {
        !(dep.shared && self.records[dep.on.index()].stands_by)
    }

    /// Whether `other` will do where `dep` is required.
    pub(crate) fn will_do(&self, other: &Dep, dep: &Dep) -> bool {
        let group = |dep: &Dep| self.records[dep.on.index()].group;
        other.on == dep.on || (dep.shared && other.shared && group(other) == group(dep))
    }

    /// Has one started that will do. `false`: none may be.
    pub(crate) fn bring_up_any(
        &mut self,
        service: ServiceId,
        dep: &Dep,
        deliberate: bool,
        sink: &mut dyn Sink,
    ) -> bool {
        let mut others = self.config.deps_of(service).iter();
        others.any(|other| self.will_do(other, dep) && self.bring_up(other.on, deliberate, sink))
    }

    fn peers(&self, service: ServiceId) -> impl Iterator<Item = ServiceId> + use<'a> {
        let group = self.records[service.index()].group;
        let providers: &'a [Provider] = self.config.providers;
        let of_group = move |provider: &&Provider| Some(provider.group) == group;
        providers.iter().filter(of_group).map(|provider| provider.service)
    }

    /// Who serves what this service may: itself, or another of its group (SPEC S-2).
    pub fn server_of(&self, service: ServiceId) -> ServiceId {
        self.peers(service).find(|id| !self.records[id.index()].stands_by).unwrap_or(service)
    }

    /// Whether another of its group is up, and nothing is decided that ends it.
    pub(crate) fn has_substitute(&self, service: ServiceId) -> bool {
        self.peers(service).any(|peer| {
            let record = &self.records[peer.index()];
            peer != service && record.state.is_up() && record.aim == Aim::Keep
        })
    }

    /// Whether another of its group is asked to serve, and does not yet.
    pub(crate) fn another_is_wanted(&self, service: ServiceId) -> bool {
        self.peers(service).any(|peer| peer != service && self.records[peer.index()].wanted)
    }

    /// It is asked to serve, and no other of its group is any more.
    pub(crate) fn want(&mut self, service: ServiceId) {
        for peer in self.peers(service) {
            self.records[peer.index()].wanted = peer == service;
        }
    }

    /// The service came up or went, is worth waiting for or not any more, or `starts`: who of its group is to serve? Of
    /// those that are as good, who serves goes on, else the preferred one does.
    #[inline]
    pub(crate) fn elect(&mut self, service: ServiceId, starts: bool, sink: &mut dyn Sink) {
        if self.records[service.index()].group.is_some() {
            self.elect_among_peers(service, starts, sink);
        }
    }

    #[inline(never)]
    fn elect_among_peers(&mut self, service: ServiceId, starts: bool, sink: &mut dyn Sink) {
        let record = &mut self.records[service.index()];
        record.wanted &= !record.rests();
        let server = self.server_of(service);
        let (mut best, mut standing) = (server, self.standing(server, false));
        for peer in self.peers(service) {
            let other = self.standing(peer, starts && peer == service);
            if other > standing {
                (best, standing) = (peer, other);
            }
        }
        if best != server {
            self.take_over(server, best, sink);
        }
        // One that is asked for and serves before it is up may lose that again to one that comes up first; so what was
        // asked for is done only when it is up, and does not stop to be started anew.
        let record = &mut self.records[best.index()];
        record.wanted &= !record.state.is_up() || record.returns();
    }

    /// How good it would be if it served.
    fn standing(&self, service: ServiceId, starts: bool) -> Standing {
        let record = &self.records[service.index()];
        if record.state.is_up() {
            if record.wanted { Standing::Wanted } else { Standing::Up }
        } else if starts || self.is_open(service) {
            let untried = match record.incarnation {
                0 => true,
                1 => record.state.is_starting(),
                _ => false,
            };
            let is_first = untried && !record.stands_by && !record.decided && record.last_failure.is_none();
            if is_first { Standing::First } else { Standing::Open }
        } else if record.returns() {
            Standing::Returns
        } else {
            Standing::Gone
        }
    }

    fn take_over(&mut self, from: ServiceId, to: ServiceId, sink: &mut dyn Sink) {
        let old = &mut self.records[from.index()];
        old.stands_by = true;
        let was_open = old.open;
        // What stands in the way of its next incarnation may be nothing to it any more, so it need not wait for that.
        if old.aim != Aim::Keep {
            self.turns.push(self.records, from);
        }
        let new = &mut self.records[to.index()];
        new.stands_by = false;
        let open = new.open;
        for edge in self.dependents_of(from) {
            if self.dependents[edge].shared {
                self.tell(self.dependents[edge], (was_open, false), false, sink);
            }
        }
        for edge in self.dependents_of(to) {
            let edge = self.dependents[edge];
            if edge.shared {
                self.tell(edge, (false, open), true, sink);
                if edge.kind.restarts_dependent()
                    && self.is_alive()
                    && self.records[edge.service.index()].stands()
                {
                    self.cycle(edge.service, Reason::RestartsWith(to), sink);
                }
            }
        }
    }
}
