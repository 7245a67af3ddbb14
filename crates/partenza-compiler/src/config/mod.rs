// SPDX-License-Identifier: BSD-2-Clause
//! `partenza.yaml`: the integrator's side. Which manifest a PD runs, what its channels mean, order, policy, hardware.

mod parse;
mod platform;

pub use parse::parse;
pub use platform::{Platform, default_platform};

use partenza_plan::Start;

use crate::kinds::{Access, Kind};
use crate::manifest::Class;
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
    /// PDs that `recovery`, `policy` name: checked to exist.
    pub mentioned: Vec<Spanned<String>>,
}

#[derive(Clone, Debug, Default)]
pub struct Boot {
    /// Layer and its budget in microseconds.
    pub layers: Vec<(u8, u64)>,
    /// `None`: yes.
    pub parallel: Option<bool>,
    pub parameters: Parameters,
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
}

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
    pub operations: Vec<Spanned<String>>,
    pub rights: Option<Spanned<Access>>,
}
