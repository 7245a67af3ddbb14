// SPDX-License-Identifier: BSD-2-Clause
//! `completions`, `man`: written from the same definitions that the command line is read by.

use std::fs;
use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::Failure;
use crate::args::Partenza;
use crate::output::text;

pub const COMPLETIONS: &str = "\
Examples:
  partenza completions bash > /etc/bash_completion.d/partenza
  partenza completions zsh > ~/.zfunc/_partenza
  partenza completions fish > ~/.config/fish/completions/partenza.fish";

pub const MAN: &str = "\
Examples:
  partenza man | man -l -
  partenza man --write /usr/local/share/man/man1
      the command's page, and one for each subcommand";

#[derive(Args, Clone)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

#[derive(Args, Clone)]
pub struct ManArgs {
    /// Write every page to a directory
    #[arg(long, value_name = "DIR")]
    pub write: Option<PathBuf>,
}

pub fn completions(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Partenza::command(), "partenza", &mut script);
    text(&String::from_utf8_lossy(&script))
}

pub fn man(args: &ManArgs) -> Result<(), Failure> {
    if let Some(dir) = &args.write {
        fs::create_dir_all(dir)
            .map_err(|error| Failure::environment(format!("{}: {error}", dir.display())))?;
        return clap_mangen::generate_to(Partenza::command(), dir).map_err(Failure::environment);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(Partenza::command()).render(&mut page).map_err(Failure::environment)?;
    text(&String::from_utf8_lossy(&page))
}
