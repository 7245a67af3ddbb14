// SPDX-License-Identifier: BSD-2-Clause
//! Symbols that are written per PD: the Microkit's own, and setvars.
//!
//! The Microkit's own are written where the ELF has them; a setvar that the ELF lacks is an error, because somebody
//! asked for it.

use crate::diagnostic::Code;
use crate::elf::{Elf, Problem};
use crate::sdf::{self, Pd, System};
use crate::source::Span;

/// Bytes of `microkit_name`.
const NAME: usize = 64;
/// Bytes of a setvar.
const WORD: u64 = 8;

/// Bytes for an address.
pub type Patch = (u64, Vec<u8>);

/// The bytes to write, and what is wrong, with the place in system.xml.
#[must_use]
pub fn patches(
    pd: &Pd,
    system: &System,
    elf: &Elf,
    supervisor: Option<u8>,
) -> (Vec<Patch>, Vec<(Problem, Span)>) {
    let mut patcher = Patcher { elf, patches: Vec::new(), problems: Vec::new() };
    microkit(pd, system, supervisor, &mut patcher);
    setvars(pd, system, &mut patcher);
    patcher.patches.sort();
    (patcher.patches, patcher.problems)
}

struct Patcher<'e> {
    elf: &'e Elf,
    patches: Vec<Patch>,
    problems: Vec<(Problem, Span)>,
}

impl Patcher<'_> {
    fn put(&mut self, symbol: &str, bytes: &[u8], span: Span) {
        let Some((address, _)) = self.elf.symbols.get(symbol) else { return };
        match self.elf.holder(*address, bytes.len() as u64) {
            Some(segment) if segment.writable => self.patches.push((*address, bytes.to_vec())),
            _ => {
                let message = format!("the symbol `{symbol}` is not in a writable segment");
                self.problems.push((Problem::new(Code::SymbolReadOnly, message), span));
            }
        }
    }

    fn set(&mut self, symbol: &crate::source::Spanned<String>, value: u64) {
        match self.elf.symbols.get(&symbol.value) {
            None => {
                let message = format!("the ELF file has no symbol `{}`", symbol.value);
                let mut problem = Problem::new(Code::NoSymbol, message);
                let known = self.elf.symbols.keys().map(String::as_str);
                problem.help = crate::diagnostic::suggest(&symbol.value, known);
                self.problems.push((problem, symbol.span));
            }
            Some((_, size)) if *size != WORD => {
                let message = format!("the symbol `{}` has {size} bytes, not {WORD}", symbol.value);
                self.problems.push((Problem::new(Code::SymbolSize, message), symbol.span));
            }
            Some(_) => self.put(&symbol.value, &value.to_le_bytes(), symbol.span),
        }
    }
}

fn microkit(pd: &Pd, system: &System, supervisor: Option<u8>, patcher: &mut Patcher<'_>) {
    let span = pd.name.span;
    let mut name = [0; NAME];
    let bytes = &pd.name.value.as_bytes()[..pd.name.value.len().min(NAME)];
    name[..bytes.len()].copy_from_slice(bytes);
    patcher.put("microkit_name", &name, span);
    patcher.put("microkit_passive", &[u8::from(pd.passive.as_ref().is_some_and(|p| p.value))], span);
    let mask = |ids: &mut dyn Iterator<Item = u8>| ids.fold(0u64, |mask, id| mask | 1 << id);
    let irqs = mask(&mut pd.irqs.iter().map(|irq| irq.id.value));
    let ports = mask(&mut pd.ports.iter().map(|ports| ports.id.value));
    let ends = || system.ends_of(&pd.name.value).map(|(end, _)| end);
    let notifications = mask(&mut ends().filter(|e| e.notify).map(|e| e.id.value).chain(supervisor));
    let calls = mask(&mut ends().filter(|e| e.pp).map(|e| e.id.value).chain(supervisor));
    for (symbol, value) in [
        ("microkit_irqs", irqs),
        ("microkit_notifications", notifications),
        ("microkit_pps", calls),
        ("microkit_ioports", ports),
    ] {
        patcher.put(symbol, &value.to_le_bytes(), span);
    }
}

fn setvars(pd: &Pd, system: &System, patcher: &mut Patcher<'_>) {
    let region = |name: &str| system.region(name).map(|at| &system.regions[at]);
    let mut set = |symbol: &Option<crate::source::Spanned<String>>, value: u64| {
        if let Some(symbol) = symbol {
            patcher.set(symbol, value);
        }
    };
    for map in &pd.maps {
        set(&map.setvar_vaddr, map.address.value);
        let region = region(&map.region.value);
        set(&map.setvar_size, region.map_or(0, |r| r.size));
        set(&map.setvar_prefill_size, region.and_then(|r| r.prefill.as_ref()).map_or(0, sdf::Prefill::bytes));
    }
    for irq in &pd.irqs {
        set(&irq.setvar_id, u64::from(irq.id.value));
    }
    for ports in &pd.ports {
        set(&ports.setvar_id, u64::from(ports.id.value));
        set(&ports.setvar_addr, ports.first);
    }
    for (end, _) in system.ends_of(&pd.name.value) {
        set(&end.setvar_id, u64::from(end.id.value));
    }
    for (_, child) in system.children_of(&pd.name.value) {
        set(&child.setvar_id, child.id.value);
    }
    for setvar in &pd.setvars {
        let physical = region(&setvar.region.value).and_then(|r| r.physical.as_ref());
        patcher.set(&setvar.symbol, physical.map_or(0, |p| p.value));
    }
}
