// SPDX-License-Identifier: BSD-2-Clause
//! Who serves each endpoint, and which former provider of it somebody may still wait for.

use alloc::vec::Vec;

use partenza_lifecycle::{Instant, Machine};
use partenza_plan::ServiceId;
use partenza_plan::archived::Plan;

use crate::system::ids::{life, plan_id};

/// Who serves what.
pub struct Servers {
    plan: &'static Plan,
    /// By endpoint.
    pub(super) serving: Vec<ServiceId>,
}

impl Servers {
    #[must_use]
    pub fn of(plan: &'static Plan, machine: &Machine<'_>) -> Self {
        let serving = alloc::vec![ServiceId(0); usize::from(plan.objects.endpoints.to_native())];
        let mut this = Self { plan, serving };
        for id in (0..plan.services.len() as u16).map(ServiceId) {
            if let Some(endpoint) = this.endpoint_of(id) {
                this.serving[usize::from(endpoint)] = plan_id(machine.server_of(life(id)));
            }
        }
        this
    }

    /// The endpoint that `id` serves, or may serve.
    #[must_use]
    pub fn endpoint_of(&self, id: ServiceId) -> Option<u16> {
        self.plan.service(id).endpoint()
    }

    #[must_use]
    #[inline]
    pub fn serving(&self, endpoint: u16) -> ServiceId {
        self.serving[usize::from(endpoint)]
    }

    /// The endpoint that `id` serves at the moment.
    #[must_use]
    pub fn served_by(&self, id: ServiceId) -> Option<u16> {
        self.endpoint_of(id).filter(|endpoint| self.serving(*endpoint) == id)
    }

    /// Whether `id` may serve an endpoint that another serves.
    #[must_use]
    pub fn stands_by(&self, id: ServiceId) -> bool {
        self.endpoint_of(id).is_some_and(|endpoint| self.serving(endpoint) != id)
    }
}

/// One that somebody may wait for.
#[derive(Clone, Copy)]
pub struct Gone {
    pub id: ServiceId,
    pub since: Instant,
    /// Since when who serves receives from its notification alone, and gets no call.
    pub withheld: Option<Instant>,
}

pub struct Former {
    /// By endpoint.
    pub(super) gone: Vec<Option<Gone>>,
    /// When these endpoints are looked at again.
    pub look: Option<Instant>,
}

impl Former {
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        Self { gone: alloc::vec![None; usize::from(plan.objects.endpoints.to_native())], look: None }
    }

    /// Whether who serves the endpoint receives from its notification alone at the moment.
    #[must_use]
    pub fn withholds(&self, endpoint: u16) -> bool {
        self.gone[usize::from(endpoint)].is_some_and(|gone| gone.withheld.is_some())
    }
}
