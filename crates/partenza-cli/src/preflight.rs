// SPDX-License-Identifier: BSD-2-Clause
//! What `run` looks at before it starts a machine: whether the file is an image, for this kernel, and fits into the machine. What
//! is wrong would otherwise show as a machine that says nothing and never ends.

use std::fs;
use std::path::Path;

use partenza_analysis::source::Source;
use partenza_compiler::elf::Problem;
use partenza_compiler::{Code, Compiled, Diagnostics, Kernel, Memory, Packed, image};

use crate::Failure;
use crate::failure::Told;
use crate::output::errln;

/// Whether the machine can boot the image at `path`.
pub fn check(path: &Path, kernel: &Kernel, memory: u64) -> Result<(), Failure> {
    let bytes = fs::read(path)
        .map_err(|error| failure(Code::FileUnreadable, format_args!("{}: {error}", path.display()), None))?;
    let told = |problem: Problem| {
        failure(
            problem.code,
            format_args!("{}: {}", path.display(), problem.message),
            problem.help.as_deref(),
        )
    };
    let packed = image::open(&bytes, kernel).map_err(told)?;
    let source = Source::open(&packed.archive)
        .map_err(|why| failure(Code::NotImage, format_args!("{}: {why}", path.display()), None))?;
    let compiled = Compiled::read_back(packed.archive.clone(), &source.plan());
    let takes = Packed { bytes: bytes.len() as u64, pages: packed.pages };
    let mut found = Diagnostics::default();
    compiled.fits(takes, kernel, Memory::Stated(memory), &mut found);
    match found.iter().next() {
        Some(first) => Err(failure(
            first.code,
            format_args!("{}: {}", path.display(), first.message),
            Some(first.hint()),
        )),
        None => Ok(()),
    }
}

/// Tells what is wrong with the kernel itself.
pub fn warn(kernel: &Kernel) {
    if let Some(found) = kernel.check_stack() {
        errln!("partenza: warning: {} {}\n  to mend it: {}", found.code, found.message, found.hint());
    }
}

fn failure(code: Code, what: impl std::fmt::Display, hint: Option<&str>) -> Failure {
    Failure::Environment(Told::of(code, what, hint.unwrap_or(code.row().hint)))
}
