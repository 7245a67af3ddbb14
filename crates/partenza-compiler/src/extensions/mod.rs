// SPDX-License-Identifier: BSD-2-Clause
//! `extensions.yaml` (SPEC S-6): a registry of core and optional extensions, their versions, and which of them work
//! together. Manifests say which they use; [`check`] holds the two against each other.
//!
//! A *core* extension is part of the orchestrator and always there. An *optional* one is a service of the system. The
//! matrix is what each entry says of others in `works-with`: a range of versions, or `never`.

mod check;
mod parse;

pub use check::check;
pub use parse::{EXTENSIONS, parse};

use semver::{Version, VersionReq};

use crate::source::Spanned;

/// Extensions that this orchestrator has: name, version, what it is.
pub const CORE: &[(&str, &str, &str)] = &[
    ("lifecycle", "1.0.0", "handshake, ready, orderly stop"),
    (
        "startup-page",
        "1.0.0",
        "arguments, environment, channel names, which optional capabilities were granted",
    ),
    ("log", "1.0.0", "lines to the event log, and reading it"),
    ("health", "1.0.0", "probes and heartbeats"),
    ("restart", "1.0.0", "restarts, fallbacks, sidecars"),
];

/// A registry.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    pub entries: Vec<Extension>,
}

#[derive(Clone, Debug)]
pub struct Extension {
    pub name: Spanned<String>,
    /// `None`: it is wrong, and was reported.
    pub version: Option<Spanned<Version>>,
    pub core: bool,
    /// The PD that it is, unless it is core.
    pub module: Option<Spanned<String>>,
    /// A row of the matrix: what it says of other extensions.
    pub works_with: Vec<(Spanned<String>, Spanned<With>)>,
}

/// With which versions of another extension one works.
#[derive(Clone, Debug)]
pub enum With {
    Versions(VersionReq),
    Never,
}

impl Registry {
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Extension> {
        self.entries.iter().find(|extension| extension.name.value == name)
    }
}
