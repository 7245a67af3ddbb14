// SPDX-License-Identifier: BSD-2-Clause
//! Calls to the dead (SPEC J-4): whoever stands in a call to a server that dies is answered, or calls again.
//!
//! * A client that stands in the call is told by its registers: the system call, the CPtr, and the instruction that it
//!   stands at. Clients elsewhere are not touched; resuming one that waits for a healthy server would make that server
//!   do the work twice.
//! * `on-dead: repeat` lets the kernel repeat the call, which then queues for the next incarnation; `error`, or a
//!   server that does not come back, writes the answer `ServerDown` into the client's registers.
//! * While a server is down for good, or was never started, its clients' capabilities to it lead to the Supervisor, which
//!   answers. When it is started they lead to it before it runs.

use alloc::vec::Vec;

use partenza_lifecycle::{Record, ServiceState};
use partenza_plan::{Grant, Object, PAGE, Plan, ServiceId, Start};
use partenza_protocol::Badge;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::Event;
use sel4::UserContext;

use crate::cspace::{Slot, own};
use crate::executor::{Executor, kernel_rights};
use crate::refused::{During, Refused, Step};
use crate::supervisor::Supervisor;

/// First CPtr of a service's calls: `74 + channel`.
const FIRST_CALL: u32 = 74;

/// A capability with which `client` calls `server`.
#[derive(Clone, Copy)]
pub struct Caller {
    pub server: ServiceId,
    pub client: ServiceId,
    pub grant: Grant<'static>,
    pub repeat: bool,
}

impl Caller {
    /// The badge with which the Supervisor hears a call to the dead.
    #[must_use]
    pub fn dead_badge(&self) -> u64 {
        let channel = self.grant.cptr.saturating_sub(FIRST_CALL);
        Badge::dead_server(self.client, channel as u16).0
    }
}

/// All such capabilities of a plan; each server's in the plan order of the clients.
pub struct Callers {
    all: Vec<Caller>,
    /// Indices into `all`, by server.
    order: Vec<u32>,
    /// Where each server's begin; one more than there are services.
    starts: Vec<u32>,
    /// Servers whose callers are diverted.
    diverted: u16,
}

impl Callers {
    #[must_use]
    pub fn of(plan: &'static Plan<'static>) -> Self {
        let mut server_of = alloc::vec![None; plan.objects.endpoints as usize];
        let own = |grant: &Grant<'_>| match grant.object {
            Object::Endpoint(index) if grant.rights.read => Some(index),
            _ => None,
        };
        for (id, service) in (0..).map(ServiceId).zip(&plan.services) {
            if let Some(index) = service.caps.iter().find_map(own) {
                server_of[index as usize] = Some(id);
            }
        }
        let mut all = Vec::with_capacity(plan.services.iter().map(|service| service.caps.len()).sum());
        for (client, service) in (0..).map(ServiceId).zip(&plan.services) {
            for grant in service.caps.iter().filter(|grant| grant.rights.reply) {
                if let Object::Endpoint(index) = grant.object
                    && let Some(server) = server_of[index as usize]
                {
                    let repeat = service.repeated_calls.contains(&grant.cptr);
                    all.push(Caller { server, client, grant: *grant, repeat });
                }
            }
        }
        let mut starts = alloc::vec![0; plan.services.len() + 1];
        for caller in &all {
            starts[caller.server.0 as usize + 1] += 1;
        }
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        // Sorted by counting, so that clients stay in plan order.
        let mut next = starts.clone();
        let mut order = alloc::vec![0; all.len()];
        for (index, caller) in (0u32..).zip(&all) {
            let place = &mut next[caller.server.0 as usize];
            order[*place as usize] = index;
            *place += 1;
        }
        Self { all, order, starts, diverted: 0 }
    }

    fn of_server(&self, server: ServiceId) -> core::ops::Range<usize> {
        let at = server.0 as usize;
        self.starts[at] as usize..self.starts[at + 1] as usize
    }

    /// The caller at a place of [`Self::of_server`].
    fn at(&self, place: usize) -> Caller {
        self.all[self.order[place] as usize]
    }
}

impl Supervisor {
    /// The server's incarnation is gone: nobody may go on waiting for its answer. `returns`: another one follows.
    pub(crate) fn release_callers(&mut self, server: ServiceId, returns: bool) {
        for place in self.callers.of_server(server) {
            let caller = self.callers.at(place);
            if !self.entries[caller.client.0 as usize].made.runs() {
                continue;
            }
            let Some(mut context) = self.executor.standing_in_call(caller.client, caller.grant.cptr) else {
                continue;
            };
            let repeated = caller.repeat && returns;
            let outcome = if repeated {
                self.executor.repeat_call(caller.client)
            } else {
                let code = SupervisorError::ServerDown.code();
                self.executor.answer_call(caller.client, &mut context, u64::from(code.0))
            };
            self.note(caller.client, outcome);
            let event = Event::Released { service: caller.client, server, repeated };
            self.journal.record(self.clock.now(), &event);
        }
        if !returns {
            self.divert_callers(server);
        }
    }

    /// A server that does not come back after all, or never ran: nobody may wait for it either.
    pub(crate) fn release_from(&mut self, server: ServiceId) {
        let returns =
            self.machine.record(partenza_lifecycle::ServiceId(server.0)).is_some_and(Record::returns);
        if !returns && !self.entries[server.0 as usize].diverted {
            self.release_callers(server, false);
        }
    }

    /// Before the boot: calls to what it does not start lead to the Supervisor until somebody starts it.
    pub(crate) fn divert_calls_to_the_unstarted(&mut self) {
        for (server, service) in (0..).map(ServiceId).zip(&self.plan.services) {
            let disabled =
                self.machine.state(partenza_lifecycle::ServiceId(server.0)) == Some(ServiceState::Disabled);
            if disabled || service.start != Start::Eager {
                self.divert_callers(server);
            }
        }
    }

    /// Calls to this server lead to the Supervisor until it is started again.
    fn divert_callers(&mut self, server: ServiceId) {
        if core::mem::replace(&mut self.entries[server.0 as usize].diverted, true) {
            return;
        }
        self.callers.diverted += 1;
        for place in self.callers.of_server(server) {
            let caller = self.callers.at(place);
            if self.entries[caller.client.0 as usize].made.has_spaces() {
                let outcome = self.executor.divert(&caller);
                self.note(caller.client, outcome);
            }
        }
    }

    /// The server is started again.
    pub(crate) fn restore_callers(&mut self, server: ServiceId) {
        if !core::mem::take(&mut self.entries[server.0 as usize].diverted) {
            return;
        }
        self.callers.diverted -= 1;
        for place in self.callers.of_server(server) {
            let caller = self.callers.at(place);
            if self.entries[caller.client.0 as usize].made.has_spaces() {
                let outcome = self.executor.restore(&caller);
                self.note(caller.client, outcome);
            }
        }
    }

    /// A client was made while some of its servers are down for good.
    pub(crate) fn divert_calls_of(&mut self, client: ServiceId) {
        if self.callers.diverted == 0 {
            return;
        }
        for index in 0..self.callers.all.len() {
            let caller = self.callers.all[index];
            if caller.client == client && self.entries[caller.server.0 as usize].diverted {
                let outcome = self.executor.divert(&caller);
                self.note(client, outcome);
            }
        }
    }

    /// How many of a client's calls lead to the Supervisor at the moment.
    pub(crate) fn diverted_calls_of(&self, client: ServiceId) -> u16 {
        let diverted =
            |caller: &&Caller| caller.client == client && self.entries[caller.server.0 as usize].diverted;
        self.callers.all.iter().filter(diverted).count() as u16
    }

    /// What the kernel refuses here would be a bug of ours: it is kept where `status` shows it.
    fn note(&mut self, service: ServiceId, outcome: Result<(), Refused>) {
        if let Err(refused) = outcome {
            self.blame(service, refused);
        }
    }
}

impl Executor {
    /// The registers of a thread that stands in a call to `cptr`; `None` when it stands anywhere else.
    ///
    /// Number and CPtr in the registers are not enough: a thread that has just loaded them stands before the
    /// instruction. So the instruction is looked at too, in the image, which the service cannot change.
    #[must_use]
    pub fn standing_in_call(&self, id: ServiceId, cptr: u32) -> Option<UserContext> {
        let context = self.registers(id).ok()?;
        if context.syscall() != (sel4::sys::number::Call, u64::from(cptr)) {
            return None;
        }
        let (_, image, _) = self.parts(id);
        let ip = *context.pc();
        let segment = image.segments.iter().find(|segment| {
            let end = segment.address + u64::from(segment.pages) * PAGE;
            !segment.writable && (segment.address..end).contains(&ip)
        })?;
        let at = (u64::from(segment.archive) + (ip - segment.address)) as usize;
        let code = self.archive.get(at..at + sel4::abi::SYSCALL_INSTRUCTION.len())?;
        (code == sel4::abi::SYSCALL_INSTRUCTION).then_some(context)
    }

    /// Lets the kernel repeat the system call that the thread stands in.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn repeat_call(&self, id: ServiceId) -> Result<(), Refused> {
        let (_, _, slots) = self.parts(id);
        self.tcb(&slots).tcb_resume().during(Step::WriteRegisters)
    }

    /// Steps the thread over the system call that it stands in, with an empty answer of this label.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn answer_call(&self, id: ServiceId, context: &mut UserContext, label: u64) -> Result<(), Refused> {
        let (_, _, slots) = self.parts(id);
        context.inner_mut().answer_syscall(sel4::MessageInfo::new(label, 0, 0, 0).into_word(), 0);
        self.tcb(&slots).tcb_write_all_registers(true, context).during(Step::WriteRegisters)
    }

    /// Makes the capability of a call lead to the Supervisor.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn divert(&self, caller: &Caller) -> Result<(), Refused> {
        self.replace(caller, own::ENDPOINT, caller.dead_badge())
    }

    /// Makes it lead to its server again.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn restore(&self, caller: &Caller) -> Result<(), Refused> {
        let Object::Endpoint(index) = caller.grant.object else { return Ok(()) };
        let endpoint = Slot(self.plan.objects.endpoint_slot).plus(u32::from(index));
        self.replace(caller, endpoint, caller.grant.badge)
    }

    fn replace(&self, caller: &Caller, from: Slot, badge: u64) -> Result<(), Refused> {
        let slot = self.slot_of(caller.client, caller.grant.cptr);
        slot.delete().during(Step::Revoke)?;
        slot.mint(&self.cspace.path(from), kernel_rights(caller.grant.rights), badge).during(Step::Mint)
    }
}
