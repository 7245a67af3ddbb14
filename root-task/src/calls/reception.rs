// SPDX-License-Identifier: BSD-2-Clause
//! From where a service receives, and whether it waits there: told by its registers.

use partenza_plan::{ServiceId, cptr};
use sel4::UserContext;
use sel4::sys::number::{Call, Recv, ReplyRecv};

use crate::calls::call_table::Caller;
use crate::objects::cspace::Slot;
use crate::system::services::Services;

impl Services {
    /// It receives from `place` from now on. `false`: the kernel refused.
    pub fn receive(&mut self, id: ServiceId, place: Slot) -> bool {
        if !self.entries[id.0 as usize].made.has_spaces() {
            return true;
        }
        let mut outcome = self.executor.receive_from(id, place);
        if outcome.is_ok() && self.receives(id) {
            outcome = self.executor.resume_where_it_stands(id);
        }
        self.note(id, outcome)
    }

    /// It waits for messages, and works for nobody.
    pub fn receives(&self, id: ServiceId) -> bool {
        let waits = [Recv, ReplyRecv];
        self.entries[id.0 as usize].made.runs() && self.executor.standing_in(id, &waits, cptr::OWN).is_some()
    }

    /// The registers of a client that stands in this call.
    #[must_use]
    pub fn standing_in(&self, caller: &Caller) -> Option<UserContext> {
        if !caller.bound || !self.entries[usize::from(caller.client.0)].made.runs() {
            return None;
        }
        self.executor.standing_in(caller.client, &[Call], caller.cptr())
    }
}
