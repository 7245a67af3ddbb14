// SPDX-License-Identifier: BSD-2-Clause
//! Physical addresses that no boot can grant: what the kernel keeps for itself, RAM, and what lies beyond its reach.
//!
//! The kernel hands out as device memory whatever is neither RAM nor its own, and Init makes regions from that. Where RAM
//! lies is known of the machine that is asked about (`--memory`); without one only the kernel's own image is.

use std::ops::Range;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kernel::Facts;
use crate::resolve::Model;

/// Where QEMU's q35 ends RAM below the hole for devices when there is more than [`ALL_LOW`], and where RAM goes on.
const LOW_END: u64 = 0x8000_0000;
const ALL_LOW: u64 = 0xb000_0000;
const HIGH: u64 = 1 << 32;
/// Firmware keeps tables at the end of low RAM: up to so many bytes there are device memory to the kernel.
const FIRMWARE: u64 = 1 << 20;
/// What the kernel's image takes at the least.
const KERNEL_IMAGE: u64 = 4 << 20;

/// Checks every region that has a physical address. Findings go to `out`.
pub fn check(model: &Model<'_>, facts: &Facts, memory: Option<u64>, out: &mut Diagnostics) {
    for region in &model.system.regions {
        let Some(at) = &region.physical else { continue };
        let range = at.value..at.value.saturating_add(region.size);
        if range.is_empty() {
            continue;
        }
        let Some((why, help)) = refused(&range, facts, memory) else { continue };
        let message = format!(
            "region `{}` at {:#x} to {:#x} {why}: no boot can grant it",
            region.name.value,
            range.start,
            range.end - 1
        );
        let found = Diagnostic::error(Code::NotGrantable, message).at(at.span, "asked for here");
        out.push(found.maybe_help(help.map(str::to_owned)));
    }
}

/// Why a range is not granted, and what to do where the code's hint is not it.
fn refused(range: &Range<u64>, facts: &Facts, memory: Option<u64>) -> Option<(String, Option<&'static str>)> {
    if range.end > facts.device_end {
        let bits = facts.device_end.trailing_zeros();
        return Some((format!("lies beyond 2^{bits}, where this kernel's device memory ends"), None));
    }
    if let Some((_, what)) = facts.kept.iter().find(|(page, _)| meets(range, &(*page..*page + 0x1000))) {
        return Some((format!("holds the kernel's {what}"), None));
    }
    if meets(range, &(facts.load_address..facts.load_address + KERNEL_IMAGE)) {
        return Some(("holds the kernel's image".to_owned(), None));
    }
    let memory = memory?;
    let (low, high) = if memory > ALL_LOW { (LOW_END, memory - LOW_END) } else { (memory, 0) };
    let crosses = range.start < low && low < range.end;
    if crosses {
        return Some((format!("lies across the end of RAM, {low:#x}"), None));
    }
    let inside = meets(range, &(facts.load_address..low.saturating_sub(FIRMWARE)));
    if inside || meets(range, &(HIGH..HIGH + high)) {
        let mib = memory >> 20;
        let help = "leave `phys_addr` out: Init takes RAM where it is free; or say how much the machine has: `--memory`";
        return Some((format!("lies in the RAM of a machine with {mib} MiB"), Some(help)));
    }
    None
}

fn meets(a: &Range<u64>, b: &Range<u64>) -> bool {
    a.start < b.end && b.start < a.end
}
