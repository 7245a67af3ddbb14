// SPDX-License-Identifier: BSD-2-Clause
//! The boot plan for people (SPEC P-2): order, layers, when each service is ready at worst, what it is granted, what
//! memory it takes.

mod dot;
mod json;
mod memory;
mod picture;
mod policy;
mod show;
mod timing;

use partenza_plan::{Plan, Readiness, ServiceId, Start};

pub use dot::dot;
pub use json::json;
pub use memory::{Memory, Totals};
pub use picture::{Overlay, svg};
pub use show::show;
pub use timing::{LayerTiming, Timing, Worst};

use crate::names::{self, Names};

/// Everything that [`show`], [`json`], [`dot`] and [`svg`] tell.
#[derive(Clone, Debug)]
pub struct Report<'p, 'a> {
    pub names: Names<'p, 'a>,
    pub timing: Timing,
    /// By service.
    pub memory: Vec<Memory>,
    pub totals: Totals,
}

impl<'p, 'a> Report<'p, 'a> {
    #[must_use]
    pub fn new(plan: &'p Plan<'a>) -> Self {
        Self {
            names: Names::new(plan),
            timing: Timing::new(plan),
            memory: plan.services.iter().map(|service| Memory::new(plan, service)).collect(),
            totals: Totals::new(plan),
        }
    }

    #[must_use]
    pub fn plan(&self) -> &'p Plan<'a> {
        self.names.plan
    }

    fn ids(&self) -> impl Iterator<Item = ServiceId> + use<> {
        names::ids(self.plan())
    }
}

fn start_word(start: Start) -> &'static str {
    match start {
        Start::Eager => "eager",
        Start::Deferred => "deferred",
        Start::OnDemand => "on-demand",
    }
}

fn readiness_word(readiness: Readiness) -> &'static str {
    match readiness {
        Readiness::None => "none",
        Readiness::Signal => "signal",
        Readiness::Message => "message",
    }
}
