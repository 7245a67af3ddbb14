// SPDX-License-Identifier: BSD-2-Clause
//! The conformance tool (SPEC S-7): a [`module`], or the [`orchestrator`] itself, held against the specification.
//!
//! Each has a table of [`rule::Rule`]s with numbers that stay. A run fills a [`sheet::Sheet`], one verdict a rule with what
//! was seen, and the result is a [`report::Report`] in text, JSON or JUnit. Rules of this crate:
//! * What is said to be seen was seen: of an image that was compiled, or of a machine that ran.
//! * A rule that cannot be judged, because another failed first or because the subject has nothing of the kind, says so
//!   and why; it never passes.
//! * What is missing on the host (kernel, programs, QEMU) is an [`Unable`], never a verdict.
#![forbid(unsafe_code)]

pub mod image;
pub mod module;
pub mod orchestrator;
pub mod page;
pub mod report;
pub mod rule;
pub mod sheet;

/// Why nothing could be judged: something of the host's is missing or in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unable(pub String);

impl std::fmt::Display for Unable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<partenza_lab::machine::Trouble> for Unable {
    fn from(trouble: partenza_lab::machine::Trouble) -> Self {
        Self(trouble.to_string())
    }
}
