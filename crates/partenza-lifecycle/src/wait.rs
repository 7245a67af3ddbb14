// SPDX-License-Identifier: BSD-2-Clause
//! Who waits for whom.
//!
//! The executor holds a service in two cases only: over its request budget (SPEC S-4), until the period ends; and in a
//! call to, or a lookup of, a server that is not up (SPEC C-6, J-4). The machine decides when it may go on. Rules:
//!
//! * A wait ends in the step in which it is decided: the server is up, another serves, or the server is not worth waiting
//!   for any more. The client then asks again, and is told.
//! * Who is to stop is let go first, and waits for nobody any more.
//! * Who is held is not watched: its health's time begins anew when it goes on.
//! * No circles. A start waits for starts (of its dependencies, of lower layers, of a server that it called) and for stops;
//!   a stop waits for stops. Dependencies and layers have no circle by themselves, so one has to pass through a service
//!   that is held while it starts. Such a wait is refused if the server's start waits for the client's, and it ends when
//!   that comes to wait for it later: a dependency of the server fails, or another provider of one takes over.

use crate::event::{Action, Denial, Notice, Request, Sink, Verdict};
use crate::machine::Machine;
use crate::record::Aim;
use crate::spec::{Probe, ServiceId};
use crate::state::{Blocked, ServiceState};

impl Machine<'_> {
    /// A client needs a server that is not up. `false`: there is no such client, or it does not run.
    #[cold]
    pub(crate) fn waits(&mut self, client: ServiceId, server: ServiceId, sink: &mut dyn Sink) -> bool {
        let runs = |state: ServiceState| state.is_starting() || state.is_up() || state.is_stopping();
        if !self.records.get(client.index()).is_some_and(|record| runs(record.state)) {
            return false;
        }
        let verdict = self.judge_wait(client, server).unwrap_or_else(Verdict::Refused);
        sink.action(Action::Notice(Notice::Answered { service: server, request: Request::Lookup, verdict }));
        if !matches!(verdict, Verdict::Refused(_)) {
            self.block(client, Blocked::WaitingFor(server));
        }
        if verdict == Verdict::Accepted {
            self.start(server, false, sink);
        }
        true
    }

    fn judge_wait(&mut self, client: ServiceId, server: ServiceId) -> Result<Verdict, Denial> {
        let verdict = self.judge(server, Request::Lookup)?;
        let state = self.records[client.index()].state;
        if state.is_stopping() {
            Err(Denial::ClientStops)
        } else if state.is_starting() && self.start_waits_for(server, client) {
            Err(Denial::WaitsForClient)
        } else {
            Ok(verdict)
        }
    }

    /// It is held from now on.
    pub(crate) fn block(&mut self, service: ServiceId, why: Blocked) {
        self.forget_block(service);
        let record = &mut self.records[service.index()];
        record.blocked = why;
        self.waiting += u16::from(matches!(why, Blocked::WaitingFor(_)));
        if record.state.is_up() && record.health.due.take().is_some() {
            self.arm_health(service);
        }
    }

    /// Lets it go on, if it is held.
    pub(crate) fn release(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        if self.records[service.index()].blocked == Blocked::No {
            return;
        }
        self.forget_block(service);
        let spec = &self.config.spec(service).health;
        let watched = spec.probe != Probe::None && self.is_alive();
        let record = &mut self.records[service.index()];
        if record.state.is_up() && watched {
            if record.health.asked {
                // It has its whole time for the answer.
                record.health.due = Some(self.now.after(self.config.scaled(spec.timeout)));
                self.arm_health(service);
            } else {
                self.watch(service);
            }
        }
        sink.action(Action::Release(service));
    }

    /// The incarnation goes, and waits no more.
    pub(crate) fn forget_block(&mut self, service: ServiceId) {
        let blocked = core::mem::take(&mut self.records[service.index()].blocked);
        self.waiting -= u16::from(matches!(blocked, Blocked::WaitingFor(_)));
    }

    /// Ends the waits that are decided.
    #[inline]
    pub(crate) fn advance_waits(&mut self, sink: &mut dyn Sink) {
        if self.waiting > 0 {
            self.release_decided(sink);
        }
    }

    #[cold]
    fn release_decided(&mut self, sink: &mut dyn Sink) {
        let longer = core::mem::take(&mut self.longer_waits);
        for client in self.config.ids() {
            let Blocked::WaitingFor(server) = self.records[client.index()].blocked else { continue };
            let record = &self.records[server.index()];
            let goes_on = self.is_alive() && !record.stands_by && !record.state.is_up() && record.open;
            let starts = self.records[client.index()].state.is_starting();
            if !goes_on || (longer && starts && self.start_waits_for(server, client)) {
                self.release(client, sink);
            }
        }
    }

    /// Whether `server` is up only after `client` is, as things stand. Marks, from `client` on, everything whose start waits
    /// for what is marked. A service's dependencies and lower layers have smaller numbers, so only waits need another round.
    fn start_waits_for(&mut self, server: ServiceId, client: ServiceId) -> bool {
        for record in self.records.iter_mut() {
            record.marked = false;
        }
        self.records[client.index()].marked = true;
        let mut turns = BootTurns::default();
        let mut more = true;
        while core::mem::take(&mut more) {
            for service in self.config.ids() {
                let record = &self.records[service.index()];
                if !record.marked {
                    if !self.start_waits_for_marked(service, turns) {
                        continue;
                    }
                    more = true;
                }
                let record = &mut self.records[service.index()];
                record.marked = true;
                let (starts, decided) = (record.state.is_starting(), record.decided);
                if !decided && turns.layer.is_none() {
                    turns.layer = Some(self.config.spec(service).layer);
                }
                if starts && !self.config.parallel && !core::mem::replace(&mut turns.taken, true) {
                    more = true;
                }
            }
        }
        self.records[server.index()].marked
    }

    fn start_waits_for_marked(&self, service: ServiceId, turns: BootTurns) -> bool {
        let record = &self.records[service.index()];
        match (record.state, record.blocked) {
            (ServiceState::Starting(_), Blocked::WaitingFor(server)) => {
                return self.records[server.index()].marked;
            }
            (ServiceState::Starting(_), _) => return false,
            _ => {}
        }
        let mut deps = self.config.deps_of(service).iter();
        let has_its_turn_later =
            turns.taken || turns.layer.is_some_and(|l| l < self.config.spec(service).layer);
        deps.any(|dep| {
            let on = &self.records[dep.on.index()];
            let needed = on.open || self.config.kind(dep).is_required();
            on.marked && needed && !on.state.is_up() && self.counts(dep)
        }) || (self.is_booting() && has_its_turn_later && !record.decided && record.aim == Aim::Keep)
    }
}

/// What of the boot's order waits for a service that is marked.
#[derive(Clone, Copy, Debug, Default)]
struct BootTurns {
    /// The layers above this one.
    layer: Option<u8>,
    /// In a strict sequence, every turn.
    taken: bool,
}
