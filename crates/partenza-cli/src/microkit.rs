// SPDX-License-Identifier: BSD-2-Clause
//! `check --microkit`: what the Microkit's own tool would say of a system description, and nothing else (SPEC O-1).
//!
//! No kernel, manifest or program is looked at. Prefill files are looked for as the Microkit does: on the search path,
//! then in the current directory.

use std::path::PathBuf;

use clap::Args;
use partenza_compiler::sdf::{self, Board};
use partenza_compiler::{Diagnostics, Severity, Sources, compile};

use crate::args::SystemArgs;
use crate::deny::{Deny, denied};
use crate::output::outln;
use crate::{Failure, session};

/// Whose verdict is asked for.
#[derive(Args, Clone)]
pub struct MicrokitArgs {
    /// Give the verdict of the Microkit 2.3.1 alone; DIR may be a description file
    #[arg(long)]
    pub microkit: bool,
    /// The Microkit's board
    #[arg(long, value_name = "BOARD", default_value = "x86_64_generic_vtx", requires = "microkit")]
    pub board: String,
    /// The board's configuration
    #[arg(long, value_name = "CONFIG", default_value = "debug", requires = "microkit")]
    pub board_config: String,
}

/// `--deny warnings` does not change the verdict, only how the command ends.
pub fn check(args: &MicrokitArgs, system: &SystemArgs, deny: Option<Deny>) -> Result<(), Failure> {
    let board = Board::choose(&args.board, &args.board_config).map_err(Failure::environment)?;
    let path = system.files.system.clone().unwrap_or_else(|| match system.dir.is_dir() {
        true => system.dir.join("system.xml"),
        false => system.dir.clone(),
    });
    let (mut sources, mut found) = (Sources::default(), Diagnostics::default());
    if let Some(file) = compile::source(&path, &mut sources, &mut found) {
        let search: Vec<PathBuf> = system.files.search_path.iter().cloned().chain([".".into()]).collect();
        sdf::read_as_the_microkit(file, &sources, &board, &search, &mut found);
    }
    session::tell(&found, &sources, system.json, Severity::Note)?;
    if !system.json {
        outln!("{}: the Microkit accepts it for {}", path.display(), args.board)?;
    }
    denied(deny, found.count(Severity::Warning))
}
