// SPDX-License-Identifier: BSD-2-Clause
//! Cases from outside: the folder that `PARTENZA_CASES` names when this is built, see [`build.rs`](../build.rs).
//!
//! | in the folder | is | passes when |
//! |---|---|---|
//! | `system/cases.tsv` | descriptions and what is right for each | [`description::judge`] finds it so |
//! | `running/qemu/*.rs` | cases in the form of `tests/qemu` | the case itself passes |
//! | `running/host/*.sh` | scripts | they end with 0; 2 is told as "cannot run" |
//!
//! `open.tsv` lists the cases that fail today, each with its reason. A listed case that passes is a failure.
#![forbid(unsafe_code)]
// Without the variable nobody calls what judges.
#![allow(dead_code)]

mod description;
mod script;

include!(concat!(env!("OUT_DIR"), "/cases.rs"));

/// To standard error itself, which the test runner does not swallow.
fn tell(what: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "cases: {what}");
}

#[test]
fn a_folder_is_given() {
    match option_env!("PARTENZA_CASES").filter(|folder| !folder.is_empty()) {
        Some(folder) => tell(&format!("judging the cases of {folder}")),
        None => tell("SKIPPED: PARTENZA_CASES names no folder of cases; none was judged"),
    }
}
