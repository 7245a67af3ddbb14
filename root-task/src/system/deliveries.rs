// SPDX-License-Identifier: BSD-2-Clause
//! A delivery that ends without a program (SPEC D-6).

use partenza_plan::ServiceId;
use partenza_protocol::Code;
use partenza_protocol::error::DeliveryError;
use partenza_protocol::event::Event;

use crate::system::services::Services;

impl Services {
    /// Who made the delivery is gone.
    pub fn abandon_delivery(&mut self, by: ServiceId) {
        let service = self.executor.store.abandon(Some(by));
        self.refuse_delivery(service, Some(by), DeliveryError::Abandoned.code());
    }

    /// What names no service is not told: it counts against its sender, or is a slip of the host's.
    pub fn refuse_delivery(&mut self, service: Option<ServiceId>, by: Option<ServiceId>, code: Code) {
        if let Some(service) = service {
            self.tell(Event::DeliveryRefused { service, by, code });
        }
    }
}
