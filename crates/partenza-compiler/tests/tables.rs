// SPDX-License-Identifier: BSD-2-Clause
//! The tables and the readers of the YAML files know the same fields: each field of a table stands in a file that has
//! them all, and each key of that file changes what is read.

use std::fmt::Debug;

use partenza_compiler::config::{self, CONFIG};
use partenza_compiler::extensions::{self, EXTENSIONS};
use partenza_compiler::manifest::{self, MANIFEST};
use partenza_compiler::yaml::shape::{Shape, Table};
use partenza_compiler::{Code, Diagnostics, FileId, Severity, Sources, diagnostic};

const MANIFEST_FILE: &str = include_str!("yaml/manifest.yaml");
const CONFIG_FILE: &str = include_str!("yaml/partenza.yaml");
const REGISTRY_FILE: &str = include_str!("yaml/extensions.yaml");

/// Checked and not kept: the specification's version, a description, what no release uses.
const NOT_KEPT: &[&str] = &["partenza", "watchdog", "description"];
/// Parameters that partenza.yaml may not set.
const AT_BOOT_ONLY: &[&str] = &["bench", "recovery", "last-gasp"];

fn names(table: &Table, out: &mut Vec<&'static str>) {
    for field in &table.fields {
        out.push(field.name);
        inner(&field.shape, out);
    }
}

fn inner(shape: &Shape, out: &mut Vec<&'static str>) {
    match shape {
        Shape::Table(table) => names(table, out),
        Shape::Tagged(tagged) => tagged.tables.iter().for_each(|(_, table)| names(table, out)),
        Shape::List { of, .. } | Shape::Named { value: of, .. } => inner(of, out),
        Shape::Either(shapes) => shapes.iter().for_each(|shape| inner(shape, out)),
        _ => {}
    }
}

/// Where each key of a file begins, and the key.
fn keys(text: &str) -> Vec<(usize, &str)> {
    let is_name = |c: char| c.is_alphanumeric() || "_-/".contains(c);
    let ends = text.match_indices(':').map(|(at, _)| at).filter(|at| {
        let line = text[..*at].rfind('\n').map_or(0, |start| start + 1);
        !text[line..].starts_with('#') && text[at + 1..].starts_with([' ', '\n'])
    });
    ends.filter_map(|end| {
        let start = text[..end].rfind(|c| !is_name(c)).map_or(0, |at| at + 1);
        (start < end).then(|| (start, &text[start..end]))
    })
    .collect()
}

/// What is read of a text, without positions, and what is wrong with it.
fn read<T: Debug>(
    text: &str,
    parse: fn(FileId, &Sources, &mut Diagnostics) -> Option<T>,
) -> (String, Diagnostics, String) {
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let file = sources.add("file.yaml", text);
    let read = format!("{:?}", parse(file, &sources, &mut out));
    let mut plain = String::new();
    let mut rest = read.as_str();
    while let Some((before, after)) = rest.split_once("Span { file") {
        plain.push_str(before);
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    let shown = diagnostic::text(&out, &sources, Severity::Note, false);
    (plain + rest, out, shown)
}

fn every_key_counts<T: Debug>(
    text: &str,
    table: &Table,
    parse: fn(FileId, &Sources, &mut Diagnostics) -> Option<T>,
) {
    let mut fields = Vec::new();
    names(table, &mut fields);
    let keys = keys(text);
    for field in fields.iter().filter(|field| !AT_BOOT_ONLY.contains(field)) {
        assert!(keys.iter().any(|(_, key)| key == field), "the file of all fields has no `{field}`");
    }
    let (whole, out, shown) = read(text, parse);
    assert!(!out.has_errors(), "{shown}");
    for (at, key) in keys.into_iter().filter(|(_, key)| fields.contains(key)) {
        let (changed, out, _) = read(&format!("{}x-{}", &text[..at], &text[at..]), parse);
        let line = text[..at].matches('\n').count() + 1;
        assert!(out.has_errors(), "line {line}: `x-{key}` is accepted");
        if !NOT_KEPT.contains(&key) {
            assert!(changed != whole, "line {line}: `{key}` is described and not read");
        }
    }
}

#[test]
fn every_field_of_a_manifest_is_read() {
    every_key_counts(MANIFEST_FILE, &MANIFEST, manifest::parse);
}

#[test]
fn every_field_of_partenza_yaml_is_read() {
    every_key_counts(CONFIG_FILE, &CONFIG, config::parse);
}

#[test]
fn every_field_of_the_registry_is_read() {
    every_key_counts(REGISTRY_FILE, &EXTENSIONS, extensions::parse);
}

#[test]
fn a_parameter_of_the_machine_is_told_and_ignored() {
    for (name, value) in [("bench", "on"), ("recovery", "off"), ("last-gasp", "fault")] {
        let text = format!("partenza: \"1.0\"\nboot: {{parameters: {{{name}: {value}}}}}\n");
        let (_, out, shown) = read(&text, config::parse);
        assert_eq!(out.codes(), [Code::NoEffect], "{shown}");
        assert!(shown.contains(&format!("partenza run --param {name}=")), "{shown}");
    }
}
