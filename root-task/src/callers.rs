// SPDX-License-Identifier: BSD-2-Clause
//! Calls to the dead (SPEC J-4): whoever stands in a call to a server that dies is answered, or calls again.
//!
//! * A client that stands in the call is told by its registers: the system call, the CPtr, and the instruction that it
//!   stands at. Clients elsewhere are not touched; resuming one that waits for a healthy server would make that server
//!   do the work twice.
//! * `on-dead: repeat` lets the kernel repeat the call, which then queues for the next incarnation; `error`, or a
//!   server that does not come back, writes the answer `ServerDown` into the client's registers.
//! * While a server is down for good, its clients' capabilities to it lead to the Supervisor, which answers. When it is
//!   started again they lead back before it runs.

use alloc::vec::Vec;

use partenza_plan::{Grant, Object, Plan, ServiceId};
use partenza_protocol::Badge;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::Event;

use crate::refused::Refused;
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

/// All such capabilities of a plan, by server, clients in plan order.
pub struct Callers {
    all: Vec<Caller>,
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
        all.sort_by_key(|caller| caller.server);
        let mut starts = alloc::vec![0; plan.services.len() + 1];
        for caller in &all {
            starts[caller.server.0 as usize + 1] += 1;
        }
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        Self { all, starts, diverted: 0 }
    }

    fn of_server(&self, server: ServiceId) -> core::ops::Range<usize> {
        let at = server.0 as usize;
        self.starts[at] as usize..self.starts[at + 1] as usize
    }
}

impl Supervisor {
    /// The server's incarnation is gone: nobody may go on waiting for its answer. `returns`: another one follows.
    pub(crate) fn release_callers(&mut self, server: ServiceId, returns: bool) {
        for index in self.callers.of_server(server) {
            let caller = self.callers.all[index];
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

    /// Calls to this server lead to the Supervisor until it is started again.
    fn divert_callers(&mut self, server: ServiceId) {
        if core::mem::replace(&mut self.entries[server.0 as usize].diverted, true) {
            return;
        }
        self.callers.diverted += 1;
        for index in self.callers.of_server(server) {
            let caller = self.callers.all[index];
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
        for index in self.callers.of_server(server) {
            let caller = self.callers.all[index];
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

    /// What the kernel refuses here would be a bug of ours: it is kept where `status` shows it.
    fn note(&mut self, service: ServiceId, outcome: Result<(), Refused>) {
        if let Err(refused) = outcome {
            self.blame(service, refused);
        }
    }
}
