// SPDX-License-Identifier: BSD-2-Clause
//! Services that are started with arguments of somebody's choice (SPEC I-4, F-2: spawn authority).
//!
//! What can be spawned is planned: a service on demand, with its binary, capabilities and limits. Only its arguments come
//! with the request. They hold for all incarnations that follow from it, until nothing more is to follow.

use partenza_lifecycle::{Request, ServiceState};
use partenza_plan::Start;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::request::Spawn;
use partenza_protocol::{Code, decode};

use crate::service::arguments::Spawned;
use crate::supervisor::state::Supervisor;
use crate::system::codes::denial_code;

impl Supervisor {
    /// # Errors
    /// The service is none that can be spawned, runs already, is one too many, or is not started.
    pub(super) fn spawn(&mut self) -> Result<(), Code> {
        let malformed = SupervisorError::Malformed.code();
        let Ok(spawn) = decode::<Spawn<'_>>(self.inbox.payload()) else { return Err(malformed) };
        let id = self.services.find(spawn.name)?;
        if self.services.plan.service(id).start != Start::OnDemand {
            return Err(SupervisorError::NotSpawnable.code());
        }
        let rests = |state: ServiceState| state == ServiceState::Pending || state.is_at_rest();
        if !rests(self.services.state(id)) {
            return Err(SupervisorError::RunsAlready.code());
        }
        let spawned = Spawned::new(id, spawn.args.iter().copied()).map_err(|_| malformed)?;
        drop(spawn);
        if !self.spawned.keep(spawned) {
            return Err(SupervisorError::TooManySpawned.code());
        }
        self.request(id, Request::Start).map_err(|denial| {
            self.spawned.forget(id);
            denial_code(denial)
        })
    }
}
