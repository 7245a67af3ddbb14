// SPDX-License-Identifier: BSD-2-Clause
//! Does at the end of the boot what the boot parameter `tamper` lists: see [`crate::service::tamper`].

use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::Event;

use crate::objects::error::ObjectError;
use crate::supervisor::state::Supervisor;

impl Supervisor {
    /// The boot is complete.
    pub(super) fn tamper(&mut self) {
        for deed in self.given.parameters.tamper.0.into_iter().flatten() {
            let has_spaces = self.services.entry(deed.service).made.has_spaces();
            let done = if deed.needs_a_cspace() && !has_spaces {
                Err(ObjectError::because(SupervisorError::NotRunning))
            } else {
                self.services.executor.tamper(deed)
            };
            if let Err(ObjectError { code, detail }) = done {
                self.services.tell(Event::InitError { code, detail: detail.into() });
            }
        }
    }
}
