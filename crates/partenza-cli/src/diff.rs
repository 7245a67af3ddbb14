// SPDX-License-Identifier: BSD-2-Clause
//! `diff`: what a change to a system changes. Exit codes as of diff: 0 nothing, 1 something, 2 trouble.

use std::path::PathBuf;

use clap::Args;
use partenza_analysis::diff::{Diff, Side, json, show};

use crate::output::{paint, text};
use crate::system::{CompileArgs, Loaded};
use crate::{Failure, output};

pub const EXAMPLES: &str = "\
Examples:
  partenza diff released.elf .
      what the system here changes of a released image
  git worktree add ../main main && partenza diff ../main . --search-path elfs
      what a branch changes: for the review
  partenza diff a.pza b.pza --json | jq '.reach[] | select(.gained)'
      who reaches whom that did not before

Exit codes: 0 nothing differs, 1 something does, 2 one of the two could not be
read.";

#[derive(Args, Clone)]
pub struct DiffArgs {
    /// The plan before: a system's directory, an archive or an image
    #[arg(value_name = "A")]
    pub from: PathBuf,
    /// The plan after
    #[arg(value_name = "B")]
    pub to: PathBuf,
    #[command(flatten)]
    pub compile: CompileArgs,
    /// The differences as JSON
    #[arg(long)]
    pub json: bool,
}

pub fn diff(args: &DiffArgs) -> Result<(), Failure> {
    let (from, to) = (load(args, &args.from)?, load(args, &args.to)?);
    let (old, new) = (from.source()?, to.source()?);
    let (old_plan, new_plan) = (old.plan(), new.plan());
    let diff = Diff::new(
        Side { plan: &old_plan, programs: &old.programs() },
        Side { plan: &new_plan, programs: &new.programs() },
    );
    if args.json {
        output::json(json(&diff))?;
    } else {
        text(&show(&diff, &args.from.display().to_string(), &args.to.display().to_string(), paint()))?;
    }
    if diff.is_empty() { Ok(()) } else { Err(Failure::Problems) }
}

/// That a system has problems is trouble here, not a difference.
fn load(args: &DiffArgs, what: &std::path::Path) -> Result<Loaded, Failure> {
    Loaded::load(what, &args.compile).map_err(|failure| match failure {
        Failure::Problems | Failure::Failed(_) => {
            Failure::environment(format!("{} has problems, so there is nothing to compare", what.display()))
        }
        other => other,
    })
}
