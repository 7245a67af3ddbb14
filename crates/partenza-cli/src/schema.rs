// SPDX-License-Identifier: BSD-2-Clause
//! `schema`: JSON Schemas of the YAML files, for editors (SPEC N-5).

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use partenza_compiler::schema::{FILES, File, schema};

use crate::output::outln;
use crate::{Failure, pack};

pub const EXAMPLES: &str = "\
Examples:
  partenza schema manifest          the schema of manifests, on standard output
  partenza schema --write schemas   manifest.json, system.json, extensions.json

An editor with yaml-language-server uses it where the file begins with
  # yaml-language-server: $schema=../schemas/manifest.json";

#[derive(Args, Clone)]
pub struct SchemaArgs {
    /// Which file
    #[arg(value_enum, required_unless_present = "write")]
    pub file: Option<Which>,
    /// Write all of them to a directory
    #[arg(long, value_name = "DIR", conflicts_with = "file")]
    pub write: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Which {
    /// manifests/NAME.yaml
    Manifest,
    /// partenza.yaml
    System,
    /// extensions.yaml
    Extensions,
}

impl Which {
    fn file(self) -> &'static File {
        &FILES[self as usize]
    }
}

pub fn run(args: &SchemaArgs) -> Result<(), Failure> {
    if let Some(dir) = &args.write {
        for file in FILES {
            let text = format!("{:#}\n", schema(file));
            pack::write(&dir.join(format!("{}.json", file.name)), text.as_bytes())?;
        }
        return Ok(());
    }
    args.file.map_or(Ok(()), |which| outln!("{:#}", schema(which.file())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_can_be_asked_for_by_its_name() {
        assert_eq!(Which::value_variants().len(), FILES.len());
        for which in Which::value_variants() {
            assert_eq!(which.to_possible_value().unwrap().get_name(), which.file().name);
        }
    }
}
