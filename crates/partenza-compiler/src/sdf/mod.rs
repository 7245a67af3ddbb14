// SPDX-License-Identifier: BSD-2-Clause
//! The system description: the Microkit's SDF (SPEC O-1), with positions.
//!
//! Two verdicts stay apart. What the Microkit itself would refuse is found here ([`parse`], [`verify`], codes PZ-02xx);
//! what the chosen kernel or board cannot do is found by [`crate::check`] (codes PZ-03xx).

mod attributes;
mod elements;
mod parse;
mod verify;

pub use parse::parse;
pub use verify::verify;

use crate::source::{Span, Spanned};

/// A parsed `system.xml`.
#[derive(Clone, Debug, Default)]
pub struct System {
    /// In the order of the file.
    pub pds: Vec<Pd>,
    pub regions: Vec<Region>,
    pub channels: Vec<Channel>,
}

/// A protection domain.
#[derive(Clone, Debug)]
pub struct Pd {
    /// The opening tag.
    pub span: Span,
    pub name: Spanned<String>,
    pub priority: Spanned<u8>,
    /// Microseconds; only MCS kernels know budgets.
    pub budget: Option<Spanned<u64>>,
    pub period: Option<Spanned<u64>>,
    pub passive: Option<Spanned<bool>>,
    pub cpu: Option<Spanned<u64>>,
    pub smc: Option<Spanned<bool>>,
    pub fpu: Option<Spanned<bool>>,
    pub domain: Option<Spanned<String>>,
    pub stack_size: Spanned<u64>,
    /// `path` of the program image; `None` after an error.
    pub image: Option<Spanned<String>>,
    pub path_for_symbols: Option<Spanned<String>>,
    pub maps: Vec<Map>,
    pub irqs: Vec<Irq>,
    pub ports: Vec<Ports>,
    pub setvars: Vec<SetVar>,
}

/// `<map>`
#[derive(Clone, Debug)]
pub struct Map {
    pub span: Span,
    pub region: Spanned<String>,
    pub address: Spanned<u64>,
    pub perms: Perms,
    pub cached: bool,
    pub setvar_vaddr: Option<Spanned<String>>,
    pub setvar_size: Option<Spanned<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Perms {
    pub read: bool,
    pub write: bool,
    pub execute: bool,
}

/// `<irq>` with IOAPIC attributes.
#[derive(Clone, Debug)]
pub struct Irq {
    pub span: Span,
    pub id: Spanned<u8>,
    pub ioapic: u8,
    pub pin: Spanned<u8>,
    pub vector: Spanned<u8>,
    pub level: bool,
    pub active_low: bool,
    pub setvar_id: Option<Spanned<String>>,
}

/// `<ioport>`
#[derive(Clone, Debug)]
pub struct Ports {
    pub span: Span,
    pub id: Spanned<u8>,
    pub first: u16,
    pub last: u16,
    pub setvar_id: Option<Spanned<String>>,
    pub setvar_addr: Option<Spanned<String>>,
}

/// `<setvar>`: the physical address of a region in a symbol.
#[derive(Clone, Debug)]
pub struct SetVar {
    pub symbol: Spanned<String>,
    pub region: Spanned<String>,
}

/// `<memory_region>`
#[derive(Clone, Debug)]
pub struct Region {
    pub span: Span,
    pub name: Spanned<String>,
    pub size: u64,
    /// As written; the layout chooses where it is not.
    pub page_size: Option<Spanned<u64>>,
    pub physical: Option<Spanned<u64>>,
}

/// `<channel>`
#[derive(Clone, Debug)]
pub struct Channel {
    pub span: Span,
    pub ends: [End; 2],
}

/// `<end>`
#[derive(Clone, Debug)]
pub struct End {
    pub span: Span,
    pub pd: Spanned<String>,
    pub id: Spanned<u8>,
    /// This end may call the other.
    pub pp: bool,
    /// This end may signal the other.
    pub notify: bool,
    pub setvar_id: Option<Spanned<String>>,
}

impl System {
    #[must_use]
    pub fn pd(&self, name: &str) -> Option<usize> {
        self.pds.iter().position(|pd| pd.name.value == name)
    }

    #[must_use]
    pub fn region(&self, name: &str) -> Option<usize> {
        self.regions.iter().position(|region| region.name.value == name)
    }

    /// The ends of the channels of a PD, each with the other end.
    pub fn ends_of<'s>(&'s self, pd: &'s str) -> impl Iterator<Item = (&'s End, &'s End)> {
        self.channels.iter().flat_map(move |channel| {
            let [a, b] = &channel.ends;
            [(a, b), (b, a)].into_iter().filter(move |(end, _)| end.pd.value == pd)
        })
    }
}
