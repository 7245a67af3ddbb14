// SPDX-License-Identifier: BSD-2-Clause
//! Services that wait for another to be up (SPEC C-6, J-4), and how a service is held.
//!
//! A service is held by being suspended before its message is handled; when it goes on the kernel repeats the system
//! call that it stands in. So nothing is kept of a message that waits, no reply is owed meanwhile, and a message that
//! asks nothing, which needs no repeating, slows its sender down just the same.
//!
//! For whom a client may wait, and until when, the lifecycle machine decides ([`partenza_lifecycle::Blocked`]). What the
//! client waits for is that somebody serves the endpoint: while nobody does its capability leads to the Supervisor
//! (`calls/bindings.rs`), and when it goes on it asks anew.

use partenza_lifecycle::{Blocked, Denial, Event as Life, Verdict};
use partenza_plan::ServiceId;

use crate::supervisor::state::Supervisor;
use crate::system::ids::life;

impl Supervisor {
    /// Lets a client wait until it is decided whether a server that it needs is up; then its system call is repeated.
    ///
    /// # Errors
    /// There is nothing to wait for.
    pub(super) fn await_server(&mut self, client: ServiceId, server: ServiceId) -> Result<(), Denial> {
        self.verdict = None;
        self.feed(Life::Waits { client: life(client), server: life(server) });
        match self.verdict.take() {
            Some(Verdict::Accepted | Verdict::Already) => {
                // What it led to may have decided it at once.
                if self.services.blocked(client) != Blocked::No {
                    self.services.hold(client);
                }
                Ok(())
            }
            Some(Verdict::Refused(denial)) => Err(denial),
            None => Err(Denial::NotRunning),
        }
    }
}
