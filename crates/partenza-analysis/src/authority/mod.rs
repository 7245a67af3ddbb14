// SPDX-License-Identifier: BSD-2-Clause
//! Who can reach what, and how (SPEC F-9): a graph of the compiled plan's capabilities and rights, and questions to it.
//!
//! There are two relations, and they are kept apart.
//! * **Acts on** ([`Relation::Acts`]): A can, of its own accord, change what B does or reads. A calls B, signals B (one
//!   bit), writes memory that B reads, has the Supervisor stop or start B, or programs a device that can write any
//!   memory. A server does not act on its clients: it answers when they ask. Rules of the policy judge this relation.
//! * **Tells** ([`Relation::Tells`]): something that A knows can come to B. Everything of the first relation, and a
//!   server's answer to its client.
//!
//! Both are transitive and conservative: every service is taken to pass on whatever it can. To read memory is neither
//! to act on it nor to tell it anything, so it is the last step of a way, never one in between.
//!
//! Not counted, because it is the same for everybody: the Supervisor itself is trusted, and every service may write to
//! the event log and read it (unless the plan says otherwise). Not counted because it is no flow that a capability
//! grants: time, caches, and that a service fails.

mod graph;
mod json;
mod policy;
mod query;
mod show;

pub use graph::{Edge, Graph, How, Node, Relation};
pub use json::{from_json, overview_json, path_json, to_json, violations_json};
pub use policy::{ParseError, Rule, UnknownName, Violation, evaluate};
pub use query::{Path, Reach};
pub use show::{draw, from, overview, to, violations, why};

use partenza_plan::{Plan, Service, ServiceId, Start};
use partenza_protocol::{Op, Permissions};

use crate::names;

/// The operations that a service may ask for and that not everybody may.
#[must_use]
pub fn granted_operations(permissions: Permissions) -> Vec<&'static str> {
    let granted = Op::ALL.iter().filter(|op| !op.allowed_by_default() && permissions.allows(**op));
    granted.map(|op| op.name()).collect()
}

/// Whether an operation ends the system as a whole: it takes everything down in order and singles out nobody, so it is
/// no way to reach a service.
const fn ends_system(op: Op) -> bool {
    matches!(op, Op::Shutdown | Op::Reboot)
}

/// The services that an operation can change, where the plan says so; `None`: any, as for an operation yet to be
/// invented.
fn targets(op: Op, plan: &Plan<'_>) -> Option<Vec<ServiceId>> {
    let services = |wanted: &dyn Fn(&Service<'_>) -> bool| {
        names::ids(plan).filter(|id| wanted(plan.service(*id))).collect()
    };
    match op {
        // Who may get a call at run time.
        Op::Grant | Op::Revoke => {
            Some(services(&|service| service.late_calls.iter().any(|call| call.on_grant)))
        }
        // Whether they can run, and not what: their programs are planned.
        Op::Deliver => Some(services(&|service| plan.image_of(service).delivered.is_some())),
        Op::Spawn => Some(services(&|service| service.start == Start::OnDemand)),
        // The providers, and through them nobody: a client is answered by one of those that it may call.
        // Changes nobody.
        Op::Registers => Some(Vec::new()),
        Op::Switch => Some(plan.providers.iter().flat_map(|group| group.services.iter().copied()).collect()),
        _ => None,
    }
}

/// The granted operations that change other services.
fn control(permissions: Permissions) -> impl Iterator<Item = Op> {
    let granted =
        Op::ALL.iter().copied().filter(move |op| !op.allowed_by_default() && permissions.allows(*op));
    granted.filter(|op| !ends_system(*op))
}

/// The granted operations that end the system.
fn ending(permissions: Permissions) -> Vec<&'static str> {
    let granted = Op::ALL.iter().filter(|op| ends_system(**op) && permissions.allows(**op));
    granted.map(|op| op.name()).collect()
}
