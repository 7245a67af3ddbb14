// SPDX-License-Identifier: BSD-2-Clause
//! The capabilities in a service's CSpace: CPtrs, rights and badges as the Microkit lays them out, the badges moved
//! where the kernel has only 28 bits.

use partenza_plan::{Grant, Object, Rights, ServiceId, cptr};
use partenza_protocol::Badge;
use typed_arena::Arena;

use crate::check::authority::Authority;
use crate::kernel::Kernel;
use crate::sdf::{Pd, System};

const MIN_RADIX: u8 = 7;

/// What is known of all services while one's capabilities are listed.
pub struct Peers<'p> {
    pub system: &'p System,
    pub kernel: &'p Kernel,
    /// By PD name.
    pub ids: &'p std::collections::HashMap<&'p str, ServiceId>,
    /// Endpoint of each service that is called, by id.
    pub endpoints: &'p [Option<u16>],
}

/// Lists the capabilities of service `id`. `irqs` is the index of its first interrupt in the plan.
#[must_use]
pub fn list<'a>(
    pd: &Pd,
    id: ServiceId,
    authority: &Authority,
    irqs: usize,
    peers: &Peers<'_>,
    texts: &'a Arena<String>,
) -> Vec<Grant<'a>> {
    let text = |text: String| -> &'a str { texts.alloc(text) };
    let own = match peers.endpoints[id.0 as usize] {
        Some(endpoint) => Object::Endpoint(endpoint),
        None => Object::Notification(id),
    };
    let mut caps = vec![
        Grant {
            cptr: cptr::OWN,
            object: own,
            rights: Rights::READ,
            badge: 0,
            name: text(pd.name.value.clone()),
        },
        faults(pd, id, peers, texts),
    ];
    for (child, nested) in peers.system.children_of(&pd.name.value) {
        if let Some(id) = peers.ids.get(child.name.value.as_str()) {
            caps.push(Grant {
                cptr: cptr::CHILD + nested.id.value as u32,
                object: Object::Child(*id),
                rights: Rights::default(),
                badge: 0,
                name: text(child.name.value.clone()),
            });
        }
    }
    for (end, peer) in peers.system.ends_of(&pd.name.value) {
        let Some(other) = peers.ids.get(peer.pd.value.as_str()).copied() else { continue };
        let name = text(peer.pd.value.clone());
        let (mine, theirs) = (u32::from(end.id.value), peer.id.value);
        if end.notify {
            let object = Object::Notification(other);
            caps.push(Grant {
                cptr: cptr::NOTIFICATION + mine,
                object,
                rights: Rights::SIGNAL,
                badge: 1 << theirs,
                name,
            });
        }
        if let (true, Some(endpoint)) = (end.pp, peers.endpoints[other.0 as usize]) {
            let badge = 1 << peers.kernel.facts.call_bit | u64::from(theirs);
            let object = Object::Endpoint(endpoint);
            caps.push(Grant { cptr: cptr::CALL + mine, object, rights: Rights::CALL, badge, name });
        }
    }
    if let Some(channel) = authority.supervisor_channel {
        for (base, rights) in [(cptr::NOTIFICATION, Rights::SIGNAL), (cptr::CALL, Rights::CALL)] {
            let (cptr, badge) = (base + u32::from(channel), Badge::control(id).0);
            caps.push(Grant { cptr, object: Object::Supervisor, rights, badge, name: "supervisor" });
        }
    }
    for (index, (irq, ioapic)) in pd.irqs.iter().filter_map(|irq| Some((irq, irq.ioapic()?))).enumerate() {
        caps.push(Grant {
            cptr: cptr::IRQ + u32::from(irq.id.value),
            object: Object::Irq((irqs + index) as u16),
            rights: Rights::default(),
            badge: 0,
            name: text(format!("pin {}", ioapic.pin.value)),
        });
    }
    for ports in &pd.ports {
        caps.push(Grant {
            cptr: cptr::PORTS + u32::from(ports.id.value),
            object: Object::IoPorts(port(ports.first), port(ports.last)),
            rights: Rights::default(),
            badge: 0,
            name: text(format!("{:#x}-{:#x}", ports.first, ports.last)),
        });
    }
    caps.sort_by_key(|grant| grant.cptr);
    caps
}

/// Where its faults go: to its parent first, if it has one (SPEC J-3).
fn faults<'a>(pd: &Pd, id: ServiceId, peers: &Peers<'_>, texts: &'a Arena<String>) -> Grant<'a> {
    let supervisor = Grant {
        cptr: cptr::FAULT,
        object: Object::FaultHandler,
        rights: Rights::CALL,
        badge: Badge::fault(id).0,
        name: "supervisor",
    };
    let Some(nested) = &pd.parent else { return supervisor };
    let parent = &peers.system.pds[nested.pd].name.value;
    let Some(id) = peers.ids.get(parent.as_str()) else { return supervisor };
    Grant {
        object: Object::Parent(*id),
        badge: 1 << peers.kernel.facts.fault_bit | nested.id.value,
        name: texts.alloc(parent.clone()),
        ..supervisor
    }
}

/// What lies above the processor's ports was refused for the target.
fn port(number: u64) -> u16 {
    number.min(u16::MAX.into()) as u16
}

/// log2 of the slots that hold every CPtr.
#[must_use]
pub fn radix(caps: &[Grant<'_>]) -> u8 {
    let highest = caps.iter().map(|grant| grant.cptr).max().unwrap_or(0);
    ((32 - highest.leading_zeros()) as u8).max(MIN_RADIX)
}
