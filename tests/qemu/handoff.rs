// SPDX-License-Identifier: BSD-2-Clause
//! Images that cannot boot (SPEC B-2): a named error on the console, then the end that was asked for, no backtrace.
//!
//! Most end before there is an event line, so the code on the console decides; once the plan tells where the line is,
//! that says the same.

use std::ops::Range;

use partenza_protocol::error::{BootError, GrantError};
use partenza_protocol::event::{Event, Record};
use partenza_protocol::{Code, ServiceId};
use partenza_tests::image::{Image, change_version, shorten_segment};
use partenza_tests::machine::Machine;
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

const KERNELS: [Kernel; 2] = [Kernel::Debug, Kernel::Release];

fn small(kernel: Kernel, name: &str) -> Image {
    Image::of(kernel, name, &System::new(name).with(Service::new("only", "trivial", 2)))
}

#[track_caller]
fn ends_with(machine: &Machine, error: impl Into<Code>) {
    let outcome = machine.run();
    let code = error.into();
    let named: Vec<&str> = outcome.console.lines().filter(|line| line.contains("Boot failed:")).collect();
    outcome.same("errors on the console", named.len(), 1);
    outcome.must(&format!("it is {code}"), named[0].contains(&format!("{code} {}", code.text())));
    outcome.must("it says how to mend it", outcome.console.contains(code.hint()));
    outcome.must("it is no panic", !outcome.console.contains("panicked"));
    let same = |record: &Record| match record.event {
        Event::InitError { code: told, .. } | Event::BootFailed { code: told, .. } => told == code,
        _ => false,
    };
    outcome.must("the event line tells nothing else", outcome.log.records.iter().all(same));
    outcome.same("QEMU's exit code", outcome.code, Some(0));
}

fn damaged_ends_with(name: &str, damage: impl Fn(&mut Vec<u8>, Range<usize>), error: BootError) {
    for kernel in KERNELS {
        ends_with(&Machine::new(&small(kernel, name).damaged(&damage)), error);
    }
}

#[test]
fn a_root_task_without_an_archive_says_so() {
    for kernel in KERNELS {
        ends_with(&Machine::new(&Image::bare(kernel)), BootError::NoArchive);
    }
}

#[test]
fn an_overwritten_archive_is_none() {
    damaged_ends_with("overwritten", |bytes, archive| bytes[archive].fill(0), BootError::NoArchive);
}

#[test]
fn an_archive_whose_segment_is_too_short_is_truncated() {
    damaged_ends_with("short-segment", |bytes, _| shorten_segment(bytes, 1), BootError::ArchiveTruncated);
}

/// The kernel copies what the program header says, so what is missing is whatever lay in memory.
#[test]
fn a_file_that_was_cut_off_is_noticed() {
    let cut = |bytes: &mut Vec<u8>, archive: Range<usize>| bytes.truncate(archive.end - 8192);
    damaged_ends_with("cut-off", cut, BootError::ArchiveCorrupt);
}

#[test]
fn a_flipped_bit_in_the_header_is_noticed() {
    damaged_ends_with(
        "flip-header",
        |bytes, archive| bytes[archive.start + 25] ^= 4,
        BootError::ArchiveCorrupt,
    );
}

#[test]
fn a_flipped_bit_in_the_plan_is_noticed() {
    damaged_ends_with(
        "flip-plan",
        |bytes, archive| bytes[archive.start + 60] ^= 1,
        BootError::ArchiveCorrupt,
    );
}

#[test]
fn a_flipped_bit_in_the_last_page_is_noticed() {
    damaged_ends_with(
        "flip-page",
        |bytes, archive| bytes[archive.end - 1] ^= 0x80,
        BootError::ArchiveCorrupt,
    );
}

#[test]
fn a_plan_of_another_version_is_refused() {
    let change = |bytes: &mut Vec<u8>, archive: Range<usize>| change_version(&mut bytes[archive]);
    damaged_ends_with("version", change, BootError::ArchiveVersion);
}

/// Packed for a larger machine than the one that boots it.
#[test]
fn a_machine_with_too_little_memory_is_refused() {
    for kernel in KERNELS {
        let system = System::new("memory").with(Service::new("only", "trivial", 2)).ballast(64 << 20);
        let machine = Machine::new(&Image::of(kernel, "memory", &system));
        ends_with(&machine.clone().memory(64), BootError::NotEnoughMemory);
    }
}

/// `check` refuses it where it knows the machine.
#[test]
fn a_region_that_the_kernel_does_not_hand_out_is_named_on_console_and_event_line() {
    // In RAM on the machine that boots, behind it on the one that the system was packed for.
    const AT: u64 = 192 << 20;
    for kernel in KERNELS {
        let map = "<map mr=\"window\" vaddr=\"0x4_000_000\" perms=\"rw\"/>";
        let only =
            Service::new("only", "trivial", 2).holds("{memory: window}", "memory: {window: window}", map);
        let system = System::new("in-ram").with(only).device("window", 0x1000, AT);
        let machine = Machine::new(&Image::of(kernel, "in-ram", &system)).memory(256);
        ends_with(&machine, GrantError::NoSuchDevice);
        let outcome = machine.run();
        outcome.must(
            "region, service, address",
            outcome.console.contains("region `window` of `only` at 0xc000000"),
        );
        let code = GrantError::NoSuchDevice.code();
        let told: Vec<_> = outcome.log.records.iter().map(|record| record.event.clone()).collect();
        let expected =
            [Event::InitError { code, detail: AT }, Event::BootFailed { code, culprit: Some(ServiceId(0)) }];
        outcome.same("events", told, expected.to_vec());
    }
}

/// The same image on the machine that it was packed for.
#[test]
fn a_machine_with_enough_memory_is_not_refused() {
    let system = System::new("memory-enough").with(Service::new("only", "trivial", 2)).ballast(64 << 20);
    let image = Image::of(Kernel::Release, "memory-enough", &system);
    let outcome = Machine::new(&image).ends_after_boot().run();
    outcome.must_have_ended();
    outcome.same("running and failed", outcome.log.complete(), Some((1, 0)));
}

#[test]
fn an_image_for_the_other_kernel_boots_too() {
    // Both are the same version with the same objects; the plan says no more of a kernel than that.
    let image = Image { kernel: Kernel::Release, ..small(Kernel::Debug, "other-kernel") };
    let outcome = Machine::new(&image).ends_after_boot().run();
    outcome.must_have_ended();
}
