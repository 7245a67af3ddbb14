// SPDX-License-Identifier: BSD-2-Clause
//! No description makes the parser of system.xml panic, and what it finds can be shown: right descriptions with
//! attributes, elements and text changed, doubled, moved and cut. `PROPTEST_CASES` says how many are tried.

mod property;

use std::path::PathBuf;

use partenza_compiler::sdf::{self, Board};
use partenza_compiler::{Diagnostics, Severity, Sources, diagnostic};
use proptest::prelude::*;

const SEEDS: [&str; 2] = [include_str!("sdf/full_aarch64.system"), include_str!("sdf/full_x86_64.system")];
const BOARDS: [&str; 4] = ["aarch64", "aarch64-smp4", "x86_64", "qemu_virt_riscv64"];

/// Values that are right somewhere, or nearly.
const VALUES: &[&str] = &[
    "",
    "0",
    "-0",
    "+1",
    "-1",
    "61",
    "62",
    "107",
    "108",
    "254",
    "255",
    "256",
    "0x",
    "0x1000",
    "0x1001",
    "0x20_0000",
    "0xfffffffffffff000",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775807",
    "0x7ffffffff000",
    "true",
    "no",
    "rwx",
    "w",
    "edge",
    "0:1f.7",
    "0:1.8",
    "1000 us",
    "0 ticks",
    "monitor",
    "fdt",
    "table.bin",
    "..",
    "ä",
];

/// One change; numbers pick a place.
#[derive(Clone, Debug)]
enum Change {
    Value(usize, String),
    DropAttribute(usize),
    RenameAttribute(usize, usize),
    CopyElement { from: usize, to: usize },
    DropElement(usize),
    Bytes { at: usize, remove: usize, insert: String },
}

fn change() -> impl Strategy<Value = Change> {
    let value = prop_oneof![prop::sample::select(VALUES).prop_map(str::to_owned), "[ -~]{0,6}"];
    let any = any::<usize>;
    prop_oneof![
        4 => (any(), value).prop_map(|(at, value)| Change::Value(at, value)),
        1 => any().prop_map(Change::DropAttribute),
        1 => (any(), any()).prop_map(|(at, like)| Change::RenameAttribute(at, like)),
        2 => (any(), any()).prop_map(|(from, to)| Change::CopyElement { from, to }),
        1 => any().prop_map(Change::DropElement),
        1 => (any(), 0usize..9, "[ -~ä]{0,4}").prop_map(|(at, remove, insert)| Change::Bytes { at, remove, insert }),
    ]
}

/// Where each attribute's name and value are.
fn attributes(text: &str) -> Vec<(std::ops::Range<usize>, std::ops::Range<usize>)> {
    let places = text.match_indices("=\"").map(|(at, _)| {
        let name = text[..at].rfind([' ', '\n', '<']).map_or(0, |blank| blank + 1);
        let value = at + 2;
        let end = text[value..].find('"').map_or(text.len(), |quote| value + quote);
        (name..at, value..end)
    });
    places.collect()
}

/// Where each element is that holds no others.
fn elements(text: &str) -> Vec<std::ops::Range<usize>> {
    let ends = text.match_indices("/>").map(|(at, _)| at + 2);
    ends.map(|end| text[..end].rfind('<').unwrap_or(0)..end).collect()
}

fn pick<T: Clone>(list: &[T], at: usize) -> Option<T> {
    list.get(at.checked_rem(list.len())?).cloned()
}

/// The last boundary of characters up to `at`.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn apply(text: &mut String, change: &Change) -> Option<()> {
    match change {
        Change::Value(at, value) => text.replace_range(pick(&attributes(text), *at)?.1, value),
        Change::DropAttribute(at) => {
            let (name, value) = pick(&attributes(text), *at)?;
            text.replace_range(name.start..(value.end + 1).min(text.len()), "");
        }
        Change::RenameAttribute(at, like) => {
            let all = attributes(text);
            let name = text[pick(&all, *like)?.0].to_owned();
            text.replace_range(pick(&all, *at)?.0, &name);
        }
        Change::CopyElement { from, to } => {
            let all = elements(text);
            let copy = text[pick(&all, *from)?].to_owned();
            text.insert_str(pick(&all, *to)?.start, &copy);
        }
        Change::DropElement(at) => text.replace_range(pick(&elements(text), *at)?, ""),
        Change::Bytes { at, remove, insert } => {
            let start = boundary(text, at % (text.len() + 1));
            let end = boundary(text, start + remove).max(start);
            text.replace_range(start..end, insert);
        }
    }
    Some(())
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(2_000)
}

proptest! {
    #![proptest_config(property::config(cases()))]

    #[test]
    fn no_description_makes_it_panic(
        seed in 0usize..2,
        board in 0usize..4,
        changes in prop::collection::vec(change(), 1..5),
    ) {
        let mut text = SEEDS[seed].to_owned();
        for change in &changes {
            apply(&mut text, change);
        }
        let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
        let file = sources.add("system.xml", text);
        let board = Board::choose(BOARDS[board], "debug").expect("a board");
        let prefills = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sdf/prefills");
        let system = sdf::read(file, &sources, &board, &[prefills], &mut out);
        let shown = diagnostic::text(&out, &sources, Severity::Note, false);
        prop_assert!(diagnostic::json(&out, &sources).is_array());
        for found in out.iter() {
            prop_assert!(!found.labels.is_empty(), "without a place:\n{shown}");
        }
        prop_assert!(out.has_errors() || !system.pds.is_empty(), "{shown}");
        for pd in &system.pds {
            prop_assert!(pd.parent.as_ref().is_none_or(|parent| system.pds[parent.pd].span != pd.span));
        }
    }
}
