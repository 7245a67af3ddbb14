// SPDX-License-Identifier: BSD-2-Clause
//! What to write: the grant that would answer a request, from the objects that no grant names yet, and the request that
//! would explain an object. Where several would do, nothing is guessed.

use super::found::{Check, title};
use crate::kinds::{Kind, Part};
use crate::manifest::Need;
use crate::sdf::End;
use crate::source::Span;

/// The only one of several; `None` if there is none, or more.
fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

impl Check<'_, '_> {
    /// The grant that would answer `need`, as it is written below `grants:`. Its objects count as explained.
    pub(super) fn grant_for(&mut self, need: &Need) -> Option<String> {
        let name = need.name.as_ref()?;
        let free = &self.objects;
        let maps = || free.maps.iter().filter(|(_, user)| user.is_none()).map(|(map, _)| map);
        let irqs = || free.irqs.iter().filter(|(_, user)| user.is_none()).map(|(irq, _)| irq);
        let ports = || free.ports.iter().filter(|(_, user)| user.is_none()).map(|(ports, _)| ports);
        let (objects, spans): (String, Vec<Span>) = match need.kind {
            Kind::Call | Kind::Axiom | Kind::Notify => {
                let end = self.end_for(need, &name.value)?;
                (format!("{{channel: {}}}", end.id.value), vec![end.span])
            }
            Kind::Memory | Kind::Framebuffer => {
                let map = only(maps())?;
                (map.region.value.clone(), vec![map.span])
            }
            Kind::ChildControl => {
                let child = only(free.children.iter().filter(|(_, user)| user.is_none()))?.0;
                (child.name.value.clone(), vec![child.name.span])
            }
            Kind::Irq => only(irqs()).map(|irq| (irq.id.value.to_string(), vec![irq.span]))?,
            Kind::IoPort => only(ports()).map(|ports| (ports.id.value.to_string(), vec![ports.span]))?,
            Kind::Serial | Kind::BlockDevice | Kind::NetworkDevice => {
                let (ports, irq) = (only(ports()), only(irqs()));
                let mut parts = Vec::new();
                parts.extend(ports.map(|ports| format!("ioport: {}", ports.id.value)));
                parts.extend(irq.map(|irq| format!("irq: {}", irq.id.value)));
                let spans: Vec<Span> = ports.map(|p| p.span).into_iter().chain(irq.map(|i| i.span)).collect();
                if spans.is_empty() {
                    return None;
                }
                (format!("{{{}}}", parts.join(", ")), spans)
            }
            Kind::Supervisor | Kind::Scheduling | Kind::Smc | Kind::Spawn => {
                return None;
            }
        };
        self.explained.extend(spans);
        Some(format!("{}: {{{}: {objects}}}", need.kind.row().word, name.value))
    }

    /// The object that is meant where a grant names one that is not there, as it is written in the grant. It counts as
    /// explained.
    pub(super) fn object_for(&mut self, need: &Need, part: Part) -> Option<String> {
        let free = &self.objects;
        let (value, span) = match part {
            Part::Memory => {
                let map = only(free.maps.iter().filter(|(_, user)| user.is_none()))?.0;
                (map.region.value.clone(), map.span)
            }
            Part::Irq => {
                let irq = only(free.irqs.iter().filter(|(_, user)| user.is_none()))?.0;
                (irq.id.value.to_string(), irq.span)
            }
            Part::IoPort => {
                let ports = only(free.ports.iter().filter(|(_, user)| user.is_none()))?.0;
                (ports.id.value.to_string(), ports.span)
            }
            Part::Child => {
                let child = only(free.children.iter().filter(|(_, user)| user.is_none()))?.0;
                (child.name.value.clone(), child.name.span)
            }
            Part::Channel => {
                let end = self.end_for(need, need.name.as_ref().map_or("", |name| &name.value))?;
                (end.id.value.to_string(), end.span)
            }
        };
        self.explained.push(span);
        Some(format!("{}: {value}", part.field()))
    }

    /// The free channel end that fits a request: the one that leads to the interface, else the only one of its sort.
    fn end_for(&self, need: &Need, interface: &str) -> Option<&End> {
        let fits = |end: &End, peer: &End| match need.kind {
            Kind::Notify => !end.pp && !peer.pp && end.notify,
            _ => end.pp,
        };
        let free = || {
            let ends = self.objects.ends.iter().filter(|(_, _, user)| user.is_none());
            ends.filter(move |(end, peer, _)| fits(end, peer)).map(|(end, peer, _)| (*end, *peer))
        };
        let leads = |peer: &End| self.served(peer).is_some_and(|served| served == interface);
        only(free().filter(|(_, peer)| leads(peer))).or_else(|| only(free())).map(|(end, _)| end)
    }

    /// The interface that is served at an end.
    fn served(&self, end: &End) -> Option<&str> {
        let server = &self.model.services[self.model.service(&end.pd.value)?];
        let served = &server.entry?.provides;
        let here = served.iter().find(|s| s.channels.iter().any(|c| c.value == end.id.value))?;
        Some(&here.interface.value)
    }

    /// How to ask for an object of a kind, and to grant it.
    pub(super) fn ask_for(&self, kind: &str, name: &str, object: &str) -> String {
        let pd = self.service.name();
        format!(
            "remove it, or ask for it, `- {kind}: {name}` in its manifest, and name it, `{kind}: {{{name}: {object}}}` \
             under `services: {pd}: grants:` in partenza.yaml"
        )
    }

    /// The same for a channel: who calls asks, who is called provides.
    pub(super) fn ask_for_channel(&self, end: &End, peer: &End) -> String {
        let channel = format!("{{channel: {}}}", end.id.value);
        if end.pp {
            return self.ask_for("call", self.served(peer).unwrap_or("INTERFACE"), &channel);
        }
        if !peer.pp {
            return self.ask_for("notify", "NAME", &channel);
        }
        let (pd, offered) = (self.service.name(), &self.manifest.provides);
        let interface = only(offered.iter()).map_or("INTERFACE", |p| p.interface.value.as_str());
        format!(
            "say what is served there: `provides: {{{interface}: {channel}}}` under `services: {pd}:` in partenza.yaml"
        )
    }

    /// Where a required capability that nothing grants is granted.
    pub(super) fn where_to_grant(&mut self, need: &Need) -> String {
        let place = format!("`services: {}: grants:` in partenza.yaml", self.service.name());
        match self.grant_for(need) {
            Some(grant) => format!("write `{grant}` under {place}"),
            None if need.kind == Kind::Supervisor => {
                let names: Vec<&str> = need.operations.iter().map(|op| op.value.as_str()).collect();
                format!("write `supervisor: [{}]` under {place}", names.join(", "))
            }
            None => {
                let what = title(need.kind, need.name.as_ref());
                let made = need.kind.row().made_of;
                format!("give the PD {made} in system.xml, and name it as `{what}` under {place}")
            }
        }
    }
}
