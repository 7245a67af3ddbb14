// SPDX-License-Identifier: BSD-2-Clause
//! From names to things: which manifest a PD runs, which layer it is in, who provides what it requires.

use std::collections::BTreeMap;

use partenza_plan::{Readiness, Start};
use semver::Version;

use crate::config::{Config, Entry};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, suggest};
use crate::kinds::Kind;
use crate::manifest::{Class, Manifest, Required, Requirement};
use crate::sdf::{Pd, System};
use crate::source::{Span, Spanned};

/// Interfaces that the orchestrator itself provides (SPEC S-12).
pub const ORCHESTRATOR: &[(&str, &str)] = &[("supervisor/control", "1.0.0")];

/// A PD with everything that is known of it.
#[derive(Clone, Debug)]
pub struct Service<'m> {
    pub pd: &'m Pd,
    pub manifest: Option<&'m Manifest>,
    pub entry: Option<&'m Entry>,
    pub layer: u8,
    /// Nobody says which layer; that was reported, and nothing is concluded from `layer`.
    pub layer_missing: bool,
    pub critical: bool,
    pub class: Class,
    pub start: Start,
    pub readiness: Readiness,
    /// Indices into [`Model::services`].
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
    /// Where the requirement is written.
    pub span: Span,
}

/// Everything resolved; services in the order of system.xml.
#[derive(Debug)]
pub struct Model<'m> {
    pub system: &'m System,
    pub config: &'m Config,
    pub services: Vec<Service<'m>>,
}

impl<'m> Model<'m> {
    #[must_use]
    pub fn service(&self, name: &str) -> Option<usize> {
        self.services.iter().position(|s| s.name() == name)
    }
}

/// Resolves everything. Findings go to `out`.
pub fn resolve<'m>(
    system: &'m System,
    config: &'m Config,
    manifests: &'m BTreeMap<String, Manifest>,
    plain: bool,
    out: &mut Diagnostics,
) -> Model<'m> {
    let mut model = Model { system, config, services: Vec::new() };
    for (index, pd) in system.pds.iter().enumerate() {
        model.services.push(service(pd, index, config, manifests, plain, out));
    }
    let last = model.services.iter().filter(|s| s.manifest.is_some()).map(|s| s.layer).max().unwrap_or(2);
    for service in model.services.iter_mut().filter(|s| s.manifest.is_none()) {
        service.layer = service.entry.and_then(|e| e.layer.as_ref()).map_or(last, |l| l.value);
    }
    names(&model, out);
    for (id, manifest) in manifests {
        let used = model.services.iter().any(|s| s.manifest.is_some_and(|m| m.id.value == *id));
        if !used {
            let message = format!("no protection domain runs the manifest `{id}`");
            out.push(Diagnostic::warning(Code::UnusedManifest, message).at(manifest.id.span, ""));
        }
    }
    let requires: Vec<Vec<Dependency>> =
        (0..model.services.len()).map(|index| dependencies(&model, index, out)).collect();
    for (service, requires) in model.services.iter_mut().zip(requires) {
        service.requires = requires;
    }
    model
}

fn service<'m>(
    pd: &'m Pd,
    index: usize,
    config: &'m Config,
    manifests: &'m BTreeMap<String, Manifest>,
    plain: bool,
    out: &mut Diagnostics,
) -> Service<'m> {
    let place = config.services.iter().position(|entry| entry.name.value == pd.name.value);
    let entry = place.map(|at| &config.services[at]);
    let named = entry.and_then(|entry| entry.manifest.as_ref());
    let manifest = manifests.get(named.map_or(&pd.name.value, |name| &name.value));
    match (manifest, named, entry) {
        (None, Some(name), _) => {
            let message = format!("no manifest `{}`", name.value);
            let help = suggest(&name.value, manifests.keys().map(String::as_str));
            let help = help.unwrap_or_else(|| format!("write manifests/{}.yaml", name.value));
            out.push(Diagnostic::error(Code::ManifestMissing, message).at(name.span, "").help(help));
        }
        (None, None, Some(entry)) if !entry.grants.is_empty() || !entry.provides.is_empty() => {
            let message = format!("`{}` has grants but no manifest that asks for them", pd.name.value);
            let help = format!("write manifests/{}.yaml", pd.name.value);
            out.push(Diagnostic::error(Code::ManifestMissing, message).at(entry.name.span, "").help(help));
        }
        (None, None, _) if !plain => {
            let message = format!("`{}` has no manifest", pd.name.value);
            out.push(Diagnostic::warning(Code::NoManifest, message).at(pd.name.span, "a plain Microkit PD"));
        }
        _ => {}
    }
    let layer = entry.and_then(|e| e.layer.as_ref()).or(manifest.and_then(|m| m.layer.as_ref()));
    if let Some(manifest) = manifest.filter(|_| layer.is_none()) {
        let message = format!("no layer for `{}`", pd.name.value);
        let help = "write `layer: N` in the manifest or in partenza.yaml";
        out.push(Diagnostic::error(Code::MissingField, message).at(manifest.id.span, "").help(help));
    }
    let layer_missing = layer.is_none() && manifest.is_some();
    let layer = layer.map_or(2, |l| l.value);
    let critical = entry.and_then(|e| e.critical).or(manifest.and_then(|m| m.critical));
    Service {
        pd,
        manifest,
        entry,
        layer,
        layer_missing,
        critical: critical.unwrap_or(manifest.is_some() && (2..=4).contains(&layer)),
        class: entry.and_then(|e| e.class).or(manifest.map(|m| m.class)).unwrap_or(Class::User),
        start: entry.and_then(|e| e.start).or(manifest.and_then(|m| m.start)).unwrap_or(Start::Eager),
        readiness: manifest.map_or(Readiness::None, |m| m.readiness),
        requires: Vec::new(),
        rank: (place.unwrap_or(usize::MAX), index),
    }
}

/// Every PD that partenza.yaml names must exist.
fn names(model: &Model<'_>, out: &mut Diagnostics) {
    let known: Vec<&str> = model.services.iter().map(Service::name).collect();
    let mut look = |name: &Spanned<String>| {
        if !known.contains(&name.value.as_str()) {
            let message = format!("no protection domain is called `{}`", name.value);
            let help = suggest(&name.value, known.iter().copied());
            out.push(Diagnostic::error(Code::UnknownService, message).at(name.span, "").maybe_help(help));
        }
    };
    let config = model.config;
    config.services.iter().map(|entry| &entry.name).for_each(&mut look);
    config.services.iter().filter_map(|entry| entry.fallback.as_ref()).for_each(&mut look);
    config.platform.handover.iter().for_each(&mut look);
    config.boot.parameters.hold.iter().for_each(&mut look);
    config.mentioned.iter().for_each(&mut look);
    config.providers.iter().flat_map(|(_, names)| names).for_each(&mut look);
}

fn dependencies(model: &Model<'_>, index: usize, out: &mut Diagnostics) -> Vec<Dependency> {
    let Some(manifest) = model.services[index].manifest else { return Vec::new() };
    let mut list: Vec<Dependency> = Vec::new();
    for requirement in &manifest.requires {
        if let Some(on) = provider(model, index, requirement, out).filter(|on| *on != index) {
            let span = requirement.what.name().span;
            match list.iter_mut().find(|d| d.on == on) {
                Some(known) => known.required |= !requirement.optional,
                None => list.push(Dependency { on, required: !requirement.optional, span }),
            }
        }
    }
    list
}

/// The service that satisfies a requirement: the one that the channel granted for it leads to, else the first of
/// `providers`, else the first that provides it.
fn provider(
    model: &Model<'_>,
    index: usize,
    requirement: &Requirement,
    out: &mut Diagnostics,
) -> Option<usize> {
    let name = requirement.what.name();
    let mut candidates: Vec<(usize, Option<&Version>)> = Vec::new();
    match &requirement.what {
        Required::Module(_) => {
            let found = model.service(&name.value);
            candidates.extend(found.map(|at| (at, model.services[at].manifest.map(|m| &m.version.value))));
        }
        Required::Interface(_) => {
            if let Some((_, version)) = ORCHESTRATOR.iter().find(|(interface, _)| *interface == name.value) {
                orchestrator(requirement, version, out);
                return None;
            }
            for (at, service) in model.services.iter().enumerate() {
                let offered = service.manifest.iter().flat_map(|m| &m.provides);
                let mut offered = offered.filter(|p| p.interface.value == name.value);
                candidates.extend(offered.next().map(|p| (at, Some(&p.version.value))));
            }
        }
    }
    if candidates.is_empty() {
        if !requirement.optional {
            let offered = model.services.iter().filter_map(|s| s.manifest).flat_map(|m| &m.provides);
            let interfaces = offered.map(|p| p.interface.value.as_str());
            let modules = model.services.iter().map(Service::name);
            let help = match &requirement.what {
                Required::Interface(_) => suggest(&name.value, interfaces),
                Required::Module(_) => suggest(&name.value, modules),
            };
            let message = format!("nothing provides `{}`", name.value);
            out.push(
                Diagnostic::error(Code::NoProvider, message).at(name.span, "required here").maybe_help(help),
            );
        }
        return None;
    }
    let fits = |version: &Option<&Version>| match (&requirement.version, version) {
        (Some(wanted), Some(version)) => wanted.value.matches(version),
        _ => true,
    };
    let fitting: Vec<usize> = candidates.iter().filter(|(_, v)| fits(v)).map(|(at, _)| *at).collect();
    if fitting.is_empty() {
        wrong_version(model, requirement, &candidates, out);
        return None;
    }
    let by_channel = channel_peer(model, index, &name.value).filter(|peer| fitting.contains(peer));
    let by_order = model.config.providers.iter().find(|(interface, _)| interface.value == name.value);
    let by_order = by_order.and_then(|(_, names)| {
        names.iter().filter_map(|n| model.service(&n.value)).find(|at| fitting.contains(at))
    });
    by_channel.or(by_order).or(fitting.first().copied())
}

fn orchestrator(requirement: &Requirement, version: &str, out: &mut Diagnostics) {
    let Some(wanted) = &requirement.version else { return };
    let fits = Version::parse(version).is_ok_and(|version| wanted.value.matches(&version));
    if !fits && !requirement.optional {
        let message = format!("the orchestrator provides {version} of that interface");
        out.push(
            Diagnostic::error(Code::WrongVersion, message).at(wanted.span, "another version is required"),
        );
    }
}

fn wrong_version(
    model: &Model<'_>,
    requirement: &Requirement,
    candidates: &[(usize, Option<&Version>)],
    out: &mut Diagnostics,
) {
    let Some(wanted) = &requirement.version else { return };
    let name = requirement.what.name();
    let mut found = Diagnostic::error(Code::WrongVersion, format!("no version of `{}` fits", name.value))
        .at(wanted.span, format!("{} is required", wanted.value));
    if requirement.optional {
        found.severity = crate::diagnostic::Severity::Note;
    }
    for (at, _) in candidates {
        let Some(manifest) = model.services[*at].manifest else { continue };
        let offered = manifest.provides.iter().find(|p| p.interface.value == name.value);
        let version = offered.map_or(&manifest.version, |p| &p.version);
        found = found.at(version.span, format!("`{}` has {}", model.services[*at].name(), version.value));
    }
    out.push(found);
}

/// The service at the other end of the channel that is granted for `interface`.
fn channel_peer(model: &Model<'_>, index: usize, interface: &str) -> Option<usize> {
    let service = &model.services[index];
    let grant = service.entry?.grants.iter().find(|grant| {
        matches!(grant.kind, Kind::Call | Kind::Axiom)
            && grant.name.as_ref().is_some_and(|n| n.value == interface)
    })?;
    let id = grant.channels.first()?.value;
    let (_, peer) = model.system.ends_of(service.name()).find(|(end, _)| end.id.value == id)?;
    model.service(&peer.pd.value)
}
