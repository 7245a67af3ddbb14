// SPDX-License-Identifier: BSD-2-Clause
//! The C header against the protocol's types (SPEC S-10): by the vectors that the types make, and by the compiler.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Compiles for this host; every warning is an error.
fn compile(args: &[&str], source: &Path, to: &Path) -> Output {
    let mut command = Command::new("gcc");
    command.args(["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-O2"]).args(args);
    command.arg("-I").arg(checkout().join("c/include")).arg("-o").arg(to).arg(source);
    command.output().unwrap()
}

/// What the vectors' program says of that file.
fn judge(dir: &TempDir, vectors: &Path) -> (bool, String) {
    let program = dir.path().join("vectors");
    if !program.exists() {
        // A reader that goes too far is found out, not only what it makes of it.
        let sanitize = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
        let built = compile(&sanitize, &checkout().join("c/tests/vectors.c"), &program);
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    }
    let output = Command::new(program).arg(vectors).output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said)
}

#[test]
fn the_header_writes_and_reads_every_vector() {
    let dir = TempDir::new().unwrap();
    let (good, said) = judge(&dir, &checkout().join("docs/vectors.txt"));
    assert!(good, "{said}");
}

/// Each vector with one byte changed is told, by its name; one that is missing, too.
#[test]
fn a_changed_vector_is_found_out() {
    let dir = TempDir::new().unwrap();
    let text = std::fs::read_to_string(checkout().join("docs/vectors.txt")).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    for changed in &lines {
        let (name, hex) = changed.split_once(' ').unwrap();
        let last = if hex.ends_with('1') { '2' } else { '1' };
        let other = format!("{name} {}{last}", &hex[..hex.len() - 1]);
        let file = dir.path().join("changed.txt");
        std::fs::write(&file, text.replace(changed, &other)).unwrap();
        let (good, said) = judge(&dir, &file);
        assert!(!good && said.contains(&format!("{name}: ")), "{other}: {said}");
    }
    let file = dir.path().join("missing.txt");
    std::fs::write(&file, text.replace("\nwelcome ", "\nfarewell ")).unwrap();
    let (good, said) = judge(&dir, &file);
    assert!(!good && said.contains("farewell") && said.contains("readers were tried"), "{said}");
}

/// The header by itself is all that a file needs, and alone in a file it says nothing.
#[test]
fn the_header_stands_alone() {
    let dir = TempDir::new().unwrap();
    for header in
        ["partenza.h", "partenza/control.h", "partenza/requests.h", "partenza/startup.h", "partenza/wire.h"]
    {
        let source = dir.path().join("alone.c");
        std::fs::write(&source, format!("#include <{header}>\nint partenza_is_here;\n")).unwrap();
        let built = compile(&["-ffreestanding", "-c"], &source, &dir.path().join("alone.o"));
        assert!(built.status.success(), "{header}: {}", String::from_utf8_lossy(&built.stderr));
    }
}
