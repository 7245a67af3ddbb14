// SPDX-License-Identifier: BSD-2-Clause
//! From names to things: which manifest a PD runs, which layer it is in, who provides what it requires.
//!
//! [`service`] says what holds of one PD, [`provider`] who satisfies a requirement.

mod model;
mod provider;
mod service;

pub use model::{Dependency, Model, ORCHESTRATOR, Service};
use model::{add, pd};

use std::collections::{BTreeMap, HashMap, HashSet};

use semver::Version;

use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::extensions::{self, Registry};
use crate::manifest::{Manifest, Manifests};
use crate::sdf::System;
use crate::source::Spanned;

/// Resolves everything. Findings go to `out`.
pub fn resolve<'m>(
    system: &'m System,
    config: &'m Config,
    manifests: &'m Manifests,
    registry: &Registry,
    plain: bool,
    out: &mut Diagnostics,
) -> Model<'m> {
    let mut services: Vec<Service<'m>> = service::all(system, config, manifests, plain, out);
    let last = services.iter().filter(|s| s.manifest.is_some()).map(|s| s.layer).max().unwrap_or(2);
    for service in services.iter_mut().filter(|s| s.manifest.is_none()) {
        service.layer = service.entry.and_then(|e| e.layer.as_ref()).map_or(last, |l| l.value);
    }
    let mut by_name = HashMap::new();
    let mut by_interface: HashMap<&str, Vec<(usize, &Version)>> = HashMap::new();
    for (at, service) in services.iter().enumerate() {
        by_name.entry(service.pd.name.value.as_str()).or_insert(at);
        for provided in service.manifest.iter().flat_map(|m| &m.provides) {
            by_interface.entry(&provided.interface.value).or_default().push((at, &provided.version.value));
        }
    }
    let incomplete = !manifests.unreadable.is_empty() || !manifests.damaged.is_empty();
    let damaged = &manifests.damaged;
    let mut model = Model { system, config, services, incomplete, damaged, by_name, by_interface };
    names(&model, out);
    unused(&model, &manifests.by_id, out);
    service::relations(&mut model, out);
    provider::preferences(&model, out);
    let mut requires: Vec<Vec<Dependency>> =
        (0..model.services.len()).map(|index| provider::dependencies(&model, index, out)).collect();
    let used = extensions::check(&model, registry, out);
    let sidecars = service::sidecars(&model);
    for (index, more) in used.into_iter().enumerate().chain(sidecars.into_iter().enumerate()) {
        more.into_iter().for_each(|dependency| add(&mut requires[index], dependency));
    }
    for (service, requires) in model.services.iter_mut().zip(requires) {
        service.requires = requires;
    }
    model
}

fn unused(model: &Model<'_>, manifests: &BTreeMap<String, Manifest>, out: &mut Diagnostics) {
    let runs = model.services.iter().filter_map(|s| s.manifest).map(|m| m.id.value.as_str());
    let mut known: HashSet<&str> = runs.collect();
    // A file with another id than its name is listed under both.
    for manifest in manifests.values().filter(|manifest| known.insert(&manifest.id.value)) {
        let message = format!("no protection domain runs the manifest `{}`", manifest.id.value);
        let help = format!(
            "write `<protection_domain name=\"{}\" …>` in system.xml, or remove the file",
            manifest.id.value
        );
        out.push(Diagnostic::warning(Code::UnusedManifest, message).at(manifest.id.span, "").help(help));
    }
}

/// Every PD that partenza.yaml names must exist.
fn names(model: &Model<'_>, out: &mut Diagnostics) {
    let mut look = |name: &Spanned<String>| pd(model, name, out);
    let config = model.config;
    config.services.iter().map(|entry| &entry.name).for_each(&mut look);
    config.platform.handover.iter().for_each(&mut look);
    config.boot.parameters.hold.iter().for_each(&mut look);
    config.recovery.services.iter().chain(&config.recovery.panic).for_each(&mut look);
    config.recovery.soften.iter().flat_map(|(from, to)| [from, to]).for_each(&mut look);
    config.providers.iter().flat_map(|(_, names)| names).for_each(&mut look);
}
