// SPDX-License-Identifier: BSD-2-Clause
//! `check`, `build`, `pack`: from a system's directory to findings, an archive, an image.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use partenza_compiler::diagnostic::{json, text};
use partenza_compiler::numbers::show_size;
use partenza_compiler::{Code, Compiled, Diagnostics, Kernel, Options, Severity, Sources, compile};

use crate::Failure;
use crate::args::{BuildArgs, KernelArgs, PackArgs, SystemArgs};
use crate::output::{errln, outln};

/// Where `make` puts programs for a kernel, below `build/sel4/`.
const TARGET: &str = "x86_64-unknown-linux-gnu/sel4";

pub fn check(args: &SystemArgs) -> Result<(), Failure> {
    let kernel = kernel(&args.kernel)?;
    let mut run = Run::new(args);
    run.compile(kernel);
    run.finish(Severity::Note)
}

/// A system, compiled; what was found is told.
pub fn compiled(args: &SystemArgs) -> Result<Compiled, Failure> {
    let kernel = kernel(&args.kernel)?;
    let mut run = Run::new(args);
    let compiled = run.compile(kernel);
    run.finish(Severity::Warning)?;
    compiled.ok_or(Failure::Problems)
}

pub fn build(args: &BuildArgs) -> Result<(), Failure> {
    let compiled = compiled(&args.system)?;
    write(&args.output, &compiled.archive)?;
    progress(&compiled, compiled.archive.len(), &args.output);
    Ok(())
}

pub fn pack(args: &PackArgs) -> Result<(), Failure> {
    let kernel = kernel(&args.system.kernel)?;
    let mut run = Run::new(&args.system);
    let options = run.options(kernel.clone());
    let compiled = run.compile(kernel.clone());
    let image = compiled.as_ref().and_then(|compiled| {
        let root_task = args.root_task.clone().unwrap_or_else(|| find_root_task(&options.search_path));
        compiled.image(&root_task, &kernel, args.memory, &mut run.found)
    });
    run.finish(Severity::Warning)?;
    let (compiled, image) = compiled.zip(image).ok_or(Failure::Problems)?;
    write(&args.output, &image.bytes)?;
    progress(&compiled, image.bytes.len(), &args.output);
    Ok(())
}

fn find_root_task(search_path: &[PathBuf]) -> PathBuf {
    let names = ["root-task", "root-task.elf"];
    let candidates = search_path.iter().flat_map(|dir| names.map(|name| dir.join(name)));
    candidates
        .clone()
        .find(|path| path.is_file())
        .or_else(|| candidates.last())
        .unwrap_or_else(|| names[0].into())
}

fn progress(compiled: &Compiled, bytes: usize, output: &Path) {
    let plan = compiled.plan();
    errln!(
        "{}: {} services, {} distinct programs, {} at run time -> {} ({})",
        plan.system,
        plan.services.len(),
        plan.images.len(),
        show_size(compiled.memory),
        output.display(),
        show_size(bytes as u64)
    );
}

/// The kernel that the arguments or the environment name.
pub fn kernel(args: &KernelArgs) -> Result<Kernel, Failure> {
    let from_env = || std::env::var_os("SEL4_PREFIX").filter(|value| !value.is_empty()).map(PathBuf::from);
    let prefix = args.kernel.clone().or_else(from_env).unwrap_or_else(|| "build/kernel/debug".into());
    Kernel::open(&prefix).map_err(|why| {
        Failure::Environment(format!("[{}] {why}; {}", Code::BadKernel, Code::BadKernel.row().hint))
    })
}

/// Where programs for `kernel` are when nobody says.
pub fn default_search_path(kernel: &Kernel) -> Vec<PathBuf> {
    let flavour = if kernel.debug { "debug" } else { "release" };
    let own = kernel.prefix.file_name().map(|name| name.to_string_lossy().into_owned());
    let mut names: Vec<String> = own.into_iter().collect();
    if !names.iter().any(|name| name == flavour) {
        names.push(flavour.to_owned());
    }
    names.into_iter().map(|name| Path::new("build/sel4").join(name).join(TARGET)).collect()
}

pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        fs::create_dir_all(dir)
            .map_err(|error| Failure::Environment(format!("{}: {error}", dir.display())))?;
    }
    fs::write(path, bytes).map_err(|error| Failure::Environment(format!("{}: {error}", path.display())))
}

/// One run of the compiler, with what it found.
struct Run<'a> {
    args: &'a SystemArgs,
    sources: Sources,
    found: Diagnostics,
}

impl<'a> Run<'a> {
    fn new(args: &'a SystemArgs) -> Self {
        Self { args, sources: Sources::default(), found: Diagnostics::default() }
    }

    fn options(&self, kernel: Kernel) -> Options {
        let args = self.args;
        let search_path = match args.search_path.as_slice() {
            [] => default_search_path(&kernel),
            given => given.to_vec(),
        };
        Options {
            dir: args.dir.clone(),
            system: args.system.clone(),
            config: args.config.clone(),
            manifests: args.manifests.clone(),
            search_path,
            kernel,
        }
    }

    fn compile(&mut self, kernel: Kernel) -> Option<Compiled> {
        let options = self.options(kernel);
        compile(&options, &mut self.sources, &mut self.found)
    }

    /// Tells what was found, down to severity `least`; problems end the command.
    fn finish(&self, least: Severity) -> Result<(), Failure> {
        tell(&self.found, &self.sources, self.args.json, least)
    }
}

/// Tells findings down to severity `least`, or all as JSON; problems end the command.
pub fn tell(found: &Diagnostics, sources: &Sources, as_json: bool, least: Severity) -> Result<(), Failure> {
    if as_json {
        outln!("{:#}", json(found, sources))?;
    } else {
        let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let shown = text(found, sources, least, colour);
        io::stderr().write_all(shown.as_bytes()).map_err(Failure::environment)?;
    }
    if found.has_errors() { Err(Failure::Problems) } else { Ok(()) }
}
