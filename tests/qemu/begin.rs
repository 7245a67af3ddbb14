// SPDX-License-Identifier: BSD-2-Clause
//! A user's first system: what `partenza new` writes is checked without a remark, builds, and boots.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use partenza_tests::image::Image;
use partenza_tests::system::{Service, System};
use partenza_tests::tools::{self, Kernel};
use serde_json::Value;

/// `make` in the new system, as its README says; what is built stays, so that only the first time is slow.
fn make(dir: &Path, target: &str) -> Output {
    let out = tools::root().join("build/tests/begin-out");
    let mut command = Command::new("make");
    command.arg("-C").arg(dir).arg(target).arg(format!("OUT={}", out.display()));
    // Not this cargo's business.
    for variable in ["CARGO_TARGET_DIR", "RUSTFLAGS", "MAKEFLAGS", "MAKELEVEL", "SEL4_PREFIX"] {
        command.env_remove(variable);
    }
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stdout));
    output
}

/// QEMU's multiboot loader would split such a path, and look for a part of it.
#[test]
fn an_image_may_lie_where_a_path_has_spaces_and_commas() {
    let system = System::new("path").with(Service::new("plain", "trivial", 5));
    let image = Image::of(Kernel::Debug, "path", &system);
    let dir = tools::scratch("begin-words").join("a folder, with words");
    fs::create_dir_all(&dir).expect("a folder");
    let there = dir.join("an image, too.elf");
    fs::write(&there, image.bytes()).expect("a copy");
    let mut command = Command::new(tools::partenza());
    command.arg("run").arg(&there).arg("--kernel").arg(Kernel::Debug.prefix());
    command.args(["--headless", "--events", "json", "--timeout", "120s", "--param", "timeouts=1000"]);
    command.args(["--param", "after-boot=poweroff", "--param", "on-failure=poweroff"]);
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn a_new_system_is_right_and_boots() {
    let dir = tools::scratch("begin").join("first");
    let mut command = Command::new(tools::partenza());
    command.arg("new").arg(&dir).arg("--checkout").arg(tools::root());
    assert!(command.status().is_ok_and(|status| status.success()), "{command:?}");
    let again = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert_eq!(again.status.code(), Some(2), "what is there is not written over");

    let checked = make(&dir, "check");
    let said = String::from_utf8_lossy(&checked.stderr);
    assert!(!said.contains("PZ-"), "a new system has no findings:\n{said}");

    let booted = make(&dir, "boot");
    let text = String::from_utf8_lossy(&booted.stdout).into_owned();
    let events: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let find = |name: &str| events.iter().find(|event| event["event"] == name);
    assert_eq!(find("BootComplete").map(|event| event["running"].clone()), Some(2.into()), "{text}");
    assert!(text.contains("Hello from the greeter, number 1"), "{text}");
}
