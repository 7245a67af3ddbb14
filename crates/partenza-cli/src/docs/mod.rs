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
mod text;
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
