// SPDX-License-Identifier: BSD-2-Clause
//! `update/status` 1.0.0: what runs and whether it may be replaced. Installing is not in this release.

use serde::{Deserialize, Serialize};

/// No payload, answer [`Status`]. Needs the right to read.
pub const STATUS: u64 = crate::OWN;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Whether policy lets updates be installed.
    pub permitted: bool,
}
