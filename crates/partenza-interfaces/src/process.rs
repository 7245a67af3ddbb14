// SPDX-License-Identifier: BSD-2-Clause
//! `process/table` 1.0.0: what runs, counted.

use serde::{Deserialize, Serialize};

/// No payload, answer [`Census`]. Needs the right to read.
pub const CENSUS: u64 = crate::OWN;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Census {
    /// Services that the Supervisor knows.
    pub services: u16,
    /// Those that run, degraded ones included.
    pub running: u16,
    /// Processes that the process manager started itself: none, it has no spawn authority yet.
    pub children: u16,
}
