// SPDX-License-Identifier: BSD-2-Clause
//! Where the capabilities of calls lead: to their endpoint, to the Supervisor while nobody serves it, or nowhere before
//! they are looked up or granted (SPEC J-4, S-5, F-7).
//!
//! While nobody who is up serves an endpoint, its clients' capabilities to it lead to the Supervisor. A call that comes
//! there waits, held by the Supervisor, for a server that starts or comes back, and starts one that waits to be asked
//! for (SPEC C-6); any other is answered. So nobody queues in the kernel for a server that is not there: whoever waits
//! is known, is not blamed for not answering meanwhile, and is let go when it is to stop.

use partenza_plan::ServiceId;
use partenza_protocol::Code;
use partenza_protocol::error::GrantError;
use partenza_protocol::event::Event;

use crate::calls::call_table::Caller;
use crate::calls::state::Calls;
use crate::objects::cspace::own;
use crate::objects::error::{During, ObjectError, Step};
use crate::service::capabilities::kernel_rights;
use crate::service::capability_kinds::cap_kind;
use crate::service::executor::Executor;
use crate::system::services::Services;

impl Calls {
    /// Calls to this endpoint lead to the Supervisor until somebody serves it.
    pub fn divert_callers(&mut self, services: &mut Services, endpoint: u16) {
        if !self.table.mark(endpoint, true) {
            self.lead_callers(services, endpoint, divert);
        }
    }

    /// Somebody who is up serves this endpoint.
    pub fn restore_callers(&mut self, services: &mut Services, endpoint: u16) {
        if self.table.is_down(endpoint) {
            self.table.mark(endpoint, false);
            self.lead_callers(services, endpoint, restore);
        }
    }

    fn lead_callers(
        &mut self,
        services: &mut Services,
        endpoint: u16,
        lead: fn(&Executor, &Caller) -> Result<(), ObjectError>,
    ) {
        for place in self.table.of_endpoint(endpoint) {
            let caller = self.table.all[self.table.index_at(place)];
            if !caller.late && services.entries[caller.client.0 as usize].made.has_spaces() {
                let outcome = lead(&services.executor, &caller);
                services.note(caller.client, outcome);
            }
        }
    }

    /// A client's CSpace was made while nobody serves some of its endpoints.
    pub fn divert_calls_of(&mut self, services: &mut Services, client: ServiceId) {
        if !self.table.some_are_down() {
            return;
        }
        for index in self.table.of_client(client) {
            let caller = self.table.all[index];
            if !caller.late && self.table.is_down(caller.endpoint) {
                let outcome = divert(&services.executor, &caller);
                services.note(client, outcome);
            }
        }
    }

    /// Grants the `index`-th call of a client, which it looked up.
    ///
    /// # Errors
    /// The kernel refused.
    pub fn bind(&mut self, services: &mut Services, client: ServiceId, index: usize) -> Result<(), Code> {
        let index = self.table.of_client(client).start + index;
        let caller = self.table.all[index];
        if caller.bound {
            return Ok(());
        }
        let outcome = restore(&services.executor, &caller);
        if !services.note(client, outcome) {
            return Err(GrantError::MintRefused.code());
        }
        self.table.all[index].bound = true;
        let kind = cap_kind(&caller.grant.object);
        services.tell(Event::Granted { service: client, kind, cptr: u64::from(caller.cptr()) });
        Ok(())
    }

    /// SPEC F-7: takes what was granted at run time away, from `client` or from everybody.
    pub fn revoke(
        &mut self,
        services: &mut Services,
        client: Option<ServiceId>,
        wanted: impl Fn(&Self, &Services, u16) -> bool,
    ) {
        for index in 0..self.table.all.len() {
            let caller = self.table.all[index];
            if caller.on_grant
                && client.is_none_or(|id| id == caller.client)
                && wanted(self, services, caller.endpoint)
            {
                self.withdraw(services, index);
            }
        }
    }

    /// A new incarnation has what the plan gives, not what its predecessor looked up (SPEC F-6), and waits for nobody.
    pub fn unbind_calls_of(&mut self, services: &mut Services, client: ServiceId) {
        for index in self.table.of_client(client) {
            self.table.all[index].owed_by = None;
            if self.table.all[index].late {
                self.withdraw(services, index);
            }
        }
    }

    pub fn withdraw(&mut self, services: &mut Services, index: usize) {
        let caller = &self.table.all[index];
        let (client, cptr) = (caller.client, caller.cptr());
        if !caller.bound {
            return;
        }
        // Without a CSpace it went with that.
        if services.entries[client.0 as usize].made.has_spaces() {
            let outcome = services.executor.slot_of(client, cptr).delete().during(Step::Revoke);
            if !services.note(client, outcome) {
                return;
            }
        }
        self.table.all[index].bound = false;
        services.tell(Event::Withdrawn { service: client, cptr });
    }
}

/// Makes the capability of a call lead to the Supervisor.
///
/// # Errors
/// What the kernel refused.
fn divert(executor: &Executor, caller: &Caller) -> Result<(), ObjectError> {
    let rights = kernel_rights(&caller.grant.rights);
    executor.replace(caller.client, caller.cptr(), own::ENDPOINT, rights, caller.dead_badge())
}

/// Makes it lead to its endpoint again.
///
/// # Errors
/// What the kernel refused.
fn restore(executor: &Executor, caller: &Caller) -> Result<(), ObjectError> {
    let rights = kernel_rights(&caller.grant.rights);
    let place = executor.endpoint_slot(caller.endpoint);
    executor.replace(caller.client, caller.cptr(), place, rights, caller.grant.badge.into())
}
