// SPDX-License-Identifier: BSD-2-Clause
//! From a request of a manifest to the grant that answers it, and to the objects that the grant names.

use std::fmt::Display;

use partenza_protocol::Op;

use super::found::{Authority, Check, bits, matches, title};
use crate::config::{Bind, Grant, OnDead};
use crate::diagnostic::{Code, Diagnostic};
use crate::kinds::{Access, Kind, Part};
use crate::manifest::Need;
use crate::sdf::End;
use crate::source::{Span, Spanned};

impl<'m> Check<'_, 'm> {
    pub(super) fn need(&mut self, need: &Need, authority: &mut Authority) {
        let grant = self.grants().iter().find(|grant| matches(grant, need));
        let what = title(need.kind, need.name.as_ref());
        let place = need.name.as_ref().map_or(need.span, |n| n.span);
        let Some(grant) = grant else {
            let pd = self.service.name();
            if need.optional.is_some() {
                let message = format!("`{pd}` does not get the optional `{what}`");
                self.out.push(Diagnostic::info(Code::OptionalAbsent, message).at(place, "asked for here"));
                return;
            }
            let help = self.where_to_grant(need);
            let pd = self.service.name();
            let mut found = Diagnostic::error(
                Code::RequiredNotGranted,
                format!("`{pd}` requires `{what}`, which nothing grants"),
            )
            .at(place, "required here")
            .help(help);
            if let Some(entry) = self.service.entry {
                found = found.at(entry.name.span, "no such grant here");
            }
            self.out.push(found);
            return;
        };
        if let Some(bit) = need.optional {
            authority.optional |= 1 << bit;
        }
        if need.kind == Kind::Supervisor {
            self.operations(need, grant, authority);
            return;
        }
        if !self.shape(grant, &what) {
            return;
        }
        self.parts(need, grant, authority);
    }

    fn operations(&mut self, need: &Need, grant: &Grant, authority: &mut Authority) {
        let asked = |name: &str| need.operations.iter().any(|op| op.value == name);
        for given in &grant.operations {
            if !asked(&given.value) {
                let message = format!("`{}` was not asked for", given.value);
                self.out.push(
                    Diagnostic::error(Code::GrantNotAsked, message)
                        .at(given.span, "granted here")
                        .at(need.span, "not asked for here"),
                );
            } else if let Some(op) = Op::from_name(&given.value) {
                authority.permissions = authority.permissions.with(op);
            }
        }
        if need.optional.is_none() {
            for wanted in &need.operations {
                if !grant.operations.iter().any(|op| op.value == wanted.value) {
                    let message = format!("the required operation `{}` is not granted", wanted.value);
                    self.out.push(
                        Diagnostic::error(Code::RequiredNotGranted, message)
                            .at(wanted.span, "required here")
                            .at(grant.span, "not granted here"),
                    );
                }
            }
        }
    }

    /// Whether the grant names as many objects of each part as its kind needs.
    fn shape(&mut self, grant: &Grant, what: &str) -> bool {
        let row = grant.kind.row();
        let Some(shape) = row.shape else { return false };
        let count = |part| match part {
            Part::Memory => grant.memory.len(),
            Part::Irq => grant.irqs.len(),
            Part::IoPort => grant.ports.len(),
            Part::Channel => grant.channels.len(),
            Part::Child => grant.children.len(),
        };
        let total: usize = Part::ALL.into_iter().map(count).sum();
        let wrong = Part::ALL.into_iter().any(|part| {
            let (least, most) = shape.bounds(part);
            count(part) < least || count(part) > most
        });
        if wrong || total == 0 {
            let message = format!("a grant of `{what}` is {}", row.made_of);
            self.out.push(Diagnostic::error(Code::WrongParts, message).at(grant.span, ""));
            return false;
        }
        true
    }

    fn parts(&mut self, need: &Need, grant: &'m Grant, authority: &mut Authority) {
        for region in &grant.memory {
            self.memory(need, region);
        }
        for irq in &grant.irqs {
            let found = self.objects.irqs.iter_mut().find(|(object, _)| object.id.value == irq.value);
            let twice = found.map(|(_, user)| user.replace(irq.span));
            self.used(twice, irq.span, Part::Irq, &irq.value, Some(need));
        }
        for ports in &grant.ports {
            let found = self.objects.ports.iter_mut().find(|(object, _)| object.id.value == ports.value);
            let twice = found.map(|(_, user)| user.replace(ports.span));
            self.used(twice, ports.span, Part::IoPort, &ports.value, Some(need));
        }
        for child in &grant.children {
            let found = self.objects.children.iter_mut().find(|(pd, _)| pd.name.value == child.value);
            let twice = found.map(|(_, user)| user.replace(child.span));
            self.used(twice, child.span, Part::Child, &child.value, Some(need));
        }
        for channel in &grant.channels {
            self.channel(need, grant, channel, authority);
        }
    }

    /// Reports an object that is not there (`None`) or that another grant named before.
    pub(super) fn used(
        &mut self,
        previous: Option<Option<Span>>,
        span: Span,
        part: Part,
        value: &dyn Display,
        need: Option<&Need>,
    ) {
        match previous {
            Some(None) => {}
            Some(Some(first)) => {
                let message = "an object is named by two grants";
                self.out.push(
                    Diagnostic::error(Code::GrantedTwice, message).at(span, "second").at(first, "first"),
                );
            }
            None => {
                let what = match part {
                    Part::Memory => format!("no `<map>` of region `{value}`"),
                    Part::Irq => format!("no `<irq>` with id {value}"),
                    Part::IoPort => format!("no `<ioport>` with id {value}"),
                    Part::Channel => format!("no channel end with id {value}"),
                    Part::Child => format!("no child `{value}`"),
                };
                let meant = need.and_then(|need| self.object_for(need, part));
                let name = self.service.name();
                let advice = match meant {
                    Some(object) => format!("did you mean `{object}`?"),
                    None => format!("in system.xml, write {}", missing(part, name, value, need.is_some())),
                };
                let message = format!("`{name}` has {what}");
                self.out.push(
                    Diagnostic::error(Code::NoSuchObject, message)
                        .at(span, "granted here")
                        .at(self.service.pd.name.span, "not here")
                        .help(advice),
                );
            }
        }
    }

    fn memory(&mut self, need: &Need, region: &Spanned<String>) {
        let mut twice = None;
        let mut given = Access { read: false, write: false, execute: false };
        for (map, user) in self.objects.maps.iter_mut().filter(|(m, _)| m.region.value == region.value) {
            twice = Some(user.replace(region.span));
            given.read |= map.perms.read;
            given.write |= map.perms.write;
            given.execute |= map.perms.execute;
        }
        self.used(twice, region.span, Part::Memory, &region.value, Some(need));
        if twice.is_none() {
            return;
        }
        let object = self.model.system.region(&region.value).map(|at| &self.model.system.regions[at]);
        if need.kind == Kind::Framebuffer
            && let Some(object) = object.filter(|r| r.physical.is_none())
        {
            let message = format!("region `{}` has no phys_addr, so it is no framebuffer", region.value);
            self.out
                .push(Diagnostic::error(Code::WrongParts, message).at(region.span, "").at(object.span, ""));
        }
        let asked = need.rights.as_ref().map_or(Access::READ_WRITE, |r| r.value);
        // Pages that can be written and not read do not exist: `w` is mapped `rw`.
        let effective = Access { read: asked.read || asked.write, ..asked };
        let map = self.objects.maps.iter().find(|(m, _)| m.region.value == region.value).map(|(m, _)| m.span);
        self.rights(need, effective, given, region.span, map);
    }

    /// Rights given must be those asked for, or less where the capability is optional.
    fn rights(&mut self, need: &Need, asked: Access, given: Access, span: Span, object: Option<Span>) {
        let fits = if need.optional.is_some() { given.within(asked) } else { given == asked };
        if fits {
            return;
        }
        let verb = if given.within(asked) { "only " } else { "" };
        let message = format!(
            "`{}` asks for `{}` with rights {asked} and gets {verb}{given}",
            self.service.name(),
            title(need.kind, need.name.as_ref()),
        );
        let place = need.rights.as_ref().map_or(need.span, |r| r.span);
        let mut found = Diagnostic::error(Code::RightsDiffer, message)
            .at(object.unwrap_or(span), format!("gives {given}"))
            .at(place, format!("asks for {asked}"));
        if object.is_some() {
            found = found.at(span, "granted here");
        }
        self.out.push(found);
    }

    fn channel(&mut self, need: &Need, grant: &'m Grant, id: &Spanned<u8>, authority: &mut Authority) {
        let found = self.objects.ends.iter_mut().find(|(end, _, _)| end.id.value == id.value);
        let ends = found.as_ref().map(|(end, peer, _)| (*end, *peer));
        let twice = found.map(|(_, _, user)| user.replace(id.span));
        self.used(twice, id.span, Part::Channel, &id.value, Some(need));
        let (Some((end, peer)), Some(name)) = (ends, need.name.as_ref()) else { return };
        if need.kind == Kind::Notify {
            if end.pp || peer.pp || !end.notify {
                let message =
                    format!("channel {} is not one that `{}` may signal", id.value, self.service.name());
                self.out.push(
                    Diagnostic::error(Code::WrongParts, message)
                        .at(id.span, "granted here")
                        .at(end.span, "this end carries calls, or must not notify"),
                );
            }
            authority.channels.insert(id.value, (name.value.clone(), 0));
            return;
        }
        if !end.pp {
            let message = format!("`{}` may not call on channel {}", self.service.name(), id.value);
            self.out.push(
                Diagnostic::error(Code::WrongParts, message)
                    .at(id.span, "granted here")
                    .at(end.span, "add pp=\"true\" to this end")
                    .help("of the two ends of a channel, the one that calls has pp=\"true\""),
            );
            return;
        }
        self.peer_provides(name, peer, id.span);
        if grant.on_dead == OnDead::Repeat {
            authority.repeats.push(id.value);
        }
        if grant.bind != Bind::Start {
            authority.late.push((id.value, grant.bind));
        }
        let asked = need.rights.as_ref().map_or(Access::READ_WRITE, |r| r.value);
        let given = grant.rights.as_ref().map_or(asked, |r| r.value);
        if let Some(written) = &grant.rights {
            self.rights(need, asked, given, written.span, None);
        }
        authority.channels.insert(id.value, (name.value.clone(), bits(given)));
    }

    /// The other end must serve that interface on that channel.
    fn peer_provides(&mut self, interface: &Spanned<String>, peer: &End, span: Span) {
        let server = self.model.service(&peer.pd.value).map(|at| &self.model.services[at]);
        let Some(server) = server.filter(|s| s.manifest.is_some()) else { return };
        let served = server.entry.map_or(&[][..], |entry| &entry.provides);
        let here = served.iter().find(|s| s.channels.iter().any(|c| c.value == peer.id.value));
        if here.is_some_and(|s| s.interface.value == interface.value) {
            return;
        }
        let message = match here {
            Some(other) => format!(
                "the channel leads to `{}` of `{}`, not to `{}`",
                other.interface.value,
                server.name(),
                interface.value
            ),
            None => {
                format!("`{}` serves nothing on its end of the channel, id {}", server.name(), peer.id.value)
            }
        };
        let mut found =
            Diagnostic::error(Code::WrongPeer, message).at(span, "granted here").at(peer.span, "leads here");
        if let Some(other) = here {
            found = found.at(other.interface.span, "serves this");
        }
        self.out.push(found.help(format!(
            "write `services: {}: provides: {{{}: {{channel: {}}}}}`",
            server.name(),
            interface.value,
            peer.id.value
        )));
    }
}

/// What would have to stand in system.xml; `asked` tells a client from a server.
fn missing(part: Part, pd: &str, value: &dyn Display, asked: bool) -> String {
    let inside = format!("in the protection domain `{pd}`");
    match part {
        Part::Memory => format!("`<map mr=\"{value}\" vaddr=\"…\" perms=\"…\"/>` {inside}"),
        Part::Irq => format!("`<irq id=\"{value}\" …/>` {inside}"),
        Part::IoPort => format!("`<ioport id=\"{value}\" addr=\"…\" size=\"…\"/>` {inside}"),
        Part::Child => format!("`<protection_domain name=\"{value}\" id=\"…\" …>` {inside}"),
        Part::Channel => {
            let calls = |calls| if calls { " pp=\"true\"" } else { "" };
            format!(
                "`<channel><end pd=\"{pd}\" id=\"{value}\"{}/><end pd=\"…\" id=\"…\"{}/></channel>`",
                calls(asked),
                calls(!asked)
            )
        }
    }
}
