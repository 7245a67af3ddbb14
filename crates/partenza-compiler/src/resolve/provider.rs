// SPDX-License-Identifier: BSD-2-Clause
//! Who satisfies a requirement (SPEC S-2): by version, then by preference.

use semver::Version;

use super::model::{Dependency, Model, ORCHESTRATOR, Service, add};
use crate::check::providers::groups;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, suggest};
use crate::kinds::Kind;
use crate::manifest::{Required, Requirement};

/// What a service depends on.
pub fn dependencies(model: &Model<'_>, index: usize, out: &mut Diagnostics) -> Vec<Dependency> {
    let Some(manifest) = model.services[index].manifest else { return Vec::new() };
    let mut list: Vec<Dependency> = Vec::new();
    for requirement in &manifest.requires {
        let Requirement { optional, restart_with, .. } = *requirement;
        let span = requirement.what.name().span;
        match provider(model, index, requirement, out) {
            Some(on) if on == index => {
                let message = format!("`{}` requires itself", model.services[index].name());
                out.push(Diagnostic::warning(Code::RequiresItself, message).at(span, ""));
            }
            Some(on) => {
                let (any_of, all) = stand_ins(model, index, on, requirement, out);
                for on in all {
                    let required = !optional;
                    add(&mut list, Dependency { on, required, restart_with, any_of, span });
                }
            }
            None => {}
        }
    }
    list
}

/// Those of which any one will do where `on` does, and their place in `providers`: what a service requires by its
/// interface may be served by another of them (SPEC S-2). So each has to fit.
fn stand_ins(
    model: &Model<'_>,
    index: usize,
    on: usize,
    requirement: &Requirement,
    out: &mut Diagnostics,
) -> (Option<usize>, Vec<usize>) {
    let groups = groups(model);
    let shared = groups.iter().find(|group| group.members.contains(&on) && group.is_called(model));
    let by_interface = matches!(requirement.what, Required::Interface(_));
    let Some(group) = shared.filter(|group| by_interface && !group.members.contains(&index)) else {
        return (None, vec![on]);
    };
    let name = requirement.what.name();
    let offers = model.by_interface.get(name.value.as_str()).map_or(&[][..], Vec::as_slice);
    for at in &group.members {
        let version = offers.iter().find(|(offering, _)| offering == at).map(|(_, version)| *version);
        if version
            .is_some_and(|version| requirement.version.as_ref().is_none_or(|r| r.value.matches(version)))
        {
            continue;
        }
        let what = version.map_or("does not provide it".to_owned(), |version| format!("has {version}"));
        let message = format!(
            "`{}` may take the place of `{}`, which provides `{}`, and {what}",
            model.services[*at].name(),
            model.services[on].name(),
            name.value
        );
        let span = requirement.version.as_ref().map_or(name.span, |version| version.span);
        let mut found = Diagnostic::error(Code::WrongVersion, message).at(span, "required here");
        found = found.at(group.interface.span, "they are behind one endpoint");
        if requirement.optional {
            found.severity = Severity::Note;
        }
        out.push(found);
    }
    (Some(group.index), group.members.clone())
}

/// The service that satisfies a requirement: the one that the channel granted for it leads to, else the first of
/// `providers`, else the one with the highest version, else the first that provides it.
fn provider(
    model: &Model<'_>,
    index: usize,
    requirement: &Requirement,
    out: &mut Diagnostics,
) -> Option<usize> {
    let name = requirement.what.name();
    let candidates: Vec<(usize, Option<&Version>)> = match &requirement.what {
        Required::Module(_) => {
            let found = model.service(&name.value).into_iter();
            found.map(|at| (at, model.services[at].manifest.map(|m| &m.version.value))).collect()
        }
        Required::Interface(_) => {
            if let Some((_, version)) = ORCHESTRATOR.iter().find(|(interface, _)| *interface == name.value) {
                orchestrator(requirement, version, out);
                return None;
            }
            let offers = model.by_interface.get(name.value.as_str()).map_or(&[][..], Vec::as_slice);
            offers.iter().map(|(at, version)| (*at, Some(*version))).collect()
        }
    };
    if candidates.is_empty() {
        missing(model, requirement, out);
        return None;
    }
    let fits = |version: &Option<&Version>| match (&requirement.version, version) {
        (Some(wanted), Some(version)) => wanted.value.matches(version),
        _ => true,
    };
    let fitting: Vec<(usize, Option<&Version>)> =
        candidates.iter().copied().filter(|(_, v)| fits(v)).collect();
    if fitting.is_empty() {
        wrong_version(model, requirement, &candidates, out);
        return None;
    }
    let good = |at: usize| fitting.iter().any(|(other, _)| *other == at);
    let by_channel = channel_peer(model, index, &name.value).filter(|peer| good(*peer));
    let by_order = model.config.providers.iter().find(|(interface, _)| interface.value == name.value);
    let by_order = by_order
        .and_then(|(_, names)| names.iter().filter_map(|n| model.service(&n.value)).find(|at| good(*at)));
    let newest = fitting.iter().rev().max_by_key(|(_, version)| *version).map(|(at, _)| *at);
    by_channel.or(by_order).or(newest)
}

/// Nothing provides it: an error, or worth knowing where the requirement is optional.
fn missing(model: &Model<'_>, requirement: &Requirement, out: &mut Diagnostics) {
    if model.incomplete {
        return;
    }
    let name = requirement.what.name();
    let message = format!("nothing provides `{}`", name.value);
    let help = match &requirement.what {
        Required::Interface(_) => {
            let mut known: Vec<&str> = model.by_interface.keys().copied().collect();
            known.extend(ORCHESTRATOR.iter().map(|(interface, _)| *interface));
            known.sort_unstable();
            suggest(&name.value, known)
        }
        Required::Module(_) => suggest(&name.value, model.services.iter().map(Service::name)),
    };
    let found = Diagnostic::error(Code::NoProvider, message).at(name.span, "required here");
    out.push_joined(if requirement.optional {
        Diagnostic { severity: Severity::Note, ..found }.help("nothing to mend: the requirement is optional")
    } else {
        found.maybe_help(help)
    });
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
        found.severity = Severity::Note;
    }
    for (at, _) in candidates {
        let Some(manifest) = model.services[*at].manifest else { continue };
        let offered = manifest.provides.iter().find(|p| p.interface.value == name.value);
        let version = offered.map_or(&manifest.version, |p| &p.version);
        found = found.at(version.span, format!("`{}` has {}", model.services[*at].name(), version.value));
    }
    out.push_joined(found);
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

/// `providers` of partenza.yaml: each must provide what it is listed for.
pub fn preferences(model: &Model<'_>, out: &mut Diagnostics) {
    if model.incomplete {
        return;
    }
    for (interface, names) in &model.config.providers {
        let offers = model.by_interface.get(interface.value.as_str()).map_or(&[][..], Vec::as_slice);
        if offers.is_empty() {
            let message = format!("nothing provides `{}`", interface.value);
            let mut known: Vec<&str> = model.by_interface.keys().copied().collect();
            known.sort_unstable();
            let found = Diagnostic::error(Code::NoProvider, message).at(interface.span, "");
            out.push(found.maybe_help(suggest(&interface.value, known)));
            continue;
        }
        for name in names {
            let Some(at) = model.service(&name.value) else { continue };
            if !offers.iter().any(|(offering, _)| *offering == at) {
                let message = format!("`{}` does not provide `{}`", name.value, interface.value);
                let found = Diagnostic::error(Code::NoProvider, message).at(name.span, "named here");
                let manifest = model.services[at].manifest;
                let places = manifest.map(|m| (m.id.span, "its manifest does not say so"));
                out.push(match places {
                    Some((span, label)) => found.at(span, label),
                    None => found,
                });
            }
        }
    }
}
