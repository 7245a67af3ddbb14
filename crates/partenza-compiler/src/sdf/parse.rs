// SPDX-License-Identifier: BSD-2-Clause
//! From XML to [`System`]: structure, names and values of each element by itself.
//!
//! What is wrong with one attribute costs that attribute, not the element: everything else is still read and checked.

use roxmltree::{Document, Node};

use super::attributes::Parser;
use super::{Channel, End, Irq, Map, Pd, Perms, Ports, Region, SetVar, System};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Sources, Span, Spanned};

/// Highest channel and interrupt id of the Microkit.
const MAX_ID: u64 = 61;
const MAX_PRIORITY: u64 = 254;
const MAX_VECTOR: u64 = 107;
const PAGE: u64 = 4096;
const DEFAULT_STACK: u64 = 0x2000;
const MAX_STACK: u64 = 16 << 20;

/// Reads a system description. Findings go to `out`.
pub fn parse(file: FileId, sources: &Sources, out: &mut Diagnostics) -> System {
    let text = sources.text(file);
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let at = error.pos();
            let line_start: usize = text.split_inclusive('\n').take(at.row as usize - 1).map(str::len).sum();
            let column: usize = text[line_start..]
                .chars()
                .take((at.col as usize).saturating_sub(1))
                .map(char::len_utf8)
                .sum();
            let start = (line_start + column).min(text.len());
            let message = error.to_string();
            let width = text[start..].chars().next().map_or(0, char::len_utf8);
            let span = Span::new(file, start..start + width);
            out.push(Diagnostic::error(Code::XmlSyntax, message).at(span, ""));
            return System::default();
        }
    };
    let mut parser = Parser { file, text, out };
    let root = document.root_element();
    let mut system = System::default();
    if !root.has_tag_name("system") {
        let name = root.tag_name().name().to_owned();
        parser.error(
            Code::UnknownElement,
            format!("expected `<system>`, found `<{name}>`"),
            parser.tag(root),
            "",
        );
        return system;
    }
    for child in parser.children(root) {
        match child.tag_name().name() {
            "protection_domain" => system.pds.extend(parser.pd(child)),
            "memory_region" => system.regions.extend(parser.region(child)),
            "channel" => system.channels.extend(parser.channel(child)),
            _ => {}
        }
    }
    if system.pds.is_empty() && !parser.out.has_errors() {
        parser.error(
            Code::MissingElement,
            "no `<protection_domain>`",
            parser.tag(root),
            "a system has at least one",
        );
    }
    system
}

impl Parser<'_> {
    fn pd(&mut self, node: Node<'_, '_>) -> Option<Pd> {
        let children = self.children(node);
        let name = self.text_of(node, "name");
        let tag = self.tag(node);
        let priority = self.optional_number(node, "priority", 0, MAX_PRIORITY);
        let stack_size = self.optional_number(node, "stack_size", PAGE, MAX_STACK);
        if let Some(size) = stack_size.as_ref().filter(|size| !size.value.is_multiple_of(PAGE)) {
            self.error(Code::Unaligned, "stack_size is not a multiple of 4 KiB", size.span, "");
        }
        let budget = self.optional_number(node, "budget", 1, u64::MAX);
        let period = self.optional_number(node, "period", 1, u64::MAX);
        if let (Some(budget), Some(period)) = (&budget, &period)
            && period.value < budget.value
        {
            self.error(Code::BadAttribute, "period is shorter than budget", period.span, "");
        }
        let mut pd = Pd {
            span: tag,
            name: name.clone().unwrap_or(Spanned::new(String::new(), tag)),
            priority: priority.map_or(Spanned::new(0, tag), |p| Spanned::new(p.value as u8, p.span)),
            budget,
            period,
            passive: self.boolean(node, "passive"),
            cpu: self.optional_number(node, "cpu", 0, 255),
            smc: self.boolean(node, "smc"),
            fpu: self.boolean(node, "fpu"),
            domain: self.optional(node, "domain"),
            stack_size: stack_size.unwrap_or(Spanned::new(DEFAULT_STACK, tag)),
            image: None,
            path_for_symbols: None,
            maps: Vec::new(),
            irqs: Vec::new(),
            ports: Vec::new(),
            setvars: Vec::new(),
        };
        let mut images = 0;
        for child in children {
            self.children(child);
            match child.tag_name().name() {
                "program_image" => {
                    images += 1;
                    if images > 1 {
                        let span = self.tag(child);
                        self.error(Code::DuplicateElement, "`program_image` stands twice", span, "second");
                    }
                    pd.image = self.text_of(child, "path");
                    pd.path_for_symbols = self.optional(child, "path_for_symbols");
                }
                "map" => pd.maps.extend(self.map(child)),
                "irq" => pd.irqs.extend(self.irq(child)),
                "ioport" => pd.ports.extend(self.ports(child)),
                "setvar" => {
                    let symbol = self.text_of(child, "symbol");
                    let region = self.text_of(child, "region_paddr");
                    pd.setvars.extend(symbol.zip(region).map(|(symbol, region)| SetVar { symbol, region }));
                }
                _ => {}
            }
        }
        if images == 0 {
            self.error(Code::MissingElement, "a protection domain without `<program_image>`", tag, "add one");
        }
        name.map(|_| pd)
    }

    fn map(&mut self, node: Node<'_, '_>) -> Option<Map> {
        let region = self.text_of(node, "mr");
        let address = self.text_of(node, "vaddr");
        let address = address.and_then(|value| self.number("vaddr", &value, 0, u64::MAX, false));
        let perms = match self.optional(node, "perms") {
            None => Some(Perms { read: true, write: true, execute: false }),
            Some(value) => self.perms(&value),
        };
        let cached = self.boolean(node, "cached").is_none_or(|b| b.value);
        Some(Map {
            span: self.tag(node),
            region: region?,
            address: address?,
            perms: perms?,
            cached,
            setvar_vaddr: self.optional(node, "setvar_vaddr"),
            setvar_size: self.optional(node, "setvar_size"),
        })
    }

    fn perms(&mut self, value: &Spanned<String>) -> Option<Perms> {
        let text = value.value.as_str();
        let has = |c| text.contains(c);
        let distinct = text.char_indices().all(|(at, c)| text.find(c) == Some(at) && "rwx".contains(c));
        if text.is_empty() || !distinct || text == "w" {
            self.bad("perms", value, "letters of r, w, x, and not w alone");
            return None;
        }
        Some(Perms { read: has('r'), write: has('w'), execute: has('x') })
    }

    fn irq(&mut self, node: Node<'_, '_>) -> Option<Irq> {
        let span = self.tag(node);
        if node.has_attribute("irq") || node.has_attribute("pcidev") {
            let (name, what) = if node.has_attribute("irq") {
                ("irq", "interrupts of Arm and RISC-V")
            } else {
                ("pcidev", "message signalled interrupts")
            };
            self.error(Code::UnsupportedElement, format!("`{name}`: {what} are not supported yet"), span, "");
            return None;
        }
        let id = self.small(node, "id", MAX_ID);
        let pin = self.small(node, "pin", 255);
        let vector = self.small(node, "vector", MAX_VECTOR);
        let ioapic = match self.optional(node, "ioapic") {
            None => Some(0),
            Some(value) => self.number("ioapic", &value, 0, 255, true).map(|n| n.value as u8),
        };
        let trigger = self
            .optional(node, "trigger")
            .map(|v| self.word("trigger", &v, &[("level", true), ("edge", false)]).unwrap_or_default());
        let polarity = self
            .optional(node, "polarity")
            .map(|v| self.word("polarity", &v, &[("low", true), ("high", false)]).unwrap_or_default());
        Some(Irq {
            span,
            id: id?,
            ioapic: ioapic?,
            pin: pin?,
            vector: vector?,
            level: trigger.unwrap_or(true),
            active_low: polarity.unwrap_or(false),
            setvar_id: self.optional(node, "setvar_id"),
        })
    }

    fn ports(&mut self, node: Node<'_, '_>) -> Option<Ports> {
        let id = self.small(node, "id", MAX_ID);
        let first = self.text_of(node, "addr");
        let first = first.and_then(|value| self.number("addr", &value, 0, 0xffff, false))?;
        let size = self.text_of(node, "size");
        let size = size.and_then(|value| self.number("size", &value, 1, 0x10000 - first.value, true))?;
        Some(Ports {
            span: self.tag(node),
            id: id?,
            first: first.value as u16,
            last: (first.value + size.value - 1) as u16,
            setvar_id: self.optional(node, "setvar_id"),
            setvar_addr: self.optional(node, "setvar_addr"),
        })
    }

    fn region(&mut self, node: Node<'_, '_>) -> Option<Region> {
        self.children(node);
        let name = self.text_of(node, "name");
        let page_size = self.optional_number(node, "page_size", 0, u64::MAX);
        if let Some(page) = page_size.as_ref().filter(|p| !matches!(p.value, 0x1000 | 0x20_0000)) {
            self.error(Code::BadAttribute, "page_size is neither 0x1000 nor 0x200000", page.span, "");
        }
        let granule = page_size.as_ref().map_or(PAGE, |p| p.value.max(PAGE));
        let size = self.text_of(node, "size");
        let size = size.and_then(|value| self.number("size", &value, 1, 1 << 47, false))?;
        if !size.value.is_multiple_of(granule) {
            self.error(Code::Unaligned, "size is not a multiple of the page size", size.span, "");
        }
        let physical = self.optional_number(node, "phys_addr", 0, (1 << 47) - size.value);
        if let Some(at) = physical.as_ref().filter(|at| !at.value.is_multiple_of(granule)) {
            self.error(Code::Unaligned, "phys_addr is not a multiple of the page size", at.span, "");
        }
        Some(Region { span: self.tag(node), name: name?, size: size.value, page_size, physical })
    }

    fn channel(&mut self, node: Node<'_, '_>) -> Option<Channel> {
        let span = self.tag(node);
        let nodes = self.children(node);
        let count = nodes.len();
        let ends: Vec<End> = nodes.into_iter().filter_map(|child| self.end(child)).collect();
        if count != 2 {
            self.error(Code::ChannelEnds, format!("a channel with {count} ends"), span, "it has exactly two");
            return None;
        }
        Some(Channel { span, ends: ends.try_into().ok()? })
    }

    fn end(&mut self, node: Node<'_, '_>) -> Option<End> {
        self.children(node);
        let pd = self.text_of(node, "pd");
        let id = self.small(node, "id", MAX_ID);
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
}
