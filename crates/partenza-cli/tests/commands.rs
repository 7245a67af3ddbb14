// SPDX-License-Identifier: BSD-2-Clause
//! The command as a user meets it: exit codes, what goes to which stream, machine-readable output.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn partenza(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_partenza"))
        .args(args)
        .current_dir(dir)
        .env_remove("SEL4_PREFIX")
        .env("PARTENZA_CACHE", "")
        .output()
        .unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A directory with a kernel's configuration at the usual place, and a system with one problem.
fn system() -> TempDir {
    let dir = TempDir::new().unwrap();
    let include = dir.path().join("build/kernel/debug/libsel4/include/kernel");
    fs::create_dir_all(&include).unwrap();
    let config = r#"{"VERSION": "5.0.0", "SEL4_ARCH": "x86_64", "KERNEL_MCS": false, "DEBUG_BUILD": true}"#;
    fs::write(include.join("gen_config.json"), config).unwrap();
    let xml = "<system><protection_domain name=\"one\"><program_image path=\"no.elf\"/></protection_domain></system>";
    fs::write(dir.path().join("system.xml"), xml).unwrap();
    dir
}

#[test]
fn problems_end_with_one_and_are_told_on_standard_error() {
    let dir = system();
    let output = partenza(dir.path(), &["check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        err(&output).contains("error[PZ-0601]") && err(&output).contains("system.xml:1:"),
        "{}",
        err(&output)
    );
    assert!(!err(&output).contains('\u{1b}'), "colours only on a terminal");
    assert_eq!(out(&output), "");
}

#[test]
fn json_goes_to_standard_output() {
    let dir = system();
    let output = partenza(dir.path(), &["build", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let findings: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(findings["findings"][0]["code"], "PZ-0601");
    assert_eq!(findings["findings"][0]["places"][0]["file"], "system.xml");
    assert_eq!(findings["findings"][0]["places"][0]["line"], 1);
    assert!(!dir.path().join("build/partenza").exists(), "nothing is written of what is wrong");
}

#[test]
fn a_wrong_environment_or_usage_ends_with_two() {
    let dir = TempDir::new().unwrap();
    let output = partenza(dir.path(), &["check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("PZ-0701"), "{}", err(&output));
    for args in [
        &["chekc"][..],
        &["run", "--param", "lgo=info"],
        &["run", "--param", "log"],
        &["run", "--memory", "0"],
        &["run", "--timeout", "5"],
        &["explain", "PZ-9999"],
    ] {
        assert_eq!(partenza(dir.path(), args).status.code(), Some(2), "{args:?}");
    }
    let dir = system();
    let output = partenza(dir.path(), &["run", "nowhere.elf"]);
    assert_eq!(output.status.code(), Some(2));
}

/// A machine that boots what is no image says nothing and never ends.
#[test]
fn what_is_no_image_is_named_before_a_machine_starts() {
    let dir = system();
    fs::write(dir.path().join("README.md"), "# x").unwrap();
    for what in ["README.md", "/bin/true"] {
        let output = partenza(dir.path(), &["run", what, "--qemu", "/nonexistent"]);
        assert_eq!(output.status.code(), Some(2), "{what}");
        let said = err(&output);
        assert!(said.contains("PZ-0706") && said.contains(what) && said.contains("to mend it"), "{said}");
    }
    let output = partenza(dir.path(), &["run", "/dev/null", "--qemu", "/nonexistent"]);
    assert!(err(&output).contains("neither a file nor a directory"), "{}", err(&output));
}

#[test]
fn codes_of_host_target_and_services_are_explained() {
    let dir = TempDir::new().unwrap();
    for (code, text) in [
        ("PZ-0406", "services require each other in a circle"),
        ("pz-e0103", "the image carries no archive"),
        ("PZ-E0701", "does not carry the right"),
        ("PZ-E0113", "after-boot"),
        ("PZ-0510", "shutdown"),
        ("PZ-0808", "the kernel has halted"),
    ] {
        let output = partenza(dir.path(), &["explain", code]);
        assert!(output.status.success() && out(&output).contains(text), "{code}: {}", out(&output));
    }
    let all = out(&partenza(dir.path(), &["explain"]));
    assert!(all.contains("PZ-0001") && all.contains("PZ-E0101") && all.contains("PZ-E0701"));
}

/// Nobody may write to /sys, whoever they are.
#[test]
fn a_place_that_cannot_be_written_gets_a_hint() {
    let dir = TempDir::new().unwrap();
    for args in [&["man", "--write", "/sys/partenza"][..], &["docs", "/sys/partenza"]] {
        let output = partenza(dir.path(), args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let said = err(&output);
        assert!(said.starts_with("partenza: /sys/partenza"), "{said}");
        assert!(said.contains("to mend it: name a place that you may write to"), "{said}");
    }
}
