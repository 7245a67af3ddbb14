// SPDX-License-Identifier: BSD-2-Clause
//! Findings: what is wrong, where, and how to mend it.

mod codes;
mod pages;
mod render;

pub use codes::{Code, Row, TABLE};
pub use pages::{Example, Page, page, pages};
pub use render::{json, text};

use crate::source::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The system is refused.
    Error,
    Warning,
    /// Worth knowing, nothing to mend.
    Note,
}

/// A place, and what it has to do with the finding.
#[derive(Clone, Debug)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    pub code: Code,
    pub severity: Severity,
    pub message: String,
    /// The first is where to mend.
    pub labels: Vec<Label>,
    pub notes: Vec<String>,
    /// What to do; without it the code's own hint is shown.
    pub help: Option<String>,
}

impl Diagnostic {
    fn new(code: Code, severity: Severity, message: impl Into<String>) -> Self {
        Self { code, severity, message: message.into(), labels: Vec::new(), notes: Vec::new(), help: None }
    }

    #[must_use]
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message)
    }

    #[must_use]
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message)
    }

    #[must_use]
    pub fn info(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Note, message)
    }

    /// Adds a place; the first one added is where to mend.
    #[must_use]
    pub fn at(mut self, span: Span, label: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: label.into() });
        self
    }

    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// `help`, if there is something to say.
    #[must_use]
    pub fn maybe_help(mut self, text: Option<String>) -> Self {
        self.help = text.or(self.help);
        self
    }

    /// What to do.
    #[must_use]
    pub fn hint(&self) -> &str {
        self.help.as_deref().unwrap_or(self.code.row().hint)
    }
}

/// Every finding of one run.
#[derive(Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Adds a finding, or its places to one that says the same: one cause is told once, with everywhere it shows.
    pub fn push_joined(&mut self, diagnostic: Diagnostic) {
        let same = |d: &&mut Diagnostic| {
            (d.code, d.severity, &d.message) == (diagnostic.code, diagnostic.severity, &diagnostic.message)
        };
        match self.list.iter_mut().find(same) {
            None => self.list.push(diagnostic),
            Some(known) => {
                for label in diagnostic.labels {
                    if known.labels.iter().all(|other| other.span != label.span) {
                        known.labels.push(label);
                    }
                }
            }
        }
    }

    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.list.iter().filter(|d| d.severity == severity).count()
    }

    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// Sorted by severity; what is wrong with a file before what follows from files; then by the order in which files
    /// were read, then by position.
    #[must_use]
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut list: Vec<&Diagnostic> = self.list.iter().collect();
        list.sort_by_key(|d| {
            (
                d.severity,
                !d.code.is_of_a_file(),
                d.labels.first().map(|l| (l.span.file, l.span.start)),
                d.code,
            )
        });
        list
    }

    /// Makes one note of all that speak of fields without effect: a system has many of them, and nobody mends them.
    pub fn join_fields_without_effect(&mut self) {
        let later = |d: &Diagnostic| d.code == Code::NoEffect && d.severity == Severity::Note;
        let (fields, rest): (Vec<Diagnostic>, Vec<Diagnostic>) = self.list.drain(..).partition(later);
        self.list = rest;
        let mut joined = Diagnostic::info(Code::NoEffect, "");
        let mut names: Vec<String> = Vec::new();
        for field in fields {
            if !names.contains(&field.message) {
                if names.is_empty() {
                    joined.labels = field.labels;
                }
                names.push(field.message);
            }
        }
        if !names.is_empty() {
            let noun = if names.len() == 1 { "field has" } else { "fields have" };
            joined.message =
                format!("{} {noun} no effect in this release yet: {}", names.len(), names.join(", "));
            self.list.push(joined);
        }
    }

    /// The codes found, sorted; for tests.
    #[must_use]
    pub fn codes(&self) -> Vec<Code> {
        let mut codes: Vec<Code> = self.list.iter().map(|d| d.code).collect();
        codes.sort();
        codes
    }

    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }
}

/// `did you mean …?`, when one of `known` is near `unknown`.
#[must_use]
pub fn suggest<'k>(unknown: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    nearest(unknown, known).map(|best| format!("did you mean `{best}`?"))
}

/// The one of `known` that is near `unknown`.
#[must_use]
pub fn nearest<'k>(unknown: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let lower = unknown.to_lowercase();
    let limit = (lower.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let known = ["health", "restart", "requires", "resources"];
        assert_eq!(suggest("helth", known).as_deref(), Some("did you mean `health`?"));
        assert_eq!(suggest("require", known).as_deref(), Some("did you mean `requires`?"));
        assert_eq!(suggest("Restart", known).as_deref(), Some("did you mean `restart`?"));
        assert_eq!(suggest("colour", known), None);
    }
}
