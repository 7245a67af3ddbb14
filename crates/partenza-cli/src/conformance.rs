// SPDX-License-Identifier: BSD-2-Clause
//! `conformance`: holds a module, or the orchestrator, against the specification (SPEC S-7). What is judged and how is
//! `partenza-conformance`'s business; here is the way from arguments to a report and an exit code.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use partenza_conformance::Unable;
use partenza_conformance::image::Ground;
use partenza_conformance::report::Report;
use partenza_conformance::{module, orchestrator};

use crate::args::{self, KernelArgs};
use crate::output;
use crate::{Failure, pack, session};

pub const EXAMPLES: &str = "\
Examples:
  partenza conformance module my-service
      a folder with my-service.yaml and its ELF file
  partenza conformance module . --id greeter
      one module of a whole system, in that system
  partenza conformance module my-service --junit report.xml
  partenza conformance orchestrator
      every item that shows while the root task runs
  partenza conformance orchestrator --kernel build/kernel/release --json

It needs what `make tools programs kernels` builds. docs/conformance.md has
every rule.
Exit code: 0 nothing failed, 1 something did, 2 it could not be judged.";

#[derive(Args, Clone)]
pub struct ConformanceArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Clone)]
enum What {
    /// Hold a module against its clauses: manifest, ELF file, interfaces, behaviour
    Module(ModuleArgs),
    /// Hold the root task against every item that shows while it runs
    Orchestrator(OrchestratorArgs),
}

#[derive(Args, Clone)]
struct OrchestratorArgs {
    /// Boot parameter of all machines; may be given more than once
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = args::parameter)]
    params: Vec<(String, String)>,
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(Args, Clone)]
struct ModuleArgs {
    /// Its manifest, or the folder that holds it; with a system.xml there, it is tried in that system
    #[arg(value_name = "DIR", default_value = ".")]
    place: PathBuf,
    /// Its id, where the folder holds several
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(Args, Clone)]
struct CommonArgs {
    #[command(flatten)]
    kernel: KernelArgs,
    /// Where ELF files are looked for; may be given more than once
    #[arg(long = "search-path", value_name = "DIR")]
    search_path: Vec<PathBuf>,
    /// The prebuilt root task [default: root-task on the search path]
    #[arg(long, value_name = "ELF")]
    root_task: Option<PathBuf>,
    /// The systems that are booted are written here
    #[arg(long, value_name = "DIR", default_value = "build/partenza/conformance")]
    scratch: PathBuf,
    /// The report as JSON on standard output
    #[arg(long)]
    json: bool,
    /// The report as JUnit XML, too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

impl CommonArgs {
    fn ground(&self) -> Result<Ground, Failure> {
        let kernel = session::kernel(&self.kernel)?;
        let mut search_path = self.search_path.clone();
        search_path.extend(session::default_search_path(&kernel));
        let root_task = self.root_task.clone().or_else(|| pack::find_root_task(&search_path));
        let root_task = root_task.unwrap_or_else(|| pack::ROOT_TASK[0].into());
        Ok(Ground { kernel, root_task, search_path, scratch: self.scratch.clone() })
    }
}

pub fn conformance(args: &ConformanceArgs) -> Result<(), Failure> {
    match &args.what {
        What::Module(args) => {
            let options = module::Options { place: args.place.clone(), id: args.id.clone() };
            tell(module::run(&options, &args.common.ground()?), &args.common)
        }
        What::Orchestrator(args) => {
            tell(orchestrator::run(&args.common.ground()?, &args.params), &args.common)
        }
    }
}

fn tell(outcome: Result<Report, Unable>, args: &CommonArgs) -> Result<(), Failure> {
    let report = outcome.map_err(Failure::environment)?;
    if let Some(file) = &args.junit {
        pack::write(file, report.junit().as_bytes())?;
    }
    if args.json {
        output::json(report.json())?;
    } else {
        output::text(&report.text())?;
    }
    if report.conforms() { Ok(()) } else { Err(Failure::Problems) }
}
