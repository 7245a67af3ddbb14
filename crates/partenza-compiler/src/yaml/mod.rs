// SPDX-License-Identifier: BSD-2-Clause
//! YAML as a tree in which every key and every value knows where it stands.
//!
//! Only what these files use: mappings with text keys, sequences, scalars. Anchors, aliases, tags and several documents
//! are refused, so a file says what it shows. Nesting is limited, so no file exhausts the stack.

mod check;
pub mod shape;
mod view;

pub use check::check;
pub use view::{Item, View};

use std::borrow::Cow;

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Sources, Span, Spanned};

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 32;

#[derive(Clone, Debug)]
pub struct Node {
    pub span: Span,
    pub value: Value,
}

#[derive(Clone, Debug)]
pub enum Value {
    Null,
    /// `plain`: written without quotes, so it may be a number or a boolean.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<(Spanned<String>, Node)>),
}

impl Node {
    /// What this is, for messages.
    #[must_use]
    pub fn kind(&self) -> Cow<'_, str> {
        match &self.value {
            Value::Null => "nothing".into(),
            Value::Scalar { plain: true, text } => format!("`{text}`").into(),
            Value::Scalar { .. } => "a text".into(),
            Value::List(_) => "a list".into(),
            Value::Map(_) => "a mapping".into(),
        }
    }
}

/// Reads one document. Findings go to `out`; `None` when there is no tree to go on with.
pub fn parse(file: FileId, sources: &Sources, out: &mut Diagnostics) -> Option<Node> {
    let text = sources.text(file);
    let is_blank = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    if text.lines().all(is_blank) {
        let message = format!("{} is empty", sources.path(file).display());
        let found = Diagnostic::error(Code::MissingField, message).at(Span::new(file, 0..0), "");
        out.push(found.help("begin it with `partenza: \"1.0\"`; docs/fields.md has its fields"));
        return None;
    }
    let offsets = Offsets::new(text);
    let mut builder = Builder { file, text, offsets, stack: Vec::new(), root: None, out };
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => {
                if !builder.event(event, span) {
                    return None;
                }
            }
            Err(error) => {
                let at = builder.offsets.byte(error.marker().index());
                let span = Span::new(file, at..at);
                let found = Diagnostic::error(Code::YamlSyntax, error.info()).at(span, "here");
                builder.out.push(found.maybe_help(remedy(text, at)));
                return None;
            }
        }
    }
    Some(builder.root.unwrap_or(Node { span: Span::new(file, 0..0), value: Value::Null }))
}

/// What to do about the mistakes that are made most.
fn remedy(text: &str, at: usize) -> Option<String> {
    let line_start = text[..at].rfind('\n').map_or(0, |start| start + 1);
    let mut lines = text[line_start..].lines();
    let line = lines.next().unwrap_or_default();
    let by_tab = |line: &str| line.chars().take_while(|c| c.is_whitespace()).any(|c| c == '\t');
    if by_tab(line) || lines.next().is_some_and(by_tab) {
        return Some("indent by spaces: YAML takes no tabs".to_owned());
    }
    let value = line.split_once(": ").map_or(line, |(_, value)| value).trim();
    let quoted = value.starts_with(['"', '\'']);
    let special = !quoted && (value.starts_with(['>', '|', '@', '`', '%', ',']) || value.contains(": "));
    special.then(|| format!("quote what has a meaning in YAML: \"{}\"", value.replace('"', "'")))
}

/// The parser counts characters, everything else here counts bytes.
struct Offsets {
    /// Byte offset of each character; empty when they are the same.
    table: Vec<usize>,
    len: usize,
}

impl Offsets {
    fn new(text: &str) -> Self {
        let table =
            if text.is_ascii() { Vec::new() } else { text.char_indices().map(|(at, _)| at).collect() };
        Self { table, len: text.len() }
    }

    fn byte(&self, character: usize) -> usize {
        if self.table.is_empty() {
            character.min(self.len)
        } else {
            self.table.get(character).copied().unwrap_or(self.len)
        }
    }
}

enum Open {
    List(usize, Vec<Node>),
    Map(usize, Vec<(Spanned<String>, Node)>, Option<Spanned<String>>),
}

struct Builder<'a> {
    file: FileId,
    text: &'a str,
    offsets: Offsets,
    stack: Vec<Open>,
    root: Option<Node>,
    out: &'a mut Diagnostics,
}

impl Builder<'_> {
    /// `false`: there is no point in going on.
    fn event(&mut self, event: Event<'_>, span: saphyr_parser::Span) -> bool {
        let (start, end) = (self.offsets.byte(span.start.index()), self.offsets.byte(span.end.index()));
        let here = Span::new(self.file, start..end.max(start));
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if anchor != 0 || tag.is_some() {
                    return self.refuse(here, "anchors and tags are not used in these files");
                }
                let plain = style == ScalarStyle::Plain;
                let value = match text.as_ref() {
                    "" | "~" | "null" if plain => Value::Null,
                    _ => Value::Scalar { text: text.into_owned(), plain },
                };
                self.put(Node { span: here, value })
            }
            Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag)
                if anchor != 0 || tag.is_some() =>
            {
                self.refuse(here, "anchors and tags are not used in these files")
            }
            Event::SequenceStart(..) | Event::MappingStart(..) if self.stack.len() >= MAX_DEPTH => {
                self.refuse(here, "nested too deeply")
            }
            Event::SequenceStart(..) => {
                self.stack.push(Open::List(start, Vec::new()));
                true
            }
            Event::MappingStart(..) => {
                self.stack.push(Open::Map(start, Vec::new(), None));
                true
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.stack.pop() else { return true };
                let (start, value) = match open {
                    Open::List(start, items) => (start, Value::List(items)),
                    Open::Map(start, entries, _) => (start, Value::Map(entries)),
                };
                let end = start + self.text[start..end.max(start)].trim_end().len();
                self.put(Node { span: Span::new(self.file, start..end), value })
            }
            Event::Alias(_) => self.refuse(here, "aliases are not used in these files"),
            Event::DocumentStart(_) if self.root.is_some() => {
                self.refuse(here, "one file holds one document")
            }
            _ => true,
        }
    }

    fn refuse(&mut self, span: Span, why: &str) -> bool {
        self.out.push(Diagnostic::error(Code::YamlFeature, why).at(span, ""));
        false
    }

    fn put(&mut self, node: Node) -> bool {
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Open::List(_, items)) => items.push(node),
            Some(Open::Map(_, entries, key)) => match (key.take(), node.value) {
                (Some(key), value) => {
                    if let Some((first, _)) = entries.iter().find(|(k, _)| k.value == key.value) {
                        let twice =
                            Diagnostic::error(Code::DuplicateField, format!("`{}` stands twice", key.value))
                                .at(key.span, "second time")
                                .at(first.span, "first time");
                        self.out.push(twice);
                    } else {
                        entries.push((key, Node { span: node.span, value }));
                    }
                }
                (None, Value::Scalar { text, .. }) => *key = Some(Spanned::new(text, node.span)),
                (None, _) => return self.refuse(node.span, "a key must be a text"),
            },
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<Node>, Diagnostics, Sources) {
        let mut sources = Sources::default();
        let file = sources.add("t.yaml", text);
        let mut out = Diagnostics::default();
        let node = parse(file, &sources, &mut out);
        (node, out, sources)
    }

    #[test]
    fn keys_and_values_know_their_places() {
        let text = "# ä\nid: terminal\nlist: [a, \"b c\"]\n";
        let (node, out, _) = read(text);
        assert!(out.codes().is_empty());
        let Some(Node { value: Value::Map(entries), .. }) = node else { panic!("no mapping") };
        let slice = |span: Span| &text[span.start..span.end];
        assert_eq!((slice(entries[0].0.span), slice(entries[0].1.span)), ("id", "terminal"));
        let Value::List(items) = &entries[1].1.value else { panic!("no list") };
        assert_eq!(slice(items[1].span), "\"b c\"");
        assert_eq!(slice(entries[1].1.span), "[a, \"b c\"]");
    }

    #[test]
    fn what_these_files_do_not_use_is_refused_by_name() {
        for text in ["a: &x 1\nb: *x\n", "a: !!str 1\n", "a: 1\n---\nb: 2\n", "? [a]\n: 1\n"] {
            let (_, out, _) = read(text);
            assert_eq!(out.codes(), [Code::YamlFeature], "{text}");
        }
        let deep = "[".repeat(40) + &"]".repeat(40);
        assert_eq!(read(&deep).1.codes(), [Code::YamlFeature]);
    }

    #[test]
    fn syntax_errors_and_double_keys_have_positions() {
        let (node, out, sources) = read("a: 1\nb: [1, 2\nc: 3\n");
        assert!(node.is_none());
        let label = &out.iter().next().unwrap().labels[0];
        assert!(sources.position(label.span.file, label.span.start).line >= 2);
        let (_, out, _) = read("a: 1\nb: 2\na: 3\n");
        assert_eq!(out.codes(), [Code::DuplicateField]);
    }

    #[test]
    fn an_empty_file_is_told_as_one() {
        for text in ["", "\n# nothing yet\n"] {
            let (node, out, _) = read(text);
            assert!(node.is_none());
            assert_eq!(out.codes(), [Code::MissingField]);
        }
    }
}
