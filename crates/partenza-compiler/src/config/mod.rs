// SPDX-License-Identifier: BSD-2-Clause
//! `partenza.yaml`: the integrator's side. Which manifest a PD runs, what its channels mean, order, policy, hardware.

mod parse;
mod platform;
mod table;

pub use parse::parse;
pub use platform::{Platform, Reset, default_platform};
pub use table::CONFIG;

use partenza_plan::{Class, Overload, Start, Storm};

use crate::kinds::{Access, Kind};
use crate::parameters::Parameters;
use crate::source::{Span, Spanned};

#[derive(Clone, Debug)]
pub struct Config {
    pub system: Option<Spanned<String>>,
    pub boot: Boot,
    /// By PD name, in the order of the file.
    pub services: Vec<Entry>,
    /// Providers of an interface, in order of preference.
    pub providers: Vec<(Spanned<String>, Vec<Spanned<String>>)>,
    pub platform: Platform,
    pub recovery: Recovery,
    pub policy: Vec<Rule>,
    pub storm: Option<Storm>,
    pub overload: Overload,
    /// The registry of extensions, beside this file.
    pub extensions: Option<Spanned<String>>,
}

/// What boots after too many failed boots (SPEC Q); names of PDs.
#[derive(Clone, Debug, Default)]
pub struct Recovery {
    pub services: Vec<Spanned<String>>,
    /// Dependent, and the dependency that is optional then.
    pub soften: Vec<(Spanned<String>, Spanned<String>)>,
    /// Shows at a panic why (SPEC L-8).
    pub panic: Option<Spanned<String>>,
}

/// A rule about who may reach whom (SPEC F-9); names of PDs, memory regions, devices.
#[derive(Clone, Debug)]
pub enum Rule {
    Deny { from: Spanned<String>, to: Spanned<String>, span: Span },
    AllowOnly { to: Spanned<String>, from: Vec<Spanned<String>>, span: Span },
}

impl Rule {
    /// Where it is written.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Rule::Deny { span, .. } | Rule::AllowOnly { span, .. } => *span,
        }
    }

    /// Every name in it.
    pub fn names(&self) -> impl Iterator<Item = &Spanned<String>> {
        let (one, many) = match self {
            Rule::Deny { from, to, .. } => ([Some(from), Some(to)], &[][..]),
            Rule::AllowOnly { to, from, .. } => ([Some(to), None], from.as_slice()),
        };
        one.into_iter().flatten().chain(many)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Boot {
    /// Layer and its budget in microseconds.
    pub layers: Vec<(u8, Spanned<u64>)>,
    /// `None`: yes.
    pub parallel: Option<bool>,
    /// `None`: no recovery boots.
    pub max_attempts: Option<Spanned<u8>>,
    pub parameters: Parameters,
}

/// The budget of a layer in microseconds, and where it is written; what SPEC R-1 says where it is not.
#[must_use]
pub fn budget(boot: &Boot, layer: u8) -> (u64, Option<Span>) {
    let written = boot.layers.iter().find(|(number, _)| *number == layer);
    match (written, layer) {
        (Some((_, budget)), _) => (budget.value, Some(budget.span)),
        (None, 2) => (500_000, None),
        (None, 3 | 4) => (1_000_000, None),
        (None, _) => (2_000_000, None),
    }
}

/// A PD's entry.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: Spanned<String>,
    /// The manifest it runs; its own name where it says nothing.
    pub manifest: Option<Spanned<String>>,
    pub provides: Vec<Served>,
    pub grants: Vec<Grant>,
    pub supervisor_channel: SupervisorChannel,
    pub layer: Option<Spanned<u8>>,
    pub critical: Option<bool>,
    pub class: Option<Class>,
    pub start: Option<Start>,
    pub fallback: Option<Spanned<String>>,
    pub binary: Option<Spanned<Binary>>,
}

/// Where a service's program comes from (SPEC D-1, D-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// It is in the image.
    Packed,
    /// It is handed over after the boot.
    Delivered,
}

/// The words of `binary`.
pub const BINARIES: &[(&str, Binary)] = &[("packed", Binary::Packed), ("delivered", Binary::Delivered)];

#[derive(Clone, Debug)]
pub enum SupervisorChannel {
    /// The highest free id.
    Auto,
    Id(Spanned<u8>),
    None(Span),
}

/// An interface and the channels on which its clients come.
#[derive(Clone, Debug)]
pub struct Served {
    pub interface: Spanned<String>,
    pub channels: Vec<Spanned<u8>>,
}

/// The author's name for a capability, and the objects of system.xml that it is.
#[derive(Clone, Debug)]
pub struct Grant {
    pub kind: Kind,
    /// `None` for `supervisor`.
    pub name: Option<Spanned<String>>,
    pub span: Span,
    pub memory: Vec<Spanned<String>>,
    pub irqs: Vec<Spanned<u8>>,
    pub ports: Vec<Spanned<u8>>,
    pub channels: Vec<Spanned<u8>>,
    pub children: Vec<Spanned<String>>,
    pub operations: Vec<Spanned<String>>,
    pub rights: Option<Spanned<Access>>,
    pub on_dead: OnDead,
    pub bind: Bind,
}

impl Grant {
    /// One that names no object.
    #[must_use]
    pub fn empty(kind: Kind, name: Option<Spanned<String>>, span: Span) -> Self {
        Self {
            kind,
            name,
            span,
            memory: Vec::new(),
            irqs: Vec::new(),
            ports: Vec::new(),
            channels: Vec::new(),
            children: Vec::new(),
            operations: Vec::new(),
            rights: None,
            on_dead: OnDead::Error,
            bind: Bind::Start,
        }
    }
}

/// What becomes of a call whose server dies (SPEC J-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDead {
    Error,
    Repeat,
}

/// When the capability of a call is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bind {
    Start,
    /// Once it was looked up (SPEC S-5).
    Lookup,
    /// Once it was granted at run time (SPEC F-7).
    Grant,
}

/// The words of `bind`.
pub const BIND: &[(&str, Bind)] = &[("start", Bind::Start), ("lookup", Bind::Lookup), ("grant", Bind::Grant)];
/// The words of `on-dead`.
pub const ON_DEAD: &[(&str, OnDead)] = &[("error", OnDead::Error), ("repeat", OnDead::Repeat)];
