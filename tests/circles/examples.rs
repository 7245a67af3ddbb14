// SPDX-License-Identifier: BSD-2-Clause
//! Small crates, in which it is known what the arrows are.

use std::path::Path;

use crate::arrows::{Calls, arrows};
use crate::graph::circles;
use crate::source::Crate;

type Files = [(&'static str, &'static str)];

fn krate(files: &Files) -> Crate {
    let read = |path: &Path| {
        let found = files.iter().find(|(name, _)| Path::new(name) == path);
        found.map(|(_, text)| (*text).to_owned())
    };
    Crate::read(Path::new(files[0].0), &read).expect("the example is Rust")
}

/// `from -> to`, each once.
fn seen(files: &Files, calls: Calls) -> Vec<String> {
    let mut seen: Vec<String> = arrows(&krate(files), calls)
        .iter()
        .map(|arrow| format!("{} -> {}", arrow.from.display(), arrow.to.display()))
        .collect();
    seen.dedup();
    seen
}

fn is_circle(files: &Files, calls: Calls) -> bool {
    !circles(&arrows(&krate(files), calls)).is_empty()
}

#[test]
fn two_files_that_use_each_other_are_told_with_the_lines() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::B;\npub struct A(B);"),
        ("b.rs", "pub struct B;\n\npub fn b() -> crate::a::A { loop {} }"),
    ];
    let [circle] = circles(&arrows(&krate(&files), Calls::Count)).try_into().expect("one circle");
    assert_eq!(
        circle,
        "2 files reach each other: a.rs, b.rs\n  a.rs -> b.rs -> a.rs\n    a.rs:1: use crate::b::B\n    b.rs:3: \
         crate::a::A\n"
    );
}

#[test]
fn a_circle_of_three_files_is_found() {
    let files = [
        ("main.rs", "mod a; mod b; mod c; fn main() { a::run(); }"),
        ("a.rs", "pub fn run() { crate::b::run(); }"),
        ("b.rs", "use super::c; pub fn run() { c::run(); }"),
        ("c.rs", "pub fn run() { if false { super::a::run(); } }"),
    ];
    assert!(is_circle(&files, Calls::Ignored));
}

#[test]
fn a_parent_that_declares_and_re_exports_is_in_no_circle() {
    let files = [
        ("lib.rs", "mod a; mod b; pub use a::A; pub(crate) use b::*;"),
        ("a.rs", "pub struct A;"),
        ("b.rs", "use crate::A; pub struct B(A);"),
    ];
    assert_eq!(seen(&files, Calls::Count), ["b.rs -> a.rs"]);
}

#[test]
fn what_a_parent_defines_itself_is_the_parents() {
    let files = [
        ("lib.rs", "mod a; pub struct Shared; pub fn run() { a::run(); }"),
        ("a.rs", "use super::Shared; pub fn run() -> Shared { Shared }"),
    ];
    assert!(is_circle(&files, Calls::Ignored));
}

#[test]
fn a_call_of_a_method_of_another_file_is_an_arrow_where_calls_count() {
    let files = [
        ("lib.rs", "mod machine; mod start;"),
        ("machine.rs", "pub struct Machine; impl Machine { pub fn step(&mut self) { self.start(); } }"),
        ("start.rs", "use crate::machine::Machine; impl Machine { pub fn start(&mut self) {} }"),
    ];
    assert!(is_circle(&files, Calls::Count));
    assert!(!is_circle(&files, Calls::Ignored));
}

#[test]
fn calls_on_fields_parameters_results_and_elements_are_followed() {
    let parts =
        ("parts.rs", "pub struct Part; pub struct Parts { pub all: Vec<Part>, pub first: Part, pub n: u8 }");
    let used = |body: &'static str| {
        let files = [
            ("lib.rs", "mod parts; mod more; mod user;"),
            parts,
            (
                "more.rs",
                "use crate::parts::*; impl Part { pub fn more(&self) {} } \
                 impl Parts { pub fn one(&self) -> &Part { &self.first } }",
            ),
            ("user.rs", body),
        ];
        seen(&files, Calls::Count).contains(&"user.rs -> more.rs".to_owned())
    };
    assert!(used("use crate::parts::Parts; fn f(parts: &Parts) { parts.first.more(); }"));
    assert!(used("use crate::parts::Parts; fn f(parts: &Parts) { parts.one().more(); }"));
    assert!(used("use crate::parts::Parts; fn f(parts: &mut Parts) { let x = &parts.all[0]; x.more(); }"));
    assert!(used("use crate::parts::Parts; fn f(parts: &Parts) { assert!(parts.first.more() == ()); }"));
    assert!(used("use crate::parts::Part; fn f(part: &Part) { Part::more(part); }"));
    assert!(!used("use crate::parts::Parts; fn f(parts: &Parts) { let parts = other(); parts.one(); }"));
    assert!(!used("use crate::parts::Parts; fn f(parts: &Parts) { parts.n.more(); }"));
}

#[test]
fn paths_in_macros_are_arrows_and_so_are_macros() {
    let files = [
        ("lib.rs", "#[macro_use] mod macros; mod a; mod b;"),
        (
            "macros.rs",
            "#[macro_export] macro_rules! a { () => { $crate::a::a() } } macro_rules! twice { ($e:expr) => { ($e, $crate::b::B) } }",
        ),
        ("a.rs", "pub fn a() { println!(\"{}\", crate::b::NUMBER); }"),
        ("b.rs", "pub struct B; pub const NUMBER: u8 = 1; pub fn b() { twice!(1); }"),
    ];
    assert_eq!(seen(&files, Calls::Ignored), ["a.rs -> b.rs", "b.rs -> macros.rs", "macros.rs -> b.rs"]);
}

#[test]
fn what_is_for_tests_alone_does_not_count() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        (
            "a.rs",
            "pub struct A; #[cfg(test)] mod tests { use crate::b::B; fn f(_: B) {} } \
             #[cfg(all(test, unix))] fn g() { crate::b::b(); } #[test] fn h() { crate::b::b(); }",
        ),
        ("b.rs", "pub struct B; pub fn b() -> crate::a::A { crate::a::A }"),
    ];
    assert_eq!(seen(&files, Calls::Count), ["b.rs -> a.rs"]);
}

#[test]
fn what_is_not_for_tests_counts_whatever_else_guards_it() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "pub struct A; #[cfg(not(test))] fn g() { crate::b::b(); }"),
        ("b.rs", "pub fn b() -> crate::a::A { crate::a::A }"),
    ];
    assert!(is_circle(&files, Calls::Count));
}

#[test]
fn modules_in_folders_and_at_other_paths_are_read() {
    let files = [
        ("src/lib.rs", "mod a; #[path = \"elsewhere.rs\"] mod c; mod inner { pub mod d; }"),
        ("src/a/mod.rs", "mod b; pub use b::B;"),
        ("src/a/b.rs", "pub struct B;"),
        ("src/elsewhere.rs", "pub fn c(_: crate::a::B) {}"),
        ("src/inner/d.rs", "pub fn d() { super::super::c::c(loop {}); }"),
    ];
    assert_eq!(
        seen(&files, Calls::Count),
        ["src/elsewhere.rs -> src/a/b.rs", "src/inner/d.rs -> src/elsewhere.rs"]
    );
}

#[test]
fn names_of_other_crates_and_of_variables_are_no_arrows() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        (
            "a.rs",
            "use super::b; use std::fs; pub fn a(f: u8) -> u8 { fs::read(\"x\").ok(); ::b::f(); g(f) } \
             fn g(x: u8) -> u8 { match x { f => f } }",
        ),
        ("b.rs", "pub fn f() {}"),
    ];
    assert_eq!(seen(&files, Calls::Count), [] as [&str; 0]);
}

#[test]
fn a_module_and_a_function_of_one_name_are_told_apart() {
    let files = [
        ("main.rs", "mod a; mod run; fn run() { a::a(); } fn main() { run(); }"),
        ("a.rs", "use crate::run; pub fn a() { run::boot(); }"),
        ("run.rs", "pub fn boot() {}"),
    ];
    assert_eq!(seen(&files, Calls::Count), ["a.rs -> run.rs", "main.rs -> a.rs"]);
}
