// SPDX-License-Identifier: BSD-2-Clause
//! A system description as it is once read.

use std::collections::HashMap;

use super::names::Mentions;
use super::number::Pci;
use crate::source::{Span, Spanned};

/// A parsed `system.xml`.
#[derive(Clone, Debug, Default)]
pub struct System {
    /// Every protection domain, a parent before its children, as the Microkit numbers them.
    pub pds: Vec<Pd>,
    pub regions: Vec<Region>,
    pub channels: Vec<Channel>,
    pub address_spaces: Vec<AddressSpace>,
    /// `<domains>`, where there is one.
    pub domains: Option<Span>,
    pub(super) index: Index,
}

/// Where things are, by name; of several the first.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    pds: HashMap<String, usize>,
    regions: HashMap<String, usize>,
    /// Channel and side of each end, by PD name.
    ends: HashMap<String, Vec<(usize, usize)>>,
    /// What elements refer to, and what was refused: nothing more is said of it.
    pub mentions: Mentions,
    /// Ends of channels that were refused: their ids are taken all the same.
    pub loose_ends: Vec<LooseEnd>,
}

/// An end whose channel was refused.
#[derive(Clone, Debug)]
pub(super) struct LooseEnd {
    pub pd: String,
    pub id: Spanned<u8>,
}

/// A protection domain.
#[derive(Clone, Debug)]
pub struct Pd {
    /// The opening tag.
    pub span: Span,
    pub name: Spanned<String>,
    /// The PD that it stands in.
    pub parent: Option<Parent>,
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
    pub machine: Option<Machine>,
    pub caps: Vec<CapMap>,
}

/// What a nested protection domain is to the one around it.
#[derive(Clone, Debug)]
pub struct Parent {
    /// In [`System::pds`].
    pub pd: usize,
    pub id: Spanned<u64>,
    /// A symbol of the parent.
    pub setvar_id: Option<Spanned<String>>,
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
    pub setvar_prefill_size: Option<Spanned<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Perms {
    pub read: bool,
    pub write: bool,
    pub execute: bool,
}

/// `<irq>`
#[derive(Clone, Debug)]
pub struct Irq {
    pub span: Span,
    pub id: Spanned<u8>,
    pub source: IrqSource,
    pub setvar_id: Option<Spanned<String>>,
}

/// Where an interrupt comes from.
#[derive(Clone, Debug)]
pub enum IrqSource {
    /// A line of Arm's or RISC-V's interrupt controller.
    Line {
        number: Spanned<u64>,
        level: bool,
    },
    Ioapic(Ioapic),
    /// Message signalled.
    Message {
        device: Pci,
        handle: u64,
        vector: Spanned<u8>,
    },
}

/// A pin of an IOAPIC.
#[derive(Clone, Debug)]
pub struct Ioapic {
    pub ioapic: u64,
    pub pin: Spanned<u64>,
    pub vector: Spanned<u8>,
    pub level: bool,
    pub active_low: bool,
}

impl std::fmt::Display for IrqSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            IrqSource::Line { number, .. } => write!(f, "line {}", number.value),
            IrqSource::Ioapic(ioapic) => write!(f, "pin {}", ioapic.pin.value),
            IrqSource::Message { device, .. } => write!(f, "message of {device}"),
        }
    }
}

impl Irq {
    #[must_use]
    pub fn ioapic(&self) -> Option<&Ioapic> {
        match &self.source {
            IrqSource::Ioapic(ioapic) => Some(ioapic),
            IrqSource::Line { .. } | IrqSource::Message { .. } => None,
        }
    }

    /// The number that no two interrupts of a system share: line or vector.
    #[must_use]
    pub fn number(&self) -> Spanned<u64> {
        match &self.source {
            IrqSource::Line { number, .. } => number.clone(),
            IrqSource::Ioapic(Ioapic { vector, .. }) | IrqSource::Message { vector, .. } => {
                Spanned::new(vector.value.into(), vector.span)
            }
        }
    }
}

/// `<ioport>`
#[derive(Clone, Debug)]
pub struct Ports {
    pub span: Span,
    pub id: Spanned<u8>,
    /// The Microkit does not say no to ports above 0xffff; the processor has none.
    pub first: u64,
    pub last: u64,
    /// As written: the last port may be beyond 64 bits.
    pub size: u64,
    pub setvar_id: Option<Spanned<String>>,
    pub setvar_addr: Option<Spanned<String>>,
}

/// `<setvar>`: the physical address of a region in a symbol.
#[derive(Clone, Debug)]
pub struct SetVar {
    pub symbol: Spanned<String>,
    pub region: Spanned<String>,
}

/// `<virtual_machine>`
#[derive(Clone, Debug)]
pub struct Machine {
    pub span: Span,
    pub name: Spanned<String>,
    pub vcpus: Vec<Spanned<u8>>,
    pub maps: Vec<Map>,
}

/// `<cap_tcb>`, `<cap_sc>`, `<cap_vspace>` of a `<cspace>`.
#[derive(Clone, Debug)]
pub struct CapMap {
    pub span: Span,
    /// The element's name.
    pub kind: &'static str,
    pub slot: Spanned<u64>,
    pub pd: Spanned<String>,
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
    pub prefill: Option<Prefill>,
}

impl Region {
    /// As written, or the smallest.
    #[must_use]
    pub fn granule(&self) -> u64 {
        self.page_size.as_ref().map_or(super::board::PAGE_SIZES[0], |p| p.value)
    }
}

/// What a region holds from the start.
#[derive(Clone, Debug)]
pub enum Prefill {
    /// A file's contents, so many bytes.
    File { path: Spanned<String>, bytes: u64 },
    /// A part of the kernel's boot information.
    BootInfo(Spanned<String>),
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

/// `<io_address_space>`
#[derive(Clone, Debug)]
pub struct AddressSpace {
    pub span: Span,
    pub name: Spanned<String>,
    pub device: Spanned<Pci>,
    pub domain: Spanned<u64>,
    pub maps: Vec<IoMap>,
}

/// `<iomap>`
#[derive(Clone, Debug)]
pub struct IoMap {
    pub span: Span,
    pub region: Spanned<String>,
    pub address: Spanned<u64>,
    pub read: bool,
    pub write: bool,
}

impl System {
    /// Builds what the look-ups by name use.
    pub(super) fn build_index(&mut self) {
        let index = &mut self.index;
        for (at, pd) in self.pds.iter().enumerate() {
            index.pds.entry(pd.name.value.clone()).or_insert(at);
        }
        for (at, region) in self.regions.iter().enumerate() {
            index.regions.entry(region.name.value.clone()).or_insert(at);
        }
        for (at, channel) in self.channels.iter().enumerate() {
            for (side, end) in channel.ends.iter().enumerate() {
                index.ends.entry(end.pd.value.clone()).or_default().push((at, side));
            }
        }
    }

    #[must_use]
    pub fn pd(&self, name: &str) -> Option<usize> {
        self.index.pds.get(name).copied()
    }

    #[must_use]
    pub fn region(&self, name: &str) -> Option<usize> {
        self.index.regions.get(name).copied()
    }

    /// The ends of the channels of a PD, each with the other end, in the order of the file.
    pub fn ends_of<'s>(&'s self, pd: &str) -> impl Iterator<Item = (&'s End, &'s End)> + use<'s> {
        let places = self.index.ends.get(pd).map_or(&[][..], Vec::as_slice);
        places.iter().map(|(channel, side)| {
            let ends = &self.channels[*channel].ends;
            (&ends[*side], &ends[1 - *side])
        })
    }

    /// The protection domains that stand directly in the one of that name, and what each is to it.
    pub fn children_of(&self, name: &str) -> impl Iterator<Item = (&Pd, &Parent)> {
        let pd = self.pd(name);
        let children = self.pds.iter().filter_map(|child| Some((child, child.parent.as_ref()?)));
        children.filter(move |(_, parent)| Some(parent.pd) == pd)
    }
}
