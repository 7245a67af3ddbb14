// SPDX-License-Identifier: BSD-2-Clause
//! Finds and reads the module's manifest (clauses C-101 to C-105).

use std::fs;
use std::path::{Path, PathBuf};

use partenza_compiler::compile::source;
use partenza_compiler::manifest::{self, Manifest};
use partenza_compiler::{Code, Diagnostics, Sources};

use super::clauses::Clause;
use crate::Unable;
use crate::image::errors;
use crate::sheet::Sheet;

/// Which module.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its manifest, or the folder that holds it.
    pub place: PathBuf,
    /// Its id, where the folder holds several.
    pub id: Option<String>,
}

/// A module whose manifest could be read.
pub struct Subject {
    /// Holds its ELF file, and perhaps a system of its own.
    pub folder: PathBuf,
    pub manifest: Manifest,
    /// The manifest's text.
    pub text: String,
}

/// Files of a system that are no manifests.
const OTHERS: [&str; 2] = ["partenza", "extensions"];

/// The module; `None` when its manifest does not stand.
pub fn find(
    options: &Options,
    sources: &mut Sources,
    sheet: &mut Sheet<Clause>,
) -> Result<Option<Subject>, Unable> {
    let folder = if options.place.is_dir() { options.place.clone() } else { parent(&options.place) };
    if !options.place.exists() {
        return Err(Unable(format!("{} is not there", options.place.display())));
    }
    let Some(path) = manifest_path(options)? else {
        sheet.fail(Clause::ManifestThere, format!("no manifest in {}", options.place.display()));
        return Ok(None);
    };
    let mut found = Diagnostics::default();
    let file = source(&path, sources, &mut found);
    let manifest = file.and_then(|file| manifest::parse(file, sources, &mut found));
    for (code, line) in errors(&found, sources) {
        sheet.fail(clause(code), line);
    }
    let missing = manifest.as_ref().is_some_and(|manifest| manifest.entrypoint.is_none());
    if missing && !sheet.has_failed(Clause::FieldsComplete) {
        sheet.fail(Clause::FieldsComplete, format!("{}: no `entrypoint`", path.display()));
    }
    if sheet.first_failure().is_some() {
        return Ok(None);
    }
    sheet.pass(Clause::ManifestThere, path.display().to_string());
    sheet.pass_rest(
        &[Clause::FieldsKnown, Clause::FieldsComplete, Clause::ValuesFit, Clause::Specification],
        "no finding",
    );
    let text = fs::read_to_string(&path).map_err(|error| Unable(format!("{}: {error}", path.display())))?;
    // Manifests of a whole system stand in a folder of their own.
    let folder = if folder.ends_with("manifests") { parent(&folder) } else { folder };
    Ok(manifest.map(|manifest| Subject { folder, manifest, text }))
}

fn parent(path: &Path) -> PathBuf {
    path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_path_buf()
}

fn clause(code: Code) -> Clause {
    match code {
        Code::FileUnreadable | Code::NotText | Code::YamlSyntax | Code::YamlFeature => Clause::ManifestThere,
        Code::UnknownField | Code::DuplicateField => Clause::FieldsKnown,
        Code::MissingField => Clause::FieldsComplete,
        Code::UnknownSpec => Clause::Specification,
        _ => Clause::ValuesFit,
    }
}

/// The manifest's file: the one that was named, or the only one of the folder.
fn manifest_path(options: &Options) -> Result<Option<PathBuf>, Unable> {
    if options.place.is_file() {
        return Ok(Some(options.place.clone()));
    }
    let mut paths = manifests(&options.place);
    paths.extend(manifests(&options.place.join("manifests")));
    if let Some(id) = &options.id {
        paths.retain(|path| path.file_stem().is_some_and(|stem| *stem == **id));
    }
    match paths.as_slice() {
        [] => Ok(None),
        [path] => Ok(Some(path.clone())),
        [..] => {
            let names: Vec<String> = paths.iter().filter_map(|path| stem(path)).collect();
            let shown = options.place.display();
            Err(Unable(format!("{shown} holds several modules: {}; name one with --id", names.join(", "))))
        }
    }
}

fn stem(path: &Path) -> Option<String> {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned())
}

fn manifests(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).map(|entries| entries.flatten().collect::<Vec<_>>()).unwrap_or_default();
    let mut paths: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    paths.retain(|path| path.extension().is_some_and(|ext| ext == "yaml"));
    paths.retain(|path| stem(path).is_some_and(|stem| !OTHERS.contains(&stem.as_str())));
    paths.sort();
    paths
}
