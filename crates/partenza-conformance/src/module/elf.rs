// SPDX-License-Identifier: BSD-2-Clause
//! The module's ELF file by itself (clauses C-201 to C-210).

use std::fs;
use std::path::PathBuf;

use partenza_compiler::Code;
use partenza_compiler::elf::{ROLE_PROTECTION_DOMAIN, check, read};

use super::clauses::Clause;
use super::subject::Subject;
use crate::image::Ground;
use crate::sheet::Sheet;

/// Clauses that an unreadable file leaves open.
const OF_CONTENTS: [Clause; 8] = [
    Clause::ElfKind,
    Clause::ElfStatic,
    Clause::ElfWhole,
    Clause::ElfPages,
    Clause::ElfWriteOrExecute,
    Clause::ElfEntry,
    Clause::ElfKernel,
    Clause::ElfAddresses,
];

pub fn judge(subject: &Subject, ground: &Ground, sheet: &mut Sheet<Clause>) {
    let name = subject.manifest.entrypoint.as_ref().map_or("", |entrypoint| entrypoint.value.as_str());
    let Some((path, bytes)) = find(name, &ground.search_path) else {
        let places: Vec<String> = ground.search_path.iter().map(|dir| dir.display().to_string()).collect();
        return sheet.fail(Clause::ElfThere, format!("{name} is not in {}", places.join(", ")));
    };
    sheet.pass(Clause::ElfThere, path.display().to_string());
    let elf = match read(&bytes) {
        Ok(elf) => elf,
        Err(problem) => return sheet.fail(clause(problem.code), problem.message),
    };
    for problem in check(&elf, &ground.kernel, ROLE_PROTECTION_DOMAIN) {
        sheet.fail(clause(problem.code), problem.message);
    }
    if elf.functions.is_empty() {
        sheet.fail(Clause::ElfSymbols, "it names no function");
    } else {
        sheet.pass(Clause::ElfSymbols, format!("{} functions", elf.functions.len()));
    }
    sheet.pass(Clause::ElfEntry, format!("{:#x}", elf.entry));
    sheet.pass(Clause::ElfPages, format!("{} segments", elf.segments.len()));
    let note =
        elf.note.map_or_else(String::new, |note| format!("built for seL4 {} ({})", note.kernel, note.abi));
    sheet.pass(Clause::ElfKernel, note);
    sheet.pass_rest(&OF_CONTENTS, "no finding");
}

fn clause(code: Code) -> Clause {
    match code {
        Code::ElfDynamic => Clause::ElfStatic,
        Code::ElfTruncated | Code::NoSegments => Clause::ElfWhole,
        Code::ElfOverlap | Code::ElfSharedPage => Clause::ElfPages,
        Code::ElfWritableCode => Clause::ElfWriteOrExecute,
        Code::ElfEntry => Clause::ElfEntry,
        Code::ElfForeign | Code::ElfMicrokit => Clause::ElfKernel,
        Code::ElfTooHigh | Code::ElfPageZero => Clause::ElfAddresses,
        _ => Clause::ElfKind,
    }
}

/// `NAME.elf`, or what cargo calls it: `NAME`.
fn find(name: &str, places: &[PathBuf]) -> Option<(PathBuf, Vec<u8>)> {
    let names = [Some(name), name.strip_suffix(".elf")];
    let candidates = places.iter().flat_map(|dir| names.into_iter().flatten().map(|name| dir.join(name)));
    candidates.into_iter().find_map(|path| fs::read(&path).ok().map(|bytes| (path, bytes)))
}
