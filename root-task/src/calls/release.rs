// SPDX-License-Identifier: BSD-2-Clause
//! Clients that stand in a call to a server that is gone are answered, or call again (SPEC J-4).
//!
//! * A client that stands in the call is told by its registers: the system call, the CPtr, and the instruction that it
//!   stands at. Clients elsewhere are not touched; resuming one that waits for a healthy server would make that server
//!   do the work twice.
//! * `on-dead: repeat` lets the kernel repeat the call; `error`, or a server that does not come back, writes the answer
//!   `ServerDown` into the client's registers.

use partenza_lifecycle::Blocked;
use partenza_plan::ServiceId;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::Event;

use crate::calls::call_table::Caller;
use crate::calls::state::Calls;
use crate::system::services::Services;

impl Calls {
    /// Whoever stands in a call to the endpoint waits for `server`, which is gone; with `owed`, only who stood in one when
    /// the endpoint was taken from a provider.
    pub fn release_standing(
        &mut self,
        services: &mut Services,
        server: ServiceId,
        endpoint: u16,
        served: bool,
        owed: bool,
    ) {
        for place in self.table.of_endpoint(endpoint) {
            let caller = self.table.at_mut(place);
            let waits = caller.owed_by.take().is_some() || !owed;
            let caller = *caller;
            if waits {
                self.release_caller(services, server, &caller, served);
            }
        }
    }

    fn release_caller(&self, services: &mut Services, server: ServiceId, caller: &Caller, served: bool) {
        // A call that was given up to wait is made again when the wait is over, and once is enough.
        if services.blocked(caller.client) != Blocked::No {
            return;
        }
        let Some(mut context) = services.standing_in(caller) else { return };
        let repeated = caller.repeat && served;
        let outcome = if repeated {
            services.executor.resume_where_it_stands(caller.client)
        } else {
            let code = SupervisorError::ServerDown.code();
            services.executor.answer_call(caller.client, &mut context, u64::from(code.0))
        };
        if services.note(caller.client, outcome) {
            services.tell(Event::Released { service: caller.client, server, repeated });
        }
    }
}
