// SPDX-License-Identifier: BSD-2-Clause
//! `new` as a user meets it; that what it writes boots is tried in tests/qemu/begin.rs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn new(current: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_partenza")).arg("new").args(args).current_dir(current).output().unwrap()
}

#[test]
fn every_file_is_filled_in() {
    let dir = TempDir::new().unwrap();
    assert!(new(dir.path(), &["first", "--checkout", checkout().to_str().unwrap()]).status.success());
    let mut folders = vec![dir.path().join("first")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            assert!(!text.contains("@NAME@") && !text.contains("@CHECKOUT@"), "{}", path.display());
            files += 1;
        }
    }
    assert_eq!(files, 15);
    let config = fs::read_to_string(dir.path().join("first/partenza.yaml")).unwrap();
    assert!(config.contains("system: first"));
    let schema = config.lines().next().unwrap().split_once("$schema=").unwrap().1;
    assert!(Path::new(schema).is_file(), "{schema}");
}

#[test]
fn the_checkout_is_the_one_around_the_current_directory() {
    let dir = TempDir::new().unwrap();
    let target = dir.path().join("second");
    assert!(new(&checkout().join("docs"), &[target.to_str().unwrap()]).status.success());
    let makefile = fs::read_to_string(target.join("Makefile")).unwrap();
    assert!(makefile.contains(&format!("CHECKOUT ?= {}\n", checkout().display())));
}

#[test]
fn nothing_is_written_over_and_names_are_names() {
    let dir = TempDir::new().unwrap();
    fs::create_dir(dir.path().join("full")).unwrap();
    fs::write(dir.path().join("full/file"), "mine").unwrap();
    for (args, text) in [
        (&["full"][..], "is there already"),
        (&["a b"], "is no name"),
        (&["x", "--checkout", "/nonexistent"], "no checkout of Partenza in /nonexistent"),
    ] {
        let output = new(dir.path(), args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(text), "{args:?}");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}
