// SPDX-License-Identifier: BSD-2-Clause
//! The system description: the Microkit's SDF 2.3 (SPEC O-1), every element and attribute, with positions.
//!
//! Two verdicts stay apart. What the Microkit itself would refuse is found here, for one of its boards ([`Board`]):
//! errors of codes PZ-02xx, and PZ-0003 where it is not XML. What the chosen kernel or this release cannot do is found by
//! [`crate::check::target`] (codes PZ-03xx).
//!
//! Where the Microkit's manual and its code differ, the code counts; where it accepts what has no effect, that is a
//! warning. What it leaves to a later step or to a panic is refused here: a `region_paddr` that names no region, a second
//! vCPU on x86, and a region that ends beyond 64 bits. More than its 63 protection domains are accepted (SPEC O-3).

mod attributes;
mod board;
mod dialect;
mod domains;
mod elements;
mod iommu;
mod memory;
mod names;
mod number;
mod parse;
mod parser;
mod pd;
pub mod reference;
mod scheduling;
mod types;
mod verify;
mod vm;

pub use board::{Arch, Board};
pub use number::Pci;
pub use types::*;

use std::path::PathBuf;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Sources};

/// The Microkit's own limit of protection domains; beyond it is a note (SPEC O-3).
const MAX_PDS: usize = 63;

/// Reads a description and judges it as the Microkit does for `board`: it accepts what gives no error. Prefill files are
/// looked for in `search`. Findings go to `out`.
pub fn read(
    file: FileId,
    sources: &Sources,
    board: &Board,
    search: &[PathBuf],
    out: &mut Diagnostics,
) -> System {
    let system = judge(file, sources, board, search, out);
    if let Some(pd) = system.pds.get(MAX_PDS) {
        let count = system.pds.len();
        let message = format!("{count} protection domains: the Microkit itself takes at most {MAX_PDS}");
        out.push(Diagnostic::info(Code::BeyondMicrokit, message).at(pd.name.span, ""));
    }
    system
}

/// The same for who asks for the Microkit's verdict alone: its limit of protection domains is an error, too.
pub fn read_as_the_microkit(
    file: FileId,
    sources: &Sources,
    board: &Board,
    search: &[PathBuf],
    out: &mut Diagnostics,
) -> System {
    let system = judge(file, sources, board, search, out);
    if let Some(pd) = system.pds.get(MAX_PDS) {
        let count = system.pds.len();
        let message = format!("{count} protection domains: the Microkit takes at most {MAX_PDS}");
        let found = Diagnostic::error(Code::BeyondMicrokit, message).at(pd.name.span, "one too many");
        let found = found.note("Partenza takes 512: `partenza check` without --microkit judges for it");
        out.push(found.help("merge some, or leave the Microkit's limit behind"));
    }
    system
}

fn judge(
    file: FileId,
    sources: &Sources,
    board: &Board,
    search: &[PathBuf],
    out: &mut Diagnostics,
) -> System {
    let system = parse::parse(file, sources, board, search, out);
    verify::verify(&system, board, out);
    system
}
