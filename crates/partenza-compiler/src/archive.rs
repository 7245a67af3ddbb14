// SPDX-License-Identifier: BSD-2-Clause
//! Writes the archive: header, plan, function names, then page-aligned segments (`partenza_plan::archive`); and the store,
//! what programs that come after the boot will fill (SPEC D-6).
//!
//! The plan holds offsets into the archive. Its length does not depend on them, so it is written once to learn where what
//! follows it begins, and once more with the offsets. Offsets into the store, and the hashes of what is in it, depend on
//! nothing but the programs.

use partenza_plan::archive::{HEADER, seal};
use partenza_plan::sha256::{DIGEST, sha256};
use partenza_plan::{Image, PAGE, Plan, symbols};
use typed_arena::Arena;

use crate::elf::Program;

const PAGE_BYTES: usize = PAGE as usize;

/// The hashes that the plan names.
pub type Hashes = Arena<[u8; DIGEST]>;

/// Fills the offsets and hashes into `plan` and gives the archive and the store.
#[must_use]
pub fn write<'a>(plan: &mut Plan<'a>, programs: &[Program], hashes: &'a Hashes) -> (Vec<u8>, Vec<u8>) {
    let names: Vec<Vec<u8>> = programs.iter().map(names).collect();
    let store = store(plan, programs, hashes);
    let plan_len = plan.encode().len();
    place(plan, &names, HEADER + plan_len);
    let mut bytes = vec![0; HEADER];
    bytes.extend(plan.encode().iter());
    names.iter().for_each(|table| bytes.extend(table));
    for (image, program) in plan.images.iter().zip(programs).filter(|(_, program)| !program.delivered) {
        pages(image, program, &mut bytes);
    }
    let padded = bytes.len().next_multiple_of(PAGE_BYTES);
    bytes.resize(padded, 0);
    seal(&mut bytes, HEADER..HEADER + plan_len);
    (bytes, store)
}

/// Places what comes later in the store, one program behind the other, and says what each will be.
fn store<'a>(plan: &mut Plan<'a>, programs: &[Program], hashes: &'a Hashes) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (image, program) in plan.images.iter_mut().zip(programs).filter(|(_, program)| program.delivered) {
        let begin = bytes.len();
        place_segments(image, begin);
        pages(image, program, &mut bytes);
        let hash = hashes.alloc(sha256(&bytes[begin..]));
        image.delivered = Some(hash);
    }
    bytes
}

/// Appends the pages of a program, whose segments have their places.
fn pages(image: &Image<'_>, program: &Program, bytes: &mut Vec<u8>) {
    for (segment, source) in image.segments.iter().zip(&program.elf.segments) {
        bytes.resize(segment.archive as usize + segment.data_offset as usize, 0);
        bytes.extend(&source.data);
        bytes.resize(segment.archive as usize + segment.held_pages() as usize * PAGE_BYTES, 0);
    }
}

fn place(plan: &mut Plan<'_>, names: &[Vec<u8>], mut at: usize) {
    for (image, table) in plan.images.iter_mut().zip(names) {
        image.symbols = (!table.is_empty()).then_some((at as u32, table.len() as u32));
        at += table.len();
    }
    at = at.next_multiple_of(PAGE_BYTES);
    for image in plan.images.iter_mut().filter(|image| image.delivered.is_none()) {
        at = place_segments(image, at);
    }
}

/// Gives the image's segments their places from `at` on; gives where they end.
fn place_segments(image: &mut Image<'_>, mut at: usize) -> usize {
    for segment in &mut image.segments {
        segment.archive = at as u32;
        at += segment.held_pages() as usize * PAGE_BYTES;
    }
    at
}

fn names(program: &Program) -> Vec<u8> {
    let functions = &program.elf.functions;
    if functions.is_empty() {
        return Vec::new();
    }
    let functions: Vec<(u32, &str)> = functions.iter().map(|(at, name)| (*at, name.as_str())).collect();
    symbols::write(&functions)
}
