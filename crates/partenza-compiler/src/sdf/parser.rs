// SPDX-License-Identifier: BSD-2-Clause
//! What reads a description, and what each of its parts stands on: the document, the board, where findings go.

use std::collections::HashMap;
use std::path::PathBuf;

use roxmltree::{Attribute, Node, NodeId};

use super::board::Board;
use super::names::Mentions;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Inputs, Span};

/// Reads one document.
pub struct Parser<'a> {
    pub file: FileId,
    pub text: &'a str,
    pub board: &'a Board,
    /// Where prefill files are looked for.
    pub search: &'a [PathBuf],
    pub inputs: &'a Inputs,
    pub out: &'a mut Diagnostics,
    /// Attributes that were refused for their spelling: by element and what was meant, what is written.
    pub misspelt: HashMap<(NodeId, &'static str), String>,
    /// Names that elements refer to, also where the element itself is refused.
    pub mentions: Mentions,
}

/// The attribute of exactly that name and of no XML namespace.
pub fn exact<'d, 'i>(node: Node<'d, 'i>, name: &str) -> Option<Attribute<'d, 'i>> {
    node.attributes().find(|attribute| attribute.name() == name && attribute.namespace().is_none())
}

impl Parser<'_> {
    /// The attribute of that name, or the misspelt one that stands for it: the spelling was told, and nothing is to follow
    /// from it. Only after [`Parser::children`] of the element.
    pub fn find<'d, 'i>(&self, node: Node<'d, 'i>, name: &'static str) -> Option<Attribute<'d, 'i>> {
        let meant = || exact(node, self.misspelt.get(&(node.id(), name))?);
        exact(node, name).or_else(meant)
    }

    pub fn has(&self, node: Node<'_, '_>, name: &'static str) -> bool {
        self.find(node, name).is_some()
    }

    pub fn error(&mut self, code: Code, message: impl Into<String>, span: Span, label: &str) {
        self.out.push(Diagnostic::error(code, message).at(span, label));
    }

    /// The name in the opening tag.
    pub fn tag(&self, node: Node<'_, '_>) -> Span {
        let start = node.range().start + 1;
        let name = self.text[start..].find(|c: char| c.is_whitespace() || c == '>' || c == '/');
        Span::new(self.file, start..start + name.unwrap_or(0))
    }

    /// Something that this board does not have.
    pub fn not_here(&mut self, what: &str, why: &str, span: Span) {
        let message = format!("{what} on {}: {why}", self.board.name);
        self.error(Code::NotOnBoard, message, span, "");
    }
}
