// SPDX-License-Identifier: BSD-2-Clause
//! PZ-00xx: files that cannot be read.

use super::page::{CONFIG, MANIFEST, Page, SYSTEM, piece, words};
use crate::diagnostic::Code;

pub const PAGES: &[Page] = &[
    words(
        Code::FileUnreadable,
        "A system is three kinds of files, and each is read before anything is judged: a file that is passed over would \
         leave a service out without a word.",
        "partenza check where there is no system.xml",
        "partenza check systems/demo, or --system FILE",
    ),
    words(
        Code::NotText,
        "Positions are lines and columns of text, and text is UTF-8. A file in another encoding, or no text at all, has \
         neither.",
        "a system.xml that was saved as UTF-16",
        "the same file saved as UTF-8",
    ),
    piece(
        Code::XmlSyntax,
        "A document that is not well-formed can be read in more than one way. Nothing is guessed where authority is \
         described.",
        SYSTEM,
        "<memory_region name=\"shared\" size=\"0x2000\">",
        "<memory_region name=\"shared\" size=\"0x2000\"/>",
    ),
    piece(
        Code::YamlSyntax,
        "The indentation of YAML is its structure: where it is wrong, so is everything below.",
        CONFIG,
        "system: [pair",
        "system: pair",
    ),
    piece(
        Code::YamlFeature,
        "A file says what it shows: anchors, aliases, tags and several documents hide one place behind another, and a \
         reviewer reads past them. None of these files needs them.",
        MANIFEST,
        "args: &list [one]",
        "args: [one]",
    ),
];
