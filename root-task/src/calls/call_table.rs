// SPDX-License-Identifier: BSD-2-Clause
//! The calls of a plan: which client calls which endpoint, with which capability, and how that capability is now.

use alloc::vec::Vec;

use partenza_plan::archived::{Grant, Object, Plan};
use partenza_plan::{ServiceId, cptr};
use partenza_protocol::Badge;
use partenza_protocol::request::GrantRow;

use crate::system::entry::{Entry, Faults};

/// A capability with which `client` calls who serves `endpoint`.
#[derive(Clone, Copy)]
pub struct Caller {
    pub endpoint: u16,
    pub client: ServiceId,
    pub grant: &'static Grant,
    pub repeat: bool,
    /// Not granted from the start, but when it is looked up,
    pub late: bool,
    /// or by somebody at run time (SPEC F-7).
    pub on_grant: bool,
    /// It is there.
    pub bound: bool,
    /// The client stood in it when the endpoint was taken from this provider, and may wait for its answer still.
    pub owed_by: Option<ServiceId>,
}

impl Caller {
    /// Where it is in the client's CSpace.
    #[must_use]
    pub fn cptr(&self) -> u32 {
        self.grant.cptr.into()
    }

    #[must_use]
    pub fn channel(&self) -> u8 {
        self.cptr().saturating_sub(cptr::CALL) as u8
    }

    /// The badge with which the Supervisor hears a call to the dead.
    #[must_use]
    pub fn dead_badge(&self) -> u64 {
        Badge::dead_server(self.client, u16::from(self.channel())).0
    }
}

/// All such capabilities of a plan.
pub struct Callers {
    /// In plan order of the clients.
    pub(super) all: Vec<Caller>,
    /// Where each client's begin; one more than there are services.
    clients: Vec<u32>,
    /// Indices into `all`, by endpoint, in plan order of the clients.
    order: Vec<u32>,
    /// Where each endpoint's begin; one more than there are endpoints.
    starts: Vec<u32>,
    /// Endpoints that nobody serves, whose callers are diverted.
    down: Vec<bool>,
    downs: u16,
}

impl Callers {
    #[must_use]
    pub fn of(plan: &'static Plan) -> Self {
        let endpoints = usize::from(plan.objects.endpoints.to_native());
        let mut all = Vec::with_capacity(plan.services.iter().map(|service| service.caps.len()).sum());
        let mut clients = Vec::with_capacity(plan.services.len() + 1);
        for (client, service) in (0..).map(ServiceId).zip(plan.services.iter()) {
            clients.push(all.len() as u32);
            for grant in service.caps.iter().filter(|grant| grant.rights.reply) {
                if let Object::Endpoint(endpoint) = &grant.object {
                    let repeat = service.repeated_calls.contains(&grant.cptr);
                    let late = service.late_call(grant.cptr.into());
                    all.push(Caller {
                        endpoint: endpoint.to_native(),
                        client,
                        grant,
                        repeat,
                        late: late.is_some(),
                        on_grant: late.is_some_and(|call| call.on_grant),
                        bound: late.is_none(),
                        owed_by: None,
                    });
                }
            }
        }
        clients.push(all.len() as u32);
        let mut starts = alloc::vec![0; endpoints + 1];
        for caller in &all {
            starts[usize::from(caller.endpoint) + 1] += 1;
        }
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        // Sorted by counting, so that clients stay in plan order.
        let mut next = starts.clone();
        let mut order = alloc::vec![0; all.len()];
        for (index, caller) in (0u32..).zip(&all) {
            let place = &mut next[usize::from(caller.endpoint)];
            order[*place as usize] = index;
            *place += 1;
        }
        Self { all, clients, order, starts, down: alloc::vec![false; endpoints], downs: 0 }
    }

    /// Places of an endpoint's.
    #[inline]
    pub fn of_endpoint(&self, endpoint: u16) -> core::ops::Range<usize> {
        let at = usize::from(endpoint);
        self.starts[at] as usize..self.starts[at + 1] as usize
    }

    pub fn at(&self, place: usize) -> &Caller {
        &self.all[self.order[place] as usize]
    }

    /// Whether nobody serves some endpoint.
    #[must_use]
    pub fn some_are_down(&self) -> bool {
        self.downs > 0
    }

    /// The index of the call at a place of its endpoint's.
    #[must_use]
    pub fn index_at(&self, place: usize) -> usize {
        self.order[place] as usize
    }

    pub fn at_mut(&mut self, place: usize) -> &mut Caller {
        &mut self.all[self.order[place] as usize]
    }

    /// Indices of a client's.
    #[must_use]
    pub fn of_client(&self, client: ServiceId) -> core::ops::Range<usize> {
        let at = usize::from(client.0);
        self.clients[at] as usize..self.clients[at + 1] as usize
    }

    /// A client's.
    pub fn calls_of(&self, client: ServiceId) -> &[Caller] {
        &self.all[self.of_client(client)]
    }

    /// How the call behind a slot is at the moment, in bits of a [`GrantRow`].
    #[must_use]
    pub fn condition(&self, client: ServiceId, cptr: u32) -> u8 {
        match self.calls_of(client).iter().find(|caller| caller.grant.cptr == cptr) {
            Some(caller) if !caller.bound => GrantRow::UNBOUND,
            Some(caller) if !caller.late && self.is_down(caller.endpoint) => GrantRow::DIVERTED,
            _ => 0,
        }
    }

    #[must_use]
    #[inline]
    pub fn is_down(&self, endpoint: u16) -> bool {
        self.down[usize::from(endpoint)]
    }

    /// Marks the endpoint; gives what it was.
    pub fn mark(&mut self, endpoint: u16, down: bool) -> bool {
        let was = core::mem::replace(&mut self.down[usize::from(endpoint)], down);
        match (was, down) {
            (false, true) => self.downs += 1,
            (true, false) => self.downs -= 1,
            _ => {}
        }
        was
    }
}

/// How a capability is at the moment, in bits of a [`GrantRow`].
#[must_use]
pub fn condition(callers: &Callers, entries: &[Entry], id: ServiceId, grant: &Grant) -> u8 {
    match &grant.object {
        Object::Child(child) if !entries[usize::from(ServiceId::from(*child).0)].is_live() => {
            GrantRow::UNBOUND
        }
        Object::Parent(_) if entries[usize::from(id.0)].faults != Faults::Parent => GrantRow::DIVERTED,
        Object::Child(_) | Object::Parent(_) => 0,
        _ => callers.condition(id, grant.cptr.into()),
    }
}
