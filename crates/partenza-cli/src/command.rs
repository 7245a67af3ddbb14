// SPDX-License-Identifier: BSD-2-Clause
//! The command line: every command, with what each takes.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::ArgValueCandidates;

use crate::args::{BuildArgs, PackArgs};
use crate::candidates;
use crate::run_args::RunArgs;

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
