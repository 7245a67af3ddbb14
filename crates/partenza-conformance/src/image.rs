// SPDX-License-Identifier: BSD-2-Clause
//! From a system's folder to a machine that boots it.

use std::fs;
use std::path::{Path, PathBuf};

use partenza_compiler::{
    Code, Compiled, Diagnostic, Diagnostics, Kernel, Memory, Options, Severity, Sources, compile,
};
use partenza_lab::machine::Machine;

use crate::Unable;

/// What the tool stands on: kernel, root task, programs, and where it may write.
#[derive(Clone, Debug)]
pub struct Ground {
    pub kernel: Kernel,
    pub root_task: PathBuf,
    /// Where programs are looked for.
    pub search_path: Vec<PathBuf>,
    /// Systems and images are written here, and left to be looked at.
    pub scratch: PathBuf,
}

/// MiB of RAM of the machines, and the same in bytes.
pub const MEBIBYTES: u32 = 128;
const MEMORY: u64 = (MEBIBYTES as u64) << 20;

impl Ground {
    /// The kernel in words.
    #[must_use]
    pub fn kernel_name(&self) -> String {
        let Kernel { version, arch, debug, .. } = &self.kernel;
        format!("seL4 {version} {arch}, {} kernel", if *debug { "debug" } else { "release" })
    }

    /// # Errors
    /// A part that is built apart is not there.
    pub fn must_stand(&self, programs: &[&str]) -> Result<(), Unable> {
        let boot_image = self.kernel.boot_image();
        if !boot_image.is_file() {
            let shown = boot_image.display();
            return Err(Unable(format!(
                "{shown} is not there: run `make kernels`, or name a kernel with --kernel"
            )));
        }
        if !self.root_task.is_file() {
            let shown = self.root_task.display();
            return Err(Unable(format!(
                "{shown} is not there: run `make programs`, or name it with --root-task"
            )));
        }
        for program in programs {
            let there =
                |dir: &PathBuf| dir.join(program).is_file() || dir.join(format!("{program}.elf")).is_file();
            if !self.search_path.iter().any(there) {
                let places: Vec<String> =
                    self.search_path.iter().map(|dir| dir.display().to_string()).collect();
                return Err(Unable(format!(
                    "the program `{program}` of the conformance tool is not in {}: run `make programs`, or name its \
                     directory with --search-path",
                    places.join(", ")
                )));
            }
        }
        Ok(())
    }

    /// An empty folder of that name.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn folder(&self, name: &str) -> Result<PathBuf, Unable> {
        let dir = self.scratch.join(name);
        let made = match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => fs::create_dir_all(&dir),
        };
        made.map_err(|error| Unable(format!("{}: {error}", dir.display())))?;
        Ok(dir)
    }

    /// Compiles the system in `dir`. `None` after errors.
    pub fn compile(&self, dir: &Path, sources: &mut Sources, found: &mut Diagnostics) -> Option<Compiled> {
        let mut options = Options::new(dir, self.kernel.clone());
        options.search_path.clone_from(&self.search_path);
        compile(&options, sources, found)
    }

    /// The image of a compiled system, beside its files. `None` after errors.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn image(
        &self,
        compiled: &Compiled,
        name: &str,
        found: &mut Diagnostics,
    ) -> Result<Option<PathBuf>, Unable> {
        let Some(image) = compiled.image(&self.root_task, &self.kernel, Memory::Stated(MEMORY), found) else {
            return Ok(None);
        };
        let path = self.scratch.join(name).join("image.elf");
        write(&path, &image.bytes)?;
        Ok(Some(path))
    }

    /// A machine that boots the image.
    #[must_use]
    pub fn machine(&self, image: &Path) -> Machine {
        Machine::new(&self.kernel.boot_image(), image).memory(MEBIBYTES)
    }
}

/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Unable> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).map_err(|error| Unable(format!("{}: {error}", dir.display())))?;
    }
    fs::write(path, bytes).map_err(|error| Unable(format!("{}: {error}", path.display())))
}

/// The errors among the findings, a line each.
pub fn errors<'f>(found: &'f Diagnostics, sources: &'f Sources) -> impl Iterator<Item = (Code, String)> + 'f {
    let errors = found.iter().filter(|found| found.severity == Severity::Error);
    errors.map(|found| (found.code, line(found, sources)))
}

/// A finding in one line: where, what, its code.
#[must_use]
pub fn line(found: &Diagnostic, sources: &Sources) -> String {
    let place = found.labels.first().map_or_else(String::new, |label| {
        let at = sources.position(label.span.file, label.span.start);
        format!("{}:{}:{}: ", sources.path(label.span.file).display(), at.line, at.column)
    });
    format!("{place}{} ({})", found.message, found.code)
}
