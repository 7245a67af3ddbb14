// SPDX-License-Identifier: BSD-2-Clause
//! Holds the registry against this orchestrator, and manifests against the registry (SPEC S-6, P-1).

use semver::{Version, VersionReq};

use super::{CORE, Extension, Registry, With};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, suggest};
use crate::manifest::Use;
use crate::resolve::{Dependency, Model, Service};
use crate::source::{Span, Spanned};

/// Checks everything; gives what each service depends on because of the extensions that it uses, in the model's order.
pub fn check(model: &Model<'_>, registry: &Registry, out: &mut Diagnostics) -> Vec<Vec<Dependency>> {
    for extension in &registry.entries {
        declared(model, registry, extension, out);
    }
    let mut used: Vec<(&Extension, Span)> = Vec::new();
    let mut edges = vec![Vec::new(); model.services.len()];
    for (index, service) in model.services.iter().enumerate() {
        for wanted in service.manifest.iter().flat_map(|m| &m.extensions) {
            let Some(extension) = find(registry, service, wanted, out) else { continue };
            if !used.iter().any(|(other, _)| other.name.value == extension.name.value) {
                used.push((extension, wanted.extension.span));
            }
            let on = extension.module.as_ref().and_then(|module| model.service(&module.value));
            edges[index].extend(on.filter(|on| *on != index).map(|on| Dependency {
                on,
                required: !wanted.optional,
                restart_with: false,
                any_of: None,
                span: wanted.extension.span,
            }));
        }
    }
    matrix(&used, out);
    edges
}

/// One entry of the registry by itself.
fn declared(model: &Model<'_>, registry: &Registry, extension: &Extension, out: &mut Diagnostics) {
    let name = &extension.name;
    let known = CORE.iter().find(|(core, _, _)| *core == name.value);
    match (known, extension.core) {
        (None, true) => {
            let message = format!("this orchestrator has no core extension `{}`", name.value);
            let help = suggest(&name.value, CORE.iter().map(|(core, _, _)| *core)).unwrap_or_else(|| {
                let all: Vec<&str> = CORE.iter().map(|(core, _, _)| *core).collect();
                format!("core extensions are {}", all.join(", "))
            });
            out.push(Diagnostic::error(Code::UnknownExtension, message).at(name.span, "").help(help));
        }
        (Some((_, version, _)), true) => {
            let Some(written) = &extension.version else { return };
            let wanted = VersionReq::parse(&format!("^{}", written.value));
            let fits = wanted.ok().zip(Version::parse(version).ok()).is_some_and(|(w, v)| w.matches(&v));
            if !fits {
                let message = format!("this orchestrator has `{}` {version}", name.value);
                let found = Diagnostic::error(Code::WrongExtension, message);
                out.push(found.at(written.span, "the registry says otherwise"));
            }
        }
        (Some(_), false) => {
            let message = format!("`{}` is a core extension", name.value);
            let found = Diagnostic::error(Code::Disagree, message).at(name.span, "");
            out.push(found.help("write `core: true`, or give the extension another name"));
        }
        (None, false) => module(model, extension, out),
    }
    for (other, _) in &extension.works_with {
        if registry.get(&other.value).is_none() && !CORE.iter().any(|(core, _, _)| *core == other.value) {
            unknown(registry, other, Severity::Error, out);
        }
    }
}

fn module(model: &Model<'_>, extension: &Extension, out: &mut Diagnostics) {
    let Some(module) = &extension.module else {
        let message = format!("which service is the extension `{}`?", extension.name.value);
        let found = Diagnostic::error(Code::MissingField, message).at(extension.name.span, "add `module`");
        out.push(found.help("write `module: PD`, or `core: true` for one that the orchestrator has"));
        return;
    };
    if model.service(&module.value).is_none() {
        let message = format!("no protection domain is called `{}`", module.value);
        let help = suggest(&module.value, model.services.iter().map(Service::name));
        out.push(Diagnostic::error(Code::UnknownService, message).at(module.span, "").maybe_help(help));
    }
}

fn unknown(registry: &Registry, name: &Spanned<String>, severity: Severity, out: &mut Diagnostics) {
    let known = registry.entries.iter().map(|e| e.name.value.as_str());
    let known = known.chain(CORE.iter().map(|(core, _, _)| *core));
    let message = format!("no extension is called `{}`", name.value);
    let found = Diagnostic::error(Code::UnknownExtension, message).at(name.span, "");
    out.push(Diagnostic { severity, ..found }.maybe_help(suggest(&name.value, known)));
}

/// The extension that a service means. One that is not in the registry may still be core.
fn find<'r>(
    registry: &'r Registry,
    service: &Service<'_>,
    wanted: &Use,
    out: &mut Diagnostics,
) -> Option<&'r Extension> {
    let severity = if wanted.optional { Severity::Note } else { Severity::Error };
    let name = &wanted.extension;
    let registered = registry.get(&name.value);
    let core = CORE.iter().find(|(core, _, _)| *core == name.value);
    let version = match (registered, core) {
        (Some(extension), _) => extension.version.as_ref()?.value.clone(),
        (None, Some((_, version, _))) => Version::parse(version).ok()?,
        (None, None) => {
            unknown(registry, name, severity, out);
            return None;
        }
    };
    if let Some(range) = wanted.version.as_ref().filter(|range| !range.value.matches(&version)) {
        let message = format!("`{}` uses `{}` {}; it is {version}", service.name(), name.value, range.value);
        let mut found = Diagnostic::error(Code::WrongExtension, message).at(range.span, "this range");
        if let Some(version) = registered.and_then(|extension| extension.version.as_ref()) {
            found = found.at(version.span, "this version");
        }
        out.push(Diagnostic { severity, ..found });
        return None;
    }
    registered
}

/// No two extensions that are used may exclude each other.
fn matrix(used: &[(&Extension, Span)], out: &mut Diagnostics) {
    for (extension, place) in used {
        for (other, with) in &extension.works_with {
            let Some((against, second)) = used.iter().find(|(e, _)| e.name.value == other.value) else {
                continue;
            };
            let Some(version) = &against.version else { continue };
            let (fits, says) = match &with.value {
                With::Versions(range) => (range.matches(&version.value), format!("works with {range}")),
                With::Never => (false, "never works with it".to_owned()),
            };
            if !fits {
                let message = format!(
                    "`{}` does not work with `{}` {}",
                    extension.name.value, other.value, version.value
                );
                out.push(
                    Diagnostic::error(Code::Incompatible, message)
                        .at(with.span, says)
                        .at(version.span, "this version")
                        .at(*place, "one is used here")
                        .at(*second, "the other here"),
                );
            }
        }
    }
}
