// SPDX-License-Identifier: BSD-2-Clause
//! Ranges of addresses: inside their space, aligned, apart from each other.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::sdf::board::Board;
use crate::sdf::iommu::IO_END;
use crate::sdf::types::{Map, Ports, Region, System};
use crate::source::Spanned;

pub fn check(system: &System, board: &Board, out: &mut Diagnostics) {
    for pd in &system.pds {
        space(system, maps(&pd.maps), board.map_end(pd.stack_size.value), &pd.name.value, out);
        if let Some(machine) = &pd.machine {
            space(system, maps(&machine.maps), board.guest_end(), &machine.name.value, out);
        }
    }
    for device in &system.address_spaces {
        let maps = device.maps.iter().map(|map| (&map.region, &map.address));
        space(system, maps, IO_END, &device.name.value, out);
    }
    ports(system, out);
    regions(system, out);
}

/// A range, its end not part of it.
struct Placed<T> {
    start: u64,
    end: u64,
    what: T,
}

/// Pairs that overlap, the one that starts lower first. An empty range overlaps what it stands inside of.
fn overlapping<T>(mut ranges: Vec<Placed<T>>) -> Vec<(Placed<T>, Placed<T>)>
where
    T: Copy,
{
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut pairs = Vec::new();
    let mut highest: Option<(u64, u64, T)> = None;
    for range in ranges {
        if let Some((start, end, what)) = highest
            && range.start < end
            && range.end > start
        {
            let high = Placed { start: range.start, end: range.end, what: range.what };
            pairs.push((Placed { start, end, what }, high));
        }
        if highest.is_none_or(|(_, end, _)| range.end > end) {
            highest = Some((range.start, range.end, range.what));
        }
    }
    pairs
}

type Mapped<'s> = (&'s Spanned<String>, &'s Spanned<u64>);

fn maps(maps: &[Map]) -> impl Iterator<Item = Mapped<'_>> {
    maps.iter().map(|map| (&map.region, &map.address))
}

/// The maps of one address space, which ends before `end`.
fn space<'s>(
    system: &System,
    maps: impl Iterator<Item = Mapped<'s>>,
    end: u64,
    owner: &str,
    out: &mut Diagnostics,
) {
    let mut placed = Vec::new();
    for (name, address) in maps {
        let Some(region) = system.region(&name.value).map(|at| &system.regions[at]) else { continue };
        if !address.value.is_multiple_of(region.granule()) {
            let message = format!(
                "address {:#x} is not a multiple of the page size {:#x}",
                address.value,
                region.granule()
            );
            out.push(Diagnostic::error(Code::Unaligned, message).at(address.span, ""));
        }
        match address.value.checked_add(region.size).filter(|last| *last <= end) {
            Some(end) => placed.push(Placed { start: address.value, end, what: (name, address) }),
            None => {
                let message =
                    format!("`{owner}` maps `{}` beyond {end:#x}, where its address space ends", name.value);
                let size = format!("{:#x} bytes", region.size);
                let found = Diagnostic::error(Code::MapOutside, message).at(address.span, "");
                out.push(found.at(region.span, size));
            }
        }
    }
    for (low, high) in overlapping(placed) {
        let message = format!("`{owner}` maps `{}` into `{}`", high.what.0.value, low.what.0.value);
        out.push(
            Diagnostic::error(Code::OverlappingMaps, message)
                .at(high.what.1.span, "begins before the other ends")
                .at(low.what.1.span, format!("ends at {:#x}", low.end)),
        );
    }
}

fn ports(system: &System, out: &mut Diagnostics) {
    let all = system.pds.iter().flat_map(|pd| pd.ports.iter().map(|p| (p, pd.name.value.as_str())));
    // The Microkit's sum wraps, and then the range ends before it begins. No target has such ports.
    let ranges = all
        .map(|what| Placed { start: what.0.first, end: what.0.first.wrapping_add(what.0.size), what })
        .collect();
    for (low, high) in overlapping::<(&Ports, &str)>(ranges) {
        let last = low.what.0.last.min(high.what.0.last);
        let message = format!(
            "`{}` and `{}` both hold I/O ports {:#x} to {last:#x}",
            high.what.1, low.what.1, high.start
        );
        out.push(
            Diagnostic::error(Code::SharedPorts, message)
                .at(high.what.0.span, "one")
                .at(low.what.0.span, "the other"),
        );
    }
}

fn regions(system: &System, out: &mut Diagnostics) {
    let ranges = system.regions.iter().filter_map(|what: &Region| {
        let start = what.physical.as_ref()?.value;
        Some(Placed { start, end: start.saturating_add(what.size), what })
    });
    for (low, high) in overlapping(ranges.collect()) {
        let names = (&low.what.name.value, &high.what.name.value);
        out.push(
            Diagnostic::error(
                Code::OverlappingRegions,
                format!("memory regions `{}` and `{}` overlap", names.0, names.1),
            )
            .at(high.what.span, format!("begins at {:#x}", high.start))
            .at(low.what.span, format!("ends at {:#x}", low.end)),
        );
    }
}
