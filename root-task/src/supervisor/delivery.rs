// SPDX-License-Identifier: BSD-2-Clause
//! Programs that come after the boot (SPEC D-6): what follows from a piece that [`partenza_plan::delivery`] takes or refuses.

use partenza_lifecycle::Event as Life;
use partenza_plan::ServiceId;
use partenza_plan::delivery::NotTaken;
use partenza_protocol::Code;
use partenza_protocol::event::Event;

use crate::supervisor::state::Supervisor;
use crate::system::ids::life;

impl Supervisor {
    /// A piece of a program, from `by`; `None` is the host.
    ///
    /// # Errors
    /// See [`partenza_plan::delivery::Store::take`].
    pub(super) fn deliver(&mut self, by: Option<ServiceId>) -> Result<(), Code> {
        let now = self.services.clock.now().as_micros();
        match self.services.executor.store.take(self.services.plan, self.inbox.payload(), by, now) {
            Ok(None) => Ok(()),
            Ok(Some(image)) => {
                self.complete_delivery(image, by);
                Ok(())
            }
            Err(NotTaken { service, code }) => {
                self.services.refuse_delivery(service, by, code);
                Err(code)
            }
        }
    }

    /// Every service that runs this program can be started from here on.
    fn complete_delivery(&mut self, image: u16, by: Option<ServiceId>) {
        for (service, planned) in (0..).map(ServiceId).zip(self.services.plan.services.iter()) {
            if planned.image == image {
                self.services.entries[usize::from(service.0)].last_error = None;
                self.services.tell(Event::Delivered { service, by });
                self.feed(Life::Delivered(life(service)));
            }
        }
    }
}
