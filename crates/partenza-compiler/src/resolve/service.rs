// SPDX-License-Identifier: BSD-2-Clause
//! What holds of one PD: its manifest, and what partenza.yaml says instead; who stands in for it and who accompanies it.

use std::collections::BTreeMap;

use partenza_plan::policy::OnExhausted;
use partenza_plan::{Class, Health, Readiness, Restart, Start};

use super::model::{Dependency, Model, Service, pd};
use crate::config::{Binary, Config};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, suggest};
use crate::manifest::{Manifest, Manifests, STARTUP_TIMEOUT};
use crate::sdf::{Pd, System};
use crate::source::Spanned;

/// Every PD of system.xml, without its relations.
pub fn all<'m>(
    system: &'m System,
    config: &'m Config,
    manifests: &'m Manifests,
    plain: bool,
    out: &mut Diagnostics,
) -> Vec<Service<'m>> {
    let places: BTreeMap<&str, usize> =
        config.services.iter().enumerate().map(|(at, entry)| (entry.name.value.as_str(), at)).collect();
    let one = |(index, pd): (usize, &'m Pd)| {
        let place = places.get(pd.name.value.as_str()).copied();
        service(pd, (place, index), config, manifests, plain, out)
    };
    system.pds.iter().enumerate().map(one).collect()
}

fn service<'m>(
    pd: &'m Pd,
    (place, index): (Option<usize>, usize),
    config: &'m Config,
    manifests: &'m Manifests,
    plain: bool,
    out: &mut Diagnostics,
) -> Service<'m> {
    let entry = place.map(|at| &config.services[at]);
    let named = entry.and_then(|entry| entry.manifest.as_ref());
    let id = named.map_or(&pd.name.value, |name| &name.value);
    let manifest = manifests.by_id.get(id);
    let unreadable = manifests.unreadable.contains(id);
    match (manifest, named, entry) {
        _ if unreadable => {}
        (None, Some(name), _) => {
            let message = format!("no manifest `{}`", name.value);
            let help = suggest(&name.value, manifests.by_id.keys().map(String::as_str));
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
            let help = format!(
                "write manifests/{}.yaml: without it there is no readiness, no order and no restart",
                pd.name.value
            );
            let found =
                Diagnostic::warning(Code::NoManifest, message).at(pd.name.span, "a plain Microkit PD");
            out.push(found.help(help));
        }
        _ => {}
    }
    let layer = entry.and_then(|e| e.layer.as_ref()).or(manifest.and_then(|m| m.layer.as_ref()));
    if let Some(manifest) = manifest.filter(|_| layer.is_none()) {
        let message = format!("no layer for `{}`", pd.name.value);
        let help = "write `layer: N` in the manifest or in partenza.yaml";
        out.push(Diagnostic::error(Code::MissingField, message).at(manifest.id.span, "").help(help));
    }
    let layer_missing = layer.is_none() && (manifest.is_some() || unreadable);
    let layer = layer.map_or(2, |l| l.value);
    let critical = entry.and_then(|e| e.critical).or(manifest.and_then(|m| m.critical));
    let class = entry.and_then(|e| e.class).or(manifest.map(|m| m.class)).unwrap_or(Class::User);
    let has_fallback = written_fallback(entry.and_then(|e| e.fallback.as_ref()), manifest).is_some();
    Service {
        pd,
        manifest,
        entry,
        layer,
        layer_missing,
        critical: critical.unwrap_or(manifest.is_some() && (2..=4).contains(&layer)),
        class,
        start: entry.and_then(|e| e.start).or(manifest.and_then(|m| m.start)).unwrap_or(Start::Eager),
        readiness: manifest.map_or(Readiness::None, |m| m.readiness),
        startup_timeout: manifest.map_or(STARTUP_TIMEOUT, |m| m.startup_timeout),
        health: manifest.map_or(Health::NONE, |m| m.health.resolve()),
        restart: manifest.map_or(Restart::NEVER, |m| m.restart.resolve(class, has_fallback)),
        delivered: entry
            .and_then(|e| e.binary.as_ref())
            .filter(|binary| binary.value == Binary::Delivered)
            .map(|binary| binary.span),
        fallback: None,
        sidecar_of: None,
        requires: Vec::new(),
        rank: (place.unwrap_or(usize::MAX), index),
    }
}

fn written_fallback<'m>(
    entry: Option<&'m Spanned<String>>,
    manifest: Option<&'m Manifest>,
) -> Option<&'m Spanned<String>> {
    entry.or(manifest.and_then(|m| m.fallback.as_ref()))
}

/// Fallbacks and sidecars: names to indices, and what they must be.
pub fn relations(model: &mut Model<'_>, out: &mut Diagnostics) {
    for index in 0..model.services.len() {
        fallback(model, index, out);
        sidecars_of(model, index, out);
    }
    for index in 0..model.services.len() {
        circle(model, index, out);
    }
}

fn fallback(model: &mut Model<'_>, index: usize, out: &mut Diagnostics) {
    let service = &model.services[index];
    let written = written_fallback(service.entry.and_then(|e| e.fallback.as_ref()), service.manifest);
    let wants = service.restart.on_exhausted == OnExhausted::Fallback;
    let Some(name) = written else {
        if let Some(span) = service.manifest.and_then(|m| m.restart.span).filter(|_| wants) {
            let message = format!("`{}` has no fallback", service.name());
            let found = Diagnostic::error(Code::BadFallback, message).at(span, "asks for one");
            out.push(found.help("name the service that stands in for it: `fallback: NAME`"));
        }
        return;
    };
    pd(model, name, out);
    let Some(at) = model.service(&name.value) else { return };
    let other = &model.services[at];
    if at == index {
        let message = format!("`{}` cannot be its own fallback", name.value);
        out.push(Diagnostic::error(Code::BadFallback, message).at(name.span, ""));
        return;
    }
    if other.start == Start::Eager {
        let message = format!("the fallback `{}` runs from the start", name.value);
        let found = Diagnostic::warning(Code::BadFallback, message).at(name.span, "");
        out.push(found.help(format!("write `start: on-demand` for `{}`", name.value)));
    }
    if !wants && let Some(span) = service.manifest.and_then(|m| m.restart.span) {
        let message = format!("`{}` has a fallback that nothing starts", service.name());
        let found = Diagnostic::warning(Code::BadFallback, message).at(span, "says what follows instead");
        out.push(found.at(name.span, "the fallback").help("write `on_exhausted: fallback`, or leave it out"));
    }
    model.services[index].fallback = Some(at);
}

/// A chain of fallbacks must end.
fn circle(model: &Model<'_>, index: usize, out: &mut Diagnostics) {
    let mut members = vec![index];
    let mut at = index;
    while let Some(next) = model.services[at].fallback {
        // Reported once, by the first of its members.
        if next == index && members.iter().all(|member| *member >= index) {
            let names: Vec<&str> = members.iter().map(|at| model.services[*at].name()).collect();
            let message = format!("fallbacks in a circle: {} > {}", names.join(" > "), names[0]);
            let service = &model.services[index];
            let written = written_fallback(service.entry.and_then(|e| e.fallback.as_ref()), service.manifest);
            let span = written.map_or(service.pd.name.span, |name| name.span);
            out.push(Diagnostic::error(Code::BadFallback, message).at(span, "leads back here in the end"));
            return;
        }
        if members.contains(&next) {
            return;
        }
        members.push(next);
        at = next;
    }
}

fn sidecars_of(model: &mut Model<'_>, index: usize, out: &mut Diagnostics) {
    let Some(manifest) = model.services[index].manifest else { return };
    for name in &manifest.sidecars {
        pd(model, name, out);
        let Some(at) = model.service(&name.value) else { continue };
        let master = model.services[at].sidecar_of;
        let problem = match master {
            _ if at == index => Some(format!("`{}` cannot accompany itself", name.value)),
            Some(other) if other != index => Some(format!(
                "`{}` already accompanies `{}`: a sidecar shares the fate of one service",
                name.value,
                model.services[other].name()
            )),
            _ => None,
        };
        match problem {
            Some(message) => out.push(Diagnostic::error(Code::BadSidecar, message).at(name.span, "")),
            None => model.services[at].sidecar_of = Some(index),
        }
    }
}

/// A service starts after its sidecars (SPEC S-3): the edges that follow, by service.
pub fn sidecars(model: &Model<'_>) -> Vec<Vec<Dependency>> {
    let mut edges = vec![Vec::new(); model.services.len()];
    for (at, sidecar) in model.services.iter().enumerate() {
        let Some(master) = sidecar.sidecar_of else { continue };
        let names = model.services[master].manifest.map_or(&[][..], |m| &m.sidecars);
        let span = names.iter().find(|name| name.value == sidecar.name()).map(|name| name.span);
        edges[master].extend(span.map(|span| Dependency {
            on: at,
            required: true,
            restart_with: true,
            any_of: None,
            span,
        }));
    }
    edges
}
