// SPDX-License-Identifier: BSD-2-Clause
//! docs/policy tells of every field that sets policy, and of nothing else (SPEC S-9): each has its heading, and under it
//! what it takes and what holds without it, as the parser's tables have it. A new field without a place there fails here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use partenza_compiler::config::CONFIG;
use partenza_compiler::kinds::Part;
use partenza_compiler::manifest::MANIFEST;
use partenza_compiler::yaml::shape::{Effect, Field, Shape, Table};

/// Fields that say what a service or a system is and has, not what is done about it: docs/fields.md has them.
const NO_POLICY: &[&str] = &[
    "partenza",
    "id",
    "version",
    "description",
    "entrypoint",
    "args",
    "env",
    "extensions",
    "provides",
    "system",
    "services.NAME.manifest",
];

/// One field by its path, and its line in the pages.
struct Said {
    path: String,
    line: String,
}

fn fields() -> Vec<Said> {
    let mut out = Vec::new();
    walk("", &MANIFEST, &mut out);
    walk("", &CONFIG, &mut out);
    let is_no_policy = |path: &str| {
        let inside = |name: &&str| {
            path.strip_prefix(*name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        NO_POLICY.iter().any(inside)
    };
    out.retain(|said| !is_no_policy(&said.path));
    let mut seen = BTreeSet::new();
    out.retain(|said| seen.insert(said.path.clone()));
    out
}

fn walk(path: &str, table: &Table, out: &mut Vec<Said>) {
    for field in &table.fields {
        let path = if path.is_empty() { field.name.to_owned() } else { format!("{path}.{}", field.name) };
        // Kinds of capabilities are made of the same parts, in docs/fields.md; what a grant decides is told once.
        let of_a_kind =
            path.starts_with("services.NAME.grants.") && path != "services.NAME.grants.supervisor";
        let is_part = Part::ALL.iter().any(|part| part.field() == field.name);
        if of_a_kind && is_part && inner(&field.shape).is_none() {
            continue;
        }
        let path = if of_a_kind { path.replacen(&kind(&path), "KIND", 1) } else { path };
        match inner(&field.shape) {
            Some((step, table)) => walk(&format!("{path}{step}"), table, out),
            None => out.push(Said { line: line(&path, field), path }),
        }
    }
}

/// The kind of `services.NAME.grants.KIND…`.
fn kind(path: &str) -> String {
    path.split('.').nth(3).unwrap_or_default().to_owned()
}

/// The table that a value consists of, and the step of the path that leads there.
fn inner(shape: &Shape) -> Option<(&'static str, &Table)> {
    match shape {
        Shape::Table(table) => Some(("", table)),
        Shape::List { of, .. } => inner(of),
        Shape::Named { value, .. } => match inner(value) {
            Some(("", table)) => Some((".NAME", table)),
            _ => None,
        },
        Shape::Either(shapes) => {
            shapes.iter().find_map(inner).filter(|_| shapes.len() == 2 && is_part(&shapes[0]))
        }
        _ => None,
    }
}

/// A grant's short form, beside its long one.
fn is_part(shape: &Shape) -> bool {
    matches!(shape, Shape::List { .. })
}

fn line(path: &str, field: &Field) -> String {
    let what = format!("`{path}`: {}.", field.shape.wanted());
    let what = if field.effect == Effect::Later { format!("{what} Without effect yet.") } else { what };
    match (field.required, field.default) {
        (true, _) => format!("{what} Required."),
        (false, "-") => what,
        (false, default) => format!("{what} Without it: {default}."),
    }
}

/// The pages' sections: the fields that a heading names, and the text under it.
fn sections() -> Vec<(String, Vec<String>, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/policy");
    let mut out: Vec<(String, Vec<String>, String)> = Vec::new();
    for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.unwrap().path();
        let page = path.file_name().unwrap().to_string_lossy().into_owned();
        out.push((page.clone(), Vec::new(), String::new()));
        for line in fs::read_to_string(&path).unwrap().lines() {
            if line.starts_with('#') {
                let names = line.split('`').skip(1).step_by(2).map(str::to_owned).collect();
                out.push((page.clone(), names, String::new()));
            } else if let Some((_, _, text)) = out.last_mut() {
                // However the lines are broken.
                line.split_whitespace().for_each(|word| {
                    text.push_str(word);
                    text.push(' ');
                });
            }
        }
    }
    out
}

#[test]
fn every_field_that_sets_policy_is_told_of_with_its_value_and_default() {
    let sections = sections();
    let mut told: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for (page, names, text) in &sections {
        for name in names {
            let before = told.insert(name, (page, text));
            assert!(before.is_none(), "{page} and {before:?} both tell of {name}");
        }
    }
    let mut missing = Vec::new();
    for Said { path, line } in fields() {
        match told.remove(path.as_str()) {
            Some((page, text)) if !text.contains(&line) => {
                missing.push(format!("{page} does not say: {line}"))
            }
            Some(_) => {}
            None => missing.push(format!("no page has a heading for: {line}")),
        }
    }
    missing.extend(told.iter().map(|(name, (page, _))| format!("{page}: no field is called {name}")));
    assert!(missing.is_empty(), "{} gaps:\n{}", missing.len(), missing.join("\n"));
}
