// SPDX-License-Identifier: BSD-2-Clause
//! Findings as people read them, and as programs do.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde_json::{Value, json as value};

use super::{Diagnostic, Diagnostics, Severity};
use crate::source::{FileId, Sources, Span};

/// The findings from `least` up, with the source lines they speak of, and a summary line; `colour` for terminals.
#[must_use]
pub fn text(diagnostics: &Diagnostics, sources: &Sources, least: Severity, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let mut out = String::new();
    for diagnostic in diagnostics.sorted().into_iter().filter(|d| d.severity <= least) {
        out.push_str(&renderer.render(&[group(diagnostic, sources)]));
        out.push_str("\n\n");
    }
    out.push_str(&summary(diagnostics, least));
    out
}

fn summary(diagnostics: &Diagnostics, least: Severity) -> String {
    let count = |severity, one: &str| match diagnostics.count(severity) {
        0 => None,
        _ if severity > least => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {one}s")),
    };
    let parts: Vec<String> =
        [count(Severity::Error, "error"), count(Severity::Warning, "warning"), count(Severity::Note, "note")]
            .into_iter()
            .flatten()
            .collect();
    if parts.is_empty() { String::new() } else { format!("{}\n", parts.join(", ")) }
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group =
        Group::with_title(level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.to_string()));
    let mut files: Vec<FileId> = Vec::new();
    for label in &diagnostic.labels {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    for file in files {
        let mut snippet = Snippet::source(sources.text(file)).path(sources.path(file).display().to_string());
        for (index, label) in diagnostic.labels.iter().enumerate().filter(|(_, l)| l.span.file == file) {
            let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let annotation = kind.span(visible(label.span, sources.text(file)));
            snippet = snippet.annotation(match label.text.as_str() {
                "" => annotation,
                text => annotation.label(text),
            });
        }
        group = group.element(snippet);
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    group.element(Level::HELP.message(diagnostic.hint()))
}

/// The first line of a span, cut to what exists and to whole characters: whole blocks are not underlined.
fn visible(span: Span, source: &str) -> std::ops::Range<usize> {
    let boundary =
        |at: usize| (0..=at.min(source.len())).rev().find(|at| source.is_char_boundary(*at)).unwrap_or(0);
    let start = boundary(span.start);
    let end = boundary(span.end).max(start);
    let line_end = source[start..end].find('\n').map_or(end, |at| start + at);
    start..line_end
}

/// All findings as an array of objects, in the order of [`text`].
#[must_use]
pub fn json(diagnostics: &Diagnostics, sources: &Sources) -> Value {
    diagnostics.sorted().into_iter().map(|d| object(d, sources)).collect()
}

fn object(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let labels: Vec<Value> = diagnostic.labels.iter().map(|l| place(l.span, &l.text, sources)).collect();
    value!({
        "code": diagnostic.code.to_string(),
        "name": diagnostic.code.row().name,
        "severity": match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        },
        "message": diagnostic.message,
        "places": labels,
        "notes": diagnostic.notes,
        "help": diagnostic.hint(),
    })
}

fn place(span: Span, label: &str, sources: &Sources) -> Value {
    let start = sources.position(span.file, span.start);
    let end = sources.position(span.file, span.end);
    value!({
        "file": sources.path(span.file).display().to_string(),
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
        "label": label,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    #[test]
    fn a_finding_shows_file_line_column_source_and_hint() {
        let mut sources = Sources::default();
        let file = sources.add("manifests/a.yaml", "id: a\nhelth: {}\n");
        let mut diagnostics = Diagnostics::default();
        diagnostics.push(
            Diagnostic::error(Code::UnknownField, "unknown field `helth`")
                .at(Span::new(file, 6..11), "not a field of a manifest")
                .help("did you mean `health`?"),
        );
        let shown = text(&diagnostics, &sources, Severity::Note, false);
        for part in
            ["PZ-0101", "manifests/a.yaml:2:1", "helth: {}", "^^^^^", "did you mean `health`?", "1 error"]
        {
            assert!(shown.contains(part), "{part} in:\n{shown}");
        }
        let data = json(&diagnostics, &sources);
        assert_eq!(data[0]["places"][0]["line"], 2);
        assert_eq!(data[0]["code"], "PZ-0101");
    }
}
