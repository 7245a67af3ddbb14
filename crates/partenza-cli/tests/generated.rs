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

fn generate(args: &[&str]) -> TempDir {
    let dir = TempDir::new().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_partenza"));
    assert!(command.args(args).arg(dir.path()).status().unwrap().success());
    dir
}

#[test]
fn committed_documentation_is_what_the_tables_say() {
    same(generate(&["docs"]).path(), "docs", "docs docs");
}

#[test]
fn the_committed_header_is_what_the_types_say() {
    same(generate(&["docs", "--header"]).path(), "c/include/partenza", "docs --header c/include/partenza");
}

#[test]
fn committed_schemas_are_what_the_tables_say() {
    same(generate(&["schema", "--write"]).path(), "schemas", "schema --write schemas");
}

#[test]
fn files_of_the_reference_system_name_their_schema() {
    let manifests = fs::read_dir(checkout().join("manifests")).unwrap();
    let mut files: Vec<(PathBuf, &str)> =
        manifests.map(|entry| (entry.unwrap().path(), "../schemas/manifest.json")).collect();
    files.push((checkout().join("partenza.yaml"), "schemas/system.json"));
    files.push((checkout().join("extensions.yaml"), "schemas/extensions.json"));
    for (file, schema) in files {
        let line = format!("# yaml-language-server: $schema={schema}");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.lines().any(|found| found == line), "{}: add {line}", file.display());
        assert!(file.parent().unwrap().join(schema).is_file(), "{schema}");
    }
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let run = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_partenza")).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let help = run(&["--help"]);
    let commands: Vec<&str> = help
        .lines()
        .take_while(|line| *line != "Options:")
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next().filter(|word| !word.is_empty()))
        .filter(|word| *word != "help")
        .collect();
    assert!(commands.contains(&"check") && commands.contains(&"schema"), "{commands:?}");
    let pages = generate(&["man", "--write"]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(run(&["completions", shell]).contains("PARTENZA_COMPLETE"), "{shell}");
    }
    let offered = completed(&checkout(), &[""]);
    for command in commands {
        assert!(pages.path().join(format!("partenza-{command}.1")).is_file(), "{command}");
        assert!(offered.iter().any(|word| word == command), "{command}: {offered:?}");
        let page = fs::read_to_string(pages.path().join(format!("partenza-{command}.1"))).unwrap();
        for section in ["EXIT STATUS", "SEE ALSO", "EXTRA"] {
            assert!(page.contains(section), "{command}: no {section}");
        }
        let help = run(&[command, "--help"]);
        let (_, examples) = help
            .split_once("\nExample")
            .unwrap_or_else(|| panic!("`partenza {command} --help` shows no example"));
        for line in examples.lines() {
            assert!(line.chars().count() <= 80, "`partenza {command} --help`: {line}");
        }
    }
    let page = run(&["man"]);
    assert!(page.contains(".TH partenza 1"));
    for section in ["EXIT STATUS", "FILES", "ENVIRONMENT", "SEE ALSO"] {
        assert!(page.contains(section), "no {section}");
    }
    for variable in ["SEL4_PREFIX", "PARTENZA_CACHE", "NO_COLOR", "TERM"] {
        assert!(page.contains(variable), "no {variable}");
    }
}

/// What bash is offered for the last of `words`.
fn completed(dir: &Path, words: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_partenza"))
        .args(["--", "partenza"])
        .args(words)
        .current_dir(dir)
        .env("PARTENZA_COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", words.len().to_string())
        .env("_CLAP_IFS", "\n")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn services_codes_and_parameters_are_completed() {
    let dir = TempDir::new().unwrap();
    fs::create_dir(dir.path().join("manifests")).unwrap();
    for file in ["network.yaml", "axiom.yaml", "README"] {
        fs::write(dir.path().join("manifests").join(file), "").unwrap();
    }
    for command in ["status", "log", "restart", "grants", "audit", "is-running", "deliver"] {
        assert_eq!(completed(dir.path(), &[command, "n"]), ["network"], "{command}");
    }
    assert_eq!(completed(dir.path(), &["explain", "PZ-E0120"]), ["PZ-E0120"]);
    assert!(completed(dir.path(), &["explain", "PZ-08"]).contains(&"PZ-0801".to_owned()));
    let offered = completed(dir.path(), &["run", "--param", "log="]);
    assert!(offered.iter().any(|value| value.ends_with("debug")), "{offered:?}");
}
