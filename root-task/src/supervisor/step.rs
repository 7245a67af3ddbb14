// SPDX-License-Identifier: BSD-2-Clause
//! One event into the lifecycle machine, and all that follows from it.
//!
//! The machine decides, the Supervisor does: actions are performed at once, and what came of them goes back as events, until
//! there is nothing left to do.

use partenza_lifecycle::{Denial, Event as Life, Request, Verdict};
use partenza_plan::ServiceId;

use crate::supervisor::state::Supervisor;
use crate::system::ids::life;

impl Supervisor {
    /// One event into the machine, and all that follows from it.
    pub fn feed(&mut self, event: Life) {
        self.answer(event);
        while let Some(event) = self.answers.pop_front() {
            let before = self.services.machine.boot_state();
            if let Some(accounts) = &mut self.given.accounts {
                accounts.settle();
            }
            let actions = &mut self.actions;
            self.services
                .machine
                .step(self.services.clock.now(), event, &mut |action| actions.push_back(action));
            if let Some(accounts) =
                self.given.accounts.as_mut().filter(|_| self.services.machine.boot_state() != before)
            {
                // The end of a layer or of the boot is not what the last service to be ready costs.
                accounts.skip();
            }
            while let Some(action) = self.actions.pop_front() {
                self.perform(action);
            }
        }
    }

    /// Asks for a change of a service (SPEC I-4): the machine answers at once, what follows comes as events.
    ///
    /// # Errors
    /// Why it is not done.
    pub(super) fn request(&mut self, id: ServiceId, request: Request) -> Result<(), Denial> {
        self.verdict = None;
        self.feed(Life::Requested { service: life(id), request });
        match self.verdict.take() {
            Some(Verdict::Refused(denial)) => Err(denial),
            Some(Verdict::Accepted | Verdict::Already) | None => Ok(()),
        }
    }
}
