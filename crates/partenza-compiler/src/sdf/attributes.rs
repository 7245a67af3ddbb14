// SPDX-License-Identifier: BSD-2-Clause
//! Reading elements and attributes: names against the table of [`super::elements`], values as the Microkit reads them.

use roxmltree::{Attribute, Node};

use super::elements::{CHILD_ONLY, Element, PD, SYSTEM};
use super::names::{self, Mention};
use super::number;
use super::parser::{Parser, exact};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Span, Spanned};

/// How a number is written.
#[derive(Clone, Copy)]
pub enum Form {
    /// Decimal or hexadecimal.
    Any,
    /// Decimal.
    Plain,
    /// Decimal without a sign.
    Unsigned,
}

impl Parser<'_> {
    /// Checks attributes' and children's names, and that there is no text; gives the elements that belong there.
    pub fn children<'d, 'i>(&mut self, node: Node<'d, 'i>, element: &Element) -> Vec<Node<'d, 'i>> {
        for attribute in node.attributes() {
            self.attribute_name(node, attribute, element);
        }
        let mut known = Vec::new();
        for child in node.children() {
            if child.is_text() && !child.text().unwrap_or("").trim().is_empty() {
                self.stray_text(child, element);
            }
            if !child.is_element() {
                continue;
            }
            let name = child.tag_name().name();
            if element.children.contains(&name) {
                known.push(child);
            } else {
                self.stray_element(child, element);
            }
        }
        known
    }

    fn attribute_name(&mut self, node: Node<'_, '_>, attribute: Attribute<'_, '_>, element: &Element) {
        let name = attribute.name();
        let span = Span::new(self.file, attribute.range_qname());
        let Some(known) = element.attributes else {
            let message = format!("`{name}` of `<{}>` has no effect", element.name);
            self.out.push(Diagnostic::warning(Code::UnknownAttribute, message).at(span, ""));
            return;
        };
        if known.contains(&name) && attribute.namespace().is_none() {
            return;
        }
        if known.contains(&name) {
            let message = format!("`{name}` is of another XML namespace and has no effect");
            self.out.push(Diagnostic::warning(Code::UnknownAttribute, message).at(span, ""));
            return;
        }
        if let Some(found) = self.old_attribute(node, attribute, element) {
            self.out.push(found);
            return;
        }
        let meant = names::meant(element.name, name, known);
        let help = if element.name == PD.name && CHILD_ONLY.contains(&name) {
            Some("only a protection domain inside another has it".to_owned())
        } else if let Some(meant) = meant {
            if exact(node, meant).is_none() {
                self.misspelt.insert((node.id(), meant), name.to_owned());
            }
            Some(format!("did you mean `{meant}`?"))
        } else {
            Some(format!("`<{}>` takes {}", element.name, known.join(", ")))
        };
        let message = format!("`<{}>` has no attribute `{name}`", element.name);
        self.out.push(Diagnostic::error(Code::UnknownAttribute, message).at(span, "").maybe_help(help));
    }

    /// The Microkit looks for text in `<system>` only.
    fn stray_text(&mut self, node: Node<'_, '_>, element: &Element) {
        let range = node.range();
        let text = &self.text[range.clone()];
        let start = range.start + (text.len() - text.trim_start().len());
        let span = Span::new(self.file, start..start + text.trim().len());
        let message = format!("text inside `<{}>`", element.name);
        let directive = text.lines().any(|line| line.trim_start().starts_with('#'));
        let found = if element.name == SYSTEM.name {
            let help = directive.then(|| names::PREPROCESS.to_owned());
            Diagnostic::error(Code::StrayText, message).maybe_help(help)
        } else {
            Diagnostic::warning(Code::StrayText, message).note("the Microkit does not look at it")
        };
        self.out.push(found.at(span, ""));
    }

    fn stray_element(&mut self, node: Node<'_, '_>, element: &Element) {
        let name = node.tag_name().name();
        // Where it is an error: nothing is to follow from it.
        if !element.children.is_empty() {
            self.mentions.passed_over(node);
            if self.old_element(node, element) {
                return;
            }
        }
        let message = format!("`<{name}>` cannot stand inside `<{}>`", element.name);
        let found = if element.children.is_empty() {
            Diagnostic::warning(Code::UnknownElement, message).note("the Microkit does not look at it")
        } else if name == "virtual_machine" {
            Diagnostic::error(Code::UnknownElement, message).help("put it into its protection domain")
        } else {
            let help = match names::meant_element(name, element.children) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("inside `<{}>` stand {}", element.name, element.children.join(", ")),
            };
            Diagnostic::error(Code::UnknownElement, message).help(help)
        };
        self.out.push(found.at(self.tag(node), ""));
    }

    pub fn attribute<'d, 'i>(&mut self, node: Node<'d, 'i>, name: &'static str) -> Option<Attribute<'d, 'i>> {
        let found = self.find(node, name);
        if found.is_none() {
            let message = format!("`<{}>` lacks the attribute `{name}`", node.tag_name().name());
            self.error(Code::MissingAttribute, message, self.tag(node), &format!("add {name}=\"…\""));
        }
        found
    }

    pub fn value(&self, attribute: Attribute<'_, '_>) -> Spanned<String> {
        Spanned::new(attribute.value().to_owned(), Span::new(self.file, attribute.range_value()))
    }

    pub fn text_of(&mut self, node: Node<'_, '_>, name: &'static str) -> Option<Spanned<String>> {
        self.attribute(node, name).map(|a| self.value(a))
    }

    pub fn optional(&self, node: Node<'_, '_>, name: &'static str) -> Option<Spanned<String>> {
        self.find(node, name).map(|a| self.value(a))
    }

    /// The name of something that must be defined elsewhere.
    pub fn mention(
        &mut self,
        node: Node<'_, '_>,
        name: &'static str,
        kind: fn(Spanned<String>) -> Mention,
    ) -> Option<Spanned<String>> {
        let value = self.text_of(node, name)?;
        self.mentions.list.push(kind(value.clone()));
        Some(value)
    }

    pub fn bad(&mut self, name: &str, value: &Spanned<String>, wanted: &str) {
        let message = format!("{name}=\"{}\": expected {wanted}", value.value);
        self.error(Code::BadAttribute, message, value.span, &format!("expected {wanted}"));
    }

    /// A number from `low` to `high`.
    pub fn number(
        &mut self,
        name: &'static str,
        value: &Spanned<String>,
        form: Form,
        low: u64,
        high: u64,
    ) -> Option<Spanned<u64>> {
        let (number, wanted) = match form {
            Form::Any => (number::number(&value.value), "a number, decimal or 0x…"),
            Form::Plain => (number::plain(&value.value), "a decimal number, 0 or more"),
            Form::Unsigned => (number::unsigned(&value.value), "a decimal number, 0 or more"),
        };
        match number {
            Some(n) if (low..=high).contains(&n) => Some(Spanned::new(n, value.span)),
            Some(_) => {
                let high = if high > 9999 { format!("{high:#x}") } else { high.to_string() };
                self.bad(name, value, &format!("a number from {low} to {high}"));
                None
            }
            None => {
                let message = format!("{name}=\"{}\": expected {wanted}", value.value);
                let found = Diagnostic::error(Code::BadAttribute, message);
                let found = found.at(value.span, format!("expected {wanted}"));
                let help = number::number(&value.value).map(|n| {
                    format!("write {name}=\"{n}\": the Microkit reads `{name}` in decimal digits only")
                });
                self.out.push(found.maybe_help(help));
                None
            }
        }
    }

    /// A number that must be there.
    pub fn needed(
        &mut self,
        node: Node<'_, '_>,
        name: &'static str,
        form: Form,
        low: u64,
        high: u64,
    ) -> Option<Spanned<u64>> {
        let value = self.text_of(node, name)?;
        self.number(name, &value, form, low, high)
    }

    /// A decimal or hexadecimal number that may be there.
    pub fn optional_number(
        &mut self,
        node: Node<'_, '_>,
        name: &'static str,
        low: u64,
        high: u64,
    ) -> Option<Spanned<u64>> {
        let value = self.optional(node, name)?;
        self.number(name, &value, Form::Any, low, high)
    }

    /// A decimal number that must be there and is small.
    pub fn small(
        &mut self,
        node: Node<'_, '_>,
        name: &'static str,
        form: Form,
        high: u8,
    ) -> Option<Spanned<u8>> {
        let number = self.needed(node, name, form, 0, high.into())?;
        Some(Spanned::new(number.value as u8, number.span))
    }

    pub fn boolean(&mut self, node: Node<'_, '_>, name: &'static str) -> Option<Spanned<bool>> {
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

    /// `level` unless the attribute says `edge`.
    pub fn level(&mut self, node: Node<'_, '_>) -> bool {
        let trigger = self.optional(node, "trigger");
        trigger
            .and_then(|value| self.word("trigger", &value, &[("level", true), ("edge", false)]))
            .unwrap_or(true)
    }

    /// An element that may stand once: tells when it is there for the second time.
    pub fn once<T>(&mut self, first: &Option<T>, node: Node<'_, '_>) {
        if first.is_some() {
            let message = format!("`{}` stands twice", node.tag_name().name());
            self.error(Code::DuplicateElement, message, self.tag(node), "second");
        }
    }
}
