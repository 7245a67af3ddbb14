// SPDX-License-Identifier: BSD-2-Clause
//! A page for every code: why the rule is there, what breaks it, what keeps it. `partenza explain` shows one,
//! docs/checks.md holds them all.
//!
//! An example is a piece of one file of a small system, wrong and right; a test puts each into that system and looks
//! whether the code comes and goes. What cannot be shown in one file is told in words, and tried elsewhere.

mod authority;
mod elf;
mod files;
mod image;
mod page;
mod running;
mod services;
mod system;
mod target;
mod yaml;

pub use page::{Example, Page};

use super::codes::Code;

/// Every page, by code.
pub fn pages() -> impl Iterator<Item = &'static Page> {
    [
        files::PAGES,
        yaml::PAGES,
        system::PAGES,
        target::PAGES,
        services::PAGES,
        authority::PAGES,
        elf::PAGES,
        image::PAGES,
        running::PAGES,
    ]
    .into_iter()
    .flatten()
}

/// The page of a code.
#[must_use]
pub fn page(code: Code) -> Option<&'static Page> {
    pages().find(|page| page.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::TABLE;

    #[test]
    fn every_code_has_its_page_in_order() {
        let pages: Vec<Code> = pages().map(|page| page.code).collect();
        let codes: Vec<Code> = TABLE.iter().map(|row| row.code).collect();
        assert_eq!(pages, codes);
    }
}
