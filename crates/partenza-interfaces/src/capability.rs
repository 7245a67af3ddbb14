// SPDX-License-Identifier: BSD-2-Clause
//! `capability/requests` 1.0.0: asking for a capability at run time (SPEC F-7).
//!
//! Policy is asked and the request is recorded in `axiom/log`; granting itself is not in this release.

use serde::{Deserialize, Serialize};

/// Payload [`Request`], answer an error: [`crate::ServiceError::ForbiddenByPolicy`] or
/// [`crate::ServiceError::NotSupported`]. Needs the right to write.
pub const REQUEST: u64 = crate::OWN;

/// Longest object name in bytes.
pub const MAX_OBJECT: usize = 40;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request<'a> {
    /// What it is to, in the words of system.xml.
    pub object: &'a str,
}
