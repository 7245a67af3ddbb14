// SPDX-License-Identifier: BSD-2-Clause
//! Writes the archive: header, plan, function names, then page-aligned segments (`partenza_plan::archive`).
//!
//! The plan holds offsets into the archive, and its own length depends on them (postcard's integers vary in length), so
//! it is encoded until it no longer moves them; offsets only grow, so that ends.

use partenza_plan::archive::{HEADER, seal};
use partenza_plan::{PAGE, Plan, symbols};

use crate::elf::Elf;

const PAGE_BYTES: usize = PAGE as usize;

/// Fills the offsets into `plan` and gives the archive, and the plan's range in it.
#[must_use]
pub fn write(plan: &mut Plan<'_>, elfs: &[(String, Elf)]) -> Vec<u8> {
    let names: Vec<Vec<u8>> = elfs.iter().map(|(_, elf)| names(elf)).collect();
    let mut encoded = plan.encode();
    loop {
        place(plan, &names, HEADER + encoded.len());
        let again = plan.encode();
        let stable = again.len() == encoded.len();
        encoded = again;
        if stable {
            break;
        }
    }
    let mut bytes = vec![0; HEADER];
    bytes.extend(&encoded);
    names.iter().for_each(|table| bytes.extend(table));
    for (image, (_, elf)) in plan.images.iter().zip(elfs) {
        for (segment, source) in image.segments.iter().zip(&elf.segments) {
            bytes.resize(segment.archive as usize + segment.data_offset as usize, 0);
            bytes.extend(&source.data);
            bytes.resize(segment.archive as usize + archived_pages(segment) * PAGE_BYTES, 0);
        }
    }
    let padded = bytes.len().next_multiple_of(PAGE_BYTES);
    bytes.resize(padded, 0);
    seal(&mut bytes, HEADER..HEADER + encoded.len());
    bytes
}

/// Pages that the archive holds of a segment: all of one that is mapped in place, the file's bytes of one that is copied.
fn archived_pages(segment: &partenza_plan::Segment) -> usize {
    if segment.writable {
        (segment.data_offset as usize + segment.data_bytes as usize).div_ceil(PAGE_BYTES)
    } else {
        segment.pages as usize
    }
}

fn place(plan: &mut Plan<'_>, names: &[Vec<u8>], mut at: usize) {
    for (image, table) in plan.images.iter_mut().zip(names) {
        image.symbols = (!table.is_empty()).then_some((at as u32, table.len() as u32));
        at += table.len();
    }
    at = at.next_multiple_of(PAGE_BYTES);
    for segment in plan.images.iter_mut().flat_map(|image| &mut image.segments) {
        segment.archive = at as u32;
        at += archived_pages(segment) * PAGE_BYTES;
    }
}

fn names(elf: &Elf) -> Vec<u8> {
    if elf.functions.is_empty() {
        return Vec::new();
    }
    let functions: Vec<(u32, &str)> = elf.functions.iter().map(|(at, name)| (*at, name.as_str())).collect();
    symbols::write(&functions)
}
