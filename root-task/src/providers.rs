// SPDX-License-Identifier: BSD-2-Clause
//! Who serves which endpoint, and how another takes it over (SPEC S-2); lookups (SPEC S-5).
//!
//! * Clients hold capabilities to an endpoint, not to a service. Of the services that may serve one, one at a time
//!   receives from it; the others receive from their own notification alone, so they run, are probed, and serve nobody.
//! * To hand an endpoint over is to exchange what two services receive from. One that stands in the wait for a message is
//!   sent to wait again; one that works answers its client first and waits at its new place afterwards. No call is lost or
//!   made twice.
//! * Who is to serve the lifecycle machine says, which knows what its clients require ([`Machine::server_of`]). The endpoint
//!   follows: at once, or when the one that serves is destroyed, for until then it may still answer a client.

use alloc::vec::Vec;

use partenza_lifecycle::{Denial, Machine, Request, ServiceState};
use partenza_plan::archived::{Plan, Providers};
use partenza_plan::{ServiceId, cptr};
use partenza_protocol::error::{LookupError, SupervisorError};
use partenza_protocol::event::Event;
use partenza_protocol::request::{Found, Grant, Lookup, Release, Revoke, Switch};
use partenza_protocol::{Code, decode};

use crate::control::denial_code;
use crate::cspace::Slot;
use crate::executor::Executor;
use crate::lifecycle::life;
use crate::notices::plan_id;
use crate::refused::Refused;
use crate::supervisor::Supervisor;

/// Who serves what.
pub struct Servers {
    plan: &'static Plan,
    /// By endpoint.
    serving: Vec<ServiceId>,
}

impl Servers {
    #[must_use]
    pub fn of(plan: &'static Plan, machine: &Machine<'_>) -> Self {
        let serving = alloc::vec![ServiceId(0); usize::from(plan.objects.endpoints.to_native())];
        let mut this = Self { plan, serving };
        for id in (0..plan.services.len() as u16).map(ServiceId) {
            if let Some(endpoint) = this.endpoint_of(id) {
                this.serving[usize::from(endpoint)] = plan_id(machine.server_of(life(id)));
            }
        }
        this
    }

    /// The endpoint that `id` serves, or may serve.
    #[must_use]
    pub fn endpoint_of(&self, id: ServiceId) -> Option<u16> {
        self.plan.service(id).endpoint()
    }

    #[must_use]
    #[inline]
    pub fn serving(&self, endpoint: u16) -> ServiceId {
        self.serving[usize::from(endpoint)]
    }

    /// The endpoint that `id` serves at the moment.
    #[must_use]
    pub fn served_by(&self, id: ServiceId) -> Option<u16> {
        self.endpoint_of(id).filter(|endpoint| self.serving(*endpoint) == id)
    }

    /// Whether `id` may serve an endpoint that another serves.
    #[must_use]
    pub fn stands_by(&self, id: ServiceId) -> bool {
        self.endpoint_of(id).is_some_and(|endpoint| self.serving(endpoint) != id)
    }
}

impl Supervisor {
    /// Its capabilities were just made, as planned: who stands by receives from its notification alone.
    pub(crate) fn place_provider(&mut self, id: ServiceId) {
        if self.servers.stands_by(id) {
            let outcome = self.executor.receive_from(id, self.executor.notification_slot(id));
            self.note(id, outcome);
        }
    }

    /// Who is to serve the endpoint.
    pub(crate) fn server(&self, endpoint: u16) -> ServiceId {
        plan_id(self.machine.server_of(life(self.servers.serving(endpoint))))
    }

    /// Hands the endpoint to who is to serve it, if that is up. `gone`: who served is not there any more.
    pub(crate) fn follow(&mut self, endpoint: u16, gone: bool) -> bool {
        let (from, to) = (self.servers.serving(endpoint), self.server(endpoint));
        // One that stops may still work for a client, which has to be released when it is destroyed.
        let stops = matches!(self.state(from), ServiceState::Stopping(_));
        let moves = from != to && self.is_up(to) && (gone || !stops);
        if moves {
            self.hand_over(endpoint, to);
        }
        moves
    }

    /// `id` is up: it may be its turn to serve.
    pub(crate) fn offer(&mut self, id: ServiceId) {
        if !self.plan.providers.is_empty()
            && let Some(endpoint) = self.servers.endpoint_of(id)
        {
            self.follow(endpoint, false);
        }
        if let Some(endpoint) = self.servers.served_by(id) {
            self.restore_callers(endpoint);
        }
    }

    /// `to`, which is up, serves the endpoint from here on.
    fn hand_over(&mut self, endpoint: u16, to: ServiceId) {
        let from = self.servers.serving(endpoint);
        if !self.receive(to, self.executor.endpoint_slot(endpoint)) {
            return;
        }
        self.note_owed(endpoint, from);
        self.servers.serving[usize::from(endpoint)] = to;
        self.receive(from, self.executor.notification_slot(from));
        self.restore_callers(endpoint);
        let interface = self.plan.providers.iter().find(|group| group.endpoint == endpoint);
        let interface = interface.map_or("", |group| &group.interface);
        self.tell(Event::Switched { interface, from, to });
    }

    /// It receives from `place` from now on. `false`: the kernel refused.
    pub(crate) fn receive(&mut self, id: ServiceId, place: Slot) -> bool {
        if !self.entries[id.0 as usize].made.has_spaces() {
            return true;
        }
        let mut outcome = self.executor.receive_from(id, place);
        if outcome.is_ok() && self.receives(id) {
            outcome = self.executor.resume_where_it_stands(id);
        }
        self.note(id, outcome)
    }

    /// It waits for messages, and works for nobody.
    pub(crate) fn receives(&self, id: ServiceId) -> bool {
        let waits = [sel4::sys::number::Recv, sel4::sys::number::ReplyRecv];
        self.entries[id.0 as usize].made.runs() && self.executor.standing_in(id, &waits, cptr::OWN).is_some()
    }

    pub(crate) fn is_up(&self, id: ServiceId) -> bool {
        self.state(id).is_up()
    }

    pub(crate) fn state(&self, id: ServiceId) -> ServiceState {
        self.machine.state(life(id)).unwrap_or_default()
    }

    /// SPEC S-2: another provider, now or as soon as it is up.
    ///
    /// # Errors
    /// Nobody provides that, or it cannot be started.
    pub(crate) fn switch(&mut self) -> Result<(), Code> {
        let Ok(switch) = decode::<Switch<'_>>(self.inbox.payload()) else {
            return Err(SupervisorError::Malformed.code());
        };
        let to = crate::requests::find(self.plan, switch.provider)?;
        let mut groups = self.plan.providers.iter();
        let offers = |group: &&Providers| {
            *group.interface == *switch.interface && group.services.iter().any(|id| *id == to)
        };
        let group = groups.find(offers).ok_or(LookupError::NotFound.code())?;
        self.request(to, Request::Serve).map_err(denial_code)?;
        self.follow(group.endpoint.into(), false);
        Ok(())
    }

    /// SPEC S-5, for a service: the capability is there when the answer is. `None`: the caller waits.
    ///
    /// # Errors
    /// See [`LookupError`].
    pub(crate) fn look_up(&mut self, client: ServiceId) -> Option<Result<Found<'static>, Code>> {
        let Ok(lookup) = decode::<Lookup<'_>>(self.inbox.payload()) else {
            return Some(Err(SupervisorError::Malformed.code()));
        };
        let calls = self.callers.calls_of(client);
        let offered = calls.iter().enumerate().find_map(|(index, caller)| {
            let server = self.server(caller.endpoint);
            let may = caller.bound || !caller.on_grant;
            Some((index, caller.channel(), server, self.offered(server, &lookup).filter(|_| may)?))
        });
        let Some((index, channel, server, version)) = offered else {
            let known =
                (0..self.plan.services.len() as u16).any(|id| self.offered(ServiceId(id), &lookup).is_some());
            let error = if known { LookupError::Denied } else { LookupError::NotFound };
            return Some(Err(error.code()));
        };
        if self.is_up(server) {
            let provider = &self.plan.service(server).name;
            let found = Found { channel: Some(channel), provider, version };
            return Some(self.bind(client, index).map(|()| found));
        }
        match self.await_server(client, server) {
            Ok(()) => None,
            Err(Denial::NotRunning) => Some(Err(LookupError::NotRunning.code())),
            Err(denial) => Some(Err(denial_code(denial))),
        }
    }

    /// SPEC F-7: a client gets a call that the plan foresees for it.
    ///
    /// # Errors
    /// There is no such call, or one of the two does not run.
    pub(crate) fn grant_call(&mut self) -> Result<(), Code> {
        let Ok(grant) = decode::<Grant>(self.inbox.payload()) else {
            return Err(SupervisorError::Malformed.code());
        };
        let client = crate::requests::find(self.plan, grant.client)?;
        let calls = self.callers.calls_of(client).iter().enumerate();
        let mut foreseen = calls.filter(|(_, caller)| caller.on_grant);
        let found = foreseen.find(|(_, caller)| self.provides(caller.endpoint, grant.interface));
        let (index, endpoint) =
            found.map(|(index, caller)| (index, caller.endpoint)).ok_or(LookupError::Denied.code())?;
        if !self.is_up(self.server(endpoint)) || !self.entries[usize::from(client.0)].made.runs() {
            return Err(LookupError::NotRunning.code());
        }
        self.bind(client, index)
    }

    /// SPEC F-7: it is taken away again.
    ///
    /// # Errors
    /// There is no such client, or interface.
    pub(crate) fn revoke_call(&mut self) -> Result<(), Code> {
        let Ok(revoke) = decode::<Revoke<'_>>(self.inbox.payload()) else {
            return Err(SupervisorError::Malformed.code());
        };
        let plan: &'static Plan = self.plan;
        let mut known = plan.services.iter().flat_map(|service| service.provides.iter());
        let interface =
            known.find(|provided| *provided.name == *revoke.interface).ok_or(LookupError::NotFound.code())?;
        let client = revoke.client.map(|name| crate::requests::find(self.plan, name)).transpose()?;
        self.revoke(client, |this, endpoint| this.provides(endpoint, &interface.name));
        Ok(())
    }

    fn provides(&self, endpoint: u16, interface: &str) -> bool {
        let server = self.servers.serving(endpoint);
        self.plan.service(server).provides.iter().any(|provided| *provided.name == *interface)
    }

    /// The same for the host, which holds no capabilities and starts nothing by asking.
    ///
    /// # Errors
    /// See [`LookupError`].
    pub(crate) fn look_up_for_host(&self) -> Result<Found<'static>, Code> {
        let Ok(lookup) = decode::<Lookup<'_>>(self.inbox.payload()) else {
            return Err(SupervisorError::Malformed.code());
        };
        let mut services = (0..self.plan.services.len() as u16).map(ServiceId);
        let serves = |id: ServiceId| !self.servers.stands_by(id);
        let offered = services.find_map(|id| Some((id, self.offered(id, &lookup).filter(|_| serves(id))?)));
        let (server, version) = offered.ok_or(LookupError::NotFound.code())?;
        if !self.is_up(server) {
            return Err(LookupError::NotRunning.code());
        }
        Ok(Found { channel: None, provider: &self.plan.service(server).name, version })
    }

    /// The version in which that service provides what is looked for.
    fn offered(&self, server: ServiceId, lookup: &Lookup<'_>) -> Option<&'static str> {
        let fits = |version: &str| {
            Release::parse(version).is_some_and(|release| {
                release >= lookup.at_least && lookup.below.is_none_or(|below| release < below)
            })
        };
        let plan: &'static Plan = self.plan;
        let mut provided = plan.service(server).provides.iter();
        let found = provided.find(|p| *p.name == *lookup.interface && fits(&p.version));
        found.map(|provided| &*provided.version)
    }
}

impl Executor {
    /// Makes the service receive from the object in Init's slot `place`.
    ///
    /// # Errors
    /// What the kernel refused.
    fn receive_from(&self, id: ServiceId, place: Slot) -> Result<(), Refused> {
        self.replace(id, cptr::OWN, place, sel4::CapRights::read_only(), 0)
    }

    pub(crate) fn notification_slot(&self, id: ServiceId) -> Slot {
        Slot(self.plan.objects.notification_slot.into()).plus(u32::from(id.0))
    }
}
