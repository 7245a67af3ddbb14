// SPDX-License-Identifier: BSD-2-Clause
//! Services that wait for another to be up (SPEC C-6, J-4), and how a service is held.
//!
//! A service is held by being suspended before its message is handled; when it goes on the kernel repeats the system
//! call that it stands in. So nothing is kept of a message that waits, no reply is owed meanwhile, and a message that
//! asks nothing, which needs no repeating, slows its sender down just the same.
//!
//! For whom a client may wait, and until when, the lifecycle machine decides ([`partenza_lifecycle::Blocked`]). What the
//! client waits for is that somebody serves the endpoint: while nobody does its capability leads to the Supervisor
//! (`callers.rs`), and when it goes on it asks anew.

use partenza_lifecycle::{Blocked, Denial, Event as Life, Record, Verdict};
use partenza_plan::ServiceId;

use crate::executor::Executor;
use crate::lifecycle::life;
use crate::refused::{During, Refused, Step};
use crate::supervisor::Supervisor;

impl Supervisor {
    /// What the service is held in.
    pub(crate) fn blocked(&self, id: ServiceId) -> Blocked {
        self.machine.record(life(id)).map_or(Blocked::No, Record::blocked)
    }

    /// Lets a client wait until it is decided whether a server that it needs is up; then its system call is repeated.
    ///
    /// # Errors
    /// There is nothing to wait for.
    pub(crate) fn await_server(&mut self, client: ServiceId, server: ServiceId) -> Result<(), Denial> {
        self.verdict = None;
        self.feed(Life::Waits { client: life(client), server: life(server) });
        match self.verdict.take() {
            Some(Verdict::Accepted | Verdict::Already) => {
                // What it led to may have decided it at once.
                if self.blocked(client) != Blocked::No {
                    self.suspend(client);
                }
                Ok(())
            }
            Some(Verdict::Refused(denial)) => Err(denial),
            None => Err(Denial::NotRunning),
        }
    }

    /// Suspends the sender of the message that is being handled.
    pub(crate) fn suspend(&mut self, id: ServiceId) {
        let outcome = self.executor.suspend(id);
        self.note(id, outcome);
    }

    /// It goes on.
    pub(crate) fn release(&mut self, id: ServiceId) {
        let outcome = self.executor.resume_where_it_stands(id);
        self.note(id, outcome);
    }
}

impl Executor {
    /// Stops the thread where it stands; a system call that it stands in is given up.
    ///
    /// # Errors
    /// What the kernel refused.
    pub(crate) fn suspend(&self, id: ServiceId) -> Result<(), Refused> {
        let (_, _, slots) = self.parts(id);
        self.tcb(slots).tcb_suspend().during(Step::WriteRegisters)
    }

    /// Lets the thread go on; a system call that it stood in is made again.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn resume_where_it_stands(&self, id: ServiceId) -> Result<(), Refused> {
        let (_, _, slots) = self.parts(id);
        self.tcb(slots).tcb_resume().during(Step::WriteRegisters)
    }
}
