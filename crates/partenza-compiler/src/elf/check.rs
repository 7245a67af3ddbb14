// SPDX-License-Identifier: BSD-2-Clause
//! Whether a file that could be read can be run as a service of that kernel (SPEC D-5).

use partenza_plan::PAGE;

use super::{Elf, Problem, Segment};
use crate::diagnostic::Code;
use crate::kernel::Kernel;

/// Every problem of a file; `role` is what it is to be.
#[must_use]
pub fn check(elf: &Elf, kernel: &Kernel, role: u8) -> Vec<Problem> {
    let mut problems = Vec::new();
    if elf.segments.is_empty() {
        problems.push(Problem::new(Code::NoSegments, "the file has no segment to load"));
        return problems;
    }
    for segment in &elf.segments {
        segment_by_itself(segment, kernel, &mut problems);
    }
    for pair in elf.segments.windows(2) {
        let (low, high) = (&pair[0], &pair[1]);
        if low.end() > high.address {
            let message = format!("the segments at {:#x} and {:#x} overlap", low.address, high.address);
            problems.push(Problem::new(Code::ElfOverlap, message));
        } else if (low.end() - 1) / PAGE == high.address / PAGE {
            let message = format!("the segments at {:#x} and {:#x} share a page", low.address, high.address);
            problems.push(Problem::new(Code::ElfSharedPage, message));
        }
    }
    if !elf.holder(elf.entry, 1).is_some_and(|segment| segment.executable) {
        let message = format!("the entry point {:#x} is not in an executable segment", elf.entry);
        problems.push(Problem::new(Code::ElfEntry, message));
    }
    abi(elf, kernel, role, &mut problems);
    problems
}

fn segment_by_itself(segment: &Segment, kernel: &Kernel, problems: &mut Vec<Problem>) {
    let at = segment.address;
    if segment.writable && segment.executable {
        let message = format!("the segment at {at:#x} is writable and executable");
        problems.push(Problem::new(Code::ElfWritableCode, message));
    }
    if segment.end() > kernel.facts.address_end {
        let message = format!("the segment at {at:#x} ends above {:#x}", kernel.facts.address_end);
        problems.push(Problem::new(Code::ElfTooHigh, message));
    }
    if at < PAGE {
        problems.push(Problem::new(Code::ElfPageZero, "a segment covers page 0"));
    }
}

fn abi(elf: &Elf, kernel: &Kernel, role: u8, problems: &mut Vec<Problem>) {
    let target = format!("seL4 {} for {}", kernel.version, kernel.arch);
    let Some(note) = &elf.note else {
        let microkit = elf.symbols.keys().any(|name| name.starts_with("microkit_"));
        let (code, message) = if microkit {
            (
                Code::ElfMicrokit,
                format!("the file is an unmodified Microkit PD; {target} has other system calls"),
            )
        } else {
            (Code::ElfForeign, format!("the file has no ABI note, so nothing says that it is for {target}"))
        };
        let mut problem = Problem::new(code, message);
        if !microkit {
            problem.help =
                Some("link it with sel4-microkit, or put the note `.note.sel4.abi` into it".to_owned());
        }
        problems.push(problem);
        return;
    };
    if note.abi != kernel.facts.abi || note.mcs != kernel.mcs {
        let message = format!("the file is for seL4 {} ({}), the kernel is {target}", note.kernel, note.abi);
        problems.push(Problem::new(Code::ElfForeign, message));
    } else if note.debug && !kernel.debug {
        let message = "the file makes system calls that only a debug kernel has";
        problems.push(Problem::new(Code::ElfForeign, message));
    } else if note.role != role {
        let what = |role| if role == super::ROLE_ROOT_TASK { "a root task" } else { "a protection domain" };
        let message = format!("the file is {}, not {}", what(note.role), what(role));
        problems.push(Problem::new(Code::ElfForeign, message));
    }
}
