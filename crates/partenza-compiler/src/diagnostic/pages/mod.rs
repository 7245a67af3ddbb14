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
mod running;
mod services;
mod system;
mod target;
mod yaml;

use super::Code;

/// What there is to say of a code beside its row.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub code: Code,
    /// What goes wrong without the rule.
    pub why: &'static str,
    pub example: Example,
}

#[derive(Clone, Copy, Debug)]
pub enum Example {
    /// A piece of that file. Nothing right means: leave it out.
    Piece {
        file: &'static str,
        wrong: &'static str,
        right: &'static str,
    },
    Words {
        wrong: &'static str,
        right: &'static str,
    },
}

const SYSTEM: &str = "system.xml";
const CONFIG: &str = "partenza.yaml";
const MANIFEST: &str = "manifests/client.yaml";
const EXTENSIONS: &str = "extensions.yaml";

const fn piece(
    code: Code,
    why: &'static str,
    file: &'static str,
    wrong: &'static str,
    right: &'static str,
) -> Page {
    Page { code, why, example: Example::Piece { file, wrong, right } }
}

const fn words(code: Code, why: &'static str, wrong: &'static str, right: &'static str) -> Page {
    Page { code, why, example: Example::Words { wrong, right } }
}

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
