// SPDX-License-Identifier: BSD-2-Clause
//! Typed reading of YAML: each function takes a node, reports what is wrong with it, and gives the value if it is right.
//!
//! A mapping is read through [`Fields`], which knows at the end what nobody asked for, and suggests what was meant
//! (SPEC N-3).

use semver::{Version, VersionReq};

use super::{Node, Value};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, suggest};
use crate::numbers;
use crate::source::{Span, Spanned};

/// Where findings go.
pub struct Reader<'d> {
    pub out: &'d mut Diagnostics,
}

/// A mapping being read.
pub struct Fields<'n> {
    /// `health.` for messages; empty at the top.
    path: String,
    pub span: Span,
    entries: &'n [(Spanned<String>, Node)],
    known: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// The value of a field, or `None` when it is not there or has no value.
    pub fn get(&mut self, name: &'static str) -> Option<&'n Node> {
        self.known.push(name);
        let (_, node) = self.entries.iter().find(|(key, _)| key.value == name)?;
        (!matches!(node.value, Value::Null)).then_some(node)
    }

    /// The same with the key's place.
    pub fn key(&self, name: &str) -> Option<Span> {
        self.entries.iter().find(|(key, _)| key.value == name).map(|(key, _)| key.span)
    }

    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl Reader<'_> {
    pub fn error(&mut self, code: Code, message: impl Into<String>, span: Span, label: impl Into<String>) {
        self.out.push(Diagnostic::error(code, message).at(span, label));
    }

    fn wrong(&mut self, node: &Node, wanted: &str) {
        let found = node.kind();
        self.error(
            Code::WrongType,
            format!("expected {wanted}, found {found}"),
            node.span,
            format!("expected {wanted}"),
        );
    }

    /// Opens a mapping; `path` names it in messages.
    pub fn map<'n>(&mut self, node: &'n Node, path: &str) -> Option<Fields<'n>> {
        let entries = self.entries(node)?;
        let path = if path.is_empty() { String::new() } else { format!("{path}.") };
        Some(Fields { path, span: node.span, entries, known: Vec::new() })
    }

    /// The entries of a mapping whose keys are names.
    pub fn entries<'n>(&mut self, node: &'n Node) -> Option<&'n [(Spanned<String>, Node)]> {
        match &node.value {
            Value::Map(entries) => Some(entries),
            Value::Null => Some(&[]),
            _ => {
                self.wrong(node, "a mapping");
                None
            }
        }
    }

    /// Reports every field that nobody asked for.
    pub fn finish(&mut self, fields: Fields<'_>) {
        for (key, _) in fields.entries.iter().filter(|(key, _)| !fields.known.contains(&key.value.as_str())) {
            let help = suggest(&key.value, fields.known.iter().copied())
                .unwrap_or_else(|| format!("known here: {}", fields.known.join(", ")));
            self.out.push(
                Diagnostic::error(
                    Code::UnknownField,
                    format!("unknown field `{}{}`", fields.path, key.value),
                )
                .at(key.span, "no such field")
                .help(help),
            );
        }
    }

    /// Reports that a field is not there.
    pub fn missing(&mut self, fields: &Fields<'_>, name: &str) {
        let message = format!("`{}{name}` is missing", fields.path);
        self.error(Code::MissingField, message, fields.span, format!("add `{name}`"));
    }

    pub fn text(&mut self, node: &Node) -> Option<Spanned<String>> {
        match &node.value {
            Value::Scalar { text, .. } => Some(Spanned::new(text.clone(), node.span)),
            _ => {
                self.wrong(node, "a text");
                None
            }
        }
    }

    /// A list; a single value counts as a list of one.
    pub fn list<'n>(&mut self, node: &'n Node) -> Option<&'n [Node]> {
        match &node.value {
            Value::List(items) => Some(items),
            Value::Null => Some(&[]),
            Value::Scalar { .. } => Some(std::slice::from_ref(node)),
            Value::Map(_) => {
                self.wrong(node, "a list");
                None
            }
        }
    }

    pub fn texts(&mut self, node: &Node) -> Vec<Spanned<String>> {
        self.list(node).unwrap_or_default().iter().filter_map(|item| self.text(item)).collect()
    }

    pub fn boolean(&mut self, node: &Node) -> Option<bool> {
        match &node.value {
            Value::Scalar { text, plain: true } if text == "true" => Some(true),
            Value::Scalar { text, plain: true } if text == "false" => Some(false),
            _ => {
                self.wrong(node, "true or false");
                None
            }
        }
    }

    /// A number from `low` to `high`.
    pub fn number(&mut self, node: &Node, low: u64, high: u64) -> Option<Spanned<u64>> {
        let number = match &node.value {
            Value::Scalar { text, plain: true } => numbers::yaml(text),
            _ => None,
        };
        match number {
            None => {
                self.wrong(node, "a number");
                None
            }
            Some(n) if n < low || n > high => {
                let message = format!("{n} is not from {low} to {high}");
                self.error(Code::BadNumber, message, node.span, format!("expected {low} to {high}"));
                None
            }
            Some(n) => Some(Spanned::new(n, node.span)),
        }
    }

    /// Microseconds.
    pub fn duration(&mut self, node: &Node) -> Option<u64> {
        self.parsed(node, Code::BadDuration, "a duration", numbers::duration)
    }

    /// Bytes.
    pub fn size(&mut self, node: &Node) -> Option<Spanned<u64>> {
        self.parsed(node, Code::BadSize, "a size", numbers::size).map(|n| Spanned::new(n, node.span))
    }

    pub fn version(&mut self, node: &Node) -> Option<Spanned<Version>> {
        self.parsed(node, Code::BadVersion, "a version", lenient_version).map(|v| Spanned::new(v, node.span))
    }

    pub fn requirement(&mut self, node: &Node) -> Option<Spanned<VersionReq>> {
        self.parsed(node, Code::BadRequirement, "a version requirement", |t| VersionReq::parse(t).ok())
            .map(|v| Spanned::new(v, node.span))
    }

    fn parsed<T>(
        &mut self,
        node: &Node,
        code: Code,
        what: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(node)?;
        let value = parse(text.value.trim());
        if value.is_none() {
            self.error(code, format!("`{}` is not {what}", text.value), node.span, "");
        }
        value
    }

    /// One of a closed set of words.
    pub fn choice<T: Copy>(&mut self, node: &Node, words: &[(&'static str, T)]) -> Option<T> {
        let text = self.text(node)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text.value) {
            return Some(*value);
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let help = suggest(&text.value, known.iter().copied());
        self.out.push(
            Diagnostic::error(Code::BadValue, format!("unknown value `{}`", text.value))
                .at(node.span, format!("expected {}", known.join(", ")))
                .maybe_help(help),
        );
        None
    }
}

/// `1.0` counts as `1.0.0`: interfaces are written that way.
fn lenient_version(text: &str) -> Option<Version> {
    Version::parse(text).ok().or_else(|| match text.bytes().filter(|b| *b == b'.').count() {
        0 => Version::parse(&format!("{text}.0.0")).ok(),
        1 => Version::parse(&format!("{text}.0")).ok(),
        _ => None,
    })
}
