// SPDX-License-Identifier: BSD-2-Clause
//! A system with every name resolved.

use std::collections::{BTreeSet, HashMap};

use partenza_plan::{Class, Health, Readiness, Restart, Start};
use semver::Version;

use crate::config::{Config, Entry};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, suggest};
use crate::manifest::Manifest;
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
    pub(super) by_name: HashMap<&'m str, usize>,
    /// Who offers each interface, and in which version; in the order of system.xml.
    pub(super) by_interface: HashMap<&'m str, Vec<(usize, &'m Version)>>,
}

impl<'m> Model<'m> {
    #[must_use]
    pub fn service(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }
}

/// Adds an edge, or makes one that is there already as strong.
pub(super) fn add(list: &mut Vec<Dependency>, dependency: Dependency) {
    match list.iter_mut().find(|known| (known.on, known.any_of) == (dependency.on, dependency.any_of)) {
        Some(known) => {
            known.required |= dependency.required;
            known.restart_with |= dependency.restart_with;
        }
        None => list.push(dependency),
    }
}

/// Reports a name that no PD has.
pub(super) fn pd(model: &Model<'_>, name: &Spanned<String>, out: &mut Diagnostics) {
    if model.service(&name.value).is_none() {
        let message = format!("no protection domain is called `{}`", name.value);
        let help = suggest(&name.value, model.services.iter().map(Service::name));
        out.push(Diagnostic::error(Code::UnknownService, message).at(name.span, "").maybe_help(help));
    }
}
