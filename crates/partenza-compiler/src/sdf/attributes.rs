// SPDX-License-Identifier: BSD-2-Clause
//! Reading elements and attributes: names against the table of [`super::elements`], values as the Microkit reads them.

use roxmltree::{Attribute, Node};

use super::elements::{UNSUPPORTED_ATTRIBUTES, UNSUPPORTED_ELEMENTS, element};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, suggest};
use crate::numbers;
use crate::source::{FileId, Span, Spanned};

/// Reads one document.
pub struct Parser<'a> {
    pub file: FileId,
    pub text: &'a str,
    pub out: &'a mut Diagnostics,
}

impl Parser<'_> {
    pub fn error(&mut self, code: Code, message: impl Into<String>, span: Span, label: &str) {
        self.out.push(Diagnostic::error(code, message).at(span, label));
    }

    /// The name in the opening tag.
    pub fn tag(&self, node: Node<'_, '_>) -> Span {
        let start = node.range().start + 1;
        let name = self.text[start..].find(|c: char| c.is_whitespace() || c == '>' || c == '/');
        Span::new(self.file, start..start + name.unwrap_or(0))
    }

    /// Checks attributes' and children's names, and that there is no text; gives the elements that are supported.
    pub fn children<'d, 'i>(&mut self, node: Node<'d, 'i>) -> Vec<Node<'d, 'i>> {
        let name = node.tag_name().name();
        let Some(spec) = element(name) else { return Vec::new() };
        for attribute in node.attributes().filter(|a| !spec.attributes.contains(&a.name())) {
            let span = Span::new(self.file, attribute.range_qname());
            let child_only = name == "protection_domain" && matches!(attribute.name(), "id" | "setvar_id");
            let found = format!("`<{name}>` has no attribute `{}`", attribute.name());
            let help = if child_only {
                Some("only a protection domain inside another has it".to_owned())
            } else {
                suggest(attribute.name(), spec.attributes.iter().copied())
            };
            self.out.push(Diagnostic::error(Code::UnknownAttribute, found).at(span, "").maybe_help(help));
        }
        for attribute in node.attributes().filter(|a| UNSUPPORTED_ATTRIBUTES.contains(&a.name())) {
            let span = Span::new(self.file, attribute.range_qname());
            let found = format!("`{}` is not supported yet", attribute.name());
            self.error(Code::UnsupportedElement, found, span, "");
        }
        let mut known = Vec::new();
        for child in node.children() {
            if child.is_text() && !child.text().unwrap_or("").trim().is_empty() {
                let range = child.range();
                let text = &self.text[range.clone()];
                let start = range.start + (text.len() - text.trim_start().len());
                let span = Span::new(self.file, start..start + text.trim().len());
                self.error(Code::StrayText, format!("text inside `<{name}>`"), span, "");
            }
            if !child.is_element() {
                continue;
            }
            let child_name = child.tag_name().name();
            let nested = name == "protection_domain" && child_name == "protection_domain";
            if !spec.children.contains(&child_name) {
                let found = format!("`<{child_name}>` cannot stand inside `<{name}>`");
                let help = suggest(child_name, spec.children.iter().copied());
                let span = self.tag(child);
                self.out.push(Diagnostic::error(Code::UnknownElement, found).at(span, "").maybe_help(help));
            } else if nested || UNSUPPORTED_ELEMENTS.contains(&child_name) {
                let found = if nested { "nested protection domains are" } else { "this element is" };
                let found = format!("`<{child_name}>`: {found} not supported yet");
                self.error(Code::UnsupportedElement, found, self.tag(child), "");
            } else {
                known.push(child);
            }
        }
        known
    }

    pub fn attribute<'d, 'i>(&mut self, node: Node<'d, 'i>, name: &str) -> Option<Attribute<'d, 'i>> {
        let found = node.attribute_node(name);
        if found.is_none() {
            let message = format!("`<{}>` lacks the attribute `{name}`", node.tag_name().name());
            self.error(Code::MissingAttribute, message, self.tag(node), &format!("add {name}=\"…\""));
        }
        found
    }

    pub fn value(&self, attribute: Attribute<'_, '_>) -> Spanned<String> {
        Spanned::new(attribute.value().to_owned(), Span::new(self.file, attribute.range_value()))
    }

    pub fn text_of(&mut self, node: Node<'_, '_>, name: &str) -> Option<Spanned<String>> {
        self.attribute(node, name).map(|a| self.value(a))
    }

    pub fn optional(&self, node: Node<'_, '_>, name: &str) -> Option<Spanned<String>> {
        node.attribute_node(name).map(|a| self.value(a))
    }

    pub fn bad(&mut self, name: &str, value: &Spanned<String>, wanted: &str) {
        let message = format!("{name}=\"{}\": expected {wanted}", value.value);
        self.error(Code::BadAttribute, message, value.span, &format!("expected {wanted}"));
    }

    /// A number from `low` to `high`; hexadecimal and underscores where the Microkit reads them.
    pub fn number(
        &mut self,
        name: &str,
        value: &Spanned<String>,
        low: u64,
        high: u64,
        plain: bool,
    ) -> Option<Spanned<u64>> {
        let number = if plain {
            value.value.bytes().all(|b| b.is_ascii_digit()).then(|| value.value.parse().ok()).flatten()
        } else {
            numbers::sdf(&value.value)
        };
        match number {
            Some(n) if (low..=high).contains(&n) => Some(Spanned::new(n, value.span)),
            Some(_) => {
                self.bad(name, value, &format!("a number from {low} to {high:#x}"));
                None
            }
            None => {
                self.bad(name, value, if plain { "a decimal number" } else { "a number, decimal or 0x…" });
                None
            }
        }
    }

    pub fn optional_number(
        &mut self,
        node: Node<'_, '_>,
        name: &str,
        low: u64,
        high: u64,
    ) -> Option<Spanned<u64>> {
        let value = self.optional(node, name)?;
        self.number(name, &value, low, high, false)
    }

    pub fn small(&mut self, node: Node<'_, '_>, name: &str, high: u64) -> Option<Spanned<u8>> {
        let value = self.text_of(node, name)?;
        let number = self.number(name, &value, 0, high.min(255), true)?;
        Some(Spanned::new(number.value as u8, number.span))
    }

    pub fn boolean(&mut self, node: Node<'_, '_>, name: &str) -> Option<Spanned<bool>> {
        let value = self.optional(node, name)?;
        self.word(name, &value, &[("true", true), ("false", false)]).map(|b| Spanned::new(b, value.span))
    }

    pub fn word<T: Copy>(&mut self, name: &str, value: &Spanned<String>, words: &[(&str, T)]) -> Option<T> {
        let found = words.iter().find(|(word, _)| *word == value.value).map(|(_, v)| *v);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.bad(name, value, &known.join(" or "));
        }
        found
    }
}
