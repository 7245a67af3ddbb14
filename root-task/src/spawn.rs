// SPDX-License-Identifier: BSD-2-Clause
//! Services that are started with arguments of somebody's choice (SPEC I-4, F-2: spawn authority).
//!
//! What can be spawned is planned: a service on demand, with its binary, capabilities and limits. Only its arguments come
//! with the request. They hold for all incarnations that follow from it, until nothing more is to follow.

use partenza_lifecycle::{Request, ServiceState};
use partenza_plan::{ServiceId, Start};
use partenza_protocol::error::SupervisorError;
use partenza_protocol::request::Spawn;
use partenza_protocol::{Code, decode};

use crate::control::denial_code;
use crate::lifecycle::life;
use crate::supervisor::Supervisor;

/// Services at one time that run with such arguments.
const MAX: usize = 16;
/// Bytes of one's arguments, each with two for its length.
const MAX_BYTES: usize = 256;

/// Arguments in the startup page's form.
pub struct Spawned {
    service: ServiceId,
    pub arguments: heapless::Vec<u8, MAX_BYTES>,
    pub count: u16,
}

pub type SpawnedList = heapless::Vec<Spawned, MAX>;

impl Supervisor {
    /// # Errors
    /// The service is none that can be spawned, runs already, is one too many, or is not started.
    pub(crate) fn spawn(&mut self) -> Result<(), Code> {
        let malformed = SupervisorError::Malformed.code();
        let Ok(spawn) = decode::<Spawn<'_>>(self.inbox.payload()) else { return Err(malformed) };
        let id = crate::requests::find(self.plan, spawn.name)?;
        if self.plan.service(id).start != Start::OnDemand {
            return Err(SupervisorError::NotSpawnable.code());
        }
        let rests = |state: ServiceState| state == ServiceState::Pending || state.is_at_rest();
        if !self.machine.state(life(id)).is_some_and(rests) {
            return Err(SupervisorError::RunsAlready.code());
        }
        let mut spawned = Spawned { service: id, arguments: heapless::Vec::new(), count: 0 };
        for argument in &spawn.args {
            let length = (argument.len() as u16).to_le_bytes();
            let written = spawned.arguments.extend_from_slice(&length);
            written
                .and_then(|()| spawned.arguments.extend_from_slice(argument.as_bytes()))
                .map_err(|_| malformed)?;
            spawned.count += 1;
        }
        drop(spawn);
        self.forget_spawn(id);
        self.spawned.push(spawned).map_err(|_| SupervisorError::TooManySpawned.code())?;
        self.request(id, Request::Start).map_err(|denial| {
            self.forget_spawn(id);
            denial_code(denial)
        })
    }

    /// Nothing more follows from the request.
    pub(crate) fn forget_spawn(&mut self, id: ServiceId) {
        self.spawned.retain(|spawned| spawned.service != id);
    }

    /// The arguments with which it was spawned.
    pub(crate) fn spawned_with(list: &SpawnedList, id: ServiceId) -> Option<&Spawned> {
        list.iter().find(|spawned| spawned.service == id)
    }
}
