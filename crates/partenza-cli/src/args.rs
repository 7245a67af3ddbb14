// SPDX-License-Identifier: BSD-2-Clause
//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::ArgValueCandidates;
use partenza_compiler::numbers;

use crate::candidates;

const BEGIN: &str = "\
To begin:
  partenza new demo && make -C demo run
      a small system of your own, in QEMU
  partenza check
      what is wrong with the system in this directory
  partenza run
      boot it; then, in another terminal: partenza status

`partenza COMMAND --help` shows examples, `partenza explain CODE` how to mend
what was found.";

/// Checks, packs and runs Partenza systems on seL4.
#[derive(Parser)]
#[command(name = "partenza", version, arg_required_else_help = true, after_help = BEGIN)]
pub struct Partenza {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Check a system and say what is wrong with it
    #[command(after_help = crate::check::EXAMPLES)]
    Check(crate::check::CheckArgs),
    /// Check a system, plan it, and write the archive
    #[command(after_help = "Example:\n  partenza build . -o build/archive.pza")]
    Build(BuildArgs),
    /// Build a system and inject its archive into the root task: an image that boots
    #[command(after_help = "Example:\n  partenza pack . --kernel build/kernel/debug -o build/image.elf")]
    Pack(PackArgs),
    /// Boot an image, or a system's directory, in QEMU
    #[command(after_help = crate::run::EXAMPLES)]
    Run(RunArgs),
    /// Say what will be booted: order, worst times, grants, memory
    #[command(after_help = crate::plan::EXAMPLES)]
    Plan(crate::plan::PlanArgs),
    /// Say who can reach what, and how
    #[command(after_help = crate::authority::EXAMPLES)]
    Authority(crate::authority::AuthorityArgs),
    /// Compare two plans: services, order, grants, rights, memory, who reaches whom
    #[command(after_help = crate::diff::EXAMPLES)]
    Diff(crate::diff::DiffArgs),
    /// Draw a real boot: when each service was built, started, ready
    #[command(after_help = crate::chart::CHART_EXAMPLES)]
    Bootchart(crate::chart::ChartArgs),
    /// List services by the time that each took to be ready
    #[command(after_help = crate::chart::BLAME_EXAMPLES)]
    Blame(crate::chart::TextArgs),
    /// Show what the boot waited for, step by step
    #[command(after_help = crate::chart::CHAIN_EXAMPLES)]
    CriticalChain(crate::chart::TextArgs),
    #[command(flatten)]
    Running(crate::host::Remote),
    /// Serve the line to a board, as `run` does for QEMU
    #[command(after_help = crate::host::attach::EXAMPLES)]
    Attach(crate::host::attach::AttachArgs),
    /// Turn event frames on standard input into JSON lines
    #[command(after_help = "Example:\n  socat - UNIX-CONNECT:/tmp/events | partenza decode | jq .event")]
    Decode,
    /// Say what a code means and how to mend it
    #[command(after_help = crate::explain::EXAMPLES)]
    Explain {
        /// PZ-0101, PZ-E0120; without one, all codes are listed
        #[arg(add = ArgValueCandidates::new(candidates::codes))]
        code: Option<String>,
    },
    /// Hold a module, or the orchestrator itself, against the specification, in QEMU
    #[command(after_help = crate::conformance::EXAMPLES)]
    Conformance(crate::conformance::ConformanceArgs),
    /// Write a small system that works, to begin with
    #[command(after_help = crate::new::EXAMPLES)]
    New(crate::new::NewArgs),
    /// Print the JSON Schema of a YAML file, for editors
    #[command(after_help = crate::schema::EXAMPLES)]
    Schema(crate::schema::SchemaArgs),
    /// Print completions for a shell
    #[command(after_help = crate::manual::COMPLETIONS)]
    Completions(crate::manual::CompletionsArgs),
    /// Print the manual page
    #[command(after_help = crate::manual::MAN)]
    Man(crate::manual::ManArgs),
    /// Write the generated pages of the documentation, or the generated C header
    #[command(after_help = crate::docs::EXAMPLES)]
    Docs {
        /// The directory to write to
        dir: PathBuf,
        /// The header instead of the pages
        #[arg(long)]
        header: bool,
    },
}

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

#[derive(Args, Clone)]
pub struct RunArgs {
    /// An image, or a system's directory
    #[arg(value_name = "IMAGE|DIR", default_value = ".")]
    pub what: PathBuf,
    #[command(flatten)]
    pub kernel: KernelArgs,
    /// Where ELF files are looked for, for a directory
    #[arg(long = "search-path", value_name = "DIR")]
    pub search_path: Vec<PathBuf>,
    /// Say what changed since the plan was compiled last, for a directory
    #[arg(long)]
    pub why_rebuilt: bool,
    /// The prebuilt root task, for a directory
    #[arg(long, value_name = "ELF")]
    pub root_task: Option<PathBuf>,
    /// RAM of the machine
    #[arg(long, value_name = "SIZE", default_value = "128MiB", value_parser = size)]
    pub memory: u64,
    /// Boot parameter, as `partenza explain PZ-E0113` lists them; may be given more than once
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parameter,
        add = ArgValueCandidates::new(candidates::boot_parameters))]
    pub params: Vec<(String, String)>,
    /// No terminal: console text goes to standard error, or to --console
    #[arg(long)]
    pub headless: bool,
    /// Print events on standard output, one per line
    #[arg(long, value_name = "FORMAT")]
    pub events: Option<EventFormat>,
    /// Where the console's text goes when headless
    #[arg(long, value_name = "FILE", requires = "headless")]
    pub console: Option<PathBuf>,
    /// End QEMU at the first event of that name, as in boot-complete
    #[arg(long, value_name = "EVENT")]
    pub until: Option<String>,
    /// End QEMU after that time, which is a failure unless --until was met
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub timeout: Option<Duration>,
    /// Count instructions instead of time: the same numbers in every run
    #[arg(long)]
    pub icount: bool,
    /// The control socket for `partenza status` and its like [default: control.sock beside the image]
    #[arg(long, value_name = "SOCKET")]
    pub control: Option<PathBuf>,
    /// Let the machine reboot instead of ending QEMU
    #[arg(long)]
    pub reboot: bool,
    /// The emulator
    #[arg(long, value_name = "PROGRAM", default_value = "qemu-system-x86_64")]
    pub qemu: PathBuf,
    /// A further argument for QEMU; may be given more than once
    #[arg(long = "qemu-arg", value_name = "ARG", allow_hyphen_values = true)]
    pub qemu_args: Vec<String>,
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
