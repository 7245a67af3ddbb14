// SPDX-License-Identifier: BSD-2-Clause
//! `check --microkit` as a user meets it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn check(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_partenza"));
    command.arg("check").args(args).current_dir(dir).env_remove("SEL4_PREFIX").output().unwrap()
}

const ARM: &str = "<system>
<memory_region name=\"m\" prefill_path=\"m.bin\"/>
<protection_domain name=\"a\"><program_image path=\"none.elf\"/><map mr=\"m\" vaddr=\"0x1000\"/>
<irq irq=\"33\" id=\"1\"/></protection_domain>
</system>";

#[test]
fn the_microkits_verdict_needs_neither_kernel_nor_programs() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("arm.system"), ARM).unwrap();
    fs::create_dir(dir.path().join("data")).unwrap();
    fs::write(dir.path().join("data/m.bin"), "x").unwrap();
    let arm = ["--microkit", "--board", "qemu_virt_aarch64", "--search-path", "data", "arm.system"];
    let output = check(dir.path(), &arm);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "arm.system: the Microkit accepts it for qemu_virt_aarch64\n");

    // Another board, and no search path: two findings, each with its place.
    let output = check(dir.path(), &["--microkit", "arm.system"]);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]));
    let said = String::from_utf8(output.stderr).unwrap();
    for part in ["error[PZ-0220]", "arm.system:4:2", "error[PZ-0222]", "arm.system:2:"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    let output = check(dir.path(), &["--microkit", "--json", "arm.system"]);
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), found["findings"].as_array().map(Vec::len)), (Some(1), Some(2)));
}

#[test]
fn sixty_four_domains_and_denied_warnings_have_verdicts_of_their_own() {
    let dir = TempDir::new().unwrap();
    let pd = |n: u32| {
        format!("<protection_domain name=\"p{n}\"><program_image path=\"p\"/></protection_domain>\n")
    };
    let write = |inner: &str, count: u32| {
        let text = format!("<system>\n{inner}{}</system>", (0..count).map(pd).collect::<String>());
        fs::write(dir.path().join("a.system"), text).unwrap();
    };
    write("", 63);
    assert_eq!(check(dir.path(), &["--microkit", "a.system"]).status.code(), Some(0));
    write("", 64);
    let output = check(dir.path(), &["--microkit", "a.system"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{said}");
    assert!(said.contains("error[PZ-0310]: 64 protection domains: the Microkit takes at most 63"), "{said}");

    write("<memory_region name=\"spare\" size=\"0x1000\"/>\n", 1);
    assert_eq!(check(dir.path(), &["--microkit", "a.system"]).status.code(), Some(0));
    for more in [&[][..], &["--json"]] {
        let denied = [&["--microkit", "--deny", "warnings", "a.system"], more].concat();
        assert_eq!(check(dir.path(), &denied).status.code(), Some(1), "{denied:?}");
    }
}

#[test]
fn a_description_of_another_name_is_named_with_an_option() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("hello.system"), ARM).unwrap();
    let kernel = dir.path().join("kernel");
    let config = kernel.join("libsel4/include/kernel");
    fs::create_dir_all(&config).unwrap();
    let source = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../build/kernel/debug/libsel4/include/kernel/gen_config.json"
    );
    fs::copy(source, config.join("gen_config.json")).expect("run `make kernels` first");
    let kernel = kernel.to_str().unwrap();
    for (args, help) in [
        (["hello.system", "--kernel", kernel], "`. --system hello.system`"),
        ([".", "--kernel", kernel], "name the description: `--system ./hello.system`"),
    ] {
        let output = check(dir.path(), &args);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(help), "{help} in {said}");
    }
}

#[test]
fn outside_a_checkout_the_messages_say_what_to_set() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("system.xml"), ARM).unwrap();
    let output = check(dir.path(), &["."]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    for part in ["--kernel", "SEL4_PREFIX", "make kernels"] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

#[test]
fn boards_and_files_that_there_are() {
    let dir = TempDir::new().unwrap();
    for (args, code, said) in [
        (&["--microkit", "--board", "qemu_virt_arm", "a.system"][..], 2, "qemu_virt_aarch64"),
        (
            &["--microkit", "--board", "zcu102", "--board-config", "fast", "a.system"],
            2,
            "debug, release, benchmark",
        ),
        (&["--microkit", "none.system"], 1, "PZ-0001"),
        (&["--microkit"], 1, "system.xml"),
        (&["--board", "zcu102"], 2, "--microkit"),
    ] {
        let output = check(dir.path(), args);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {told}");
        assert!(told.contains(said), "{args:?}: {told}");
    }
}
