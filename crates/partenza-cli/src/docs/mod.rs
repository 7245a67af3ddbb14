// SPDX-License-Identifier: BSD-2-Clause
//! `docs`: the pages of the documentation that are written by a program, from the tables that the program itself uses.
//!
//! A page is a function from those tables to Markdown. The committed files are what `partenza docs docs` writes, and a
//! test holds them together.

mod checks;
mod conformance;
mod elements;
mod errors;
mod fields;
mod header;
mod vectors;

use std::path::Path;

use crate::{Failure, pack};

pub const EXAMPLES: &str = "\
Examples:
  partenza docs docs
      errors.md, checks.md, conformance.md, elements.md, fields.md, vectors.txt
  partenza docs --header c/include/partenza
      codes.h";

/// A generated page.
pub struct Page {
    pub file: &'static str,
    pub text: fn() -> String,
}

/// Every generated page.
pub const PAGES: &[Page] = &[
    Page { file: "elements.md", text: elements::page },
    Page { file: "errors.md", text: errors::page },
    Page { file: "checks.md", text: checks::page },
    Page { file: "conformance.md", text: conformance::page },
    Page { file: "fields.md", text: fields::page },
    Page { file: "vectors.txt", text: vectors::page },
];

/// Every generated header.
pub const HEADERS: &[Page] = &[Page { file: "codes.h", text: header::page }];

/// Writes every one of `pages` to a directory.
pub fn write(pages: &[Page], dir: &Path) -> Result<(), Failure> {
    for page in pages {
        pack::write(&dir.join(page.file), (page.text)().as_bytes())?;
    }
    Ok(())
}

/// The head of a page.
fn head(title: &str, source: &str) -> String {
    format!(
        "<!-- SPDX-License-Identifier: BSD-2-Clause -->\n<!-- Written by `partenza docs` from {source}: change it there. -->\n# {title}\n\n"
    )
}

/// A link's target, as GitHub makes it of a heading.
fn anchor(heading: &str) -> String {
    let letter = |c: char| c.is_ascii_alphanumeric() || "-_ ".contains(c);
    heading.to_lowercase().chars().filter(|c| letter(*c)).collect::<String>().replace(' ', "-")
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
