// SPDX-License-Identifier: BSD-2-Clause
//! `capability/requests` 1.0.0: asking for a capability at run time (SPEC F-7).
//!
//! Policy is asked whether `capability_service` may `grant` `CLIENT:INTERFACE`, the verdict is recorded in `axiom/log`, and the
//! Supervisor gives the client the call that the plan foresees for it, with `bind: grant`.

use serde::{Deserialize, Serialize};

/// Payload [`Request`], empty answer: the capability is there. Refused with [`crate::ServiceError::ForbiddenByPolicy`], or
/// with what the Supervisor says. Needs the right to write.
pub const REQUEST: u64 = crate::OWN;

/// Payload [`Request`], empty answer: the capability is taken back. Needs the right to write.
pub const RELEASE: u64 = crate::OWN + 1;

/// Longest object name in bytes.
pub const MAX_OBJECT: usize = 40;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request<'a> {
    /// The interface.
    pub object: &'a str,
}
