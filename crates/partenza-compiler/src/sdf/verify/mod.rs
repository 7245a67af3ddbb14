// SPDX-License-Identifier: BSD-2-Clause
//! What the Microkit checks once everything is read. Each finding names both parties.
//!
//! Names and references here; ids and symbols in [`ids`], address ranges in [`ranges`], channels in [`channels`].

mod channels;
mod ids;
mod ranges;

use std::collections::{HashMap, HashSet};

use super::board::{Arch, Board, PAGE_SIZES};
use super::names::Mention;
use super::types::{Prefill, Region, System};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, suggest};
use crate::source::{Span, Spanned};

/// Checks a system as a whole. Findings go to `out`.
pub fn verify(system: &System, board: &Board, out: &mut Diagnostics) {
    unique(system.pds.iter().map(|pd| &pd.name), "protection domains", out);
    unique(system.regions.iter().map(|region| &region.name), "memory regions", out);
    unique(system.pds.iter().filter_map(|pd| Some(&pd.machine.as_ref()?.name)), "virtual machines", out);
    for pd in system.pds.iter().filter(|pd| pd.name.value == "monitor") {
        let message = "`monitor` is the Microkit's own name";
        out.push(Diagnostic::error(Code::DuplicateName, message).at(pd.name.span, "choose another"));
    }
    references(system, out);
    ids::check(system, out);
    ranges::check(system, board, out);
    channels::check(system, board, out);
    memory(system, board, out);
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
    let mentions = &system.index.mentions;
    for mention in &mentions.list {
        match mention {
            Mention::Region(name) => {
                let there =
                    system.region(&name.value).is_some() || mentions.refused_regions.contains(&name.value);
                let known = system.regions.iter().map(|r| r.name.value.as_str());
                unknown(there, name, "memory region", known, out);
            }
            Mention::Pd(name) => {
                let there = system.pd(&name.value).is_some() || mentions.refused_pds.contains(&name.value);
                let known = system.pds.iter().map(|pd| pd.name.value.as_str());
                unknown(there, name, "protection domain", known, out);
            }
        }
    }
}

fn unknown<'s>(
    there: bool,
    name: &Spanned<String>,
    what: &str,
    known: impl Iterator<Item = &'s str>,
    out: &mut Diagnostics,
) {
    if !there {
        let message = format!("no {what} is called `{}`", name.value);
        let help = suggest(&name.value, known);
        out.push(Diagnostic::error(Code::UnknownReference, message).at(name.span, "").maybe_help(help));
    }
}

/// What a map or a setvar needs of its region, and regions that nobody uses.
fn memory(system: &System, board: &Board, out: &mut Diagnostics) {
    let region = |name: &str| system.region(name).map(|at| &system.regions[at]);
    let lacks = |asked: Span, region: &Region, message: String, label: &str| {
        Diagnostic::error(Code::BadAttribute, message).at(asked, "asked for here").at(region.span, label)
    };
    for pd in &system.pds {
        for setvar in &pd.setvars {
            let region = region(&setvar.region.value).filter(|r| r.physical.is_none());
            if let Some(region) = region.filter(|_| board.arch == Arch::X86_64) {
                let message = format!("region `{}` has no physical address to tell", setvar.region.value);
                out.push(lacks(setvar.region.span, region, message, "give it a phys_addr"));
            }
        }
        for (map, symbol) in pd.maps.iter().filter_map(|map| Some((map, map.setvar_prefill_size.as_ref()?))) {
            let region = region(&map.region.value);
            if let Some(region) = region.filter(|r| !matches!(r.prefill, Some(Prefill::File { .. }))) {
                let message = format!("region `{}` has no prefill file whose size to tell", map.region.value);
                out.push(lacks(symbol.span, region, message, "give it a prefill_path"));
            }
        }
    }
    for map in system.address_spaces.iter().flat_map(|space| &space.maps) {
        let page = region(&map.region.value).and_then(|region| region.page_size.as_ref());
        if let Some(page) = page.filter(|page| page.value != PAGE_SIZES[0]) {
            let message = format!("a device cannot map the large pages of `{}`", map.region.value);
            let found = Diagnostic::error(Code::BadAttribute, message).at(page.span, "large pages");
            out.push(found.at(map.span, "mapped here").help("write page_size=\"0x1000\""));
        }
    }
    let mentions = &system.index.mentions;
    let mut used: HashSet<&str> = mentions.regions_passed_over.iter().map(String::as_str).collect();
    used.extend(mentions.list.iter().filter_map(|mention| match mention {
        Mention::Region(name) => Some(name.value.as_str()),
        Mention::Pd(_) => None,
    }));
    for region in system.regions.iter().filter(|region| !used.contains(region.name.value.as_str())) {
        let message = format!("nobody maps the memory region `{}`", region.name.value);
        out.push(Diagnostic::warning(Code::UnusedRegion, message).at(region.name.span, ""));
    }
}
