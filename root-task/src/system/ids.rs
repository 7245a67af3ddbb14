// SPDX-License-Identifier: BSD-2-Clause
//! The same service has two types of id: the plan's and the lifecycle machine's, which knows no plan. The numbers are equal.

use partenza_plan::ServiceId;

/// The machine's id of a service.
#[must_use]
pub const fn life(id: ServiceId) -> partenza_lifecycle::ServiceId {
    partenza_lifecycle::ServiceId(id.0)
}

/// The plan's id of a service.
#[must_use]
pub const fn plan_id(id: partenza_lifecycle::ServiceId) -> ServiceId {
    ServiceId(id.0)
}
