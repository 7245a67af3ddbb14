// SPDX-License-Identifier: BSD-2-Clause
//! The cross-check of authority (SPEC A-2, F): what the author asks for, what the integrator grants, and what
//! system.xml gives must be the same, object by object. The rules per kind are the table in [`crate::kinds`].
//!
//! [`need`] goes from the manifest's requests to objects, [`service`] looks at everything that is left over, [`advice`]
//! says what to write.

mod advice;
mod found;
mod need;
mod service;

pub use found::Authority;

use partenza_protocol::Permissions;

use crate::diagnostic::Diagnostics;
use crate::kernel::Kernel;
use crate::kinds::Access;
use crate::resolve::{Model, Service};
use crate::sdf::System;
use found::{Check, Objects, bits};

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
