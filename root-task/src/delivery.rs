// SPDX-License-Identifier: BSD-2-Clause
//! Programs that come after the boot (SPEC D-6): what follows from a piece that [`partenza_plan::delivery`] takes or refuses.

use partenza_lifecycle::Event as Life;
use partenza_plan::ServiceId;
use partenza_plan::delivery::NotTaken;
use partenza_protocol::Code;
use partenza_protocol::error::DeliveryError;
use partenza_protocol::event::Event;

use crate::lifecycle::life;
use crate::supervisor::Supervisor;

impl Supervisor {
    /// A piece of a program, from `by`; `None` is the host.
    ///
    /// # Errors
    /// See [`partenza_plan::delivery::Store::take`].
    pub(crate) fn deliver(&mut self, by: Option<ServiceId>) -> Result<(), Code> {
        let now = self.clock.now().as_micros();
        match self.executor.store.take(self.plan, self.inbox.payload(), by, now) {
            Ok(None) => Ok(()),
            Ok(Some(image)) => {
                self.complete_delivery(image, by);
                Ok(())
            }
            Err(NotTaken { service, code }) => {
                self.refuse_delivery(service, by, code);
                Err(code)
            }
        }
    }

    /// Every service that runs this program can be started from here on.
    fn complete_delivery(&mut self, image: u16, by: Option<ServiceId>) {
        for (service, planned) in (0..).map(ServiceId).zip(self.plan.services.iter()) {
            if planned.image == image {
                self.entries[usize::from(service.0)].last_error = None;
                self.tell(Event::Delivered { service, by });
                self.feed(Life::Delivered(life(service)));
            }
        }
    }

    /// Who made the delivery is gone.
    pub(crate) fn abandon_delivery(&mut self, by: ServiceId) {
        let service = self.executor.store.abandon(Some(by));
        self.refuse_delivery(service, Some(by), DeliveryError::Abandoned.code());
    }

    /// What names no service is not told: it counts against its sender, or is a slip of the host's.
    fn refuse_delivery(&mut self, service: Option<ServiceId>, by: Option<ServiceId>, code: Code) {
        if let Some(service) = service {
            self.tell(Event::DeliveryRefused { service, by, code });
        }
    }
}
