// SPDX-License-Identifier: BSD-2-Clause
//! Who serves which endpoint, and how another takes it over (SPEC S-2); lookups (SPEC S-5).
//!
//! * Clients hold capabilities to an endpoint, not to a service. Of the services that may serve one, one at a time
//!   receives from it; the others receive from their own notification alone, so they run, are probed, and serve nobody.
//! * To hand an endpoint over is to exchange what two services receive from. One that stands in the wait for a message is
//!   sent to wait again; one that works answers its client first and waits at its new place afterwards. No call is lost or
//!   made twice.
//! * Who is to serve the lifecycle machine says, which knows what its clients require ([`Machine::server_of`]). The endpoint
//!   follows: at once, or when the one that serves is destroyed, for until then it may still answer a client.

use partenza_lifecycle::ServiceState;
use partenza_plan::ServiceId;
use partenza_plan::archived::Plan;
use partenza_protocol::event::Event;
use partenza_protocol::request::{Lookup, Release};

use crate::calls::state::Calls;
use crate::system::ids::{life, plan_id};
use crate::system::services::Services;

impl Calls {
    /// Its capabilities were just made, as planned: who stands by receives from its notification alone.
    pub fn place_provider(&mut self, services: &mut Services, id: ServiceId) {
        if self.servers.stands_by(id) {
            let outcome = services.executor.receive_from(id, services.executor.notification_slot(id));
            services.note(id, outcome);
        }
    }

    /// Who is to serve the endpoint.
    pub fn server(&self, services: &Services, endpoint: u16) -> ServiceId {
        plan_id(services.machine.server_of(life(self.servers.serving(endpoint))))
    }

    /// Hands the endpoint to who is to serve it, if that is up. `gone`: who served is not there any more.
    pub fn follow(&mut self, services: &mut Services, endpoint: u16, gone: bool) -> bool {
        let (from, to) = (self.servers.serving(endpoint), self.server(services, endpoint));
        // One that stops may still work for a client, which has to be released when it is destroyed.
        let stops = matches!(services.state(from), ServiceState::Stopping(_));
        let moves = from != to && services.is_up(to) && (gone || !stops);
        if moves {
            self.hand_over(services, endpoint, to);
        }
        moves
    }

    /// `id` is up: it may be its turn to serve.
    pub fn offer(&mut self, services: &mut Services, id: ServiceId) {
        if !services.plan.providers.is_empty()
            && let Some(endpoint) = self.servers.endpoint_of(id)
        {
            self.follow(services, endpoint, false);
        }
        if let Some(endpoint) = self.servers.served_by(id) {
            self.restore_callers(services, endpoint);
        }
    }

    /// `to`, which is up, serves the endpoint from here on.
    fn hand_over(&mut self, services: &mut Services, endpoint: u16, to: ServiceId) {
        let from = self.servers.serving(endpoint);
        if !services.receive(to, services.executor.endpoint_slot(endpoint)) {
            return;
        }
        self.note_owed(services, endpoint, from);
        self.servers.serving[usize::from(endpoint)] = to;
        services.receive(from, services.executor.notification_slot(from));
        self.restore_callers(services, endpoint);
        let interface = services.plan.providers.iter().find(|group| group.endpoint == endpoint);
        let interface = interface.map_or("", |group| &group.interface);
        services.tell(Event::Switched { interface, from, to });
    }

    pub fn provides(&self, services: &Services, endpoint: u16, interface: &str) -> bool {
        let server = self.servers.serving(endpoint);
        services.plan.service(server).provides.iter().any(|provided| *provided.name == *interface)
    }

    /// The version in which that service provides what is looked for.
    pub fn offered(
        &self,
        services: &Services,
        server: ServiceId,
        lookup: &Lookup<'_>,
    ) -> Option<&'static str> {
        let fits = |version: &str| {
            Release::parse(version).is_some_and(|release| {
                release >= lookup.at_least && lookup.below.is_none_or(|below| release < below)
            })
        };
        let plan: &'static Plan = services.plan;
        let mut provided = plan.service(server).provides.iter();
        let found = provided.find(|p| *p.name == *lookup.interface && fits(&p.version));
        found.map(|provided| &*provided.version)
    }
}
