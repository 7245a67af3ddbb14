// SPDX-License-Identifier: BSD-2-Clause
//! A compiled plan for the commands that look at one: from a directory, which is compiled, an archive or an image.

use std::fs;
use std::path::Path;

use clap::Args;
use partenza_analysis::source::Source;

use crate::args::{FileArgs, SystemArgs};
use crate::{Failure, pack};

/// How a directory is compiled; archives and images need none of it.
#[derive(Args, Clone)]
pub struct CompileArgs {
    #[command(flatten)]
    pub files: FileArgs,
    /// Say what changed since the plan was compiled last
    #[arg(long)]
    pub why_rebuilt: bool,
}

impl CompileArgs {
    /// As a directory of its own would be asked for.
    pub fn of(&self, dir: &Path) -> SystemArgs {
        SystemArgs { dir: dir.to_owned(), files: self.files.clone(), json: false }
    }
}

/// The bytes that hold a plan.
pub struct Loaded {
    bytes: Vec<u8>,
    name: String,
}

impl Loaded {
    /// Compiles a directory, reads anything else.
    pub fn load(what: &Path, compile: &CompileArgs) -> Result<Self, Failure> {
        let name = what.display().to_string();
        if what.is_dir() {
            return Ok(Self { bytes: pack::compiled(&compile.of(what), compile.why_rebuilt)?.archive, name });
        }
        let bytes = fs::read(what).map_err(|error| Failure::environment(format!("{name}: {error}")))?;
        Ok(Self { bytes, name })
    }

    pub fn source(&self) -> Result<Source<'_>, Failure> {
        Source::open(&self.bytes).map_err(|why| Failure::environment(format!("{}: {why}", self.name)))
    }
}
