// SPDX-License-Identifier: BSD-2-Clause
//! Calls that are bound at run time, and providers that are exchanged: lookups, grants, switches (SPEC S-2, S-5, F-7), and calls
//! that come here because nobody serves (SPEC C-6, J-4).

use partenza_lifecycle::{Denial, Request};
use partenza_plan::archived::{Plan, Providers};
use partenza_plan::{ServiceId, cptr};
use partenza_protocol::error::{LookupError, SupervisorError};
use partenza_protocol::request::{Found, Grant, Lookup, Revoke, Switch};
use partenza_protocol::{Code, decode};

use crate::supervisor::state::Supervisor;
use crate::system::codes::denial_code;

impl Supervisor {
    /// SPEC S-2: another provider, now or as soon as it is up.
    ///
    /// # Errors
    /// Nobody provides that, or it cannot be started.
    pub(super) fn switch(&mut self) -> Result<(), Code> {
        let Ok(switch) = decode::<Switch<'_>>(self.inbox.payload()) else {
            return Err(SupervisorError::Malformed.code());
        };
        let to = self.services.find(switch.provider)?;
        let mut groups = self.services.plan.providers.iter();
        let offers = |group: &&Providers| {
            *group.interface == *switch.interface && group.services.iter().any(|id| *id == to)
        };
        let group = groups.find(offers).ok_or(LookupError::NotFound.code())?;
        self.request(to, Request::Serve).map_err(denial_code)?;
        self.calls.follow(&mut self.services, group.endpoint.into(), false);
        Ok(())
    }

    /// SPEC S-5, for a service: the capability is there when the answer is. `None`: the caller waits.
    ///
    /// # Errors
    /// See [`LookupError`].
    pub(super) fn look_up(&mut self, client: ServiceId) -> Option<Result<Found<'static>, Code>> {
        let Ok(lookup) = decode::<Lookup<'_>>(self.inbox.payload()) else {
            return Some(Err(SupervisorError::Malformed.code()));
        };
        let calls = self.calls.table.calls_of(client);
        let offered = calls.iter().enumerate().find_map(|(index, caller)| {
            let server = self.calls.server(&self.services, caller.endpoint);
            let may = caller.bound || !caller.on_grant;
            Some((
                index,
                caller.channel(),
                server,
                self.calls.offered(&self.services, server, &lookup).filter(|_| may)?,
            ))
        });
        let Some((index, channel, server, version)) = offered else {
            let known = (0..self.services.plan.services.len() as u16)
                .any(|id| self.calls.offered(&self.services, ServiceId(id), &lookup).is_some());
            let error = if known { LookupError::Denied } else { LookupError::NotFound };
            return Some(Err(error.code()));
        };
        if self.services.is_up(server) {
            let provider = &self.services.plan.service(server).name;
            let found = Found { channel: Some(channel), provider, version };
            return Some(self.calls.bind(&mut self.services, client, index).map(|()| found));
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
    pub(super) fn grant_call(&mut self) -> Result<(), Code> {
        let Ok(grant) = decode::<Grant>(self.inbox.payload()) else {
            return Err(SupervisorError::Malformed.code());
        };
        let client = self.services.find(grant.client)?;
        let calls = self.calls.table.calls_of(client).iter().enumerate();
        let mut foreseen = calls.filter(|(_, caller)| caller.on_grant);
        let found = foreseen
            .find(|(_, caller)| self.calls.provides(&self.services, caller.endpoint, grant.interface));
        let (index, endpoint) =
            found.map(|(index, caller)| (index, caller.endpoint)).ok_or(LookupError::Denied.code())?;
        if !self.services.is_up(self.calls.server(&self.services, endpoint))
            || !self.services.entries[usize::from(client.0)].made.runs()
        {
            return Err(LookupError::NotRunning.code());
        }
        self.calls.bind(&mut self.services, client, index)
    }

    /// SPEC F-7: it is taken away again.
    ///
    /// # Errors
    /// There is no such client, or interface.
    pub(super) fn revoke_call(&mut self) -> Result<(), Code> {
        let Ok(revoke) = decode::<Revoke<'_>>(self.inbox.payload()) else {
            return Err(SupervisorError::Malformed.code());
        };
        let plan: &'static Plan = self.services.plan;
        let mut known = plan.services.iter().flat_map(|service| service.provides.iter());
        let interface =
            known.find(|provided| *provided.name == *revoke.interface).ok_or(LookupError::NotFound.code())?;
        let client = revoke.client.map(|name| self.services.find(name)).transpose()?;
        self.calls.revoke(&mut self.services, client, |calls, services, endpoint| {
            calls.provides(services, endpoint, &interface.name)
        });
        Ok(())
    }

    /// The same for the host, which holds no capabilities and starts nothing by asking.
    ///
    /// # Errors
    /// See [`LookupError`].
    pub(super) fn look_up_for_host(&self) -> Result<Found<'static>, Code> {
        let Ok(lookup) = decode::<Lookup<'_>>(self.inbox.payload()) else {
            return Err(SupervisorError::Malformed.code());
        };
        let mut services = (0..self.services.plan.services.len() as u16).map(ServiceId);
        let serves = |id: ServiceId| !self.calls.servers.stands_by(id);
        let offered = services.find_map(|id| {
            Some((id, self.calls.offered(&self.services, id, &lookup).filter(|_| serves(id))?))
        });
        let (server, version) = offered.ok_or(LookupError::NotFound.code())?;
        if !self.services.is_up(server) {
            return Err(LookupError::NotRunning.code());
        }
        Ok(Found { channel: None, provider: &self.services.plan.service(server).name, version })
    }

    /// A client called while nobody serves (SPEC J-4, C-6).
    pub(super) fn on_call_without_server(&mut self, client: ServiceId, channel: u16) {
        if !self.charge(client, None) {
            return;
        }
        let at = cptr::CALL + u32::from(channel);
        let called = self.calls.table.calls_of(client).iter().find(|caller| caller.grant.cptr == at);
        if let Some(server) = called.map(|caller| self.calls.server(&self.services, caller.endpoint))
            && self.await_server(client, server).is_ok()
        {
            return;
        }
        self.reply(client, SupervisorError::ServerDown.code(), 0);
    }
}
