// SPDX-License-Identifier: BSD-2-Clause
//! PZ-01xx: fields of the YAML files.

use super::page::{MANIFEST, Page, piece};
use crate::diagnostic::Code;

pub const PAGES: &[Page] = &[
    piece(
        Code::UnknownField,
        "A field that is misspelt would be ignored, and its default would hold instead: the service would run, with \
         another timeout than its author wrote.",
        MANIFEST,
        "helth: {startup_timeout: 300ms}",
        "health: {startup_timeout: 300ms}",
    ),
    piece(
        Code::MissingField,
        "Some fields have no default that would be right for anybody: who it is, which version, when it boots.",
        MANIFEST,
        "",
        "version: 0.1.0",
    ),
    piece(
        Code::WrongType,
        "A list where a number is expected means that the author had something else in mind. It is not turned into what \
         would fit.",
        MANIFEST,
        "critical: perhaps",
        "critical: false",
    ),
    piece(
        Code::BadValue,
        "Fields that choose know all their choices; an unknown word is a misspelling, or of another release.",
        MANIFEST,
        "start: eagre",
        "start: eager",
    ),
    piece(
        Code::BadNumber,
        "A number out of its range cannot take effect as it is written: there is no priority 300, and priority 255 is \
         Init's alone.",
        MANIFEST,
        "resources: {priority: 255}",
        "resources: {priority: 150}",
    ),
    piece(
        Code::BadDuration,
        "A number without its unit is read as seconds by one and as milliseconds by the next. A timeout of zero is none, \
         and one of days hides a hang.",
        MANIFEST,
        "health: {startup_timeout: 300}",
        "health: {startup_timeout: 300ms}",
    ),
    piece(
        Code::BadSize,
        "KB is a thousand bytes to one and 1024 to the next; the units here have one meaning.",
        MANIFEST,
        "resources: {stack: 16KB}",
        "resources: {stack: 16KiB}",
    ),
    piece(
        Code::BadVersion,
        "Versions are compared, so they have the form that can be (semver). `1.2` stands for `1.2.0`.",
        MANIFEST,
        "version: first",
        "version: 0.1.0",
    ),
    piece(
        Code::BadRequirement,
        "What is required is a range of versions, and a provider is held against it. Quote it: `>` begins something else \
         in YAML.",
        MANIFEST,
        "version: newest",
        "version: \">=1.0, <2\"",
    ),
    piece(
        Code::DuplicateField,
        "Of two values one would win, and which one is not to be seen.",
        MANIFEST,
        "layer: 7\nlayer: 5",
        "layer: 7",
    ),
    piece(
        Code::UnknownSpec,
        "The leading line says which specification the file follows, so that a later tool can read it as it was meant. \
         A file of a later one may mean something that this release does not know.",
        MANIFEST,
        "partenza: \"2.0\"",
        "partenza: \"1.0\"",
    ),
    piece(
        Code::NoEffect,
        "A field can be right and still change nothing: it is read, checked and planned, and the target does not use it \
         yet. Nobody shall rely on what does not come, so all such fields are named in one note. A boot parameter that \
         only the machine can set is a warning.",
        MANIFEST,
        "resources: {heap: 64KiB}",
        "",
    ),
    piece(
        Code::OldName,
        "Partenza's own chapters and this project's files name some things differently. The chapters' names are accepted \
         and mean what they meant there; the warning says what the field is called here. With both in one file it would \
         not be clear which holds.",
        MANIFEST,
        "restart: always",
        "restart: {policy: always}",
    ),
    piece(
        Code::Disagree,
        "Each of the two is right by itself, and together they cannot hold: a first delay above the longest one, a \
         budget above its period, an answer that is due after the next question.",
        MANIFEST,
        "restart: {initial_delay: 10s, max_delay: 5s}",
        "restart: {initial_delay: 1s, max_delay: 5s}",
    ),
];
