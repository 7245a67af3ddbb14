// SPDX-License-Identifier: BSD-2-Clause
//! What several commands take on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use partenza_compiler::numbers;

/// What every command that reads a system takes.
#[derive(Args, Clone)]
pub struct SystemArgs {
    /// The directory with system.xml, partenza.yaml and manifests/
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    #[command(flatten)]
    pub files: FileArgs,
    /// Findings as a JSON array on standard output
    #[arg(long)]
    pub json: bool,
}

/// A system's files that are not where they usually are.
#[derive(Args, Clone, Default)]
pub struct FileArgs {
    /// The system description, if not DIR/system.xml
    #[arg(long, value_name = "FILE")]
    pub system: Option<PathBuf>,
    /// The integrator's file, if not DIR/partenza.yaml
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The directory of manifests, if not DIR/manifests
    #[arg(long, value_name = "DIR")]
    pub manifests: Option<PathBuf>,
    #[command(flatten)]
    pub kernel: KernelArgs,
    /// Where ELF files are looked for; may be given more than once
    #[arg(long = "search-path", value_name = "DIR")]
    pub search_path: Vec<PathBuf>,
}

#[derive(Args, Clone, Default)]
pub struct KernelArgs {
    /// The kernel's prefix [default: $SEL4_PREFIX, else build/kernel/debug]
    #[arg(long, value_name = "PREFIX")]
    pub kernel: Option<PathBuf>,
}

#[derive(Args, Clone)]
pub struct BuildArgs {
    #[command(flatten)]
    pub system: SystemArgs,
    /// Say what changed since the plan was compiled last
    #[arg(long)]
    pub why_rebuilt: bool,
    /// The archive
    #[arg(short, long, value_name = "FILE", default_value = "build/partenza/archive.pza")]
    pub output: PathBuf,
}

#[derive(Args, Clone)]
pub struct PackArgs {
    #[command(flatten)]
    pub system: SystemArgs,
    /// Say what changed since the plan was compiled last
    #[arg(long)]
    pub why_rebuilt: bool,
    /// The prebuilt root task [default: root-task on the search path]
    #[arg(long, value_name = "ELF")]
    pub root_task: Option<PathBuf>,
    /// RAM of the machine that the image is for: what does not fit is refused. Without it, what does not fit
    /// 128MiB is told, and packed
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub memory: Option<u64>,
    /// The image
    #[arg(short, long, value_name = "FILE", default_value = "build/partenza/image.elf")]
    pub output: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EventFormat {
    Json,
    Text,
}

pub fn size(text: &str) -> Result<u64, String> {
    numbers::size(text).filter(|size| *size > 0).ok_or_else(|| "expected a size, as in 128MiB".to_owned())
}

pub fn time(text: &str) -> Result<Duration, String> {
    let micros = numbers::duration(text).ok_or_else(|| "expected a duration, as in 30s".to_owned())?;
    Ok(Duration::from_micros(micros))
}

pub fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| "expected NAME=VALUE".to_owned())?;
    partenza_compiler::parameters::check(name, value)?;
    Ok((name.to_owned(), value.to_owned()))
}
