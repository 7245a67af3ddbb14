// SPDX-License-Identifier: BSD-2-Clause
//! From names to things: which manifest a PD runs, which layer it is in, who provides what it requires.
//!
//! [`service`] says what holds of one PD, [`provider`] who satisfies a requirement.

mod provider;
mod service;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use partenza_plan::{Class, Health, Readiness, Restart, Start};
use semver::Version;

use crate::config::{Config, Entry};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, suggest};
use crate::extensions::{self, Registry};
use crate::manifest::{Manifest, Manifests};
use crate::sdf::{Pd, System};
use crate::source::{Span, Spanned};

/// Interfaces that the orchestrator itself provides, with their versions (SPEC S-12).
pub const ORCHESTRATOR: &[(&str, &str)] = &[("supervisor/control", "1.0.0"), ("log", "1.0.0")];

/// A PD with everything that is known of it.
#[derive(Clone, Debug)]
pub struct Service<'m> {
    pub pd: &'m Pd,
    pub manifest: Option<&'m Manifest>,
    pub entry: Option<&'m Entry>,
    pub layer: u8,
    /// Nobody says which layer, or its manifest cannot be read; that was reported, and nothing is concluded from `layer`.
    pub layer_missing: bool,
    pub critical: bool,
    pub class: Class,
    pub start: Start,
    pub readiness: Readiness,
    /// Microseconds.
    pub startup_timeout: u64,
    pub health: Health,
    /// With the defaults of its class.
    pub restart: Restart,
    /// Its program is handed over after the boot (SPEC D-6): where that is written.
    pub delivered: Option<Span>,
    /// Index into [`Model::services`], as are the next two.
    pub fallback: Option<usize>,
    pub sidecar_of: Option<usize>,
    pub requires: Vec<Dependency>,
    /// Place in partenza.yaml, then in system.xml: breaks ties.
    pub rank: (usize, usize),
}

impl Service<'_> {
    #[must_use]
    pub fn name(&self) -> &str {
        &self.pd.name.value
    }
}

/// An edge of the dependency graph.
#[derive(Clone, Copy, Debug)]
pub struct Dependency {
    pub on: usize,
    pub required: bool,
    /// SPEC L-5.
    pub restart_with: bool,
    /// Its place in `providers` of partenza.yaml: any of these will do, and there is an edge to each.
    pub any_of: Option<usize>,
    /// Where the requirement is written.
    pub span: Span,
}

/// Everything resolved; services in the order of system.xml.
#[derive(Debug)]
pub struct Model<'m> {
    pub system: &'m System,
    pub config: &'m Config,
    pub services: Vec<Service<'m>>,
    /// A manifest, or a part of one, could not be read, so what is missing may be in there.
    pub incomplete: bool,
    /// Ids of manifests of which a part could not be read.
    pub damaged: &'m BTreeSet<String>,
    by_name: HashMap<&'m str, usize>,
    /// Who offers each interface, and in which version; in the order of system.xml.
    by_interface: HashMap<&'m str, Vec<(usize, &'m Version)>>,
}

impl<'m> Model<'m> {
    #[must_use]
    pub fn service(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }
}

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

/// Adds an edge, or makes one that is there already as strong.
fn add(list: &mut Vec<Dependency>, dependency: Dependency) {
    match list.iter_mut().find(|known| (known.on, known.any_of) == (dependency.on, dependency.any_of)) {
        Some(known) => {
            known.required |= dependency.required;
            known.restart_with |= dependency.restart_with;
        }
        None => list.push(dependency),
    }
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

/// Reports a name that no PD has.
fn pd(model: &Model<'_>, name: &Spanned<String>, out: &mut Diagnostics) {
    if model.service(&name.value).is_none() {
        let message = format!("no protection domain is called `{}`", name.value);
        let help = suggest(&name.value, model.services.iter().map(Service::name));
        out.push(Diagnostic::error(Code::UnknownService, message).at(name.span, "").maybe_help(help));
    }
}
