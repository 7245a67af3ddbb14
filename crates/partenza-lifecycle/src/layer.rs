// SPDX-License-Identifier: BSD-2-Clause
//! What is known of the layer that boots.

use crate::time::Instant;

/// The layer that is being booted.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    pub(crate) began: Instant,
    /// One past its last service.
    pub(crate) end: u16,
    /// Its eager services whose start has no outcome yet.
    pub(crate) open: u16,
    /// When its budget is over, if it has one.
    pub(crate) budget_ends: Option<Instant>,
    /// The same, until that is reported.
    pub(crate) report_at: Option<Instant>,
}
