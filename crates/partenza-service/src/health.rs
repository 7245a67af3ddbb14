// SPDX-License-Identifier: BSD-2-Clause
//! What a service says of its own health.

use partenza_protocol::control::{Component, MAX_COMPONENTS};

/// How a service feels (SPEC K-2).
pub struct Health<'a> {
    pub healthy: bool,
    /// What went wrong last; empty where nothing did.
    pub last_error: &'a str,
    /// Its parts; one that is not healthy makes the service unhealthy.
    pub components: heapless::Vec<Component<'a>, MAX_COMPONENTS>,
}

impl Health<'_> {
    /// Healthy, and nothing more to say.
    #[must_use]
    pub const fn well() -> Self {
        Self { healthy: true, last_error: "", components: heapless::Vec::new() }
    }
}
