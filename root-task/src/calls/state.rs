// SPDX-License-Identifier: BSD-2-Clause
//! What is known of calls, for the files beside.

use partenza_lifecycle::Machine;
use partenza_plan::archived::Plan;

use crate::calls::call_table::Callers;
use crate::calls::servers::{Former, Servers};

pub struct Calls {
    pub table: Callers,
    pub servers: Servers,
    pub former: Former,
}

impl Calls {
    #[must_use]
    pub fn of(plan: &'static Plan, machine: &Machine<'_>) -> Self {
        Self { table: Callers::of(plan), servers: Servers::of(plan, machine), former: Former::of(plan) }
    }
}
