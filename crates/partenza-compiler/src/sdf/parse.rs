// SPDX-License-Identifier: BSD-2-Clause
//! From XML to [`System`]: the document, `<system>`, channels.
//!
//! What is wrong with one attribute costs that attribute, or at most its element: everything else is still read.

use std::collections::HashMap;
use std::path::PathBuf;

use roxmltree::{Document, Node};

use super::attributes::Form;
use super::board::{Board, MAX_ID};
use super::domains::Domains;
use super::names::{Mention, Mentions, PREPROCESS, misspelt_inside};
use super::parser::Parser;
use super::pd::Place;
use super::types::{Channel, End, LooseEnd, System};
use super::{elements, iommu};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Sources, Span};

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
            let found = Diagnostic::error(Code::XmlSyntax, error.to_string()).at(span, "");
            out.push(found.maybe_help(mend(text, span.start, &error)));
            return System::default();
        }
    };
    let (misspelt, mentions) = (HashMap::new(), Mentions::default());
    let mut parser = Parser { file, text, board, search, inputs: &sources.inputs, out, misspelt, mentions };
    let root = document.root_element();
    let name = root.tag_name().name();
    if name != elements::SYSTEM.name {
        let message = format!("expected `<system>`, found `<{name}>`");
        parser.error(Code::UnknownElement, message, parser.tag(root), "");
        return System::default();
    }
    let mut system = System::default();
    parser.system(root, &mut system);
    system.index.mentions = parser.mentions;
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

/// How to mend what is no XML, where it is one of the things that people write.
fn mend(text: &str, at: usize, error: &roxmltree::Error) -> Option<String> {
    use roxmltree::Error;
    let line_start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = text[line_start..].lines().next().unwrap_or("").trim_start();
    if matches!(error, Error::DtdDetected) {
        return Some("remove the DOCTYPE: the Microkit takes none, and writes out no entities".to_owned());
    }
    if line.starts_with('#') {
        return Some(PREPROCESS.to_owned());
    }
    match error {
        Error::InvalidChar2("a quote", ..) => Some(
            "an attribute's value stands in quotes; if this is a macro's name, run the file through the preprocessor first"
                .to_owned(),
        ),
        Error::UnknownEntityReference(..) | Error::MalformedEntityReference(..) => {
            Some("write & as &amp;".to_owned())
        }
        Error::NoRootNode | Error::UnexpectedEndOfStream if text.trim().is_empty() => {
            Some("the file is empty: write `<system>` with at least one `<protection_domain>`".to_owned())
        }
        _ => None,
    }
}

impl Parser<'_> {
    fn system(&mut self, root: Node<'_, '_>, system: &mut System) {
        let mut domains = Domains::default();
        let mut spaces = iommu::Seen::default();
        let children = self.children(root, &elements::SYSTEM);
        let pds = children.iter().filter(|child| child.has_tag_name(elements::PD.name)).count();
        for child in children {
            match child.tag_name().name() {
                "protection_domain" => self.pd(child, Place::Top, &domains, system),
                "memory_region" => self.region(child, system),
                "channel" => {
                    self.channel(child, system);
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
        if pds == 0 && !misspelt_inside(root, elements::PD.name, elements::SYSTEM.children) {
            let message = "no `<protection_domain>`";
            self.error(Code::MissingElement, message, self.tag(root), "a system has at least one");
        }
    }

    fn channel(&mut self, node: Node<'_, '_>, system: &mut System) {
        let span = self.tag(node);
        let nodes = self.children(node, &elements::CHANNEL);
        let count = nodes.len();
        let ends: Vec<End> = nodes.into_iter().filter_map(|child| self.end(child)).collect();
        // One that is misspelt was told, and may be the second.
        let misspelt = count < 2 && misspelt_inside(node, elements::END.name, elements::CHANNEL.children);
        if count != 2 && !misspelt {
            self.error(Code::ChannelEnds, format!("a channel with {count} ends"), span, "it has exactly two");
        }
        match <[End; 2]>::try_from(ends) {
            Ok(ends) if count == 2 => system.channels.push(Channel { span, ends }),
            Ok(ends) => system.index.loose_ends.extend(ends.into_iter().map(LooseEnd::from)),
            Err(ends) => system.index.loose_ends.extend(ends.into_iter().map(LooseEnd::from)),
        }
    }

    fn end(&mut self, node: Node<'_, '_>) -> Option<End> {
        self.children(node, &elements::END);
        let pd = self.mention(node, "pd", Mention::Pd);
        let id = self.small(node, "id", Form::Plain, MAX_ID);
        let pp = self.boolean(node, "pp").is_some_and(|b| b.value);
        let notify = self.boolean(node, "notify").is_none_or(|b| b.value);
        let setvar_id = self.optional(node, "setvar_id");
        Some(End { span: self.tag(node), pd: pd?, id: id?, pp, notify, setvar_id })
    }
}

impl From<End> for LooseEnd {
    fn from(end: End) -> Self {
        Self { pd: end.pd.value, id: end.id }
    }
}
