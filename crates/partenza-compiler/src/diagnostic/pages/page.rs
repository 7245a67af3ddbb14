// SPDX-License-Identifier: BSD-2-Clause
//! What a page is made of.

use crate::diagnostic::codes::Code;

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

pub const SYSTEM: &str = "system.xml";
pub const CONFIG: &str = "partenza.yaml";
pub const MANIFEST: &str = "manifests/client.yaml";
pub const EXTENSIONS: &str = "extensions.yaml";

pub const fn piece(
    code: Code,
    why: &'static str,
    file: &'static str,
    wrong: &'static str,
    right: &'static str,
) -> Page {
    Page { code, why, example: Example::Piece { file, wrong, right } }
}

pub const fn words(code: Code, why: &'static str, wrong: &'static str, right: &'static str) -> Page {
    Page { code, why, example: Example::Words { wrong, right } }
}
