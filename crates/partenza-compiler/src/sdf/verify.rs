// SPDX-License-Identifier: BSD-2-Clause
//! What the Microkit checks once everything is read: names, ids, overlaps, priorities. Each finding names both parties.

use std::collections::HashMap;

use super::{Map, Pd, Ports, System};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, suggest};
use crate::source::{Span, Spanned};

/// Checks a system as a whole. Findings go to `out`.
pub fn verify(system: &System, out: &mut Diagnostics) {
    unique(system.pds.iter().map(|pd| &pd.name), "protection domains", out);
    unique(system.regions.iter().map(|region| &region.name), "memory regions", out);
    for pd in system.pds.iter().filter(|pd| pd.name.value == "monitor") {
        let message = "`monitor` is the Microkit's own name";
        out.push(Diagnostic::error(Code::DuplicateName, message).at(pd.name.span, "choose another"));
    }
    references(system, out);
    for pd in &system.pds {
        ids(system, pd, out);
        maps(system, pd, out);
    }
    channels(system, out);
    interrupts(system, out);
    ports(system, out);
    regions(system, out);
}

fn unique<'s>(names: impl Iterator<Item = &'s Spanned<String>>, what: &str, out: &mut Diagnostics) {
    let mut seen: HashMap<&str, Span> = HashMap::new();
    for name in names {
        if let Some(first) = seen.insert(&name.value, name.span) {
            out.push(
                Diagnostic::error(Code::DuplicateName, format!("two {what} are called `{}`", name.value))
                    .at(name.span, "second")
                    .at(first, "first"),
            );
        }
    }
}

fn references(system: &System, out: &mut Diagnostics) {
    let regions: Vec<&str> = system.regions.iter().map(|r| r.name.value.as_str()).collect();
    let pds: Vec<&str> = system.pds.iter().map(|pd| pd.name.value.as_str()).collect();
    let mut look = |name: &Spanned<String>, known: &[&str], what: &str| {
        if !known.contains(&name.value.as_str()) {
            let message = format!("no {what} is called `{}`", name.value);
            let help = suggest(&name.value, known.iter().copied());
            out.push(Diagnostic::error(Code::UnknownReference, message).at(name.span, "").maybe_help(help));
        }
    };
    for pd in &system.pds {
        for map in &pd.maps {
            look(&map.region, &regions, "memory region");
        }
        for setvar in &pd.setvars {
            look(&setvar.region, &regions, "memory region");
        }
    }
    for end in system.channels.iter().flat_map(|channel| &channel.ends) {
        look(&end.pd, &pds, "protection domain");
    }
    for pd in &system.pds {
        for setvar in &pd.setvars {
            let region = system.region(&setvar.region.value).map(|at| &system.regions[at]);
            if let Some(region) = region.filter(|r| r.physical.is_none()) {
                out.push(
                    Diagnostic::error(
                        Code::BadAttribute,
                        format!("region `{}` has no physical address to tell", setvar.region.value),
                    )
                    .at(setvar.region.span, "asked for here")
                    .at(region.span, "give it a phys_addr"),
                );
            }
        }
    }
}

/// Channels and interrupts of a PD share one space of ids; I/O ports have their own.
fn ids(system: &System, pd: &Pd, out: &mut Diagnostics) {
    let mut seen: HashMap<u8, Span> = HashMap::new();
    let ends = system.ends_of(&pd.name.value).map(|(end, _)| &end.id);
    let all: Vec<&Spanned<u8>> = pd.irqs.iter().map(|irq| &irq.id).chain(ends).collect();
    let mut check = |id: &Spanned<u8>, seen: &mut HashMap<u8, Span>| {
        if let Some(first) = seen.insert(id.value, id.span) {
            out.push(
                Diagnostic::error(
                    Code::DuplicateId,
                    format!("`{}` uses id {} twice", pd.name.value, id.value),
                )
                .at(id.span, "second")
                .at(first, "first"),
            );
        }
    };
    all.into_iter().for_each(|id| check(id, &mut seen));
    seen.clear();
    pd.ports.iter().for_each(|ports| check(&ports.id, &mut seen));
    let mut symbols: HashMap<&str, Span> = HashMap::new();
    for symbol in
        setvar_symbols(pd).chain(system.ends_of(&pd.name.value).filter_map(|(end, _)| end.setvar_id.as_ref()))
    {
        if let Some(first) = symbols.insert(&symbol.value, symbol.span) {
            out.push(
                Diagnostic::error(Code::DuplicateName, format!("the symbol `{}` is set twice", symbol.value))
                    .at(symbol.span, "second")
                    .at(first, "first"),
            );
        }
    }
}

fn setvar_symbols(pd: &Pd) -> impl Iterator<Item = &Spanned<String>> {
    let maps = pd.maps.iter().flat_map(|m| [&m.setvar_vaddr, &m.setvar_size]);
    let irqs = pd.irqs.iter().map(|irq| &irq.setvar_id);
    let ports = pd.ports.iter().flat_map(|p| [&p.setvar_id, &p.setvar_addr]);
    maps.chain(irqs).chain(ports).flatten().chain(pd.setvars.iter().map(|s| &s.symbol))
}

fn maps(system: &System, pd: &Pd, out: &mut Diagnostics) {
    let size = |map: &Map| system.region(&map.region.value).map_or(0, |at| system.regions[at].size);
    let mut sorted: Vec<&Map> = pd.maps.iter().collect();
    sorted.sort_by_key(|map| map.address.value);
    for pair in sorted.windows(2) {
        if pair[0].address.value.saturating_add(size(pair[0])) > pair[1].address.value {
            out.push(
                Diagnostic::error(
                    Code::OverlappingMaps,
                    format!(
                        "`{}` maps `{}` into `{}`",
                        pd.name.value, pair[1].region.value, pair[0].region.value
                    ),
                )
                .at(pair[1].address.span, "begins before the other ends")
                .at(pair[0].address.span, format!("ends at {:#x}", pair[0].address.value + size(pair[0]))),
            );
        }
    }
    for map in &pd.maps {
        let page = system
            .region(&map.region.value)
            .and_then(|at| system.regions[at].page_size.as_ref())
            .map_or(4096, |p| p.value.max(1));
        if !map.address.value.is_multiple_of(page) {
            let message = format!("vaddr is not a multiple of the page size {page:#x}");
            out.push(Diagnostic::error(Code::Unaligned, message).at(map.address.span, ""));
        }
    }
}

fn channels(system: &System, out: &mut Diagnostics) {
    for channel in &system.channels {
        let [a, b] = &channel.ends;
        if a.pd.value == b.pd.value {
            let message = format!("both ends of a channel are `{}`'s", a.pd.value);
            out.push(Diagnostic::error(Code::ChannelEnds, message).at(b.pd.span, "").at(a.pd.span, ""));
        }
        if a.pp && b.pp {
            let message = "both ends of a channel may call the other";
            out.push(
                Diagnostic::error(Code::ChannelEnds, message)
                    .at(b.span, "pp=\"true\"")
                    .at(a.span, "pp=\"true\""),
            );
            continue;
        }
        let Some((caller, server)) = (if a.pp { Some((a, b)) } else { b.pp.then_some((b, a)) }) else {
            continue;
        };
        let pd = |end: &super::End| system.pd(&end.pd.value).map(|at| &system.pds[at]);
        let (Some(from), Some(to)) = (pd(caller), pd(server)) else { continue };
        if from.priority.value >= to.priority.value {
            out.push(
                Diagnostic::error(
                    Code::PriorityInversion,
                    format!(
                        "`{}` (priority {}) calls `{}` (priority {})",
                        from.name.value, from.priority.value, to.name.value, to.priority.value
                    ),
                )
                .at(caller.span, "the call")
                .at(to.priority.span, "must be higher than the caller's")
                .at(from.priority.span, "the caller's"),
            );
        }
    }
}

fn interrupts(system: &System, out: &mut Diagnostics) {
    let mut pins: HashMap<(u8, u8), (Span, &str)> = HashMap::new();
    let mut vectors: HashMap<u8, (Span, &str)> = HashMap::new();
    for pd in &system.pds {
        for irq in &pd.irqs {
            let name = pd.name.value.as_str();
            let same_pin = pins.insert((irq.ioapic, irq.pin.value), (irq.pin.span, name));
            let same_vector = vectors.insert(irq.vector.value, (irq.vector.span, name));
            let clash = match (same_pin, same_vector) {
                (Some(other), _) => Some((other, irq.pin.span, format!("IOAPIC pin {}", irq.pin.value))),
                (None, Some(other)) => Some((other, irq.vector.span, format!("vector {}", irq.vector.value))),
                (None, None) => None,
            };
            if let Some(((first, holder), second, what)) = clash {
                out.push(
                    Diagnostic::error(
                        Code::SharedIrq,
                        format!("{what} has two holders, `{holder}` and `{name}`"),
                    )
                    .at(second, "second holder")
                    .at(first, "first holder"),
                );
            }
        }
    }
}

fn ports(system: &System, out: &mut Diagnostics) {
    let mut all: Vec<(&Ports, &str)> =
        system.pds.iter().flat_map(|pd| pd.ports.iter().map(|p| (p, pd.name.value.as_str()))).collect();
    all.sort_by_key(|(ports, _)| ports.first);
    for pair in all.windows(2) {
        let ((low, a), (high, b)) = (pair[0], pair[1]);
        if low.last >= high.first {
            let message = format!(
                "`{b}` and `{a}` both hold I/O ports {:#x} to {:#x}",
                high.first,
                low.last.min(high.last)
            );
            out.push(
                Diagnostic::error(Code::SharedPorts, message).at(high.span, "one").at(low.span, "the other"),
            );
        }
    }
}

fn regions(system: &System, out: &mut Diagnostics) {
    let mut placed: Vec<(u64, &super::Region)> =
        system.regions.iter().filter_map(|r| r.physical.as_ref().map(|at| (at.value, r))).collect();
    placed.sort_by_key(|(at, _)| *at);
    for pair in placed.windows(2) {
        let ((start, low), (next, high)) = (pair[0], pair[1]);
        if start + low.size > next {
            out.push(
                Diagnostic::error(
                    Code::OverlappingRegions,
                    format!("memory regions `{}` and `{}` overlap", low.name.value, high.name.value),
                )
                .at(high.span, format!("begins at {next:#x}"))
                .at(low.span, format!("ends at {:#x}", start + low.size)),
            );
        }
    }
    for region in &system.regions {
        let name = &region.name.value;
        let used = system.pds.iter().any(|pd| {
            pd.maps.iter().any(|m| m.region.value == *name)
                || pd.setvars.iter().any(|s| s.region.value == *name)
        });
        if !used {
            let message = format!("nobody maps the memory region `{name}`");
            out.push(Diagnostic::warning(Code::UnusedRegion, message).at(region.name.span, ""));
        }
    }
}
