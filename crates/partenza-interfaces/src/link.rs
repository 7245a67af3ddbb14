// SPDX-License-Identifier: BSD-2-Clause
//! `network/link` 1.0.0: whether there is an adapter. Sending and receiving is not in this release.

use serde::{Deserialize, Serialize};

/// No payload, answer [`Link`]. Needs the right to read.
pub const STATE: u64 = crate::OWN;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Link {
    /// There is no adapter.
    NoAdapter,
    /// Policy forbids using it.
    Forbidden,
    /// The adapter answered with this command register; nothing is sent or received.
    Idle { command: u8 },
}
