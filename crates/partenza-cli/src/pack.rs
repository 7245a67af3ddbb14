// SPDX-License-Identifier: BSD-2-Clause
//! `build`, `pack`: from a system's directory to an archive, an image.

use std::fs;
use std::path::{Path, PathBuf};

use partenza_compiler::numbers::show_size;
use partenza_compiler::source::read;
use partenza_compiler::{Compiled, Memory, Severity};

use crate::Failure;
use crate::args::{BuildArgs, PackArgs, SystemArgs};
use crate::output::errln;
use crate::session::Session;

/// A system, compiled; what was found is told. With `why`, so is what changed since it was compiled last.
pub fn compiled(args: &SystemArgs, why: bool) -> Result<Compiled, Failure> {
    let mut session = Session::new(args)?;
    let compiled = session.compile_cached(why);
    session.finish(Severity::Warning)?;
    compiled.ok_or(Failure::Problems)
}

pub fn build(args: &BuildArgs) -> Result<(), Failure> {
    let compiled = compiled(&args.system, args.why_rebuilt)?;
    finish(&compiled, &compiled.archive, &args.output)
}

pub fn pack(args: &PackArgs) -> Result<(), Failure> {
    let mut session = Session::new(&args.system)?.for_machine(args.memory.unwrap_or(USUAL_MEMORY));
    let memory = args.memory.map_or(Memory::Usual(USUAL_MEMORY), Memory::Stated);
    let compiled = session.compile_cached(args.why_rebuilt);
    let root_task = args.root_task.clone().or_else(|| find_root_task(&session.options().search_path));
    let root_task = root_task.unwrap_or_else(|| ROOT_TASK[0].into());
    let inject = |compiled: Option<&Compiled>, session: &mut Session<'_>| {
        compiled?.image(&root_task, &session.kernel, memory, &mut session.found)
    };
    let mut image = inject(compiled.as_ref(), &mut session);
    if image.is_none()
        && let Some(again) = session.compile_again()
    {
        image = inject(Some(&again), &mut session);
    }
    session.finish(Severity::Warning)?;
    let (compiled, image) = compiled.zip(image).ok_or(Failure::Problems)?;
    finish(&compiled, &image.bytes, &args.output)
}

/// Writes the result, and beside it what is to be delivered after the boot (SPEC D-6).
fn finish(compiled: &Compiled, bytes: &[u8], output: &Path) -> Result<(), Failure> {
    let news = write_changed(output, bytes)?;
    progress(compiled, bytes.len(), output, news);
    for (service, program) in compiled.deliveries() {
        let path = output.with_file_name(format!("{service}.{DELIVERED}"));
        let news = if write_changed(&path, program)? { "" } else { ", unchanged" };
        let (path, size) = (path.display(), show_size(program.len() as u64));
        errln!("{service}: its program comes after the boot -> {path} ({size}{news})");
    }
    Ok(())
}

/// RAM of the machines that nobody says more about.
const USUAL_MEMORY: u64 = 128 << 20;

/// How the file of a program is called that comes after the boot: `SERVICE.pzb`.
pub const DELIVERED: &str = "pzb";

/// What the root task is called.
pub const ROOT_TASK: [&str; 2] = ["root-task", "root-task.elf"];

pub fn find_root_task(search_path: &[PathBuf]) -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("PARTENZA_ROOT_TASK").filter(|path| !path.is_empty()) {
        return Some(named.into());
    }
    let mut candidates = search_path.iter().flat_map(|dir| ROOT_TASK.map(|name| dir.join(name)));
    candidates.find(|path| path.is_file())
}

fn progress(compiled: &Compiled, bytes: usize, output: &Path, news: bool) {
    let plan = compiled.plan();
    errln!(
        "{}: {} services, {} distinct programs, {} at run time -> {} ({}{})",
        plan.system,
        plan.services.len(),
        plan.images.len(),
        show_size(compiled.memory),
        output.display(),
        show_size(bytes as u64),
        if news { "" } else { ", unchanged" }
    );
}

/// Writes a file unless it holds that already; says whether it was written. A device or a pipe is written and never read.
fn write_changed(path: &Path, bytes: &[u8]) -> Result<bool, Failure> {
    if read(path, bytes.len() as u64).is_ok_and(|there| there == bytes) {
        return Ok(false);
    }
    write(path, bytes).map(|()| true)
}

pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        fs::create_dir_all(dir).map_err(|error| Failure::writing(dir, &error))?;
    }
    fs::write(path, bytes).map_err(|error| Failure::writing(path, &error))
}
