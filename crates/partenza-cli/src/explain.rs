// SPDX-License-Identifier: BSD-2-Clause
//! `explain`: what a code means, from the tables that hold them all: the host's, Init's, the services'.

use partenza_compiler::{Code, diagnostic, parameters};
use partenza_interfaces::error as services;
use partenza_protocol::{Op, error};

use crate::Failure;
use crate::output::outln;

pub const EXAMPLES: &str = "\
Examples:
  partenza explain                    all codes, one line each
  partenza explain PZ-0501            what the host finds: why it matters, an example wrong and right
  partenza explain PZ-E0120           what the target reports";

/// Everything that is reported on the target.
fn target() -> impl Iterator<Item = &'static error::Row> {
    error::TABLE.iter().chain(services::TABLE)
}

/// What the host finds, `PZ-0101`, and what the target reports, `PZ-E0101`.
pub fn explain(code: Option<&str>) -> Result<(), Failure> {
    let Some(code) = code else {
        for row in diagnostic::TABLE {
            outln!("{}   {}", row.code, row.title)?;
        }
        for row in target() {
            outln!("{}  {}", row.code, row.text)?;
        }
        return Ok(());
    };
    let code = code.to_uppercase();
    let number = code.strip_prefix("PZ-E").or_else(|| code.strip_prefix('E')).and_then(|n| n.parse().ok());
    if let Some(row) = number.and_then(|number| target().find(|row| row.code == error::Code(number))) {
        outln!("{} ({})\n\n{}.\n\nTo mend it: {}.", row.code, row.name, row.text, row.hint)?;
        if row.code == error::BootError::BadParameter.code() {
            show_parameters()?;
        }
        return Ok(());
    }
    let Some(row) = Code::parse(&code) else {
        return Err(Failure::Environment(format!("no code is called {code}; `partenza explain` lists them")));
    };
    outln!("{} ({})\n\n{}.\n\nTo mend it: {}.", row.code, row.name, row.title, row.hint)?;
    if row.code == Code::UnknownOperation {
        let names: Vec<&str> = Op::ALL.iter().map(|op| op.name()).collect();
        outln!("\nOperations: {}.", names.join(", "))?;
    }
    if row.code == Code::UnknownKind || row.code == Code::WrongParts {
        outln!("")?;
        for kind in partenza_compiler::kinds::TABLE {
            outln!("  {:16} {}", kind.word, kind.made_of)?;
        }
    }
    Ok(())
}

fn show_parameters() -> Result<(), Failure> {
    outln!("")?;
    for row in parameters::TABLE {
        let values = match row.values {
            parameters::Values::Words(words) => words.join(" "),
            parameters::Values::Percent => "percent".to_owned(),
            parameters::Values::Service => "a service's name".to_owned(),
        };
        outln!("  {:12} {:28} {}", row.name, values, row.effect)?;
    }
    Ok(())
}
