// SPDX-License-Identifier: BSD-2-Clause
//! Reads values out of a tree that was [checked](super::check). What is wrong counts as absent: it was reported.
//!
//! Only fields of the table can be asked for, so a program and its table cannot drift apart; asking for another one is a
//! bug, and every test that reads a file finds it.

use semver::{Version, VersionReq};

use super::check::{alternative, fits};
use super::shape::{Shape, Table};
use super::{Node, Value};
use crate::kinds::Access;
use crate::numbers;
use crate::source::{Span, Spanned};

/// A mapping and the table that describes it.
#[derive(Clone, Copy)]
pub struct View<'n> {
    pub span: Span,
    entries: &'n [(Spanned<String>, Node)],
    table: &'n Table,
}

/// A value and the shape that it fits.
#[derive(Clone, Copy)]
pub struct Item<'n> {
    pub node: &'n Node,
    shape: &'n Shape,
}

impl<'n> View<'n> {
    /// The top of a file; `None` if it is no mapping.
    #[must_use]
    pub fn new(node: &'n Node, table: &'n Table) -> Option<Self> {
        let entries = match &node.value {
            Value::Map(entries) => entries.as_slice(),
            Value::Null => &[],
            _ => return None,
        };
        Some(Self { span: node.span, entries, table })
    }

    /// The value of a field, if it is there and right.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Item<'n>> {
        let field = self.table.field(name);
        debug_assert!(field.is_some(), "the table has no field `{name}`");
        let (_, node) = self.entries.iter().find(|(key, _)| key.value == name)?;
        Item { node, shape: &field?.shape }.right()
    }

    /// Where a field's key stands.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<Span> {
        self.entries.iter().find(|(key, _)| key.value == name).map(|(key, _)| key.span)
    }

    /// The keys, as written.
    pub fn keys(&self) -> impl Iterator<Item = &'n Spanned<String>> {
        self.entries.iter().map(|(key, _)| key)
    }

    /// Whether every key is a field: none is misspelt.
    #[must_use]
    pub fn all_known(&self) -> bool {
        self.entries.iter().all(|(key, _)| self.table.field(&key.value).is_some())
    }

    #[must_use]
    pub fn text(&self, name: &str) -> Option<Spanned<String>> {
        self.get(name)?.text()
    }

    #[must_use]
    pub fn boolean(&self, name: &str) -> Option<bool> {
        self.get(name)?.text().map(|text| text.value == "true")
    }

    #[must_use]
    pub fn number(&self, name: &str) -> Option<Spanned<u64>> {
        self.get(name)?.number()
    }

    /// Microseconds.
    #[must_use]
    pub fn duration(&self, name: &str) -> Option<Spanned<u64>> {
        self.get(name)?.parsed(numbers::duration)
    }

    /// Bytes.
    #[must_use]
    pub fn size(&self, name: &str) -> Option<Spanned<u64>> {
        self.get(name)?.parsed(numbers::size)
    }

    /// Hundredths.
    #[must_use]
    pub fn percent(&self, name: &str) -> Option<u32> {
        Some(self.get(name)?.parsed(numbers::percent)?.value)
    }

    #[must_use]
    pub fn version(&self, name: &str) -> Option<Spanned<Version>> {
        self.get(name)?.parsed(numbers::version)
    }

    #[must_use]
    pub fn range(&self, name: &str) -> Option<Spanned<VersionReq>> {
        self.get(name)?.parsed(|text| VersionReq::parse(text).ok())
    }

    #[must_use]
    pub fn rights(&self, name: &str) -> Option<Spanned<Access>> {
        self.get(name)?.parsed(Access::parse)
    }

    /// One of the words that the field's shape was made of.
    #[must_use]
    pub fn choice<T: Copy>(&self, name: &str, words: &[(&'static str, T)]) -> Option<T> {
        let text = self.get(name)?.text()?;
        words.iter().find(|(word, _)| *word == text.value).map(|(_, value)| *value)
    }

    /// The items of a list.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<Item<'n>> {
        self.get(name).map(Item::list).unwrap_or_default()
    }

    #[must_use]
    pub fn texts(&self, name: &str) -> Vec<Spanned<String>> {
        self.get(name).map(Item::texts).unwrap_or_default()
    }

    #[must_use]
    pub fn view(&self, name: &str) -> Option<View<'n>> {
        self.get(name)?.view()
    }

    /// The entries of a mapping with chosen names.
    #[must_use]
    pub fn named(&self, name: &str) -> Vec<(&'n Spanned<String>, Item<'n>)> {
        self.get(name).map(Item::named).unwrap_or_default()
    }
}

impl<'n> Item<'n> {
    fn right(self) -> Option<Self> {
        let shape = match self.shape {
            Shape::Either(shapes) => alternative(self.node, shapes)?,
            shape => shape,
        };
        fits(self.node, shape).then_some(Item { shape, ..self })
    }

    #[must_use]
    pub fn span(self) -> Span {
        self.node.span
    }

    /// Any scalar, as written.
    #[must_use]
    pub fn text(self) -> Option<Spanned<String>> {
        match &self.node.value {
            Value::Scalar { text, .. } => Some(Spanned::new(text.clone(), self.node.span)),
            _ => None,
        }
    }

    fn parsed<T>(self, parse: impl Fn(&str) -> Option<T>) -> Option<Spanned<T>> {
        let text = self.text()?;
        parse(text.value.trim()).map(|value| Spanned::new(value, text.span))
    }

    #[must_use]
    pub fn number(self) -> Option<Spanned<u64>> {
        self.parsed(numbers::yaml)
    }

    #[must_use]
    pub fn duration(self) -> Option<Spanned<u64>> {
        self.parsed(numbers::duration)
    }

    #[must_use]
    pub fn list(self) -> Vec<Item<'n>> {
        let Shape::List { of, most } = self.shape else { return Vec::new() };
        let items = match &self.node.value {
            Value::List(items) => items.as_slice(),
            Value::Scalar { .. } => std::slice::from_ref(self.node),
            _ => &[],
        };
        items.iter().take(*most).filter_map(|node| Item { node, shape: of }.right()).collect()
    }

    #[must_use]
    pub fn texts(self) -> Vec<Spanned<String>> {
        self.list().into_iter().filter_map(Item::text).collect()
    }

    #[must_use]
    pub fn view(self) -> Option<View<'n>> {
        let entries = match &self.node.value {
            Value::Map(entries) => entries.as_slice(),
            Value::Null => &[],
            _ => return None,
        };
        let table = match self.shape {
            Shape::Table(table) => table,
            Shape::Tagged(tagged) => tagged.table(entries)?,
            _ => return None,
        };
        Some(View { span: self.node.span, entries, table })
    }

    #[must_use]
    pub fn named(self) -> Vec<(&'n Spanned<String>, Item<'n>)> {
        let (Shape::Named { value, number, .. }, Value::Map(entries)) = (self.shape, &self.node.value) else {
            return Vec::new();
        };
        let good = |key: &str| number.is_none_or(|low| key.parse::<u8>().is_ok_and(|n| n >= low));
        let entries = entries.iter().filter(|(key, _)| good(&key.value));
        entries.filter_map(|(key, node)| Some((key, Item { node, shape: value }.right()?))).collect()
    }
}
