// SPDX-License-Identifier: BSD-2-Clause
//! No circles between files: in each crate of the workspace arrows go one way, so that every file can be understood, and
//! changed, with what is below it alone. `make circles` runs this.
//!
//! A failure prints each circle with file and line of its arrows. What counts as an arrow: see `arrows.rs`. To end a
//! circle move what both sides need to a file below them, or hand the lower one what it needs.
//!
//! Why not `cargo modules dependencies --acyclic`: 0.25, which fits this workspace's oldest Rust, asks cargo for an option
//! that 1.95 does not have any more, and took a quarter of an hour to build; 0.28 needs Rust 1.98.
#![forbid(unsafe_code)]

mod arrows;
mod examples;
mod graph;
mod source;
mod types;

use std::fs;
use std::path::{Path, PathBuf};

use arrows::{Arrow, Calls, arrows};
use graph::circles;
use source::Crate;

/// Folders whose subfolders are crates, and crates.
const CRATES: [&str; 2] = ["crates", "services"];
const ALONE: [&str; 3] = ["root-task", "tests", "tests/services"];

/// Crates in which calls of methods do not count, and why. One that has no circle with them fails until it is taken off.
const PATHS_ALONE: &[(&str, &str)] = &[(
    "crates/partenza-lifecycle",
    "one machine in files by subject: a stop leads to a start, that to a failure, and that to a stop",
)];

/// Crates that have circles still, and why. A crate that has none any more fails until it is taken off.
const NOT_YET: &[(&str, &str)] = &[("crates/sel4", "`abi` and what stands on it")];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The roots of a crate's programs and library, relative to the workspace.
fn roots(folder: &Path) -> Vec<PathBuf> {
    let sources = folder.join("src");
    let mut roots: Vec<PathBuf> = ["lib.rs", "main.rs"].map(|name| sources.join(name)).into();
    for entry in fs::read_dir(workspace().join(&sources).join("bin")).into_iter().flatten().flatten() {
        let name = entry.file_name();
        roots.extend([sources.join("bin").join(&name), sources.join("bin").join(&name).join("main.rs")]);
    }
    roots.retain(|root| workspace().join(root).is_file());
    roots
}

fn crates() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = ALONE.map(PathBuf::from).into();
    for folder in CRATES {
        let entries = fs::read_dir(workspace().join(folder)).expect("the workspace has this folder");
        found.extend(entries.flatten().map(|entry| Path::new(folder).join(entry.file_name())));
    }
    found.retain(|folder| workspace().join(folder).join("Cargo.toml").is_file());
    found.sort();
    found
}

fn all_arrows(root: &Path, calls: Calls) -> Vec<Arrow> {
    let read = |path: &Path| fs::read_to_string(workspace().join(path)).ok();
    let krate = Crate::read(root, &read).unwrap_or_else(|error| panic!("{error}"));
    arrows(&krate, calls)
}

#[test]
fn no_crate_has_a_circle_between_its_files() {
    let (mut told, mut arrows_seen) = (String::new(), 0);
    for folder in crates() {
        let is = |list: &[(&str, &str)]| list.iter().any(|(name, _)| Path::new(name) == folder);
        let calls = if is(PATHS_ALONE) { Calls::Ignored } else { Calls::Count };
        let roots = roots(&folder);
        assert!(!roots.is_empty(), "{}: neither lib.rs nor main.rs", folder.display());
        let (mut found, mut with_calls) = (Vec::new(), 0);
        for root in roots {
            let arrows = all_arrows(&root, calls);
            arrows_seen += arrows.len();
            found.extend(circles(&arrows));
            with_calls += circles(&all_arrows(&root, Calls::Count)).len();
        }
        if calls == Calls::Ignored && with_calls == 0 {
            told.push_str(&format!("{} needs no exception for calls any more\n", folder.display()));
        }
        if !is(NOT_YET) {
            told.extend(found);
        } else if found.is_empty() {
            told.push_str(&format!("{} has no circle any more: take it off NOT_YET\n", folder.display()));
        }
    }
    assert!(arrows_seen > 1_000, "{arrows_seen} arrows in all: the sources are not read");
    assert!(told.is_empty(), "\n{told}");
}

/// The root task's folders, the lowest first: docs/architecture.md tells what each is for.
const FLOORS: [&str; 8] =
    ["machine", "objects", "service", "events", "system", "calls", "supervisor", "boot"];

#[test]
fn no_folder_of_the_root_task_uses_one_above_it() {
    let sources = Path::new("root-task/src");
    let floor = |file: &Path| {
        let folder = file.strip_prefix(sources).ok()?.components().next()?;
        FLOORS.iter().position(|name| folder.as_os_str() == *name)
    };
    let (mut told, mut between) = (String::new(), 0);
    for arrow in all_arrows(&sources.join("lib.rs"), Calls::Count) {
        let (Some(from), Some(to)) = (floor(&arrow.from), floor(&arrow.to)) else { continue };
        between += usize::from(from != to);
        if to > from {
            let (file, line) = (arrow.from.display(), arrow.line);
            told.push_str(&format!("{file}:{line}: {} is above: {}\n", arrow.to.display(), arrow.what));
        }
    }
    assert!(between > 100, "{between} arrows between floors: the sources are not read");
    assert!(told.is_empty(), "\n{told}");
}
