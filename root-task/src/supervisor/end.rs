// SPDX-License-Identifier: BSD-2-Clause
//! The end of the system: nobody runs any more, and the machine goes off, restarts or halts.

use partenza_plan::AtEnd;
use partenza_protocol::event::Event;

use crate::supervisor::state::Supervisor;

impl Supervisor {
    /// The end: every thread is stopped first, because a machine that halts, or cannot be switched off, stays on.
    pub(super) fn end(&mut self, at_end: AtEnd) -> ! {
        self.services.tell(Event::Finished);
        self.services.journal.flush();
        self.suspend_everybody();
        self.given.power.finish(at_end)
    }

    /// Nobody but Init, and who tells of its end, runs any more.
    pub fn suspend_everybody(&self) {
        for (id, entry) in self.services.ids().zip(&self.services.entries) {
            if entry.made.runs() {
                // It is the end: there is nobody to tell.
                let _ = self.services.executor.suspend(id);
            }
        }
    }
}
