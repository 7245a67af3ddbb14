// SPDX-License-Identifier: BSD-2-Clause
//! `plan`: what will be booted, in which order, with which authority and memory (SPEC P-2).

use std::path::PathBuf;

use clap::Args;
use partenza_analysis::plan::{Overlay, Report, dot, json, show, svg};

use crate::output::{paint, to};
use crate::system::{CompileArgs, Loaded};
use crate::{Failure, output};

pub const EXAMPLES: &str = "\
Examples:
  partenza plan
      order, worst times, grants and memory of the system here
  partenza plan image.elf
      the same of an image that is built already
  partenza plan --svg -o plan.svg
      a picture for the design document
  partenza plan --svg --authority -o plan.svg
      with calls, signals, shared memory, hardware
  partenza plan --json | jq '.services[] | select(.critical) | .name'

Times are upper bounds: the sum of startup timeouts along the longest chain.
`partenza bootchart` shows real ones.";

#[derive(Args, Clone)]
pub struct PlanArgs {
    /// A system's directory, an archive or an image
    #[arg(value_name = "SYSTEM", default_value = ".")]
    pub what: PathBuf,
    #[command(flatten)]
    pub compile: CompileArgs,
    /// The plan as JSON
    #[arg(long, group = "form")]
    pub json: bool,
    /// The plan for Graphviz
    #[arg(long, group = "form")]
    pub dot: bool,
    /// The plan as a picture
    #[arg(long, group = "form")]
    pub svg: bool,
    /// Draw what the capabilities say as well
    #[arg(long, requires = "form")]
    pub authority: bool,
    /// Where to write it, if not to standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

pub fn plan(args: &PlanArgs) -> Result<(), Failure> {
    let loaded = Loaded::load(&args.what, &args.compile)?;
    let plan = loaded.source()?.plan();
    let report = Report::new(&plan);
    let overlay = if args.authority { Overlay::Authority } else { Overlay::None };
    let text = if args.json {
        format!("{:#}\n", json(&report))
    } else if args.dot {
        dot(&report, overlay)
    } else if args.svg {
        svg(&report, overlay)
    } else {
        let paint = if args.output.is_some() { output::PLAIN } else { paint() };
        show(&report, paint)
    };
    to(args.output.as_deref(), &text)
}
