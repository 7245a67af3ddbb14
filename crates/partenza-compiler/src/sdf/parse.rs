// SPDX-License-Identifier: BSD-2-Clause
//! From XML to [`System`]: the document, `<system>`, channels.
//!
//! What is wrong with one attribute costs that attribute, or at most its element: everything else is still read.

use std::path::PathBuf;

use roxmltree::{Document, Node};

use super::attributes::{Form, Parser};
use super::board::Board;
use super::domains::Domains;
use super::types::{Channel, End, System};
use super::{elements, iommu};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Sources, Span, Spanned};

/// Highest id of channels, interrupts, I/O ports and vCPUs.
pub const MAX_ID: u8 = 61;
pub const MAX_PRIORITY: u8 = 254;

/// Reads a description. Findings go to `out`.
pub fn parse(
    file: FileId,
    sources: &Sources,
    board: &Board,
    search: &[PathBuf],
    out: &mut Diagnostics,
) -> System {
    let text = sources.text(file);
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let span = Span::new(file, place(text, error.pos()));
            out.push(Diagnostic::error(Code::XmlSyntax, error.to_string()).at(span, ""));
            return System::default();
        }
    };
    let mut parser = Parser { file, text, board, search, inputs: &sources.inputs, out };
    let root = document.root_element();
    let name = root.tag_name().name();
    if name != elements::SYSTEM.name {
        let message = format!("expected `<system>`, found `<{name}>`");
        parser.error(Code::UnknownElement, message, parser.tag(root), "");
        return System::default();
    }
    let mut system = System::default();
    parser.system(root, &mut system);
    system.build_index();
    system
}

/// The character at a row and column of the XML reader.
fn place(text: &str, at: roxmltree::TextPos) -> std::ops::Range<usize> {
    let row = (at.row as usize).saturating_sub(1);
    let line_start: usize = text.split_inclusive('\n').take(row).map(str::len).sum();
    let before = text[line_start..].chars().take((at.col as usize).saturating_sub(1));
    let start = line_start + before.map(char::len_utf8).sum::<usize>();
    start..start + text[start..].chars().next().map_or(0, char::len_utf8)
}

impl Parser<'_> {
    fn system(&mut self, root: Node<'_, '_>, system: &mut System) {
        let mut domains = Domains::default();
        let mut spaces = iommu::Seen::default();
        for child in self.children(root, &elements::SYSTEM) {
            match child.tag_name().name() {
                "protection_domain" => self.pd(child, None, &domains, system),
                "memory_region" => self.region(child, system),
                "channel" => {
                    let channel = self.channel(child);
                    system.channels.extend(channel);
                }
                "io_address_space" => {
                    let space = self.address_space(child, &mut spaces);
                    system.address_spaces.extend(space);
                }
                "domains" => {
                    let span = self.tag(child);
                    system.domains = Some(span);
                    if domains.there_are() {
                        self.error(Code::DuplicateElement, "`domains` stands twice", span, "second");
                    } else {
                        domains = self.domains(child);
                    }
                }
                _ => {}
            }
        }
        if system.pds.is_empty() && system.index.refused.is_empty() {
            let message = "no `<protection_domain>`";
            self.error(Code::MissingElement, message, self.tag(root), "a system has at least one");
        }
    }

    fn channel(&mut self, node: Node<'_, '_>) -> Option<Channel> {
        let span = self.tag(node);
        let nodes = self.children(node, &elements::CHANNEL);
        let count = nodes.len();
        let ends: Vec<End> = nodes.into_iter().filter_map(|child| self.end(child)).collect();
        if count != 2 {
            self.error(Code::ChannelEnds, format!("a channel with {count} ends"), span, "it has exactly two");
            return None;
        }
        Some(Channel { span, ends: ends.try_into().ok()? })
    }

    fn end(&mut self, node: Node<'_, '_>) -> Option<End> {
        self.children(node, &elements::END);
        let pd = self.text_of(node, "pd");
        let id = self.small(node, "id", Form::Plain, MAX_ID);
        let pp = self.boolean(node, "pp").is_some_and(|b| b.value);
        let notify = self.boolean(node, "notify").is_none_or(|b| b.value);
        Some(End {
            span: self.tag(node),
            pd: pd?,
            id: id?,
            pp,
            notify,
            setvar_id: self.optional(node, "setvar_id"),
        })
    }

    /// An element that may stand once: tells when it is there for the second time.
    pub fn once<T>(&mut self, first: &Option<T>, node: Node<'_, '_>) {
        if first.is_some() {
            let message = format!("`{}` stands twice", node.tag_name().name());
            self.error(Code::DuplicateElement, message, self.tag(node), "second");
        }
    }

    /// The name of something that is refused, so that what refers to it is not refused for that.
    pub fn refused(&self, name: Option<&Spanned<String>>, system: &mut System) {
        system.index.refused.insert(name.map_or_else(String::new, |n| n.value.clone()));
    }
}
