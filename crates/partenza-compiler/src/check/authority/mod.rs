// SPDX-License-Identifier: BSD-2-Clause
//! The cross-check of authority (SPEC A-2, F): what the author asks for, what the integrator grants, and what
//! system.xml gives must be the same, object by object. The rules per kind are the table in [`crate::kinds`].
//!
//! [`need`] goes from the manifest's requests to objects, [`service`] looks at everything that is left over, [`advice`]
//! says what to write.

mod advice;
mod need;
mod service;

use std::collections::BTreeMap;

use partenza_protocol::{Permissions, startup};

use crate::config::{Bind, Grant};
use crate::diagnostic::Diagnostics;
use crate::kernel::Kernel;
use crate::kinds::{Access, Kind};
use crate::manifest::{Manifest, Need};
use crate::resolve::{Model, Service};
use crate::sdf::{End, Irq, Map, Pd, Ports, System};
use crate::source::{Span, Spanned};

/// What the cross-check found out about one service.
#[derive(Clone, Debug, Default)]
pub struct Authority {
    /// By channel id: the name under which the service knows the channel, and the client's rights.
    pub channels: BTreeMap<u8, (String, u8)>,
    /// Channels whose calls are made again when their server dies (SPEC J-4).
    pub repeats: Vec<u8>,
    /// Channels whose calls are not granted from the start, and what they wait for.
    pub late: Vec<(u8, Bind)>,
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
    children: Vec<(&'m Pd, Option<Span>)>,
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
    let objects = objects(model.system, service);
    let mut check = Check { model, service, manifest, out, objects, explained: Vec::new() };
    for need in &manifest.needs {
        check.need(need, &mut authority);
    }
    // What was refused of a manifest may have asked for what is left over.
    let whole = !model.damaged.contains(&manifest.id.value);
    check.provides(whole, &mut authority);
    if whole {
        check.unasked_grants();
        check.unnamed_objects();
    }
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
        children: system.children_of(&pd.name.value).map(|(child, _)| (child, None)).collect(),
    }
}

struct Check<'c, 'm> {
    model: &'c Model<'m>,
    service: &'c Service<'m>,
    manifest: &'m Manifest,
    out: &'c mut Diagnostics,
    objects: Objects<'m>,
    /// Objects that no grant names, and of which was said already which grant should.
    explained: Vec<Span>,
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
