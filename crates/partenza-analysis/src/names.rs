// SPDX-License-Identifier: BSD-2-Clause
//! The objects of a plan in words: whose endpoint it is, which interface a channel was granted for.

use partenza_plan::{Grant, Object, Plan, ServiceId, cptr};
use partenza_protocol::startup::Startup;

use crate::devices;

/// Ids of channels.
const CHANNELS: u32 = 64;

/// A plan, and who receives on each of its endpoints.
#[derive(Clone, Debug)]
pub struct Names<'p, 'a> {
    pub plan: &'p Plan<'a>,
    /// Holders of a capability with the read right, per endpoint.
    receivers: Vec<Vec<ServiceId>>,
}

impl<'p, 'a> Names<'p, 'a> {
    #[must_use]
    pub fn new(plan: &'p Plan<'a>) -> Self {
        let mut receivers = vec![Vec::new(); usize::from(plan.objects.endpoints)];
        for (id, service) in ids(plan).zip(&plan.services) {
            for grant in &service.caps {
                if let Object::Endpoint(endpoint) = grant.object
                    && grant.rights.read
                    && let Some(list) = receivers.get_mut(usize::from(endpoint))
                    && !list.contains(&id)
                {
                    list.push(id);
                }
            }
        }
        Self { plan, receivers }
    }

    #[must_use]
    pub fn service(&self, id: ServiceId) -> &'p str {
        self.plan.services.get(usize::from(id.0)).map_or("?", |service| service.name)
    }

    /// Who receives on an endpoint.
    #[must_use]
    pub fn receivers(&self, endpoint: u16) -> &[ServiceId] {
        self.receivers.get(usize::from(endpoint)).map_or(&[], Vec::as_slice)
    }

    /// The interface that a call capability was granted for, as the service's startup page names it. The page names
    /// the peer where nothing better is known; that is no interface.
    #[must_use]
    pub fn interface(&self, holder: ServiceId, grant: &Grant<'_>) -> Option<&'p str> {
        let service = self.plan.services.get(usize::from(holder.0))?;
        let channel = grant.cptr.checked_sub(cptr::CALL).filter(|id| *id < CHANNELS)?;
        let page = Startup::read(service.startup)?;
        let named = page.channels().find(|known| u32::from(known.id) == channel)?;
        named.name.contains('/').then_some(named.name)
    }

    /// What a capability is to, without who holds it: `calls filesystem`, `interrupt 4`.
    #[must_use]
    pub fn words(&self, holder: ServiceId, grant: &Grant<'_>) -> String {
        match grant.object {
            Object::Endpoint(endpoint) => {
                let names: Vec<&str> = self.receivers(endpoint).iter().map(|id| self.service(*id)).collect();
                let peer = if names.is_empty() { "nobody".to_owned() } else { names.join(" or ") };
                match (grant.rights.read, grant.rights.write, grant.rights.reply) {
                    (true, false, _) => "receives calls".to_owned(),
                    (true, true, _) => format!("receives from and sends to the endpoint of {peer}"),
                    (false, true, true) => format!("calls {peer}"),
                    (false, true, false) => format!("sends to {peer}"),
                    (false, false, _) => format!("holds the endpoint of {peer}"),
                }
            }
            Object::Notification(id) if id == holder && grant.rights.read => "receives signals".to_owned(),
            Object::Notification(id) if grant.rights.write => format!("signals {}", self.service(id)),
            Object::Notification(id) => format!("waits for signals to {}", self.service(id)),
            Object::Supervisor if grant.rights.reply => "asks the Supervisor".to_owned(),
            Object::Supervisor => "signals the Supervisor".to_owned(),
            Object::FaultHandler => "its faults go to the Supervisor".to_owned(),
            Object::Parent(id) => format!("its faults go to {} first", self.service(id)),
            Object::Child(id) => format!("controls the thread of {}", self.service(id)),
            Object::Irq(index) => self.irq(index),
            Object::IoPorts(first, last) => ports(first, last),
        }
    }

    /// `interrupt 4`, or with its IOAPIC where that is not the first.
    #[must_use]
    pub fn irq(&self, index: u16) -> String {
        match self.plan.irqs.get(usize::from(index)) {
            Some(irq) if irq.ioapic == 0 => format!("interrupt {}", irq.pin),
            Some(irq) => format!("interrupt {}.{}", irq.ioapic, irq.pin),
            None => "interrupt ?".to_owned(),
        }
    }
}

/// `ports 0x3f8-0x3ff (COM1)`
#[must_use]
pub fn ports(first: u16, last: u16) -> String {
    let range = devices::ports_range(first, last);
    match devices::ports_name(first, last) {
        Some(name) => format!("ports {range} ({name})"),
        None => format!("ports {range}"),
    }
}

/// The ids of a plan's services, in order.
pub fn ids(plan: &Plan<'_>) -> impl Iterator<Item = ServiceId> + use<> {
    (0..plan.services.len()).map(|index| ServiceId(index as u16))
}

/// `rw`, `w+reply`: the rights of a capability in letters; `-` for none.
#[must_use]
pub fn rights(rights: partenza_plan::Rights) -> String {
    let mut text = String::new();
    if rights.read {
        text.push('r');
    }
    if rights.write {
        text.push('w');
    }
    if rights.reply {
        text.push_str("+reply");
    }
    if text.is_empty() { "-".to_owned() } else { text }
}
