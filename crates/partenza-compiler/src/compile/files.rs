// SPDX-License-Identifier: BSD-2-Clause
//! Reads and parses the files of a system: `system.xml`, `partenza.yaml`, manifests, the registry of extensions.

use std::path::{Path, PathBuf};

use super::options::Options;
use super::programs::search;
use crate::config::{self, Config, default_platform};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::extensions::{self, Registry};
use crate::manifest::{self, Manifests};
use crate::sdf::{self, Board};
use crate::source::{FileId, Sources, Spanned, is_absent};

/// The registry of extensions, where partenza.yaml names none.
const EXTENSIONS: &str = "extensions.yaml";

/// Everything that was read of a system.
pub struct Files {
    pub system: sdf::System,
    pub config: Config,
    /// There is no partenza.yaml: a plain Microkit system.
    pub plain: bool,
    pub manifests: Manifests,
    pub registry: Registry,
}

/// Reads and parses every file. `None` when there is nothing to check.
pub fn read(options: &Options, sources: &mut Sources, out: &mut Diagnostics) -> Option<Files> {
    let system_path = options.path(options.system.as_ref(), "system.xml");
    let file = source(&system_path, sources, out)?;
    let places: Vec<PathBuf> = search(options).into_iter().map(Path::to_path_buf).collect();
    let system = sdf::read(file, sources, &Board::X86_64, &places, out);
    let config_path = options.path(options.config.as_ref(), "partenza.yaml");
    // Only what is not there, and was not named, means a plain Microkit system.
    let needed = if options.config.is_some() { Needed::Yes } else { Needed::No };
    let config_file = open(&config_path, needed, sources, out);
    let plain = config_file == Opened::Absent;
    let config = match config_file {
        Opened::File(file) => config::parse(file, sources, out),
        Opened::Absent => Some(plain_config(&system)),
        Opened::Refused => None,
    };
    let needed = if options.manifests.is_some() { Needed::Yes } else { Needed::No };
    let manifests = manifests(&options.path(options.manifests.as_ref(), "manifests"), needed, sources, out);
    let named = config.as_ref().and_then(|config| config.extensions.as_ref());
    let registry =
        registry(&options.path(None, named.map_or(EXTENSIONS, |name| &name.value)), named, sources, out);
    Some(Files { system, config: config?, plain, manifests, registry })
}

/// The registry of extensions, if there is one.
fn registry(
    path: &Path,
    named: Option<&Spanned<String>>,
    sources: &mut Sources,
    out: &mut Diagnostics,
) -> Registry {
    let file = match open(path, Needed::No, sources, out) {
        Opened::File(file) => Some(file),
        Opened::Refused => None,
        Opened::Absent => {
            if let Some(name) = named {
                let message = format!("{} is not there", path.display());
                out.push(Diagnostic::error(Code::FileUnreadable, message).at(name.span, "named here"));
            }
            None
        }
    };
    file.and_then(|file| extensions::parse(file, sources, out)).unwrap_or_default()
}

/// Whether a system needs a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needed {
    Yes,
    No,
}

/// A file that was looked for.
#[derive(PartialEq, Eq)]
enum Opened {
    File(FileId),
    /// It is not there, and need not be.
    Absent,
    /// It cannot be used, which was reported.
    Refused,
}

/// Reads a file of a system. Findings go to `out`.
pub fn source(path: &Path, sources: &mut Sources, out: &mut Diagnostics) -> Option<FileId> {
    match open(path, Needed::Yes, sources, out) {
        Opened::File(file) => Some(file),
        Opened::Absent | Opened::Refused => None,
    }
}

fn open(path: &Path, needed: Needed, sources: &mut Sources, out: &mut Diagnostics) -> Opened {
    let bytes = match sources.inputs.text(path) {
        Ok(bytes) => bytes,
        Err(error) if needed == Needed::No && is_absent(&error) => return Opened::Absent,
        Err(error) => {
            let found = Diagnostic::error(Code::FileUnreadable, format!("{}: {error}", path.display()));
            out.push(found.maybe_help(other_description(path)));
            return Opened::Refused;
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => Opened::File(sources.add(path, text)),
        Err(_) => {
            out.push(Diagnostic::error(Code::NotText, format!("{} is not UTF-8 text", path.display())));
            Opened::Refused
        }
    }
}

/// What to write where there is no system.xml but a description of another name, as the Microkit's users have.
fn other_description(missing: &Path) -> Option<String> {
    let dir = missing.parent().filter(|_| missing.file_name().is_some_and(|name| name == "system.xml"))?;
    if dir.is_file() {
        let (file, parent) = (dir.display(), dir.parent().filter(|dir| !dir.as_os_str().is_empty()));
        let parent = parent.unwrap_or(Path::new(".")).display();
        return Some(format!(
            "{file} is a file: name its directory, and the file with `--system`: `{parent} --system {file}`"
        ));
    }
    let here = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    let mut files: Vec<PathBuf> = std::fs::read_dir(here).ok()?.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "system"));
    files.sort();
    files.first().map(|file| format!("name the description: `--system {}`", file.display()))
}

/// A system without partenza.yaml: Init gives the console to the PD that names it.
fn plain_config(system: &sdf::System) -> Config {
    let mut platform = default_platform();
    let console = u64::from(platform.console.map_or(0, |uart| uart.port));
    let holder =
        system.pds.iter().find(|pd| pd.ports.iter().any(|p| p.first <= console && console <= p.last));
    platform.handover = holder.map(|pd| pd.name.clone());
    Config {
        system: None,
        boot: config::Boot::default(),
        services: Vec::new(),
        providers: Vec::new(),
        platform,
        recovery: config::Recovery::default(),
        policy: Vec::new(),
        storm: None,
        overload: partenza_plan::Overload::DEFAULT,
        extensions: None,
    }
}

/// Every manifest of the directory, read in the order of their names.
fn manifests(dir: &Path, needed: Needed, sources: &mut Sources, out: &mut Diagnostics) -> Manifests {
    let mut paths = match sources.inputs.list(dir) {
        Ok(paths) => paths,
        Err(error) if needed == Needed::No && is_absent(&error) => Vec::new(),
        Err(error) => {
            out.push(Diagnostic::error(Code::FileUnreadable, format!("{}: {error}", dir.display())));
            Vec::new()
        }
    };
    paths.retain(|path| path.extension().is_some_and(|ext| ext == "yaml"));
    let mut manifests = Manifests::default();
    for path in &paths {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let errors = out.count(Severity::Error);
        let read = source(path, sources, out).and_then(|file| manifest::parse(file, sources, out));
        let Some(manifest) = read else {
            manifests.unreadable.insert(stem);
            continue;
        };
        if out.count(Severity::Error) > errors {
            manifests.damaged.insert(manifest.id.value.clone());
        }
        let id = &manifest.id;
        if id.value != stem {
            let message = format!("{} has the id `{}`", path.display(), id.value);
            let found = Diagnostic::error(Code::WrongId, message).at(id.span, format!("expected `{stem}`"));
            out.push(found.help(format!("call the file {}.yaml, or write `id: {stem}`", id.value)));
            // It may be meant by either name; another file comes first.
            let other = paths.iter().any(|path| path.file_stem().is_some_and(|stem| *stem == *id.value));
            if !other {
                manifests.by_id.insert(id.value.clone(), manifest.clone());
            }
        }
        manifests.by_id.insert(stem, manifest);
    }
    manifests
}
