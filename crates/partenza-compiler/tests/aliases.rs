// SPDX-License-Identifier: BSD-2-Clause
//! Names of Partenza's chapters (SPEC N-2): accepted, understood, warned about; and what is still wrong is told at its
//! place.

mod support;

use partenza_compiler::manifest::{ALIASES, Manifest, Required, parse};
use partenza_compiler::{Code, Diagnostics, Severity, Sources, diagnostic};
use partenza_plan::Class;
use partenza_plan::policy::{Probe, RestartPolicy};

struct Read {
    manifest: Option<Manifest>,
    out: Diagnostics,
    shown: String,
}

fn read(text: &str) -> Read {
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let file = sources.add("m.yaml", text);
    let manifest = parse(file, &sources, &mut out);
    out.join_fields_without_effect();
    let shown = diagnostic::text(&out, &sources, Severity::Warning, false);
    Read { manifest, out, shown }
}

/// A manifest with these lines, which must have warnings only, so many.
#[track_caller]
fn good(lines: &str, warnings: usize) -> (Manifest, String) {
    let head = if lines.contains("name:") { "" } else { "id: a\n" };
    let read = read(&format!("partenza: \"1.0\"\n{head}version: 1.0.0\nlayer: 2\n{lines}"));
    assert!(!read.out.has_errors(), "{}", read.shown);
    let found = read.out.iter().filter(|d| d.code == Code::OldName).count();
    assert_eq!((found, read.out.count(Severity::Warning)), (warnings, warnings), "{}", read.shown);
    (read.manifest.unwrap(), read.shown)
}

#[test]
fn a_manifest_in_the_words_of_the_chapters_is_understood_whole() {
    let (m, shown) = good(
        "name: logger\ndepends_on: [policy, storage/files@1.2]\ninterfaces: [log/lines@1.0, log/query@2]\n\
         healthcheck: {probe: true, interval: 2s, max_retries: 4, restart: always}\n\
         permissions:\n  capabilities: [serial:com1, memory: buffer]\n",
        8,
    );
    assert_eq!(m.id.value, "logger");
    let requires: Vec<String> = m
        .requires
        .iter()
        .map(|r| match &r.what {
            Required::Module(name) => format!("module {}", name.value),
            Required::Interface(name) => {
                format!("interface {} {}", name.value, r.version.as_ref().unwrap().value)
            }
        })
        .collect();
    assert_eq!(requires, ["module policy", "interface storage/files ^1.2"]);
    let provides: Vec<String> =
        m.provides.iter().map(|p| format!("{}@{}", p.interface.value, p.version.value)).collect();
    assert_eq!(provides, ["log/lines@1.0.0", "log/query@2.0.0"]);
    assert_eq!((m.health.probe, m.health.interval), (Some(Probe::Call), Some(2_000_000)));
    assert_eq!((m.restart.policy, m.restart.max), (Some(RestartPolicy::Always), Some(4)));
    let needs: Vec<&str> = m.needs.iter().map(|n| n.kind.row().word).collect();
    assert_eq!(needs, ["serial", "memory"]);
    for part in ["`depends_on` is called `requires`", "write `requires: [{module: NAME}]`", "m.yaml:5:1"] {
        assert!(shown.contains(part), "{part} in:\n{shown}");
    }
}

#[test]
fn the_short_restart_is_a_policy() {
    for (word, policy) in [
        ("always", RestartPolicy::Always),
        ("on-crash", RestartPolicy::OnFailure),
        ("never", RestartPolicy::Never),
        ("true", RestartPolicy::OnFailure),
        ("false", RestartPolicy::Never),
    ] {
        let (m, _) = good(&format!("restart: {word}\n"), 1);
        assert_eq!(m.restart.policy, Some(policy), "{word}");
        assert_eq!(m.restart.resolve(Class::Driver, false).max, 5, "the rest is by class");
    }
}

#[test]
fn permissions_may_be_parted_into_required_and_optional() {
    let (m, _) = good("permissions: {capabilities: {required: [serial: com1], optional: [irq: timer]}}\n", 1);
    assert_eq!(m.needs.iter().map(|n| n.optional).collect::<Vec<_>>(), [None, Some(0)]);
}

#[test]
fn lists_by_both_names_are_joined() {
    let (m, _) = good("requires: [{module: a1}]\ndepends_on: [b1]\n", 1);
    let names: Vec<&str> = m.requires.iter().map(|r| r.what.name().value.as_str()).collect();
    assert_eq!(names, ["a1", "b1"]);
}

#[test]
fn a_value_by_both_names_is_a_second_one() {
    for lines in [
        "id: a\nname: b\n",
        "id: a\nhealth: {probe: call}\nhealthcheck: {probe: none}\n",
        "id: a\nhealth: {max_retries: 3}\nrestart: {max: 4}\n",
    ] {
        let read = read(&format!("partenza: \"1.0\"\nversion: 1.0.0\nlayer: 2\n{lines}"));
        let errors: Vec<Code> =
            read.out.iter().filter(|d| d.severity == Severity::Error).map(|d| d.code).collect();
        assert_eq!(errors, [Code::DuplicateField], "{lines}: {}", read.shown);
    }
}

#[test]
fn what_is_wrong_under_an_old_name_is_told_at_its_place() {
    for (lines, code, place) in [
        ("interfaces: [log/lines]\n", Code::MissingField, "m.yaml:5:14"),
        ("interfaces: [log/lines@new]\n", Code::BadVersion, "m.yaml:5:14"),
        ("depends_on: [a b]\n", Code::BadValue, "m.yaml:5:14"),
        ("healthcheck: {intervall: 5s}\n", Code::UnknownField, "m.yaml:5:15"),
        ("permissions: {capabilities: [net]}\n", Code::WrongType, "m.yaml:5:30"),
        ("permissions: {users: [root]}\n", Code::UnknownField, "m.yaml:5:1"),
        ("restart: sometimes\n", Code::BadValue, "m.yaml:5:10"),
        ("health: {max_retries: many}\n", Code::WrongType, "m.yaml:5:23"),
    ] {
        let read = read(&format!("partenza: \"1.0\"\nid: a\nversion: 1.0.0\nlayer: 2\n{lines}"));
        let errors: Vec<Code> =
            read.out.iter().filter(|d| d.severity == Severity::Error).map(|d| d.code).collect();
        assert_eq!(errors, [code], "{lines}: {}", read.shown);
        assert!(read.shown.contains(place), "no {place} in:\n{}", read.shown);
    }
}

#[test]
fn every_alias_is_tried_here() {
    let source = include_str!("aliases.rs");
    for alias in ALIASES {
        let last = alias.was.last().unwrap();
        assert!(source.contains(&format!("{last}:")), "{last}");
    }
}
