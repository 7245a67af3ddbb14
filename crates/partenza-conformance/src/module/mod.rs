// SPDX-License-Identifier: BSD-2-Clause
//! A module held against its clauses: manifest, ELF file, interfaces, and behaviour in a machine of its own.
//!
//! The module is booted by the real root task on the real kernel, in a system that the tool makes around it: a stub for
//! each thing it requires, a service of priority 1 that must get to run, and a caller that knocks at what it
//! provides. Where its folder holds a `system.xml`, that system is taken instead: a driver needs its hardware, and
//! a module may need real peers.

mod bench;
pub mod clauses;
mod elf;
mod subject;
mod trial;

use partenza_compiler::{Code, Compiled, Diagnostics, Sources};

use crate::Unable;
use crate::image::{Ground, errors, line};
use crate::report::Report;
use crate::sheet::Sheet;
use bench::Bench;
use clauses::Clause;
pub use subject::Options;
use subject::Subject;

/// Holds the module against every clause.
///
/// # Errors
/// Nothing could be judged.
pub fn run(options: &Options, ground: &Ground) -> Result<Report, Unable> {
    let mut sheet = Sheet::default();
    let mut sources = Sources::default();
    let found = subject::find(options, &mut sources, &mut sheet)?;
    let subject = match &found {
        Some(subject) => format!("module {} {}", subject.manifest.id.value, subject.manifest.version.value),
        None => format!("module in {}", options.place.display()),
    };
    if let Some(subject) = found {
        judge(&subject, ground, &mut sheet)?;
    }
    let kernel = ground.kernel_name();
    Ok(Report { tool: "module", subject, kernel, rows: sheet.finish() })
}

fn judge(subject: &Subject, ground: &Ground, sheet: &mut Sheet<Clause>) -> Result<(), Unable> {
    let mut ground = ground.clone();
    ground.search_path.insert(0, subject.folder.clone());
    elf::judge(subject, &ground, sheet);
    if sheet.first_failure().is_some() {
        return Ok(());
    }
    ground.must_stand(bench::PROGRAMS)?;
    let id = &subject.manifest.id.value;
    let bench = Bench::around(subject, &ground)?;
    let mut sources = Sources::default();
    let mut found = Diagnostics::default();
    let compiled = ground.compile(&bench.folder, &mut sources, &mut found);
    if let (Some(_), true) = (errors(&found, &sources).next(), bench.own) {
        let list: Vec<String> = errors(&found, &sources).map(|(_, line)| line).collect();
        return Err(Unable(format!("the module's own system does not compile:\n{}", list.join("\n"))));
    }
    compiles(&found, &sources, sheet);
    let Some(compiled) = compiled.filter(|_| sheet.first_failure().is_none()) else { return Ok(()) };
    size(&compiled, subject, sheet);
    let image = ground.image(&compiled, &bench.name, &mut found)?;
    let Some(image) = image else {
        for (_, line) in errors(&found, &sources) {
            sheet.fail(Clause::Fits, line);
        }
        return Ok(());
    };
    trial::run(&ground.machine(&image), id, subject, &bench, sheet)
}

/// What the compiler says of the system around the module.
fn compiles(found: &Diagnostics, sources: &Sources, sheet: &mut Sheet<Clause>) {
    // For a whole system only a warning: there, it may run all the same.
    for found in found.iter().filter(|found| found.code == Code::CallWithoutRequire) {
        sheet.fail(Clause::CallsRequired, line(found, sources));
    }
    for (code, line) in errors(found, sources) {
        let clause = match code {
            Code::AboveBound => Clause::ElfSize,
            _ => Clause::NothingElse,
        };
        sheet.fail(clause, line);
    }
    sheet.pass(Clause::CallsRequired, "each call has its requirement");
    sheet.pass(Clause::NothingElse, "no further finding");
}

fn size(compiled: &Compiled, subject: &Subject, sheet: &mut Sheet<Clause>) {
    let plan = compiled.plan();
    let id = subject.manifest.id.value.as_str();
    let Some(service) = plan.services.iter().find(|service| service.name == id) else { return };
    let frames = service.frame_map(plan.image_of(service)).count;
    let bytes = u64::from(frames) * partenza_plan::PAGE;
    let taken = partenza_compiler::numbers::show_size(bytes);
    match &subject.manifest.resources.memory {
        Some(bound) => {
            let bound = partenza_compiler::numbers::show_size(bound.value);
            sheet.pass(Clause::ElfSize, format!("{taken} of {bound}"));
        }
        None => sheet.does_not_apply(Clause::ElfSize, format!("{taken}; the manifest sets no bound")),
    }
}
