// SPDX-License-Identifier: BSD-2-Clause
//! What is committed and generated is what the tool generates today.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every file of `generated` must be in `committed`, the same.
fn same(generated: &Path, committed: &str, command: &str) {
    let mut count = 0;
    for entry in fs::read_dir(generated).unwrap() {
        let path = entry.unwrap().path();
        let there = checkout().join(committed).join(path.file_name().unwrap());
        let (now, then) =
            (fs::read_to_string(&path).unwrap(), fs::read_to_string(&there).unwrap_or_default());
        assert!(now == then, "{} is out of date: run `partenza {command}`", there.display());
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn committed_documentation_is_what_the_tables_say() {
    let dir = TempDir::new().unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_partenza")).arg("docs").arg(dir.path()).status().unwrap();
    assert!(status.success());
    same(dir.path(), "docs", "docs docs");
}
