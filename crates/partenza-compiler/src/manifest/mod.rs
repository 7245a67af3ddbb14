// SPDX-License-Identifier: BSD-2-Clause
//! A service's manifest (SPEC N-1): what its author says that it is, provides, requires and needs.
//!
//! [`table`] describes the fields, [`aliases`] turns the names of Partenza's chapters into them, [`parse`] reads them.

mod aliases;
mod parse;
mod policy;
mod table;

pub use aliases::{ALIASES, Alias};
pub use parse::{parse, read_layer};
pub use policy::{
    CLASSES, EXHAUSTED, Health, POLICIES, PROBES, READINESS, Restart, STARTS, class_word, start_word,
};
pub use table::{MANIFEST, class, critical, fallback, layer, rights, specification, start};

use std::collections::{BTreeMap, BTreeSet};

use partenza_plan::{Class, Readiness, Start};
use semver::{Version, VersionReq};

use crate::kinds::{Access, Kind};
use crate::source::{Span, Spanned};

/// Microseconds that a service has to report ready, where its manifest says nothing.
pub const STARTUP_TIMEOUT: u64 = 500_000;
/// Microseconds to get ready to stop, and to stop.
pub const STOP_TIMEOUT: u64 = 500_000;

/// Every manifest of a system.
#[derive(Clone, Debug, Default)]
pub struct Manifests {
    pub by_id: BTreeMap<String, Manifest>,
    /// Names of files that could not be read as manifests: what is missing may be in there.
    pub unreadable: BTreeSet<String>,
    /// Ids of manifests of which a part was refused: nothing is concluded from what is not in them.
    pub damaged: BTreeSet<String>,
}

#[derive(Clone, Debug)]
pub struct Manifest {
    /// The whole file, for findings that have no better place.
    pub span: Span,
    pub id: Spanned<String>,
    pub version: Spanned<Version>,
    pub description: Option<String>,
    pub entrypoint: Option<Spanned<String>>,
    pub class: Class,
    pub layer: Option<Spanned<u8>>,
    pub critical: Option<bool>,
    pub fallback: Option<Spanned<String>>,
    pub start: Option<Start>,
    pub provides: Vec<Provided>,
    pub requires: Vec<Requirement>,
    pub sidecars: Vec<Spanned<String>>,
    pub extensions: Vec<Use>,
    pub needs: Vec<Need>,
    pub args: Vec<String>,
    /// `NAME=VALUE`
    pub env: Vec<String>,
    pub resources: Resources,
    /// Microseconds from the first instruction to ready, and where that is written.
    pub startup_timeout: u64,
    pub startup_timeout_span: Option<Span>,
    pub health: Health,
    pub restart: Restart,
    pub shutdown: Shutdown,
    pub readiness: Readiness,
}

/// An interface that it offers.
#[derive(Clone, Debug)]
pub struct Provided {
    pub interface: Spanned<String>,
    pub version: Spanned<Version>,
}

/// What must run before it.
#[derive(Clone, Debug)]
pub struct Requirement {
    pub what: Required,
    pub version: Option<Spanned<VersionReq>>,
    pub optional: bool,
    pub restart_with: bool,
}

#[derive(Clone, Debug)]
pub enum Required {
    Interface(Spanned<String>),
    Module(Spanned<String>),
}

impl Required {
    #[must_use]
    pub fn name(&self) -> &Spanned<String> {
        match self {
            Required::Interface(name) | Required::Module(name) => name,
        }
    }
}

/// An extension that it uses (SPEC S-6).
#[derive(Clone, Debug)]
pub struct Use {
    pub extension: Spanned<String>,
    pub version: Option<Spanned<VersionReq>>,
    pub optional: bool,
}

/// A capability that it asks for.
#[derive(Clone, Debug)]
pub struct Need {
    pub kind: Kind,
    /// The author's name for it; `None` for `supervisor`.
    pub name: Option<Spanned<String>>,
    /// Operations of the supervisor.
    pub operations: Vec<Spanned<String>>,
    pub rights: Option<Spanned<Access>>,
    /// `Some(n)`: the n-th optional capability.
    pub optional: Option<u8>,
    pub span: Span,
}

/// Upper bounds; system.xml decides within them.
#[derive(Clone, Debug, Default)]
pub struct Resources {
    pub memory: Option<Spanned<u64>>,
    pub stack: Option<Spanned<u64>>,
    pub heap: Option<Spanned<u64>>,
    pub priority: Option<Spanned<u64>>,
    pub cpu: Option<Spanned<u64>>,
    /// Microseconds, as is `period`.
    pub budget: Option<Spanned<u64>>,
    pub period: Option<Spanned<u64>>,
}

/// Microseconds.
#[derive(Clone, Copy, Debug)]
pub struct Shutdown {
    pub prepare_timeout: u64,
    pub stop_timeout: u64,
}
