// SPDX-License-Identifier: BSD-2-Clause
//! What a user types: the `partenza` command around a boot, and the files of the toolchain.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use partenza_tests::command::Commanded;
use partenza_tests::guest::{self, kernel_symbol};
use partenza_tests::image::Image;
use partenza_tests::system::{Service, System};
use partenza_tests::tools::{self, Kernel};
use serde_json::Value;

fn run(image: &Path, kernel: Kernel, arguments: &[&str]) -> Output {
    let mut command = Command::new(tools::partenza());
    command.arg("run").arg(image).arg("--kernel").arg(kernel.prefix()).arg("--headless");
    if !arguments.contains(&"--timeout") {
        command.args(["--timeout", "60s"]);
    }
    // The host may be busy.
    command.args(["--param", "timeouts=1000"]);
    command.args(arguments).stdin(Stdio::null());
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// As `make boot` does it.
fn run_and_end(image: &Path, kernel: Kernel) -> (Output, Vec<Value>) {
    let end = ["--events", "json", "--param", "after-boot=poweroff", "--param", "on-failure=poweroff"];
    let output = run(image, kernel, &end);
    let events = lines(&output);
    (output, events)
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    text.lines().map(parse).collect()
}

fn find<'e>(events: &'e [Value], name: &str) -> Option<&'e Value> {
    events.iter().find(|event| event["event"] == name)
}

fn shown(output: &Output) -> String {
    format!(
        "{}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn a_boot_that_completes_prints_json_lines_and_exits_with_0() {
    let image = Image::reference(Kernel::Debug, "front");
    let (output, events) = run_and_end(&image.path, Kernel::Debug);
    let shown = shown(&output);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    let complete = find(&events, "BootComplete").unwrap_or_else(|| panic!("no BootComplete\n{shown}"));
    assert_eq!((&complete["running"], &complete["failed"]), (&12.into(), &0.into()), "{shown}");
    assert_eq!(events.last().map(|event| event["event"].clone()), Some("Finished".into()), "{shown}");
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event["sequence"], index, "{shown}");
        assert!(event["time_us"].is_u64() && event["text"].is_string(), "{event}");
    }
}

/// The reference system with another program in `policy`'s place, which dies of arguments that are not for it.
#[test]
fn a_layer_2_service_that_dies_fails_the_boot_and_the_command() {
    let kernel = Kernel::Debug;
    let dir = tools::scratch("front-dying-policy");
    for name in ["system.xml", "partenza.yaml", "extensions.yaml"] {
        fs::copy(tools::root().join(name), dir.join(name)).expect("the reference system is there");
    }
    fs::create_dir(dir.join("manifests")).expect("the folder was just made");
    for entry in fs::read_dir(tools::root().join("manifests")).expect("the reference system is there") {
        let entry = entry.expect("the folder can be read");
        fs::copy(entry.path(), dir.join("manifests").join(entry.file_name()))
            .expect("the folder was just made");
    }
    fs::copy(kernel.program("misbehave"), dir.join("policy.elf")).expect("the folder was just made");
    let image = Image::pack(kernel, &dir, &dir.join("image.elf"));
    let (output, events) = run_and_end(&image.path, kernel);
    let shown = shown(&output);
    assert_eq!(output.status.code(), Some(1), "{shown}");
    let failed = find(&events, "BootFailed").unwrap_or_else(|| panic!("no BootFailed\n{shown}"));
    assert_eq!((&failed["culprit"], &failed["code"]), (&"policy".into(), &"PZ-E0714".into()), "{shown}");
    let crashed = find(&events, "Crashed").unwrap_or_else(|| panic!("no Crashed\n{shown}"));
    assert_eq!(crashed["service"], "policy", "{shown}");
    assert!(find(&events, "BootComplete").is_none(), "{shown}");
    let said = String::from_utf8_lossy(&output.stderr);
    // The diagnostics on the console, and the command's own last word.
    assert!(said.contains("Boot failed because of policy. Services:"), "{shown}");
    assert!(said.contains("PZ-E0714"), "{shown}");
}

#[test]
fn a_boot_that_hangs_is_ended_in_time_and_fails_the_command() {
    let hung = Service::new("hung", "misbehave", 2).arg("never-ready").startup_timeout("1h");
    let image = Image::of(Kernel::Release, "front-hung", &System::new("hung").with(hung));
    let output = run(&image.path, Kernel::Release, &["--timeout", "3s"]);
    assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
}

/// What no machine could boot to the end is named before one starts: each of these would say nothing for ever.
#[test]
fn an_image_that_cannot_boot_here_is_refused_before_qemu_starts() {
    let system = System::new("flavour").with(Service::new("only", "trivial", 2));
    let debug = Image::of(Kernel::Debug, "front-flavour", &system);
    let refused = |image: &Path, kernel: Kernel, more: &[&str], code: &str| {
        let output = run(image, kernel, &[&["--qemu", "/nonexistent"], more].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
        assert!(said.contains(code) && said.contains("to mend it: "), "{code}: {}", shown(&output));
    };
    refused(&debug.path, Kernel::Release, &[], "PZ-0707");
    refused(&debug.path, Kernel::Debug, &["--memory", "4MiB"], "PZ-0307");
    refused(&Image::bare(Kernel::Release).path, Kernel::Release, &[], "PZ-0706");
    refused(&Kernel::Debug.program("trivial"), Kernel::Debug, &[], "PZ-0706");
    // `pack` takes programs of a release kernel for a debug one, and so does `run`.
    let release = Image::of(Kernel::Release, "front-flavour", &system);
    let output = run(&release.path, Kernel::Debug, &["--until", "boot-complete"]);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
}

/// A kernel that has halted is noticed, with its words where it has any, by the run and by whoever waits for it.
#[test]
fn a_halted_kernel_ends_the_run_and_whoever_waits_for_it() {
    for kernel in [Kernel::Debug, Kernel::Release] {
        let system = System::new("halted").with(Service::new("only", "trivial", 2));
        let image = Image::of(kernel, "front-halted", &system);
        let (address, _) = kernel_symbol(kernel, "x86KSidt");
        let machine =
            Commanded::run(&image, &["--qemu-arg=-gdb", "--qemu-arg=unix:gdb.sock,server=on,wait=off"]);
        // As the misaligned stack did it: no entry of the interrupt table is a gate any more.
        let dir = image.path.parent().expect("an image lies in a folder");
        // Those of exceptions are left, so that the kernel can say what it met.
        guest::overwrite(&dir.join("gdb.sock"), address + 32 * 16, &[0; (256 - 32) * 16]);
        let follows = machine.says(&["log", "--follow"]);
        let text = "the kernel has halted";
        assert!(
            follows.0 == Some(1) && follows.1.contains("PZ-0808") && follows.1.contains(text),
            "{follows:?}"
        );
        let (code, _, said) = machine.end();
        assert!(code == Some(1) && said.contains("PZ-0808"), "{code:?} {said}");
        // A release kernel does not print.
        let words = said.contains("KERNEL EXCEPTION") && follows.1.contains("KERNEL EXCEPTION");
        assert_eq!(words, kernel == Kernel::Debug, "{follows:?}\n{said}");
    }
}

/// A service that prints a kernel's words is none.
#[test]
fn a_kernels_words_from_a_service_end_nothing() {
    // Nobody provides that, and it says so.
    let liar =
        Service::new("liar", "script", 5).arg("lookup:========== KERNEL EXCEPTION ========== halting...");
    let image = Image::of(Kernel::Release, "front-liar", &System::new("liar").with(liar));
    let machine = Commanded::run_unread(&image, &[]);
    // Long enough for the run to look at the processor several times.
    std::thread::sleep(std::time::Duration::from_secs(4));
    assert_eq!(machine.says(&["status"]).0, Some(0));
    assert_eq!(machine.says(&["shutdown", "--wait"]).0, Some(0));
    let (code, _, said) = machine.end();
    assert!(code == Some(0) && said.contains("KERNEL EXCEPTION"), "{code:?} {said}");
}

/// `make boot | jq` works: what the build says goes elsewhere.
#[test]
fn make_boot_prints_json_lines_and_nothing_else() {
    let mut command = Command::new("make");
    command.args(["--no-print-directory", "boot"]).current_dir(tools::root()).stdin(Stdio::null());
    // Not this test's own: make decides where it builds.
    for variable in ["MAKEFLAGS", "MAKELEVEL", "CARGO_TARGET_DIR", "SEL4_PREFIX"] {
        command.env_remove(variable);
    }
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    assert!(find(&lines(&output), "BootComplete").is_some(), "{}", shown(&output));
}

/// Nobody reads the console, nobody reads the events: the system answers, and what was not read is counted.
#[test]
fn a_reader_that_stands_still_costs_its_text_and_not_the_machine() {
    let noisy = Service::new("noisy", "script", 5).args(&["lines:4000"]);
    let image = Image::of(Kernel::Release, "front-unread", &System::new("unread").with(noisy));
    // Both pipes of the run are read only when it has ended.
    let machine = Commanded::run_unread(&image, &["--events", "json"]);
    let status = machine.says(&["status"]);
    assert_eq!(status.0, Some(0), "{}", status.1);
    assert_eq!(machine.says(&["shutdown", "--wait"]).0, Some(0));
    let (code, events, _) = machine.end();
    assert_eq!(code, Some(0), "{events}");
    assert!(events.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "whole lines");
}

/// `timeout 60 partenza run …` leaves no machine behind, and no socket.
#[test]
fn a_run_that_is_terminated_takes_its_machine_with_it() {
    let system = System::new("terminated").with(Service::new("only", "trivial", 2));
    let image = Image::of(Kernel::Release, "front-terminated", &system);
    let dir = image.path.parent().expect("it lies in a folder");
    let pid = dir.join("qemu.pid");
    let file = format!("--qemu-arg={}", pid.display());
    let machine = Commanded::run(&image, &["--qemu-arg=-pidfile", &file]);
    let qemu = fs::read_to_string(&pid).expect("QEMU wrote it");
    let qemu = Path::new("/proc").join(qemu.trim());
    assert!(qemu.exists() && dir.join("control.sock").exists());
    assert_eq!(machine.terminate(), Some(128 + 15));
    assert!(!qemu.exists(), "the machine is gone");
    assert!(!dir.join("control.sock").exists(), "so is the socket");
}

#[test]
fn until_ends_the_machine_at_that_event() {
    let image = Image::of(
        Kernel::Release,
        "front-until",
        &System::new("until").with(Service::new("only", "trivial", 2)),
    );
    let output = run(&image.path, Kernel::Release, &["--events", "json", "--until", "boot-complete"]);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    assert!(find(&lines(&output), "BootComplete").is_some(), "{}", shown(&output));
}

#[test]
fn a_parameter_that_does_not_exist_is_refused_before_anything_starts() {
    let output = run(Path::new("image.elf"), Kernel::Debug, &["--param", "after-bot=poweroff"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    assert!(said.contains("did you mean `after-boot`?"), "{}", shown(&output));
}

fn text(path: &str) -> String {
    fs::read_to_string(tools::root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Runs `support/rust-aarch64` with these programs, and the shell's, in its PATH.
fn rust_aarch64(case: &str, programs: &[(&str, &str)], tools: &[&str]) -> Output {
    let dir = tools::scratch(case);
    for (name, text) in programs {
        let path = dir.join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("permissions");
    }
    for tool in tools {
        std::os::unix::fs::symlink(format!("/usr/bin/{tool}"), dir.join(tool)).expect("a link");
    }
    Command::new("/bin/sh")
        .arg(tools::root().join("support/rust-aarch64"))
        .arg(dir.join("toolchain"))
        .env("PATH", &dir)
        .output()
        .expect("the script runs")
}

/// Nothing is fetched where rustup has installed the target.
#[test]
fn a_rust_that_compiles_for_aarch64_is_taken_as_it_is() {
    let sysroot = tools::scratch("rust_aarch64_sysroot");
    fs::create_dir_all(sysroot.join("lib/rustlib/aarch64-unknown-linux-gnu/lib")).expect("a folder");
    let rustc = format!("echo {}", sysroot.display());
    let output = rust_aarch64("rust_aarch64_own", &[("rustc", &rustc)], &[]);
    let answer = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && answer.trim_end().ends_with("rust_aarch64_own/rustc"),
        "{}",
        shown(&output)
    );
}

#[test]
fn without_a_package_manager_the_other_way_to_a_rust_for_aarch64_is_told() {
    let output = rust_aarch64("rust_aarch64_none", &[("rustc", "echo /nowhere")], &["mkdir", "dirname"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
    assert!(said.contains("apt-get is missing") && said.contains("rustup target add"), "{}", shown(&output));
}

/// The Dockerfile takes the one list and the script that installs it, and names no package itself.
#[test]
fn the_container_is_made_from_the_one_list_of_packages() {
    let dockerfile = text("docker/Dockerfile");
    let steps: Vec<&str> =
        dockerfile.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let copies = |file: &str| steps.iter().any(|step| step.starts_with("COPY ") && step.contains(file));
    assert!(copies("support/setup") && copies("support/packages.txt"), "{dockerfile}");
    assert!(
        steps.iter().any(|step| step.starts_with("RUN ") && step.contains("support/setup")),
        "{dockerfile}"
    );
    for forbidden in ["apt-get", "apt ", "apt\t", "dpkg", "apt\\"] {
        assert!(!steps.iter().any(|step| step.contains(forbidden)), "`{forbidden}` in\n{dockerfile}");
    }
    let packages = text("support/packages.txt");
    let names = packages.lines().filter_map(|line| line.split('#').next()?.split_whitespace().next());
    for name in names {
        assert!(!steps.iter().any(|step| step.split_whitespace().any(|word| word == name)), "`{name}` twice");
    }
    // What is left out of the context could not be copied.
    let ignored = text("docker/Dockerfile.dockerignore");
    for file in ["!support/setup", "!support/packages.txt"] {
        assert!(ignored.lines().any(|line| line.trim() == file), "{file} is not let in by\n{ignored}");
    }
    assert!(text("support/setup").contains("packages.txt"), "support/setup reads another list");
}
