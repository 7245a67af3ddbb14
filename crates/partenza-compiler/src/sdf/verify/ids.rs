// SPDX-License-Identifier: BSD-2-Clause
//! Ids, slots, symbols and interrupt numbers are used once each.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::Hash;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::sdf::number::Pci;
use crate::sdf::pd::MAX_VECTOR;
use crate::sdf::types::{Irq, IrqSource, Pd, System};
use crate::source::{Span, Spanned};

pub fn check(system: &System, out: &mut Diagnostics) {
    let children = children(system);
    for (at, pd) in system.pds.iter().enumerate() {
        let nested = children.get(&at).map_or(&[][..], Vec::as_slice);
        ids(system, pd, out);
        child_ids(pd, nested, out);
        symbols(system, pd, nested, out);
        slots(pd, out);
    }
    interrupts(system, out);
}

/// By parent.
fn children(system: &System) -> HashMap<usize, Vec<&Pd>> {
    let mut children: HashMap<usize, Vec<&Pd>> = HashMap::new();
    for pd in &system.pds {
        if let Some(parent) = &pd.parent {
            children.entry(parent.pd).or_default().push(pd);
        }
    }
    children
}

/// What must be there once: each thing with the place of its first use.
struct Once<K> {
    seen: HashMap<K, Span>,
}

impl<K: Hash + Eq> Once<K> {
    fn new() -> Self {
        Self { seen: HashMap::new() }
    }

    fn see(
        &mut self,
        key: K,
        span: Span,
        code: Code,
        message: impl FnOnce() -> String,
    ) -> Option<Diagnostic> {
        match self.seen.entry(key) {
            Entry::Vacant(place) => {
                place.insert(span);
                None
            }
            Entry::Occupied(first) => {
                Some(Diagnostic::error(code, message()).at(span, "second").at(*first.get(), "first"))
            }
        }
    }
}

/// Channels and interrupts of a PD share one space of ids; I/O ports have their own.
fn ids(system: &System, pd: &Pd, out: &mut Diagnostics) {
    let twice = |id: &Spanned<u8>| format!("`{}` uses id {} twice", pd.name.value, id.value);
    let mut once = Once::new();
    for irq in &pd.irqs {
        let found = once.see(irq.id.value, irq.id.span, Code::DuplicateId, || twice(&irq.id));
        found.into_iter().for_each(|found| out.push(found));
    }
    for (end, other) in system.ends_of(&pd.name.value) {
        // The Microkit does not compare the two ends of one channel.
        let itself = other.pd.value == end.pd.value && other.id.value == end.id.value;
        if itself && other.span > end.span {
            continue;
        }
        let found = once.see(end.id.value, end.id.span, Code::DuplicateId, || twice(&end.id));
        found.into_iter().for_each(|found| out.push(found));
    }
    for end in system.index.loose_ends.iter().filter(|end| end.pd == pd.name.value) {
        let found = once.see(end.id.value, end.id.span, Code::DuplicateId, || twice(&end.id));
        found.into_iter().for_each(|found| out.push(found));
    }
    let mut once = Once::new();
    for ports in &pd.ports {
        let found = once.see(ports.id.value, ports.id.span, Code::DuplicateId, || twice(&ports.id));
        found.into_iter().for_each(|found| out.push(found.help("choose another id for this port range")));
    }
}

/// Children of a PD and the vCPUs of its virtual machine share one space of ids.
fn child_ids(pd: &Pd, children: &[&Pd], out: &mut Diagnostics) {
    let mut once = Once::new();
    for vcpu in pd.machine.iter().flat_map(|machine| &machine.vcpus) {
        // Two equal ones were told when they were read.
        once.see(u64::from(vcpu.value), vcpu.span, Code::DuplicateId, String::new);
    }
    for id in children.iter().filter_map(|child| Some(&child.parent.as_ref()?.id)) {
        let message = || format!("two children or vCPUs of `{}` have the id {}", pd.name.value, id.value);
        let found = once.see(id.value, id.span, Code::DuplicateId, message);
        found.into_iter().for_each(|found| out.push(found.help("choose another id")));
    }
}

/// A symbol of a PD's program is set once.
fn symbols(system: &System, pd: &Pd, children: &[&Pd], out: &mut Diagnostics) {
    let mut once = Once::new();
    let maps = pd.maps.iter().flat_map(|m| [&m.setvar_vaddr, &m.setvar_size, &m.setvar_prefill_size]);
    let irqs = pd.irqs.iter().map(|irq: &Irq| &irq.setvar_id);
    let ports = pd.ports.iter().flat_map(|p| [&p.setvar_id, &p.setvar_addr]);
    let nested = children.iter().filter_map(|child| child.parent.as_ref()).map(|parent| &parent.setvar_id);
    let ends = system.ends_of(&pd.name.value).map(|(end, _)| &end.setvar_id);
    let all = maps.chain(irqs).chain(ports).chain(nested).chain(ends).flatten();
    for symbol in all.chain(pd.setvars.iter().map(|setvar| &setvar.symbol)) {
        let message = || format!("the symbol `{}` is set twice", symbol.value);
        let found = once.see(symbol.value.as_str(), symbol.span, Code::DuplicateName, message);
        found.into_iter().for_each(|found| out.push(found));
    }
}

fn slots(pd: &Pd, out: &mut Diagnostics) {
    let mut once = Once::new();
    for cap in &pd.caps {
        let slot = &cap.slot;
        let message = || format!("`{}` puts two capabilities into slot {}", pd.name.value, slot.value);
        let found = once.see(slot.value, slot.span, Code::DuplicateId, message);
        found.into_iter().for_each(|found| out.push(found.help("choose another slot")));
    }
}

/// An interrupt goes to one protection domain: on Arm and RISC-V its line, on x86 its vector, and since the Microkit 2.3.1
/// its source: an IOAPIC's pin, or a device's message.
fn interrupts(system: &System, out: &mut Diagnostics) {
    let mut holders: HashMap<u64, (Span, &str)> = HashMap::new();
    let mut sources: HashMap<Source, (Span, &str)> = HashMap::new();
    for pd in &system.pds {
        let name = pd.name.value.as_str();
        for irq in &pd.irqs {
            let number = irq.number();
            let vector = !matches!(irq.source, IrqSource::Line { .. });
            if let Some((first, holder)) = holders.insert(number.value, (number.span, name)) {
                let what = if vector { "vector" } else { "interrupt" };
                let message = format!("{what} {} has two holders, `{holder}` and `{name}`", number.value);
                let found = Diagnostic::error(Code::SharedIrq, message).at(number.span, "second holder");
                out.push(found.at(first, "first holder").maybe_help(vector.then(|| free_vector(system))));
            }
            if let Some(source) = Source::of(irq)
                && let Some((first, holder)) = sources.insert(source, (irq.span, name))
            {
                let message = format!("{source} has two holders, `{holder}` and `{name}`");
                let found = Diagnostic::error(Code::SharedIrq, message).at(irq.span, "second holder");
                let found = found.at(first, "first holder").note("the Microkit refuses it since 2.3.1");
                out.push(found.help(
                    "the kernel would let the second take the first one's interrupts: give it to one protection domain, \
                     and let that one signal the other over a channel",
                ));
            }
        }
    }
}

/// What to do about a vector that is taken.
fn free_vector(system: &System) -> String {
    let taken: HashSet<u64> =
        system.pds.iter().flat_map(|pd| &pd.irqs).map(|irq| irq.number().value).collect();
    let free = (0..=u64::from(MAX_VECTOR)).find(|vector| !taken.contains(vector));
    let rule = "a vector is the kernel's number for one interrupt in the whole system, whatever its pin";
    match free {
        Some(free) => format!("{rule}: write another from 0 to {MAX_VECTOR} at one of them, {free} is free"),
        None => format!("{rule}, and all {} are taken", u64::from(MAX_VECTOR) + 1),
    }
}

/// Where an interrupt comes from on x86.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Source {
    Pin { ioapic: u64, pin: u64 },
    Message { device: Pci, handle: u64 },
}

impl Source {
    fn of(irq: &Irq) -> Option<Self> {
        match &irq.source {
            IrqSource::Line { .. } => None,
            IrqSource::Ioapic(of) => Some(Self::Pin { ioapic: of.ioapic, pin: of.pin.value }),
            IrqSource::Message { device, handle, .. } => {
                Some(Self::Message { device: *device, handle: *handle })
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pin { ioapic: 0, pin } => write!(f, "IOAPIC pin {pin}"),
            Self::Pin { ioapic, pin } => write!(f, "pin {pin} of IOAPIC {ioapic}"),
            Self::Message { device, handle } => write!(f, "message {handle} of the PCI device {device}"),
        }
    }
}
