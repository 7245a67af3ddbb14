// SPDX-License-Identifier: BSD-2-Clause
//! Findings as people read them, and as programs do.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde_json::{Value, json as value};

use super::{Diagnostic, Diagnostics, Label, Severity};
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
    for extract in extracts(diagnostic, sources) {
        let first = extract.lines.start;
        let mut snippet =
            Snippet::source(&sources.text(extract.file)[extract.shown.clone()]).line_start(first);
        // Of a line that is cut the columns would be wrong: the place is told beside it.
        let path = sources.path(extract.file).display().to_string();
        let at = extract.labels.first().map_or(0, |(_, label)| label.span.start);
        let place = sources.position(extract.file, at);
        if extract.whole {
            snippet = snippet.path(path);
        } else {
            group = group.element(Origin::path(path).line(place.line).char_column(place.column));
        }
        for (index, label) in &extract.labels {
            let kind = if *index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let span = visible(label.span, sources.text(extract.file));
            let within = |at: usize| at.clamp(extract.shown.start, extract.shown.end) - extract.shown.start;
            let annotation = kind.span(within(span.start)..within(span.end));
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

/// Lines between two places that are still shown as one piece of a file.
const NEAR: usize = 50;
/// Bytes of a line beyond which only what surrounds the place is shown, and how many to each side.
const LONG: usize = 1000;
const AROUND: usize = 60;

/// A piece of a file that a finding shows. Only this is looked at, so that a finding costs the same in every file.
struct Extract<'d> {
    file: FileId,
    /// Numbers of the first line and of the one after the last.
    lines: Range<usize>,
    /// The bytes that are shown.
    shown: Range<usize>,
    /// Whole lines are.
    whole: bool,
    /// With their places among the finding's labels.
    labels: Vec<(usize, &'d Label)>,
}

fn extracts<'d>(diagnostic: &'d Diagnostic, sources: &Sources) -> Vec<Extract<'d>> {
    let mut extracts: Vec<Extract<'d>> = Vec::new();
    for (index, label) in diagnostic.labels.iter().enumerate() {
        let Span { file, start, end } = label.span;
        let (number, line) = sources.line(file, start);
        if line.len() > LONG {
            let text = sources.text(file);
            let from = boundary(text, start.saturating_sub(AROUND)).max(line.start);
            let to = boundary(text, end.min(start + AROUND) + AROUND).clamp(from, line.end);
            let labels = vec![(index, label)];
            let lines = number..number + 1;
            extracts.push(Extract { file, lines, shown: from..to, whole: false, labels });
            continue;
        }
        let near = |e: &&mut Extract<'_>| {
            e.whole && e.file == file && number + NEAR > e.lines.start && number < e.lines.end + NEAR
        };
        match extracts.iter_mut().find(near) {
            Some(extract) => {
                extract.lines = extract.lines.start.min(number)..extract.lines.end.max(number + 1);
                extract.shown = extract.shown.start.min(line.start)..extract.shown.end.max(line.end);
                extract.labels.push((index, label));
            }
            None => extracts.push(Extract {
                file,
                lines: number..number + 1,
                shown: line,
                whole: true,
                labels: vec![(index, label)],
            }),
        }
    }
    extracts
}

/// The last place at or before `at` where a character begins.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The first line of a span, cut to what exists and to whole characters: whole blocks are not underlined.
fn visible(span: Span, source: &str) -> Range<usize> {
    let start = boundary(source, span.start);
    let end = boundary(source, span.end).max(start);
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

    #[test]
    fn of_a_long_line_and_of_far_lines_only_what_surrounds_the_places_is_shown() {
        let mut sources = Sources::default();
        let line = format!("{}<here/>{}", "ä".repeat(5000), "b".repeat(5000));
        let far = "\n".repeat(1000);
        let file = sources.add("system.xml", format!("first\n{far}{line}\n"));
        let at = sources.text(file).find("here").unwrap();
        let mut diagnostics = Diagnostics::default();
        diagnostics.push(
            Diagnostic::error(Code::UnknownElement, "`<here>` cannot stand here")
                .at(Span::new(file, at..at + 4), "this one")
                .at(Span::new(file, 0..5), "the other"),
        );
        let shown = text(&diagnostics, &sources, Severity::Note, false);
        for part in
            ["system.xml:1002:5002", "<here/>", "^^^^ this one", "system.xml:1:1", "first", "----- the other"]
        {
            assert!(shown.contains(part), "{part} in:\n{shown}");
        }
        assert!(shown.len() < 1500, "{shown}");
    }
}
