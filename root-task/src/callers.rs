// SPDX-License-Identifier: BSD-2-Clause
//! Calls to the dead (SPEC J-4): whoever stands in a call to a server that dies is answered, or calls again.
//!
//! * A client that stands in the call is told by its registers: the system call, the CPtr, and the instruction that it
//!   stands at. Clients elsewhere are not touched; resuming one that waits for a healthy server would make that server
//!   do the work twice.
//! * `on-dead: repeat` lets the kernel repeat the call; `error`, or a server that does not come back, writes the answer
//!   `ServerDown` into the client's registers.
//! * While nobody who is up serves an endpoint, its clients' capabilities to it lead to the Supervisor. A call that comes
//!   there waits, held by the Supervisor, for a server that starts or comes back, and starts one that waits to be asked
//!   for (SPEC C-6); any other is answered. So nobody queues in the kernel for a server that is not there: whoever waits
//!   is known, is not blamed for not answering meanwhile, and is let go when it is to stop.
//! * A capability that is granted by lookup (SPEC S-5) is taken away when its server dies.

use alloc::vec::Vec;

use partenza_lifecycle::{Blocked, Record};
use partenza_plan::archived::{Grant, Object, Plan};
use partenza_plan::{ServiceId, cptr};
use partenza_protocol::error::{DeliveryError, GrantError, SupervisorError};
use partenza_protocol::event::Event;
use partenza_protocol::request::GrantRow;
use partenza_protocol::{Badge, Code};
use sel4::UserContext;

use crate::cspace::{Slot, own};
use crate::executor::{Executor, kernel_rights};
use crate::lifecycle::life;
use crate::refused::{During, Refused, Step};
use crate::supervisor::Supervisor;

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
    fn dead_badge(&self) -> u64 {
        Badge::dead_server(self.client, u16::from(self.channel())).0
    }
}

/// All such capabilities of a plan.
pub struct Callers {
    /// In plan order of the clients.
    all: Vec<Caller>,
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
    pub(crate) fn of_endpoint(&self, endpoint: u16) -> core::ops::Range<usize> {
        let at = usize::from(endpoint);
        self.starts[at] as usize..self.starts[at + 1] as usize
    }

    pub(crate) fn at(&self, place: usize) -> &Caller {
        &self.all[self.order[place] as usize]
    }

    pub(crate) fn at_mut(&mut self, place: usize) -> &mut Caller {
        &mut self.all[self.order[place] as usize]
    }

    /// Indices of a client's.
    fn of_client(&self, client: ServiceId) -> core::ops::Range<usize> {
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

    #[inline]
    fn is_down(&self, endpoint: u16) -> bool {
        self.down[usize::from(endpoint)]
    }

    /// Marks the endpoint; gives what it was.
    fn mark(&mut self, endpoint: u16, down: bool) -> bool {
        let was = core::mem::replace(&mut self.down[usize::from(endpoint)], down);
        match (was, down) {
            (false, true) => self.downs += 1,
            (true, false) => self.downs -= 1,
            _ => {}
        }
        was
    }
}

impl Supervisor {
    /// A server that does not come back after all, or never ran: nobody may wait for it either.
    pub(crate) fn release_from(&mut self, server: ServiceId) {
        if !self.machine.record(life(server)).is_some_and(Record::returns) {
            self.forget_spawn(server);
            self.release_callers(server, false);
        }
    }

    /// Before the boot nobody serves anything.
    pub(crate) fn begin_with_nobody(&mut self) {
        for endpoint in 0..self.plan.objects.endpoints.to_native() {
            self.callers.mark(endpoint, true);
        }
        for (id, service) in (0..).map(ServiceId).zip(self.plan.services.iter()) {
            if !self.executor.store.has(service.image.into(), self.plan.image_of(service)) {
                self.entries[usize::from(id.0)].last_error = Some(DeliveryError::NotDelivered.code());
            }
        }
    }

    /// The server's incarnation is gone: nobody may go on waiting for its answer. `returns`: another one follows.
    pub(crate) fn release_callers(&mut self, server: ServiceId, returns: bool) {
        let Some(endpoint) = self.servers.served_by(server) else {
            return self.on_former_gone(server);
        };
        self.end_settling(endpoint);
        let served = self.follow(endpoint, true);
        self.release_standing(server, endpoint, served || returns, false);
        for place in self.callers.of_endpoint(endpoint) {
            let index = self.callers.order[place] as usize;
            if self.callers.all[index].late {
                self.withdraw(index);
            }
        }
        if !served {
            self.divert_callers(endpoint);
        }
    }

    /// Whoever stands in a call to the endpoint waits for `server`, which is gone; with `owed`, only who stood in one when
    /// the endpoint was taken from a provider.
    pub(crate) fn release_standing(&mut self, server: ServiceId, endpoint: u16, served: bool, owed: bool) {
        for place in self.callers.of_endpoint(endpoint) {
            let caller = self.callers.at_mut(place);
            let waits = caller.owed_by.take().is_some() || !owed;
            let caller = *caller;
            if waits {
                self.release_caller(server, &caller, served);
            }
        }
    }

    /// The registers of a client that stands in this call.
    pub(crate) fn standing_in(&self, caller: &Caller) -> Option<UserContext> {
        if !caller.bound || !self.entries[caller.client.0 as usize].made.runs() {
            return None;
        }
        self.executor.standing_in(caller.client, &[sel4::sys::number::Call], caller.cptr())
    }

    fn release_caller(&mut self, server: ServiceId, caller: &Caller, served: bool) {
        // A call that was given up to wait is made again when the wait is over, and once is enough.
        if self.blocked(caller.client) != Blocked::No {
            return;
        }
        let Some(mut context) = self.standing_in(caller) else { return };
        let repeated = caller.repeat && served;
        let outcome = if repeated {
            self.executor.resume_where_it_stands(caller.client)
        } else {
            let code = SupervisorError::ServerDown.code();
            self.executor.answer_call(caller.client, &mut context, u64::from(code.0))
        };
        if self.note(caller.client, outcome) {
            self.tell(Event::Released { service: caller.client, server, repeated });
        }
    }

    /// Calls to this endpoint lead to the Supervisor until somebody serves it.
    fn divert_callers(&mut self, endpoint: u16) {
        if !self.callers.mark(endpoint, true) {
            self.lead_callers(endpoint, Executor::divert);
        }
    }

    /// Somebody who is up serves this endpoint.
    pub(crate) fn restore_callers(&mut self, endpoint: u16) {
        if self.callers.is_down(endpoint) {
            self.callers.mark(endpoint, false);
            self.lead_callers(endpoint, Executor::restore);
        }
    }

    fn lead_callers(&mut self, endpoint: u16, lead: fn(&Executor, &Caller) -> Result<(), Refused>) {
        for place in self.callers.of_endpoint(endpoint) {
            let caller = self.callers.all[self.callers.order[place] as usize];
            if !caller.late && self.entries[caller.client.0 as usize].made.has_spaces() {
                let outcome = lead(&self.executor, &caller);
                self.note(caller.client, outcome);
            }
        }
    }

    /// A client's CSpace was made while nobody serves some of its endpoints.
    pub(crate) fn divert_calls_of(&mut self, client: ServiceId) {
        if self.callers.downs == 0 {
            return;
        }
        for index in self.callers.of_client(client) {
            let caller = self.callers.all[index];
            if !caller.late && self.callers.is_down(caller.endpoint) {
                let outcome = self.executor.divert(&caller);
                self.note(client, outcome);
            }
        }
    }

    /// Grants the `index`-th call of a client, which it looked up.
    ///
    /// # Errors
    /// The kernel refused.
    pub(crate) fn bind(&mut self, client: ServiceId, index: usize) -> Result<(), Code> {
        let index = self.callers.of_client(client).start + index;
        let caller = self.callers.all[index];
        if caller.bound {
            return Ok(());
        }
        let outcome = self.executor.restore(&caller);
        if !self.note(client, outcome) {
            return Err(GrantError::MintRefused.code());
        }
        self.callers.all[index].bound = true;
        let kind = crate::grants::cap_kind(&caller.grant.object);
        self.tell(Event::Granted { service: client, kind, cptr: u64::from(caller.cptr()) });
        Ok(())
    }

    /// SPEC F-7: takes what was granted at run time away, from `client` or from everybody.
    pub(crate) fn revoke(&mut self, client: Option<ServiceId>, wanted: impl Fn(&Self, u16) -> bool) {
        for index in 0..self.callers.all.len() {
            let caller = self.callers.all[index];
            if caller.on_grant && client.is_none_or(|id| id == caller.client) && wanted(self, caller.endpoint)
            {
                self.withdraw(index);
            }
        }
    }

    /// A new incarnation has what the plan gives, not what its predecessor looked up (SPEC F-6), and waits for nobody.
    pub(crate) fn unbind_calls_of(&mut self, client: ServiceId) {
        for index in self.callers.of_client(client) {
            self.callers.all[index].owed_by = None;
            if self.callers.all[index].late {
                self.withdraw(index);
            }
        }
    }

    fn withdraw(&mut self, index: usize) {
        let caller = &self.callers.all[index];
        let (client, cptr) = (caller.client, caller.cptr());
        if !caller.bound {
            return;
        }
        // Without a CSpace it went with that.
        if self.entries[client.0 as usize].made.has_spaces() {
            let outcome = self.executor.slot_of(client, cptr).delete().during(Step::Revoke);
            if !self.note(client, outcome) {
                return;
            }
        }
        self.callers.all[index].bound = false;
        self.tell(Event::Withdrawn { service: client, cptr });
    }

    /// A client called while nobody serves (SPEC J-4, C-6).
    pub(crate) fn on_call_to_the_dead(&mut self, client: ServiceId, channel: u16) {
        if !self.charge(client, None) {
            return;
        }
        let at = cptr::CALL + u32::from(channel);
        let called = self.callers.calls_of(client).iter().find(|caller| caller.grant.cptr == at);
        if let Some(server) = called.map(|caller| self.server(caller.endpoint))
            && self.await_server(client, server).is_ok()
        {
            return;
        }
        self.reply(client, SupervisorError::ServerDown.code(), 0);
    }

    /// Whether it was done. What the kernel refuses here would be a bug of ours: it is told, and `status` shows it.
    pub(crate) fn note(&mut self, service: ServiceId, outcome: Result<(), Refused>) -> bool {
        let Err(refused) = outcome else { return true };
        self.blame(service, refused);
        let Refused { code, detail } = refused;
        self.tell(Event::KernelRefused { service, code, detail });
        false
    }
}

impl Executor {
    /// The registers of a thread that stands in one of these system calls on `cptr`; `None` when it stands anywhere
    /// else.
    ///
    /// Number and CPtr in the registers are not enough: a thread that has just loaded them stands before the
    /// instruction. So the instruction is looked at too, in the image, which the service cannot change.
    #[must_use]
    pub fn standing_in(&self, id: ServiceId, numbers: &[i64], cptr: u32) -> Option<UserContext> {
        let context = self.at_system_call(id)?;
        let (number, on) = context.syscall();
        (on == u64::from(cptr) && numbers.contains(&number)).then_some(context)
    }

    /// The registers of a thread that stands at a system call's instruction.
    pub(crate) fn at_system_call(&self, id: ServiceId) -> Option<UserContext> {
        let context = self.registers(id).ok()?;
        let (_, image, _) = self.parts(id);
        let ip = *context.pc();
        let at = image.read_only_segment(ip)?.place_of(ip);
        let code = self.store.holder(image).get(at..at + sel4::abi::SYSCALL_INSTRUCTION.len())?;
        (code == sel4::abi::SYSCALL_INSTRUCTION).then_some(context)
    }

    /// Steps the thread over the system call that it stands in, with an empty answer of this label.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn answer_call(&self, id: ServiceId, context: &mut UserContext, label: u64) -> Result<(), Refused> {
        context.inner_mut().answer_syscall(sel4::MessageInfo::new(label, 0, 0, 0).into_word(), 0);
        self.go_on_with(id, context)
    }

    /// Makes the capability of a call lead to the Supervisor.
    ///
    /// # Errors
    /// What the kernel refused.
    fn divert(&self, caller: &Caller) -> Result<(), Refused> {
        let rights = kernel_rights(&caller.grant.rights);
        self.replace(caller.client, caller.cptr(), own::ENDPOINT, rights, caller.dead_badge())
    }

    /// Makes it lead to its endpoint again.
    ///
    /// # Errors
    /// What the kernel refused.
    fn restore(&self, caller: &Caller) -> Result<(), Refused> {
        let rights = kernel_rights(&caller.grant.rights);
        let place = self.endpoint_slot(caller.endpoint);
        self.replace(caller.client, caller.cptr(), place, rights, caller.grant.badge.into())
    }

    /// Puts another capability at the service's `cptr`: to the object in Init's slot `place`.
    ///
    /// # Errors
    /// What the kernel refused.
    pub(crate) fn replace(
        &self,
        id: ServiceId,
        cptr: u32,
        place: Slot,
        rights: sel4::CapRights,
        badge: u64,
    ) -> Result<(), Refused> {
        let slot = self.slot_of(id, cptr);
        slot.delete().during(Step::Revoke)?;
        slot.mint(&self.cspace.path(place), rights, badge).during(Step::Mint)
    }

    pub(crate) fn endpoint_slot(&self, endpoint: u16) -> Slot {
        Slot(self.plan.objects.endpoint_slot.into()).plus(u32::from(endpoint))
    }
}
