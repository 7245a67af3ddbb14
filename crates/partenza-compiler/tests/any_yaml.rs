// SPDX-License-Identifier: BSD-2-Clause
//! No text makes the readers of the YAML files panic, and what they find can be shown: right files with lines, words
//! and values changed, doubled, moved and cut. `PROPTEST_CASES` says how many are tried.

mod property;

use partenza_compiler::{Diagnostics, Severity, Sources, config, diagnostic, extensions, manifest};
use proptest::prelude::*;

const MANIFEST: &str = include_str!("yaml/manifest.yaml");
const CHAPTERS: &str = include_str!("yaml/chapters.yaml");
const CONFIG: &str = include_str!("yaml/partenza.yaml");
const REGISTRY: &str = include_str!("yaml/extensions.yaml");

/// Pieces that are right somewhere, or nearly.
const PIECES: &[&str] = &[
    "",
    "null",
    "~",
    "true",
    "-1",
    "0x",
    "256",
    "18446744073709551616",
    "1.5",
    "1e9",
    "5s",
    "5 s",
    "0s",
    "64KB",
    "\"\"",
    "[]",
    "{}",
    "[[]]",
    "{a: {a: {a: 1}}}",
    "a@b@c",
    "@",
    ":",
    "a:",
    "->",
    "a->b->c",
    "^",
    ">=",
    "*",
    "rwxr",
    "ä",
    "&x",
    "*x",
    "!!int 3",
    "|",
    ">",
    "- ",
    "? ",
    "\n",
    "\n  ",
    "\t",
    "---",
    "...",
    "#",
    "'",
    "\"",
    "health:",
    "name: x",
    "restart: [1]",
    "permissions: {capabilities: {}}",
    "depends_on:",
    "interfaces: {}",
    "health: {restart: {}}",
];

#[derive(Clone, Debug)]
enum Change {
    /// A word, by its number, becomes that piece.
    Word(usize, String),
    /// A line is copied to another place.
    Copy {
        from: usize,
        to: usize,
    },
    Drop(usize),
    /// A line is moved to the right.
    Indent(usize, usize),
    Bytes {
        at: usize,
        remove: usize,
        insert: String,
    },
}

fn change() -> impl Strategy<Value = Change> {
    let piece = prop_oneof![prop::sample::select(PIECES).prop_map(str::to_owned), "[ -~]{0,5}"];
    let any = any::<usize>;
    prop_oneof![
        4 => (any(), piece).prop_map(|(at, piece)| Change::Word(at, piece)),
        2 => (any(), any()).prop_map(|(from, to)| Change::Copy { from, to }),
        1 => any().prop_map(Change::Drop),
        1 => (any(), 0usize..9).prop_map(|(at, by)| Change::Indent(at, by)),
        1 => (any(), 0usize..9, "[ -~\nä]{0,4}").prop_map(|(at, remove, insert)| Change::Bytes { at, remove, insert }),
    ]
}

fn apply(text: &str, change: &Change) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if lines.is_empty() {
        return text.to_owned();
    }
    let line = |at: usize| at % text.lines().count();
    match change {
        Change::Word(at, piece) => {
            let is_word = |c: char| c.is_alphanumeric() || "_-/.".contains(c);
            let starts: Vec<usize> = text
                .char_indices()
                .filter(|(at, c)| is_word(*c) && !text[..*at].chars().next_back().is_some_and(is_word))
                .map(|(at, _)| at)
                .collect();
            let Some(start) = starts.get(at % starts.len().max(1)).copied() else { return text.to_owned() };
            let end = text[start..].find(|c| !is_word(c)).map_or(text.len(), |length| start + length);
            return format!("{}{piece}{}", &text[..start], &text[end..]);
        }
        Change::Copy { from, to } => {
            let copy = lines[line(*from)].clone();
            lines.insert(line(*to), copy);
        }
        Change::Drop(at) => {
            lines.remove(line(*at));
        }
        Change::Indent(at, by) => lines[line(*at)].insert_str(0, &" ".repeat(*by)),
        Change::Bytes { at, remove, insert } => {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let (start, end) = (at % places.len(), (at % places.len() + remove).min(places.len() - 1));
            return format!("{}{insert}{}", &text[..places[start]], &text[places[end]..]);
        }
    }
    lines.join("\n") + "\n"
}

/// Reads a text as each of the three files, and shows what was found.
fn read(text: &str) {
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let file = sources.add("file.yaml", text);
    let read = manifest::parse(file, &sources, &mut out);
    assert!(read.is_some() || out.has_errors(), "nothing was read, and nobody knows why");
    config::parse(file, &sources, &mut out);
    extensions::parse(file, &sources, &mut out);
    out.join_fields_without_effect();
    for label in out.iter().flat_map(|found| &found.labels) {
        assert!(label.span.start <= label.span.end && label.span.end <= text.len(), "{:?}", label.span);
    }
    let shown = diagnostic::text(&out, &sources, Severity::Note, false);
    let data = diagnostic::json(&out, &sources);
    assert_eq!(shown.is_empty(), data.as_array().is_none_or(Vec::is_empty));
}

#[test]
fn the_files_to_begin_with_are_right() {
    for (at, text) in [MANIFEST, CHAPTERS, CONFIG, REGISTRY].into_iter().enumerate() {
        let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
        let file = sources.add("file.yaml", text);
        let there = match at {
            0 | 1 => manifest::parse(file, &sources, &mut out).is_some(),
            2 => config::parse(file, &sources, &mut out).is_some(),
            _ => extensions::parse(file, &sources, &mut out).is_some(),
        };
        assert!(there && !out.has_errors(), "{}", diagnostic::text(&out, &sources, Severity::Error, false));
    }
}

proptest! {
    #![proptest_config(property::config(ProptestConfig::default().cases))]

    #[test]
    fn no_text_makes_it_panic(
        file in prop::sample::select(&[MANIFEST, CHAPTERS, CONFIG, REGISTRY][..]),
        changes in prop::collection::vec(change(), 1..6),
    ) {
        let text = changes.iter().fold(file.to_owned(), |text, change| apply(&text, change));
        read(&text);
    }

    #[test]
    fn no_noise_makes_it_panic(text in "[ -~\n\tä]{0,200}") {
        read(&text);
    }
}
