// SPDX-License-Identifier: BSD-2-Clause
//! The services of a system that runs: their states, their table, what makes them, and the log of what happens to them.
//!
//! What is decided about services is above; this only knows them, and tells.

use alloc::boxed::Box;

use partenza_lifecycle::{Blocked, Machine, Record, ServiceState};
use partenza_plan::ServiceId;
use partenza_plan::archived::Plan;
use partenza_protocol::Code;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::{Event, Rejection};

use crate::events::journal::Journal;
use crate::machine::clock::Clock;
use crate::objects::error::ObjectError;
use crate::service::executor::Executor;
use crate::system::entry::Entry;
use crate::system::ids::life;

pub struct Services {
    pub plan: &'static Plan,
    pub clock: Clock,
    /// Decides.
    pub machine: Machine<'static>,
    pub entries: Box<[Entry]>,
    pub executor: Executor,
    pub journal: Box<Journal>,
}

impl Services {
    /// What is known of a service. Not inlined: it is asked in many places.
    #[inline(never)]
    pub fn entry(&mut self, id: ServiceId) -> &mut Entry {
        &mut self.entries[usize::from(id.0)]
    }

    /// All services, in plan order.
    pub fn ids(&self) -> impl Iterator<Item = ServiceId> + use<> {
        (0..self.entries.len() as u16).map(ServiceId)
    }

    #[must_use]
    pub fn knows(&self, id: ServiceId) -> bool {
        usize::from(id.0) < self.entries.len()
    }

    /// The service of that name.
    ///
    /// # Errors
    /// There is none.
    pub fn find(&self, name: &str) -> Result<ServiceId, Code> {
        self.plan.find(name).ok_or(SupervisorError::NoSuchService.code())
    }

    #[must_use]
    pub fn state(&self, id: ServiceId) -> ServiceState {
        self.machine.state(life(id)).unwrap_or_default()
    }

    #[must_use]
    pub fn is_up(&self, id: ServiceId) -> bool {
        self.state(id).is_up()
    }

    /// What the service is held in.
    #[must_use]
    pub fn blocked(&self, id: ServiceId) -> Blocked {
        self.machine.record(life(id)).map_or(Blocked::No, Record::blocked)
    }

    /// Keeps an event of now. Not inlined: it is told in many places.
    #[inline(never)]
    pub fn tell(&mut self, event: Event<'static>) {
        self.journal.record(self.clock.now(), event);
    }

    /// Counts a message that is ignored, and tells of the first few.
    pub fn reject(&mut self, id: ServiceId, why: Rejection) {
        if let Some(why) = self.entry(id).reject(why) {
            self.tell(Event::Rejected { service: id, why });
        }
    }

    /// Keeps for `status` what the kernel refused.
    pub fn blame(&mut self, id: ServiceId, error: ObjectError) {
        let entry = self.entry(id);
        entry.last_error = Some(error.code);
        entry.detail = error.detail;
    }

    /// Whether it was done. What the kernel refuses here would be a bug of ours: it is told, and `status` shows it.
    pub fn note(&mut self, id: ServiceId, outcome: Result<(), ObjectError>) -> bool {
        let Err(error) = outcome else { return true };
        self.blame(id, error);
        let ObjectError { code, detail } = error;
        self.tell(Event::KernelRefused { service: id, code, detail });
        false
    }

    /// Suspends the sender of the message that is being handled.
    pub fn hold(&mut self, id: ServiceId) {
        let outcome = self.executor.suspend(id);
        self.note(id, outcome);
    }

    /// It goes on.
    pub fn release(&mut self, id: ServiceId) {
        let outcome = self.executor.resume_where_it_stands(id);
        self.note(id, outcome);
    }
}
