// SPDX-License-Identifier: BSD-2-Clause
//! Each rule of the Microkit's SDF 2.3 by itself (SPEC O-1): a description that keeps it and one that breaks it, and the
//! place that the refusal names.

mod channels;
mod dialects;
mod domains;
mod machines;
mod memory;
mod once;
mod pds;
mod text;

use std::path::PathBuf;

use partenza_compiler::sdf::{self, Board};
use partenza_compiler::{Code, Diagnostics, Severity, Sources, diagnostic};

pub const ARM: &str = "aarch64";
pub const ARM_SMP: &str = "aarch64-smp4";
pub const X86: &str = "x86_64";

/// What the Microkit would say for `board`: every error's code and the text that it points at, and all of it as shown.
fn judge(board: &str, xml: &str) -> (Vec<(Code, String)>, String) {
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let file = sources.add("system.xml", xml);
    let board = Board::choose(board, "release").unwrap();
    let prefills = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sdf/prefills");
    sdf::read(file, &sources, &board, &[prefills], &mut out);
    let errors = out.iter().filter(|found| found.severity == Severity::Error);
    let errors = errors
        .map(|found| (found.code, xml[found.labels[0].span.start..found.labels[0].span.end].to_owned()));
    (errors.collect(), diagnostic::text(&out, &sources, Severity::Note, false))
}

#[track_caller]
pub fn accept(board: &str, xml: &str) {
    let (errors, shown) = judge(board, xml);
    assert!(errors.is_empty(), "{shown}");
}

/// Accepted, with a warning.
#[track_caller]
pub fn warn(board: &str, xml: &str, code: Code) {
    let (errors, shown) = judge(board, xml);
    assert!(errors.is_empty() && shown.contains(&format!("warning[{code}]")), "{shown}");
}

/// Refused for this alone, and `at` is underlined.
#[track_caller]
pub fn refuse(board: &str, xml: &str, code: Code, at: &str) {
    let (errors, shown) = judge(board, xml);
    assert_eq!(errors, [(code, at.to_owned())], "{shown}");
}

/// Refused for exactly these, in the order of their places.
#[track_caller]
pub fn refuse_all(board: &str, xml: &str, expected: &[(Code, &str)]) {
    let (mut errors, shown) = judge(board, xml);
    let mut expected: Vec<(Code, String)> =
        expected.iter().map(|(code, at)| (*code, (*at).to_owned())).collect();
    errors.sort();
    expected.sort();
    assert_eq!(errors, expected, "{shown}");
}

/// Refused for one thing, and what is said has all of `parts`.
#[track_caller]
pub fn say(board: &str, xml: &str, parts: &[&str]) {
    let (errors, shown) = judge(board, xml);
    assert_eq!(errors.len(), 1, "{shown}");
    let said = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in parts {
        assert!(said.contains(part), "{part} in {shown}");
    }
}

pub fn system(inner: &str) -> String {
    format!("<system>\n{inner}\n</system>")
}

/// A protection domain with an image: `attributes` beside its name, `inner` beside its image.
pub fn pd(name: &str, attributes: &str, inner: &str) -> String {
    format!(
        "<protection_domain name=\"{name}\" {attributes}><program_image path=\"a.elf\"/>{inner}</protection_domain>"
    )
}

/// A system of one protection domain, `a`.
pub fn one(inner: &str) -> String {
    system(&pd("a", "", inner))
}

/// A system of `a` (priority 1), `b` (priority 2) and `inner`.
pub fn two(inner: &str) -> String {
    system(&(pd("a", "priority=\"1\"", "") + &pd("b", "priority=\"2\"", "") + inner))
}
