// SPDX-License-Identifier: BSD-2-Clause
//! The cross-check of authority (SPEC A-2, F): what the author asks for, what the integrator grants, and what
//! system.xml gives must be the same, object by object. The rules per kind are the table in [`crate::kinds`].

use std::collections::BTreeMap;

use partenza_protocol::{Op, Permissions, startup};

use crate::config::{Grant, SupervisorChannel};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, suggest};
use crate::kernel::Kernel;
use crate::kinds::{Access, Kind, Part};
use crate::manifest::{Manifest, Need};
use crate::resolve::{Model, Service};
use crate::sdf::{End, Irq, Map, Ports, System};
use crate::source::{Span, Spanned};

/// What the cross-check found out about one service.
#[derive(Clone, Debug, Default)]
pub struct Authority {
    /// By channel id: the name under which the service knows the channel, and the client's rights.
    pub channels: BTreeMap<u8, (String, u8)>,
    /// Bit n: the n-th optional capability is granted.
    pub optional: u32,
    pub permissions: Permissions,
    pub supervisor_channel: Option<u8>,
    /// The first channel on which it serves.
    pub serves: Option<u8>,
}

/// The objects of one PD, each with the grant that names it.
struct Objects<'m> {
    maps: Vec<(&'m Map, Option<Span>)>,
    irqs: Vec<(&'m Irq, Option<Span>)>,
    ports: Vec<(&'m Ports, Option<Span>)>,
    ends: Vec<(&'m End, &'m End, Option<Span>)>,
}

/// Checks every service; the result is in the model's order. Findings go to `out`.
pub fn check(model: &Model<'_>, kernel: &Kernel, out: &mut Diagnostics) -> Vec<Authority> {
    let mut found: Vec<Authority> = model.services.iter().map(|s| service(model, s, kernel, out)).collect();
    let clients: Vec<Authority> = found.clone();
    for (index, authority) in found.iter_mut().enumerate() {
        server_ends(model, index, &clients, authority);
    }
    found
}

fn service(model: &Model<'_>, service: &Service<'_>, kernel: &Kernel, out: &mut Diagnostics) -> Authority {
    let mut authority = Authority { permissions: Permissions::by_default(), ..Authority::default() };
    let Some(manifest) = service.manifest else { return authority };
    let mut check = Check { model, service, manifest, out, objects: objects(model.system, service) };
    for need in &manifest.needs {
        check.need(need, &mut authority);
    }
    check.provides(&mut authority);
    check.unasked_grants();
    check.unnamed_objects();
    check.bounds();
    check.supervisor_channel(kernel, &mut authority);
    check.calls_are_required();
    authority
}

fn objects<'m>(system: &'m System, service: &Service<'m>) -> Objects<'m> {
    let pd = service.pd;
    Objects {
        maps: pd.maps.iter().map(|map| (map, None)).collect(),
        irqs: pd.irqs.iter().map(|irq| (irq, None)).collect(),
        ports: pd.ports.iter().map(|ports| (ports, None)).collect(),
        ends: system.ends_of(&pd.name.value).map(|(end, peer)| (end, peer, None)).collect(),
    }
}

struct Check<'c, 'm> {
    model: &'c Model<'m>,
    service: &'c Service<'m>,
    manifest: &'m Manifest,
    out: &'c mut Diagnostics,
    objects: Objects<'m>,
}

fn matches(grant: &Grant, need: &Need) -> bool {
    grant.kind == need.kind
        && grant.name.as_ref().map(|n| n.value.as_str()) == need.name.as_ref().map(|n| n.value.as_str())
}

fn title(kind: Kind, name: Option<&Spanned<String>>) -> String {
    match name {
        Some(name) => format!("{}: {}", kind.row().word, name.value),
        None => kind.row().word.to_owned(),
    }
}

/// Bits of the startup page's channel list.
fn bits(access: Access) -> u8 {
    (u8::from(access.write) * startup::RIGHT_WRITE) | (u8::from(access.read) * startup::RIGHT_READ)
}

impl<'m> Check<'_, 'm> {
    fn grants(&self) -> &'m [Grant] {
        self.service.entry.map_or(&[], |entry| &entry.grants)
    }

    fn need(&mut self, need: &Need, authority: &mut Authority) {
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
            let help =
                format!("add it under `services: {pd}: grants: {}:` in partenza.yaml", need.kind.row().word);
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
        for operation in need.operations.iter().chain(&grant.operations) {
            if Op::from_name(&operation.value).is_none() {
                let names = Op::ALL.iter().map(|op| op.name());
                let message = format!("the supervisor has no operation `{}`", operation.value);
                let help = suggest(&operation.value, names.clone())
                    .unwrap_or_else(|| format!("operations are {}", names.collect::<Vec<_>>().join(", ")));
                self.out.push(
                    Diagnostic::error(Code::UnknownOperation, message).at(operation.span, "").help(help),
                );
            }
        }
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
            self.used(twice, irq.span, || format!("no `<irq>` with id {}", irq.value));
        }
        for ports in &grant.ports {
            let found = self.objects.ports.iter_mut().find(|(object, _)| object.id.value == ports.value);
            let twice = found.map(|(_, user)| user.replace(ports.span));
            self.used(twice, ports.span, || format!("no `<ioport>` with id {}", ports.value));
        }
        for channel in &grant.channels {
            self.channel(need, grant, channel, authority);
        }
    }

    /// Reports an object that is not there (`None`) or that another grant named before.
    fn used(&mut self, previous: Option<Option<Span>>, span: Span, what: impl FnOnce() -> String) {
        match previous {
            Some(None) => {}
            Some(Some(first)) => {
                let message = "an object is named by two grants";
                self.out.push(
                    Diagnostic::error(Code::GrantedTwice, message).at(span, "second").at(first, "first"),
                );
            }
            None => {
                let message = format!("`{}` has {}", self.service.name(), what());
                self.out.push(
                    Diagnostic::error(Code::NoSuchObject, message)
                        .at(span, "granted here")
                        .at(self.service.pd.name.span, "not here"),
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
        self.used(twice, region.span, || format!("no `<map>` of region `{}`", region.value));
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
        self.used(twice, id.span, || format!("no channel end with id {}", id.value));
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
                    .at(end.span, "add pp=\"true\" to this end"),
            );
            return;
        }
        self.peer_provides(name, peer, id.span);
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

    /// Each interface served must be one that the manifest provides, on ends that clients call.
    fn provides(&mut self, authority: &mut Authority) {
        let Some(entry) = self.service.entry else { return };
        for served in &entry.provides {
            let known = self.manifest.provides.iter().map(|p| p.interface.value.as_str());
            if !known.clone().any(|name| name == served.interface.value) {
                let message = format!(
                    "the manifest of `{}` does not provide `{}`",
                    self.service.name(),
                    served.interface.value
                );
                let help = suggest(&served.interface.value, known);
                self.out.push(
                    Diagnostic::error(Code::GrantNotAsked, message)
                        .at(served.interface.span, "")
                        .maybe_help(help),
                );
            }
            for id in &served.channels {
                let found = self.objects.ends.iter_mut().find(|(end, _, _)| end.id.value == id.value);
                let called = found.as_ref().is_none_or(|(_, peer, _)| peer.pp);
                let peer = found.as_ref().map(|(_, peer, _)| peer.span);
                let twice = found.map(|(_, _, user)| user.replace(id.span));
                self.used(twice, id.span, || format!("no channel end with id {}", id.value));
                if let Some(peer) = peer.filter(|_| !called) {
                    let message =
                        format!("nobody can call `{}` on channel {}", self.service.name(), id.value);
                    self.out.push(
                        Diagnostic::error(Code::WrongParts, message)
                            .at(id.span, "served here")
                            .at(peer, "add pp=\"true\" to the client's end"),
                    );
                }
                authority.serves = authority.serves.or(Some(id.value));
            }
        }
    }

    fn unasked_grants(&mut self) {
        for grant in self.grants() {
            if !self.manifest.needs.iter().any(|need| matches(grant, need)) {
                let what = title(grant.kind, grant.name.as_ref());
                let message = format!("the manifest of `{}` does not ask for `{what}`", self.service.name());
                let asked = self.manifest.needs.iter().filter(|n| n.kind == grant.kind);
                let names = asked.filter_map(|n| n.name.as_ref()).map(|n| n.value.as_str());
                let help = grant.name.as_ref().and_then(|name| suggest(&name.value, names));
                self.out.push(
                    Diagnostic::error(Code::GrantNotAsked, message).at(grant.span, "").maybe_help(help),
                );
            }
        }
    }

    /// Everything that system.xml gives must be named. An end that neither calls nor signals gives nothing.
    fn unnamed_objects(&mut self) {
        let objects = &self.objects;
        let maps = objects.maps.iter().filter(|(_, user)| user.is_none());
        let maps = maps.map(|(m, _)| (m.span, format!("memory region `{}`", m.region.value)));
        let irqs = objects.irqs.iter().filter(|(_, user)| user.is_none());
        let irqs = irqs.map(|(i, _)| (i.span, format!("interrupt {} (pin {})", i.id.value, i.pin.value)));
        let ports = objects.ports.iter().filter(|(_, user)| user.is_none());
        let ports = ports.map(|(p, _)| (p.span, format!("I/O ports {:#x} to {:#x}", p.first, p.last)));
        let ends = objects
            .ends
            .iter()
            .filter(|(end, peer, user)| user.is_none() && (end.pp || end.notify || peer.pp));
        let ends =
            ends.map(|(end, peer, _)| (end.span, format!("channel {} to `{}`", end.id.value, peer.pd.value)));
        for (span, what) in maps.chain(irqs).chain(ports).chain(ends) {
            let message = format!("`{}` is given {what}, and no grant names it", self.service.name());
            self.out.push(
                Diagnostic::error(Code::ObjectNotAsked, message)
                    .at(span, "given here")
                    .at(self.manifest.id.span, "its manifest does not ask for it"),
            );
        }
    }

    fn bounds(&mut self) {
        let (pd, resources) = (self.service.pd, &self.manifest.resources);
        let stack = resources.stack.as_ref().filter(|bound| pd.stack_size.value > bound.value);
        let priority = resources.priority.as_ref().filter(|bound| u64::from(pd.priority.value) > bound.value);
        let found = [
            stack.map(|bound| (pd.stack_size.span, bound.span, "stack_size")),
            priority.map(|bound| (pd.priority.span, bound.span, "priority")),
        ];
        for (given, bound, what) in found.into_iter().flatten() {
            let message = format!("{what} of `{}` is above its manifest's bound", self.service.name());
            self.out.push(Diagnostic::error(Code::AboveBound, message).at(given, "given").at(bound, "bound"));
        }
    }

    /// Gives the channel its id: as written, or the highest free one.
    fn supervisor_channel(&mut self, kernel: &Kernel, authority: &mut Authority) {
        let pd = self.service.pd;
        let used: Vec<&Spanned<u8>> = pd
            .irqs
            .iter()
            .map(|i| &i.id)
            .chain(self.objects.ends.iter().map(|(end, _, _)| &end.id))
            .collect();
        let choice = self.service.entry.map_or(&SupervisorChannel::Auto, |e| &e.supervisor_channel);
        authority.supervisor_channel = match choice {
            SupervisorChannel::Auto if self.service.readiness == partenza_plan::Readiness::None => None,
            SupervisorChannel::Auto => {
                let free =
                    (0..=kernel.facts.max_channel).rev().find(|id| used.iter().all(|u| u.value != *id));
                if free.is_none() {
                    let message = format!("`{}` uses every channel id", self.service.name());
                    self.out.push(Diagnostic::error(Code::NoFreeChannel, message).at(pd.name.span, ""));
                }
                free
            }
            SupervisorChannel::Id(id) => {
                if let Some(other) = used.iter().find(|u| u.value == id.value) {
                    let message = format!("id {} of the supervisor channel is in use", id.value);
                    self.out.push(
                        Diagnostic::error(Code::DuplicateId, message)
                            .at(id.span, "supervisor channel")
                            .at(other.span, "used here"),
                    );
                }
                Some(id.value)
            }
            SupervisorChannel::None(span) => {
                let asks = self.manifest.needs.iter().any(|need| need.kind == Kind::Supervisor);
                if self.service.readiness != partenza_plan::Readiness::None || asks {
                    let message = format!(
                        "`{}` reports to the Supervisor and has no channel to it",
                        self.service.name()
                    );
                    self.out.push(Diagnostic::error(Code::NeedsSupervisor, message).at(*span, ""));
                }
                None
            }
        };
    }

    fn calls_are_required(&mut self) {
        let calls = self.manifest.needs.iter().filter(|n| matches!(n.kind, Kind::Call | Kind::Axiom));
        for need in calls.filter(|n| n.optional.is_none()) {
            let Some(name) = &need.name else { continue };
            let required = self.manifest.requires.iter().any(|r| r.what.name().value == name.value)
                || self.peer_is_required(name);
            if !required {
                let message =
                    format!("`{}` calls `{}` but does not require it", self.service.name(), name.value);
                self.out.push(Diagnostic::warning(Code::CallWithoutRequire, message).at(name.span, ""));
            }
        }
    }

    /// Whether the service behind that call's channel is required by name.
    fn peer_is_required(&self, interface: &Spanned<String>) -> bool {
        let grant =
            self.grants().iter().find(|g| g.name.as_ref().is_some_and(|n| n.value == interface.value));
        let id = grant.and_then(|g| g.channels.first()).map(|id| id.value);
        let peer = self.objects.ends.iter().find(|(end, _, _)| Some(end.id.value) == id);
        let peer = peer.and_then(|(_, peer, _)| self.model.service(&peer.pd.value));
        self.service.requires.iter().any(|d| Some(d.on) == peer)
    }
}

/// At the serving end a channel's name is the client's, and its rights are what the client was granted.
fn server_ends(model: &Model<'_>, index: usize, clients: &[Authority], authority: &mut Authority) {
    let service = &model.services[index];
    if service.manifest.is_none() {
        return;
    }
    for (end, peer) in model.system.ends_of(service.name()) {
        if authority.channels.contains_key(&end.id.value) {
            continue;
        }
        let client = model.service(&peer.pd.value).map(|at| &clients[at]);
        let granted = client.and_then(|c| c.channels.get(&peer.id.value)).map(|(_, rights)| *rights);
        let rights = if peer.pp { granted.unwrap_or(bits(Access::READ_WRITE)) } else { 0 };
        authority.channels.insert(end.id.value, (peer.pd.value.clone(), rights));
    }
    if let Some(id) = authority.supervisor_channel {
        authority.channels.insert(id, (crate::resolve::ORCHESTRATOR[0].0.to_owned(), 0));
    }
}
