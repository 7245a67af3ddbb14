// SPDX-License-Identifier: BSD-2-Clause
//! What a cost may be at most.

/// A target and what was measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub what: String,
    pub limit: u64,
    pub measured: u64,
}

impl Target {
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.measured <= self.limit
    }
}
