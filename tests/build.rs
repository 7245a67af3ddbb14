// SPDX-License-Identifier: BSD-2-Clause
//! Makes the test `cases` from the folder that `PARTENZA_CASES` names: one test for each row of `system/cases.tsv`, each
//! file of `running/qemu` and each script of `running/host`. Without the variable there is no such test.
//!
//! A case that `cases/open.tsv` lists must fail: it gets `#[should_panic]`, so the list is wrong as soon as the case passes.

use std::collections::HashMap;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const FOLDER: &str = "PARTENZA_CASES";
const OPEN: &str = "cases/open.tsv";

fn main() {
    println!("cargo:rerun-if-env-changed={FOLDER}");
    println!("cargo:rerun-if-changed={OPEN}");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let mut made = String::new();
    if let Some(folder) = env::var_os(FOLDER).filter(|folder| !folder.is_empty()) {
        let folder = PathBuf::from(folder);
        assert!(folder.is_absolute(), "{FOLDER}={}: give an absolute path", folder.display());
        assert!(folder.is_dir(), "{FOLDER}={}: no such folder", folder.display());
        println!("cargo:rerun-if-changed={}", folder.display());
        let open = Open::read();
        system(&folder, &open, &mut made);
        host(&folder, &open, &mut made);
        qemu(&folder, &open, &out, &mut made);
    }
    write(&out.join("cases.rs"), &made);
}

/// The cases that are known to fail.
struct Open(HashMap<String, String>);

impl Open {
    fn read() -> Self {
        let text = fs::read_to_string(OPEN).unwrap_or_else(|error| panic!("{OPEN}: {error}"));
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self(lines.map(Self::line).collect())
    }

    fn line(line: &str) -> (String, String) {
        let (case, why) = line.split_once('\t').unwrap_or_else(|| panic!("{OPEN}: no tab: {line}"));
        assert!(!why.trim().is_empty(), "{OPEN}: {case} without a reason");
        (case.to_owned(), why.to_owned())
    }

    /// What goes before `fn`.
    fn attribute(&self, case: &str) -> &'static str {
        if self.0.contains_key(case) { "#[should_panic]\n" } else { "" }
    }
}

/// `system::FILE`.
fn system(folder: &Path, open: &Open, made: &mut String) {
    let dir = folder.join("system");
    let Ok(table) = fs::read_to_string(dir.join("cases.tsv")) else { return };
    made.push_str("mod system {\n");
    for row in table.lines().filter(|row| !row.is_empty() && !row.starts_with('#')) {
        let file = row.split('\t').next().unwrap_or(row);
        let name = identifier(file.trim_end_matches(".system"));
        let attribute = open.attribute(&format!("system::{name}"));
        let _ = write!(
            made,
            "#[test]\n{attribute}fn {name}() {{ crate::description::judge(std::path::Path::new({dir:?}), {row:?}); }}\n"
        );
    }
    made.push_str("}\n");
}

/// `host::SCRIPT`.
fn host(folder: &Path, open: &Open, made: &mut String) {
    made.push_str("mod host {\n");
    for path in files(&folder.join("running/host"), "sh") {
        let name = stem(&path);
        // What the others source.
        if name == "common" {
            continue;
        }
        let attribute = open.attribute(&format!("host::{name}"));
        let _ = write!(
            made,
            "#[test]\n{attribute}fn {name}() {{ crate::script::judge(std::path::Path::new({path:?})); }}\n"
        );
    }
    made.push_str("}\n");
}

/// `FILE::TEST`: copies of the files, in which tests that are listed must fail.
fn qemu(folder: &Path, open: &Open, out: &Path, made: &mut String) {
    for path in files(&folder.join("running/qemu"), "rs") {
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = stem(&path);
        if text.contains("#![no_main]") {
            // A program that cases here use. The project has its own of that name.
            let own = Path::new("services/src/bin").join(format!("{name}.rs"));
            assert!(own.exists(), "{}: tests/services has no program `{name}`", path.display());
            continue;
        }
        let mut copy = String::new();
        for line in text.lines() {
            if let Some(test) = line.trim_start().strip_prefix("fn ").and_then(|rest| rest.split('(').next())
            {
                copy.push_str(open.attribute(&format!("{name}::{test}")));
            }
            copy.push_str(line);
            copy.push('\n');
        }
        let at = out.join(format!("{name}.rs"));
        write(&at, &copy);
        let _ = write!(made, "#[path = {at:?}]\nmod {name};\n");
    }
}

fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.expect("a folder that can be read").path()).collect();
    files.retain(|path| path.extension().is_some_and(|found| found == extension));
    files.sort();
    files
}

fn stem(path: &Path) -> String {
    identifier(&path.file_stem().expect("files have names").to_string_lossy())
}

fn identifier(text: &str) -> String {
    let name: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
