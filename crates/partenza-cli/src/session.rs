// SPDX-License-Identifier: BSD-2-Clause
//! One run of the compiler with what it found: from a directory to a checked plan, and from findings to the user.
//!
//! A plan is compiled and held against its policy, or taken from the [`cache`](crate::cache) when nothing changed.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use partenza_analysis::text::Paint;
use partenza_compiler::diagnostic::{self, text};
use partenza_compiler::source::Inputs;
use partenza_compiler::{Code, Compiled, Diagnostics, Kernel, Options, Severity, Sources, compile};

use serde_json::{Value, json};

use crate::args::{KernelArgs, SystemArgs};
use crate::cache::{Cache, Shown};
use crate::failure::Told;
use crate::output::{errln, paint_for};
use crate::{Failure, output, policy};

/// Where `make` puts programs for a kernel, below `build/sel4/`.
const TARGET: &str = "x86_64-unknown-linux-gnu/sel4";

/// Names directories of programs.
const SEARCH_PATH: &str = "PARTENZA_SEARCH_PATH";

pub struct Session<'a> {
    args: &'a SystemArgs,
    pub kernel: Kernel,
    sources: Sources,
    pub found: Diagnostics,
    /// What an earlier run found; then nothing was compiled in this one.
    earlier: Option<Shown>,
    memory: Option<u64>,
    /// What is wrong with the kernel itself. Apart, because it is no part of what the cache keeps.
    of_kernel: Diagnostics,
}

impl<'a> Session<'a> {
    pub fn new(args: &'a SystemArgs) -> Result<Self, Failure> {
        let (sources, found) = (Sources::default(), Diagnostics::default());
        let kernel = kernel_noting(&args.files.kernel, &sources.inputs)?;
        let mut of_kernel = Diagnostics::default();
        if let Some(warning) = kernel.check_stack() {
            of_kernel.push(warning);
        }
        Ok(Self { args, kernel, sources, found, earlier: None, memory: None, of_kernel })
    }

    pub fn options(&self) -> Options {
        let files = &self.args.files;
        let search_path = match files.search_path.as_slice() {
            [] => default_search_path(&self.kernel),
            given => given.to_vec(),
        };
        Options {
            dir: self.args.dir.clone(),
            system: files.system.clone(),
            config: files.config.clone(),
            manifests: files.manifests.clone(),
            search_path,
            kernel: self.kernel.clone(),
            memory: self.memory,
        }
    }

    /// The system is for a machine with so many bytes of RAM.
    pub fn for_machine(mut self, memory: u64) -> Self {
        self.memory = Some(memory);
        self
    }

    /// Compiles, and judges the policy. `None` after errors.
    pub fn compile(&mut self) -> Option<Compiled> {
        let options = self.options();
        let compiled = compile(&options, &mut self.sources, &mut self.found)?;
        policy::judge(&compiled, &mut self.found);
        (!self.found.has_errors()).then_some(compiled)
    }

    /// The same, from the cache where nothing changed (SPEC P-3); with `why`, says what did.
    pub fn compile_cached(&mut self, why: bool) -> Option<Compiled> {
        let cache = Cache::of(&self.options());
        let reasons = match cache.load() {
            Ok((compiled, shown)) => {
                if why {
                    errln!("nothing changed: the plan is the one in {}", cache.archive().display());
                }
                self.earlier = Some(shown);
                return Some(compiled);
            }
            Err(reasons) => reasons,
        };
        if why {
            for reason in reasons {
                errln!("rebuilt: {reason}");
            }
        }
        let compiled = self.compile()?;
        cache.store(&compiled, &self.sources.inputs, &shown(&self.found, &self.sources, Severity::Warning));
        Some(compiled)
    }

    /// Compiles although the plan that was taken from the cache is good: its files are read, so findings about it have
    /// places. Nothing was taken: `None`.
    pub fn compile_again(&mut self) -> Option<Compiled> {
        self.earlier.take()?;
        (self.sources, self.found) = (Sources::default(), Diagnostics::default());
        self.compile()
    }

    /// Tells what was found, down to severity `least`; problems end the command.
    pub fn finish(&self, least: Severity) -> Result<(), Failure> {
        let of_kernel = self.of_kernel.count(Severity::Warning) > 0;
        match &self.earlier {
            earlier if of_kernel || earlier.is_some() => {
                let now = [&self.of_kernel, &self.found].map(|found| shown(found, &self.sources, least));
                tell_shown(earlier.iter().chain(&now), self.args.json)?;
            }
            _ => render(&self.found, &self.sources, self.args.json, least)?,
        }
        if self.found.has_errors() { Err(Failure::Problems) } else { Ok(()) }
    }

    /// Warnings of this run and of the one that the plan comes from.
    pub fn warnings(&self) -> usize {
        let of_kernel = self.of_kernel.count(Severity::Warning);
        self.found.count(Severity::Warning)
            + of_kernel
            + self.earlier.as_ref().map_or(0, |shown| shown.warnings)
    }
}

/// Tells findings down to severity `least`, or all as JSON; problems end the command.
pub fn tell(found: &Diagnostics, sources: &Sources, json: bool, least: Severity) -> Result<(), Failure> {
    render(found, sources, json, least)?;
    if found.has_errors() { Err(Failure::Problems) } else { Ok(()) }
}

/// Shows findings in the one form that is asked for.
fn render(found: &Diagnostics, sources: &Sources, as_json: bool, least: Severity) -> Result<(), Failure> {
    if as_json {
        return findings(diagnostic::json(found, sources));
    }
    io::stderr().write_all(text(found, sources, least, colour()).as_bytes()).map_err(Failure::environment)
}

/// Whether standard error shows colours.
fn colour() -> bool {
    paint_for(&io::stderr()) == Paint::Colour
}

/// Findings as JSON on standard output.
fn findings(list: Value) -> Result<(), Failure> {
    output::json(json!({"findings": list}))
}

fn shown(found: &Diagnostics, sources: &Sources, least: Severity) -> Shown {
    Shown {
        plain: text(found, sources, least, false),
        coloured: text(found, sources, least, true),
        json: diagnostic::json(found, sources),
        warnings: found.count(Severity::Warning),
    }
}

fn tell_shown<'s>(all: impl Iterator<Item = &'s Shown>, json: bool) -> Result<(), Failure> {
    if json {
        let lists = all.filter_map(|shown| shown.json.as_array());
        return findings(lists.flatten().cloned().collect());
    }
    let colour = colour();
    for shown in all {
        let text = if colour { &shown.coloured } else { &shown.plain };
        io::stderr().write_all(text.as_bytes()).map_err(Failure::environment)?;
    }
    Ok(())
}

/// The kernel that the arguments or the environment name.
pub fn kernel(args: &KernelArgs) -> Result<Kernel, Failure> {
    kernel_noting(args, &Inputs::default())
}

/// The same; what was read of it is noted in `inputs`.
fn kernel_noting(args: &KernelArgs, inputs: &Inputs) -> Result<Kernel, Failure> {
    let from_env = || std::env::var_os("SEL4_PREFIX").filter(|value| !value.is_empty()).map(PathBuf::from);
    let prefix = args.kernel.clone().or_else(from_env).unwrap_or_else(|| "build/kernel/debug".into());
    Kernel::open(&prefix, inputs)
        .map_err(|why| Failure::Environment(Told::of(Code::BadKernel, why, Code::BadKernel.row().hint)))
}

/// Where programs for `kernel` are without `--search-path`: the directories of `PARTENZA_SEARCH_PATH`, separated as in
/// `PATH`, then where `make` puts them.
pub fn default_search_path(kernel: &Kernel) -> Vec<PathBuf> {
    let flavour = if kernel.debug { "debug" } else { "release" };
    let own = kernel.prefix.file_name().map(|name| name.to_string_lossy().into_owned());
    let mut names: Vec<String> = own.into_iter().collect();
    if !names.iter().any(|name| name == flavour) {
        names.push(flavour.to_owned());
    }
    let named = std::env::var_os(SEARCH_PATH).filter(|paths| !paths.is_empty());
    let named: Vec<PathBuf> = named.iter().flat_map(std::env::split_paths).collect();
    let own = names.into_iter().map(|name| Path::new("build/sel4").join(name).join(TARGET));
    named.into_iter().chain(own).collect()
}
