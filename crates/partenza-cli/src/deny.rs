// SPDX-License-Identifier: BSD-2-Clause
//! `--deny`: what ends a command with 1 although the system can be built.

use clap::ValueEnum;

use crate::Failure;
use crate::output::errln;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    Warnings,
}

/// Ends the command with 1 where there are warnings and they are denied.
pub fn denied(deny: Option<Deny>, warnings: usize) -> Result<(), Failure> {
    match (deny, warnings) {
        (Some(Deny::Warnings), 1..) => {
            errln!("partenza: warnings are denied");
            Err(Failure::Problems)
        }
        _ => Ok(()),
    }
}
