// SPDX-License-Identifier: BSD-2-Clause
//! Who is told that there are new events (SPEC I-6).
//!
//! A subscriber is signalled once, and again only after it has asked what there is; it reads the log at its own pace, and
//! one that falls behind the ring is told there how many records it lost. So a slow one costs nobody anything.

use partenza_plan::ServiceId;
use partenza_protocol::Code;
use partenza_protocol::error::SupervisorError;

use crate::system::services::Services;

/// Subscribers at one time.
const MAX: usize = 16;

#[derive(Default)]
pub struct Subscribers {
    /// Each with whether it was signalled and has not asked since.
    list: heapless::Vec<(ServiceId, bool), MAX>,
    /// The records that they were told of.
    announced: u64,
}

impl Subscribers {
    pub fn remove(&mut self, id: ServiceId) {
        self.list.retain(|(other, _)| *other != id);
    }

    /// Whether `id` was signalled and has not heard why.
    #[must_use]
    pub fn is_told(&self, id: ServiceId) -> bool {
        self.list.contains(&(id, true))
    }

    /// Whether `id` was signalled; from here on it may be again.
    pub fn asks(&mut self, id: ServiceId) -> bool {
        let found = self.list.iter_mut().find(|(other, _)| *other == id);
        found.is_some_and(|(_, told)| core::mem::take(told))
    }

    /// # Errors
    /// There are as many as there can be.
    pub fn subscribe(&mut self, id: ServiceId, on: bool) -> Result<(), Code> {
        self.remove(id);
        if on {
            let full = SupervisorError::TooManySubscribers.code();
            self.list.push((id, false)).map_err(|_| full)?;
        }
        Ok(())
    }

    /// Signals those that wait for events, if there are new ones.
    pub fn tell(&mut self, services: &Services) {
        let next = services.journal.ring().next_sequence();
        if core::mem::replace(&mut self.announced, next) == next {
            return;
        }
        for (id, told) in &mut self.list {
            if !core::mem::replace(told, true) {
                services.executor.signal(*id);
            }
        }
    }
}
