// SPDX-License-Identifier: BSD-2-Clause
//! `check`: everything that can be found wrong with a system before it boots (SPEC P-1).

use std::path::PathBuf;

use clap::Args;
use partenza_compiler::{Memory, Severity};

use crate::args::{SystemArgs, size};
use crate::deny::{Deny, denied};
use crate::microkit::{self, MicrokitArgs};
use crate::session::Session;
use crate::{Failure, pack};

pub const EXAMPLES: &str = "\
Examples:
  partenza check             the system in this directory
  partenza check systems/demo --deny warnings
  partenza check --json | jq -r '.findings[] | .code + \" \" + .message'
  partenza check --microkit --board qemu_virt_aarch64 hello.system
  partenza check --microkit --board zcu102 --board-config smp-debug hello.system
  partenza explain PZ-0501   what a code means, with an example

Exit code: 0 nothing is wrong, 1 something is, 2 the command was used wrongly or
the kernel is not there.";

#[derive(Args, Clone)]
pub struct CheckArgs {
    #[command(flatten)]
    pub microkit: MicrokitArgs,
    #[command(flatten)]
    pub system: SystemArgs,
    /// Let warnings end the command with 1, too
    #[arg(long, value_name = "WHAT")]
    pub deny: Option<Deny>,
    /// RAM of the machine that must hold the system
    #[arg(long, value_name = "SIZE", default_value = "128MiB", value_parser = size)]
    pub memory: u64,
    /// The root task that must fit beside it [default: root-task on the search path, if it is there]
    #[arg(long, value_name = "ELF")]
    pub root_task: Option<PathBuf>,
}

pub fn check(args: &CheckArgs) -> Result<(), Failure> {
    if args.microkit.microkit {
        return microkit::check(&args.microkit, &args.system, args.deny);
    }
    let mut session = Session::new(&args.system)?.for_machine(args.memory);
    if let Some(compiled) = session.compile() {
        let found = args.root_task.clone().or_else(|| pack::find_root_task(&session.options().search_path));
        // Whether it fits is told; the image itself is not wanted.
        match found {
            Some(root_task) => {
                let _ = compiled.image(
                    &root_task,
                    &session.kernel,
                    Memory::Stated(args.memory),
                    &mut session.found,
                );
            }
            None => compiled.fits_alone(&session.kernel, Memory::Stated(args.memory), &mut session.found),
        }
    }
    session.finish(Severity::Note)?;
    denied(args.deny, session.warnings())
}
