// SPDX-License-Identifier: BSD-2-Clause
//! What is said of a service's grants, in events and lists (SPEC F-6).

use partenza_plan::ServiceId;
use partenza_plan::archived::{Grant, Object, Plan, Service};
use partenza_protocol::event::{CapKind, Event};

/// What is said of each grant: capabilities by CPtr, regions by address.
pub fn grants(
    id: ServiceId,
    service: &'static Service,
    plan: &'static Plan,
) -> impl Iterator<Item = Event<'static>> {
    let later = |grant: &Grant| {
        matches!(grant.object, Object::Child(_)) || service.late_call(grant.cptr.into()).is_some()
    };
    let caps = service.caps.iter().filter(move |grant| !later(grant));
    let caps = caps.map(move |grant| Event::Granted {
        service: id,
        kind: cap_kind(&grant.object),
        cptr: u64::from(grant.cptr.to_native()),
    });
    let maps = service.maps.iter().map(move |map| Event::Granted {
        service: id,
        kind: region_kind(plan, map.region.into()),
        cptr: map.address.into(),
    });
    caps.chain(maps)
}

/// How a granted object is called in events and lists.
#[must_use]
pub fn cap_kind(object: &Object) -> CapKind {
    match object {
        Object::Endpoint(_) => CapKind::Endpoint,
        Object::Notification(_) => CapKind::Notification,
        Object::Supervisor => CapKind::Supervisor,
        Object::FaultHandler | Object::Parent(_) => CapKind::FaultHandler,
        Object::Irq(_) => CapKind::IrqHandler,
        Object::IoPorts(..) => CapKind::IoPorts,
        Object::Child(_) => CapKind::Thread,
    }
}

/// How a mapped region is called in events and lists.
#[must_use]
pub fn region_kind(plan: &Plan, region: u16) -> CapKind {
    if plan.regions[usize::from(region)].physical.is_some() { CapKind::Device } else { CapKind::Memory }
}
