// SPDX-License-Identifier: BSD-2-Clause
//! A service's manifest (SPEC N-1): what its author says that it is, provides, requires and needs.

mod parse;

pub use parse::{classes, layer, no_effect, parse, rights, specification, starts};

use semver::{Version, VersionReq};

use crate::kinds::{Access, Kind};
use crate::source::{Span, Spanned};

/// Microseconds that a service has to report ready, where its manifest says nothing.
pub const STARTUP_TIMEOUT: u64 = 500_000;
/// Microseconds to get ready to stop, and to stop.
pub const STOP_TIMEOUT: u64 = 500_000;

/// What sort of service it is; chooses restart defaults (SPEC L-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Core,
    System,
    Driver,
    User,
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
    pub start: Option<partenza_plan::Start>,
    pub provides: Vec<Provided>,
    pub requires: Vec<Requirement>,
    pub needs: Vec<Need>,
    pub args: Vec<String>,
    /// `NAME=VALUE`
    pub env: Vec<String>,
    pub resources: Resources,
    pub health: Health,
    pub shutdown: Shutdown,
    pub readiness: partenza_plan::Readiness,
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
    pub budget: Option<u64>,
    pub period: Option<u64>,
}

/// Microseconds.
#[derive(Clone, Copy, Debug)]
pub struct Health {
    pub startup_timeout: u64,
}

/// Microseconds.
#[derive(Clone, Copy, Debug)]
pub struct Shutdown {
    pub prepare_timeout: u64,
    pub stop_timeout: u64,
}
