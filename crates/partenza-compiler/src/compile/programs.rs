// SPDX-License-Identifier: BSD-2-Clause
//! Finds, reads and judges the ELF files of services.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use super::options::Options;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::elf::{self, Elf, Problem, Program, ROLE_PROTECTION_DOMAIN};
use crate::manifest::Manifest;
use crate::resolve::Model;
use crate::source::{Inputs, Span, Spanned, is_absent};

/// The ELF files, equal ones once, but for those that are delivered, and which of them each service runs.
pub fn programs(
    options: &Options,
    model: &Model<'_>,
    inputs: &Inputs,
    out: &mut Diagnostics,
) -> (Vec<Program>, Vec<usize>) {
    let mut programs: Vec<Program> = Vec::new();
    let mut by_contents: HashMap<(Vec<u8>, bool), usize> = HashMap::new();
    let mut by_name: HashMap<(&str, Option<&str>, bool), usize> = HashMap::new();
    let mut image_of = Vec::new();
    for service in &model.services {
        let Some(image) = &service.pd.image else {
            image_of.push(0);
            continue;
        };
        if let Some(manifest) = service.manifest {
            entrypoint(manifest, image, out);
        }
        let symbols = service.pd.path_for_symbols.as_ref();
        let delivered = service.delivered.is_some();
        let name = (image.value.as_str(), symbols.map(|s| s.value.as_str()), delivered);
        if let Some(index) = by_name.get(&name) {
            image_of.push(*index);
            continue;
        }
        let index = match load(options, image, symbols, inputs, out) {
            Some((bytes, elf)) => *by_contents.entry((bytes, delivered)).or_insert_with(|| {
                programs.push(Program { file: image.value.clone(), elf, delivered });
                programs.len() - 1
            }),
            None => 0,
        };
        by_name.insert(name, index);
        image_of.push(index);
    }
    (programs, image_of)
}

/// The author's and the integrator's file must be the same.
fn entrypoint(manifest: &Manifest, image: &Spanned<String>, out: &mut Diagnostics) {
    if let Some(entrypoint) = manifest.entrypoint.as_ref().filter(|e| e.value != image.value) {
        let message =
            format!("`{}` runs {}, its manifest says {}", manifest.id.value, image.value, entrypoint.value);
        out.push(
            Diagnostic::error(Code::EntrypointDiffers, message)
                .at(image.span, "runs this")
                .at(entrypoint.span, "the author's entrypoint"),
        );
    }
}

/// A file, with the symbols of another where system.xml says so; the bytes are those of both.
fn load(
    options: &Options,
    image: &Spanned<String>,
    symbols: Option<&Spanned<String>>,
    inputs: &Inputs,
    out: &mut Diagnostics,
) -> Option<(Vec<u8>, Elf)> {
    let (path, mut bytes, mut elf) = read_elf(options, image, inputs, out)?;
    if let Some(symbols) = symbols {
        let (_, other_bytes, other) = read_elf(options, symbols, inputs, out)?;
        bytes.extend(other_bytes);
        elf.symbols = other.symbols;
        elf.functions = other.functions;
    }
    for problem in elf::check(&elf, &options.kernel, ROLE_PROTECTION_DOMAIN) {
        refuse(&path, problem, image.span, out);
    }
    Some((bytes, elf))
}

fn refuse(path: &Path, problem: Problem, span: Span, out: &mut Diagnostics) {
    let message = format!("{}: {}", path.display(), problem.message);
    out.push(Diagnostic::error(problem.code, message).at(span, "named here").maybe_help(problem.help));
}

fn read_elf(
    options: &Options,
    name: &Spanned<String>,
    inputs: &Inputs,
    out: &mut Diagnostics,
) -> Option<(PathBuf, Vec<u8>, Elf)> {
    let found = match find(options, &name.value, inputs) {
        Ok(found) => found,
        Err((path, error)) => {
            let message = format!("{}: {error}", path.display());
            out.push(Diagnostic::error(Code::FileUnreadable, message).at(name.span, "named here"));
            return None;
        }
    };
    let Some((path, bytes)) = found else {
        let places: Vec<String> = search(options).iter().map(|dir| dir.display().to_string()).collect();
        let message = format!("{} is not there", name.value);
        let found = Diagnostic::error(Code::ElfMissing, message).at(name.span, "named here");
        out.push(found.note(format!("looked in {}", places.join(", "))));
        return None;
    };
    match elf::read(&bytes) {
        Ok(elf) => Some((path, bytes, elf)),
        Err(problem) => {
            refuse(&path, problem, name.span, out);
            None
        }
    }
}

/// Where files are looked for, in this order.
pub fn search(options: &Options) -> Vec<&Path> {
    std::iter::once(options.dir.as_path()).chain(options.search_path.iter().map(PathBuf::as_path)).collect()
}

/// `NAME.elf`, or what cargo calls it: `NAME`. A directory of that name is none; what is there and cannot be read is an
/// error, since another file further on would stand in for it unnoticed.
#[expect(clippy::type_complexity, reason = "a path and what is there, or why it cannot be read")]
fn find(
    options: &Options,
    name: &str,
    inputs: &Inputs,
) -> Result<Option<(PathBuf, Vec<u8>)>, (PathBuf, io::Error)> {
    let names = [Some(name), name.strip_suffix(".elf")];
    for dir in search(options) {
        for name in names.into_iter().flatten() {
            let path = dir.join(name);
            match inputs.program(&path) {
                Ok(bytes) => return Ok(Some((path, bytes))),
                Err(error) if is_absent(&error) || error.kind() == io::ErrorKind::IsADirectory => {}
                Err(error) => return Err((path, error)),
            }
        }
    }
    Ok(None)
}
