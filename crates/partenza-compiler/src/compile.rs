// SPDX-License-Identifier: BSD-2-Clause
//! The whole way, from a directory to an archive and an image.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use partenza_plan::Plan;
use partenza_plan::archive::Archive;

use crate::archive;
use crate::check::{authority, budget, exclusive, order, target};
use crate::config::{self, Config, default_platform};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::elf::{self, Elf, Problem, ROLE_PROTECTION_DOMAIN};
use crate::extensions::{self, Registry};
use crate::image::{self, Image};
use crate::kernel::Kernel;
use crate::layout::plan::{Input, Store, build};
use crate::layout::slots;
use crate::manifest::{self, Manifest, Manifests};
use crate::resolve::{self, Model};
use crate::sdf::{self, Board};
use crate::source::{FileId, Inputs, Sources, Span, Spanned};

/// The registry of extensions, where partenza.yaml names none.
const EXTENSIONS: &str = "extensions.yaml";

/// Where a system's files are.
#[derive(Clone, Debug)]
pub struct Options {
    /// Holds `system.xml`, `partenza.yaml` and `manifests/`, unless said otherwise.
    pub dir: PathBuf,
    pub system: Option<PathBuf>,
    pub config: Option<PathBuf>,
    pub manifests: Option<PathBuf>,
    /// Where ELF files are looked for, in this order; the directory itself comes first.
    pub search_path: Vec<PathBuf>,
    pub kernel: Kernel,
}

impl Options {
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>, kernel: Kernel) -> Self {
        Self { dir: dir.into(), system: None, config: None, manifests: None, search_path: Vec::new(), kernel }
    }

    fn path(&self, given: Option<&PathBuf>, name: &str) -> PathBuf {
        given
            .cloned()
            .unwrap_or_else(|| if self.dir == Path::new(".") { name.into() } else { self.dir.join(name) })
    }
}

/// A system, compiled.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// What the root task reads.
    pub archive: Vec<u8>,
    /// Bytes of RAM that the plan's objects take.
    pub memory: u64,
    /// Slots of the root CNode that the plan takes.
    pub slots: u64,
    /// `policy` of partenza.yaml, to be held against the plan.
    pub policy: Vec<config::Rule>,
}

impl Compiled {
    /// The plan, read back from the archive.
    ///
    /// # Panics
    /// Never: the archive was just written.
    #[must_use]
    pub fn plan(&self) -> Plan<'_> {
        let archive = Archive::open(&self.archive).expect("an archive that was just sealed opens");
        Plan::decode(archive.plan()).expect("a plan that was just encoded decodes")
    }

    /// Injects the archive into a root task, if kernel and machine can hold the result. Findings go to `out`.
    pub fn image(
        &self,
        root_task: &Path,
        kernel: &Kernel,
        machine: u64,
        out: &mut Diagnostics,
    ) -> Option<Image> {
        let mut refuse = |problem: Problem| {
            let message = format!("{}: {}", root_task.display(), problem.message);
            out.push(Diagnostic::error(problem.code, message).maybe_help(problem.help));
        };
        let bytes = match fs::read(root_task) {
            Ok(bytes) => bytes,
            Err(error) => {
                refuse(Problem { code: Code::BadRootTask, message: error.to_string(), help: None });
                return None;
            }
        };
        match image::inject(&bytes, &self.archive, kernel) {
            Ok(image) => self.fits(&image, kernel, machine, out).then_some(image),
            Err(problems) => {
                problems.into_iter().for_each(&mut refuse);
                None
            }
        }
    }

    /// Whether the kernel's root CNode and the machine's memory hold everything. What is told here is the least that is
    /// needed; the root task knows exactly.
    fn fits(&self, image: &Image, kernel: &Kernel, machine: u64, out: &mut Diagnostics) -> bool {
        /// Tables of the root task's own image, arena frames, and what kernel versions differ in.
        const SPARE_SLOTS: u64 = 256;
        /// What the kernel itself takes of low memory.
        const KERNEL_BYTES: u64 = 4 << 20;
        let slots =
            kernel.facts.initial_slots + kernel.untyped_slots + image.pages + self.slots + SPARE_SLOTS;
        let mut fits = true;
        if slots > 1 << kernel.root_cnode_bits {
            let bits = 64 - (slots - 1).leading_zeros();
            let message = format!(
                "the system takes {slots} slots; the kernel's root CNode has {}",
                1u64 << kernel.root_cnode_bits
            );
            let help = format!("build the kernel with ROOT_CNODE_SIZE_BITS={bits} or more");
            out.push(Diagnostic::error(Code::TooManySlots, message).help(help));
            fits = false;
        }
        // The boot loader's module and the kernel's copy of it are in memory at once.
        let bytes = KERNEL_BYTES + image.bytes.len() as u64 + image.pages * partenza_plan::PAGE + self.memory;
        if bytes > machine {
            let mib = |bytes: u64| bytes.div_ceil(1 << 20);
            let message =
                format!("the system takes {} MiB of RAM; the machine has {} MiB", mib(bytes), mib(machine));
            let help = format!("give the machine more: --memory {}MiB", mib(bytes).next_power_of_two());
            out.push(Diagnostic::error(Code::TooMuchMemory, message).help(help));
            fits = false;
        }
        fits
    }
}

/// Everything that was read of a system.
struct Files {
    system: sdf::System,
    config: Config,
    /// There is no partenza.yaml: a plain Microkit system.
    plain: bool,
    manifests: Manifests,
    registry: Registry,
}

/// Compiles a system. Findings go to `out`; `None` after errors.
pub fn compile(options: &Options, sources: &mut Sources, out: &mut Diagnostics) -> Option<Compiled> {
    let compiled = compile_noting(options, sources, out);
    out.join_fields_without_effect();
    compiled
}

/// The same; what has no effect yet is noted field by field.
fn compile_noting(options: &Options, sources: &mut Sources, out: &mut Diagnostics) -> Option<Compiled> {
    let files = read(options, sources, out)?;
    let model =
        resolve::resolve(&files.system, &files.config, &files.manifests, &files.registry, files.plain, out);
    let order = order::order(&model, out);
    let authority = authority::check(&model, &options.kernel, out);
    if !out.iter().any(|found| found.code == Code::DependencyCycle) {
        budget::check(&model, &order, out);
    }
    exclusive::check(&model, out);
    target::check(&model, &options.kernel, out);
    let (elfs, image_of) = elfs(options, &model, &mut sources.inputs, out);
    if out.has_errors() {
        return None;
    }
    let title = files.config.system.as_ref().map_or_else(|| title(options), |name| name.value.clone());
    let input = Input {
        model: &model,
        order: &order,
        authority: &authority,
        elfs: &elfs,
        image_of: &image_of,
        kernel: &options.kernel,
        title: &title,
    };
    let store = Store::default();
    let mut plan = build(&input, &store, out);
    if out.has_errors() {
        return None;
    }
    let archive = archive::write(&mut plan, &elfs);
    Some(Compiled {
        memory: slots::memory(&plan),
        slots: plan.objects.slots.into(),
        archive,
        policy: files.config.policy.clone(),
    })
}

/// The directory's name, where partenza.yaml gives none.
fn title(options: &Options) -> String {
    let dir = options.dir.canonicalize().unwrap_or_else(|_| options.dir.clone());
    dir.file_name().map_or_else(|| "system".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Reads and parses every file. `None` when there is nothing to check.
fn read(options: &Options, sources: &mut Sources, out: &mut Diagnostics) -> Option<Files> {
    let system_path = options.path(options.system.as_ref(), "system.xml");
    let file = source(&system_path, sources, out)?;
    let places: Vec<PathBuf> = search(options).into_iter().map(Path::to_path_buf).collect();
    let system = sdf::read(file, sources, &Board::X86_64, &places, out);
    let config_path = options.path(options.config.as_ref(), "partenza.yaml");
    let plain = options.config.is_none() && !config_path.exists();
    let config = if plain {
        Some(plain_config(&system))
    } else {
        source(&config_path, sources, out).and_then(|file| config::parse(file, sources, out))
    };
    let manifests = manifests(&options.path(options.manifests.as_ref(), "manifests"), sources, out);
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
    if let Some(name) = named.filter(|_| !path.is_file()) {
        let message = format!("{} is not there", path.display());
        out.push(Diagnostic::error(Code::FileUnreadable, message).at(name.span, "named here"));
    }
    if named.is_none() && !path.exists() {
        // Noted as looked for: it may appear.
        let _ = sources.inputs.read(path);
        return Registry::default();
    }
    let file = path.is_file().then(|| source(path, sources, out)).flatten();
    file.and_then(|file| extensions::parse(file, sources, out)).unwrap_or_default()
}

/// Reads a file of a system. Findings go to `out`.
pub fn source(path: &Path, sources: &mut Sources, out: &mut Diagnostics) -> Option<FileId> {
    let bytes = match sources.inputs.read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            out.push(Diagnostic::error(Code::FileUnreadable, format!("{}: {error}", path.display())));
            return None;
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => Some(sources.add(path, text)),
        Err(_) => {
            out.push(Diagnostic::error(Code::NotText, format!("{} is not UTF-8 text", path.display())));
            None
        }
    }
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
        extensions: None,
    }
}

/// Every manifest of the directory, read in the order of their names.
fn manifests(dir: &Path, sources: &mut Sources, out: &mut Diagnostics) -> Manifests {
    let mut paths = sources.inputs.list(dir);
    paths.retain(|path| path.extension().is_some_and(|ext| ext == "yaml"));
    let mut manifests = Manifests::default();
    for path in &paths {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let read = source(path, sources, out).and_then(|file| manifest::parse(file, sources, out));
        let Some(manifest) = read else {
            manifests.unreadable.insert(stem);
            continue;
        };
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

/// Finds, reads and judges the ELF file of each service; equal files count once.
fn elfs(
    options: &Options,
    model: &Model<'_>,
    inputs: &mut Inputs,
    out: &mut Diagnostics,
) -> (Vec<(String, Elf)>, Vec<usize>) {
    let mut elfs: Vec<(String, Elf)> = Vec::new();
    let mut contents: Vec<Vec<u8>> = Vec::new();
    let mut by_name: HashMap<(&str, Option<&str>), usize> = HashMap::new();
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
        let name = (image.value.as_str(), symbols.map(|s| s.value.as_str()));
        if let Some(index) = by_name.get(&name) {
            image_of.push(*index);
            continue;
        }
        let index = match load(options, image, symbols, inputs, out) {
            Some((bytes, elf)) => match contents.iter().position(|known| *known == bytes) {
                Some(index) => index,
                None => {
                    contents.push(bytes);
                    elfs.push((image.value.clone(), elf));
                    elfs.len() - 1
                }
            },
            None => 0,
        };
        by_name.insert(name, index);
        image_of.push(index);
    }
    (elfs, image_of)
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
    inputs: &mut Inputs,
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
    inputs: &mut Inputs,
    out: &mut Diagnostics,
) -> Option<(PathBuf, Vec<u8>, Elf)> {
    let Some((path, bytes)) = find(options, &name.value, inputs) else {
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

fn search(options: &Options) -> Vec<&Path> {
    std::iter::once(options.dir.as_path()).chain(options.search_path.iter().map(PathBuf::as_path)).collect()
}

/// `NAME.elf`, or what cargo calls it: `NAME`.
fn find(options: &Options, name: &str, inputs: &mut Inputs) -> Option<(PathBuf, Vec<u8>)> {
    let names = [Some(name), name.strip_suffix(".elf")];
    for dir in search(options) {
        for name in names.into_iter().flatten() {
            let path = dir.join(name);
            if let Ok(bytes) = inputs.read(&path) {
                return Some((path, bytes));
            }
        }
    }
    None
}
