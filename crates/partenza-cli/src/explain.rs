// SPDX-License-Identifier: BSD-2-Clause
//! `explain`: what a code means, from the tables that hold them all: the host's and the target's.

use partenza_compiler::diagnostic::{Example, page};
use partenza_compiler::{Code, diagnostic, parameters};
use partenza_protocol::{Op, error};

use crate::Failure;
use crate::output::outln;
use crate::target_codes;

pub const EXAMPLES: &str = "\
Examples:
  partenza explain
      all codes, one line each
  partenza explain PZ-0501
      what the host finds: why it matters, an example wrong and right
  partenza explain PZ-E0120
      what the target reports";

/// What the host finds, `PZ-0101`, and what the target reports, `PZ-E0101`.
pub fn explain(code: Option<&str>) -> Result<(), Failure> {
    let Some(code) = code else {
        for row in diagnostic::TABLE {
            outln!("{}   {}", row.code, row.title)?;
        }
        for row in target_codes::all() {
            outln!("{}  {}", row.code, row.text)?;
        }
        return Ok(());
    };
    let code = code.to_uppercase();
    let number = code.strip_prefix("PZ-E").or_else(|| code.strip_prefix('E')).and_then(|n| n.parse().ok());
    if let Some(row) =
        number.and_then(|number| target_codes::all().find(|row| row.code == error::Code(number)))
    {
        outln!("{} ({})\n\n{}.\n\nTo mend it: {}.", row.code, row.name, row.text, row.hint)?;
        if row.code == error::BootError::BadParameter.code() {
            show_parameters()?;
        }
        return Ok(());
    }
    let Some(row) = Code::parse(&code) else {
        return Err(Failure::environment(format!("no code is called {code}; `partenza explain` lists them")));
    };
    outln!("{} ({})\n\n{}.", row.code, row.name, row.title)?;
    if let Some(page) = page(row.code) {
        outln!("\n{}", wrapped(page.why))?;
        example(&page.example)?;
    }
    outln!("\nTo mend it: {}.", row.hint)?;
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

/// What breaks the rule, and what keeps it.
fn example(example: &Example) -> Result<(), Failure> {
    let (place, wrong, right) = match example {
        Example::Piece { file, wrong, right } => (format!(", in {file}"), wrong, right),
        Example::Words { wrong, right } => (String::new(), wrong, right),
    };
    let shown = |text: &str| if text.is_empty() { "(leave it out)".to_owned() } else { indented(text) };
    outln!("\nWrong{place}:\n\n{}\n\nRight:\n\n{}", shown(wrong), shown(right))
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

/// Lines of at most 80 characters.
fn wrapped(text: &str) -> String {
    const WIDTH: usize = 80;
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().map(|line| line.chars().count() + 1 + word.chars().count());
        if line.is_some_and(|length| length > WIDTH) {
            lines.push(word.to_owned());
        } else if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
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
