// SPDX-License-Identifier: BSD-2-Clause
//! What follows for calls when a server is gone, or never was (SPEC J-4): its endpoint is handed to another, or its clients are
//! released and their capabilities led to the Supervisor.

use partenza_plan::ServiceId;
use partenza_protocol::error::DeliveryError;

use crate::calls::state::Calls;
use crate::system::services::Services;

impl Calls {
    /// Before the boot nobody serves anything.
    pub fn begin_with_nobody(&mut self, services: &mut Services) {
        for endpoint in 0..services.plan.objects.endpoints.to_native() {
            self.table.mark(endpoint, true);
        }
        for (id, service) in (0..).map(ServiceId).zip(services.plan.services.iter()) {
            if !services.executor.store.has(service.image.into(), services.plan.image_of(service)) {
                services.entries[usize::from(id.0)].last_error = Some(DeliveryError::NotDelivered.code());
            }
        }
    }

    /// The server's incarnation is gone: nobody may go on waiting for its answer. `returns`: another one follows.
    pub fn release_callers(&mut self, services: &mut Services, server: ServiceId, returns: bool) {
        let Some(endpoint) = self.servers.served_by(server) else {
            return self.on_former_gone(services, server);
        };
        self.end_settling(services, endpoint);
        let served = self.follow(services, endpoint, true);
        self.release_standing(services, server, endpoint, served || returns, false);
        for place in self.table.of_endpoint(endpoint) {
            let index = self.table.index_at(place);
            if self.table.all[index].late {
                self.withdraw(services, index);
            }
        }
        if !served {
            self.divert_callers(services, endpoint);
        }
    }
}
