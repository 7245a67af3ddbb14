// SPDX-License-Identifier: BSD-2-Clause
//! The seL4 library against real kernels: `crates/sel4-root-task/examples/smoke`, every kind of invocation once.

use std::process::{Command, Stdio};

use partenza_tests::aarch64::{self, Outcome};
use partenza_tests::tools::{Arch, Kernel};

/// What every machine of these tests is started with.
const VIRT: [&str; 6] = ["-machine", "virt,gic-version=2", "-cpu", "cortex-a53", "-m", "512"];

fn judge(outcome: &Outcome) {
    let Outcome { console, status } = outcome;
    assert!(console.contains("all checks hold") && *status == Some(0), "status {status:?}:\n{console}");
}

fn boots_on_a_pc(kernel: Kernel) {
    let output = Command::new("timeout")
        .args([
            "60",
            "qemu-system-x86_64",
            "-machine",
            "q35",
            "-cpu",
            "qemu64,+fsgsbase",
            "-m",
            "128",
            "-kernel",
        ])
        .arg(kernel.boot_image())
        .arg("-initrd")
        .arg(Arch::X86_64.smoke(kernel))
        .args(["-display", "none", "-serial", "stdio", "-nodefaults", "-no-reboot"])
        .args(["-device", "isa-debug-exit,iobase=0xf4,iosize=4"])
        .stdin(Stdio::null())
        .output()
        .expect("QEMU starts");
    judge(&Outcome {
        console: String::from_utf8_lossy(&output.stdout).replace('\r', ""),
        status: output.status.code(),
    });
}

#[test]
fn every_invocation_works_on_a_pc_with_the_debug_kernel() {
    boots_on_a_pc(Kernel::Debug);
}

#[test]
fn every_invocation_works_on_a_pc_with_the_release_kernel() {
    boots_on_a_pc(Kernel::Release);
}

fn boots_on_virt(case: &str, kernel: Kernel, name: &str, machine: &[&str]) {
    let image = aarch64::smoke_image(kernel);
    let bytes = match name {
        "smoke.elf" => image.elf(),
        "smoke.bin" => image.flat(),
        _ => image.uimage(),
    };
    let file = aarch64::write(case, name, &bytes);
    let file = file.to_str().expect("a path in UTF-8");
    judge(&aarch64::run(&[machine, &["-kernel", file]].concat(), None));
}

#[test]
fn every_invocation_works_on_aarch64_with_the_debug_kernel() {
    boots_on_virt("smoke_debug", Kernel::Debug, "smoke.elf", &VIRT);
}

#[test]
fn every_invocation_works_on_aarch64_with_the_release_kernel() {
    boots_on_virt("smoke_release", Kernel::Release, "smoke.elf", &VIRT);
}

/// What U-Boot's `booti` takes: QEMU starts it as it starts Linux.
#[test]
fn a_flat_image_boots() {
    boots_on_virt("smoke_flat", Kernel::Release, "smoke.bin", &VIRT);
}

/// What U-Boot's `bootm` takes, which QEMU can start, too.
#[test]
fn a_uimage_boots() {
    boots_on_virt("smoke_uimage", Kernel::Release, "smoke.uimage", &VIRT);
}

/// Firmware is called by SMC then.
#[test]
fn a_machine_that_starts_at_el2_boots() {
    let machine = ["-machine", "virt,gic-version=2,virtualization=on", "-cpu", "cortex-a72", "-m", "512"];
    boots_on_virt("smoke_el2", Kernel::Debug, "smoke.elf", &machine);
    boots_on_virt("smoke_el2_flat", Kernel::Debug, "smoke.bin", &machine);
}

/// Processors of Armv8.2, which the kernel's own check takes for ones without floating point, and most memory there is.
#[test]
fn a_later_processor_and_other_sizes_of_memory_boot() {
    let machine = |cpu, memory| ["-machine", "virt,gic-version=2", "-cpu", cpu, "-m", memory];
    boots_on_virt("smoke_a76", Kernel::Debug, "smoke.elf", &machine("cortex-a76", "32"));
    boots_on_virt("smoke_max", Kernel::Release, "smoke.bin", &machine("max", "3G"));
}

/// Without firmware to call the machine cannot be turned off, and asking for it is answered, not a crash of the kernel.
#[test]
fn a_machine_that_starts_at_el3_boots_and_has_no_firmware() {
    let image = aarch64::smoke_image(Kernel::Debug);
    let file = aarch64::write("smoke_el3", "smoke.elf", &image.elf());
    let file = file.to_str().expect("a path in UTF-8");
    let machine =
        ["-machine", "virt,gic-version=2,secure=on", "-cpu", "cortex-a53", "-m", "512", "-kernel", file];
    let outcome = aarch64::run(&machine, Some("firmware for power"));
    assert!(outcome.console.contains("ok which invocation"), "{outcome:?}");
    assert!(outcome.console.contains("FAILED: "), "{outcome:?}");
}

/// Counted in instructions: with this clock rate the physical count is one per instruction since reset. The loader's and the
/// kernel's time; Partenza's goal is 4 million.
#[test]
fn the_root_task_starts_within_four_million_instructions_and_is_told_boot_arguments() {
    for (case, kernel, form) in
        [("smoke_count_elf", Kernel::Debug, "smoke.elf"), ("smoke_count_flat", Kernel::Release, "smoke.bin")]
    {
        let image = aarch64::smoke_image(kernel);
        let bytes = if form == "smoke.elf" { image.elf() } else { image.flat() };
        let file = aarch64::write(case, form, &bytes);
        let file = file.to_str().expect("a path in UTF-8");
        let machine = ["-machine", "virt,gic-version=2", "-cpu", "cortex-a53,cntfrq=1000000000", "-m", "512"];
        let counted = ["-icount", "shift=0,sleep=off", "-append", "log=debug verify=on", "-kernel", file];
        let outcome = aarch64::run(&[&machine[..], &counted].concat(), None);
        judge(&outcome);
        let count = outcome.console.lines().find_map(|line| line.strip_prefix("started at count "));
        let count: u64 = count.and_then(|count| count.parse().ok()).expect("a count");
        assert!((100_000..4_000_000).contains(&count), "{count} instructions");
        assert!(outcome.console.contains("boot arguments: log=debug verify=on\n"), "{}", outcome.console);
    }
}
