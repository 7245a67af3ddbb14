// SPDX-License-Identifier: BSD-2-Clause
//! `<memory_region>` and `<map>`.

use roxmltree::Node;

use super::attributes::Form;
use super::board::PAGE_SIZES;
use super::elements::{self, Element};
use super::names::Mention;
use super::parser::Parser;
use super::types::{Map, Perms, Prefill, Region, System};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Spanned, is_absent};

impl Parser<'_> {
    /// Reads a map into an address space whose first address out of reach is `end`.
    pub fn map(&mut self, node: Node<'_, '_>, form: &Element, end: u64) -> Option<Map> {
        self.children(node, form);
        let region = self.mention(node, "mr", Mention::Region);
        let address = self.needed(node, "vaddr", Form::Any, 0, u64::MAX);
        let address = address.filter(|address| {
            if address.value >= end {
                let message = format!("vaddr is not below {end:#x}, where the address space ends");
                self.error(Code::MapOutside, message, address.span, "");
            }
            address.value < end
        });
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
            setvar_prefill_size: self.optional(node, "setvar_prefill_size"),
        })
    }

    /// Letters in any order and number; the Microkit takes none, too.
    fn perms(&mut self, value: &Spanned<String>) -> Option<Perms> {
        let has = |c| value.value.contains(c);
        let perms = Perms { read: has('r'), write: has('w'), execute: has('x') };
        if !value.value.chars().all(|c| "rwx".contains(c)) || (perms.write && !perms.read && !perms.execute) {
            self.bad("perms", value, "letters of r, w, x, and not w alone");
            return None;
        }
        Some(perms)
    }

    pub fn region(&mut self, node: Node<'_, '_>, system: &mut System) {
        self.children(node, &elements::MEMORY_REGION);
        let name = self.text_of(node, "name");
        match self.region_values(node, name.as_ref()) {
            Some(region) => system.regions.push(region),
            None => self.mentions.refused_regions.extend(name.map(|name| name.value)),
        }
    }

    fn region_values(&mut self, node: Node<'_, '_>, name: Option<&Spanned<String>>) -> Option<Region> {
        let page_size = self.optional_number(node, "page_size", 0, u64::MAX).filter(|page| {
            let known = PAGE_SIZES.contains(&page.value);
            if !known {
                self.error(Code::BadAttribute, "page_size is neither 0x1000 nor 0x200000", page.span, "");
            }
            known
        });
        let granule = page_size.as_ref().map_or(PAGE_SIZES[0], |p| p.value);
        let prefill = self.prefill(node);
        let size = self.size(node, prefill.as_ref(), granule);
        let physical = self.optional_number(node, "phys_addr", 0, u64::MAX);
        if let Some(at) = physical.as_ref().filter(|at| !at.value.is_multiple_of(granule)) {
            self.error(Code::Unaligned, "phys_addr is not a multiple of the page size", at.span, "");
        }
        let size = size?;
        if let Some(at) = physical.as_ref().filter(|at| at.value.checked_add(size).is_none()) {
            self.error(Code::BadAttribute, "the region ends beyond 64 bits", at.span, "");
            return None;
        }
        Some(Region { span: self.tag(node), name: name?.clone(), size, page_size, physical, prefill })
    }

    /// As written; a page for boot information, else what the file takes.
    fn size(&mut self, node: Node<'_, '_>, prefill: Option<&Prefill>, granule: u64) -> Option<u64> {
        if !self.has(node, "size") {
            return match prefill {
                Some(Prefill::BootInfo(_)) => Some(granule),
                // The file's problem was told.
                Some(Prefill::File { bytes: 0, .. }) => None,
                Some(Prefill::File { bytes, .. }) => bytes.checked_next_multiple_of(granule),
                None if self.has(node, "prefill_bootinfo") => None,
                None => {
                    self.attribute(node, "size");
                    None
                }
            };
        }
        let size = self.needed(node, "size", Form::Any, 0, u64::MAX)?;
        if !size.value.is_multiple_of(granule) {
            self.error(Code::Unaligned, "size is not a multiple of the page size", size.span, "");
        }
        if let Some(Prefill::File { path, bytes }) = prefill.filter(|p| p.bytes() > size.value) {
            let message = format!("{} has {bytes} bytes, the region {}", path.value, size.value);
            let found = Diagnostic::error(Code::PrefillFile, message).at(size.span, "too small");
            self.out.push(found.at(path.span, "for this file"));
        }
        Some(size.value)
    }

    fn prefill(&mut self, node: Node<'_, '_>) -> Option<Prefill> {
        let path = self.optional(node, "prefill_path");
        let kind = self.optional(node, "prefill_bootinfo");
        if let (Some(path), Some(kind)) = (&path, &kind) {
            let message = "prefill_path and prefill_bootinfo exclude each other";
            let found = Diagnostic::error(Code::BadAttribute, message).at(kind.span, "one");
            self.out.push(found.at(path.span, "the other"));
        }
        if let Some(kind) = kind {
            let known: Vec<(&str, ())> = elements::BOOT_INFO.iter().map(|word| (*word, ())).collect();
            return self.word("prefill_bootinfo", &kind, &known).map(|()| Prefill::BootInfo(kind));
        }
        let path = path?;
        let bytes = self.prefill_bytes(&path).unwrap_or(0);
        Some(Prefill::File { path, bytes })
    }

    /// How many bytes the file has that is first found.
    fn prefill_bytes(&mut self, path: &Spanned<String>) -> Option<u64> {
        let refuse = |what: String| Diagnostic::error(Code::PrefillFile, what).at(path.span, "");
        let mut found = None;
        for place in self.search.iter().map(|dir| dir.join(&path.value)) {
            match self.inputs.size(&place) {
                Err(error) if is_absent(&error) => {}
                size => {
                    found = Some((place, size));
                    break;
                }
            }
        }
        let Some((found, size)) = found else {
            let places: Vec<String> = self.search.iter().map(|dir| dir.display().to_string()).collect();
            let note = format!("looked in {}", places.join(", "));
            self.out.push(refuse(format!("{} is not there", path.value)).note(note));
            return None;
        };
        let problem = match size {
            Ok(0) => "is empty".to_owned(),
            Ok(bytes) => return Some(bytes),
            Err(error) => error.to_string(),
        };
        self.out.push(refuse(format!("{}: {problem}", found.display())));
        None
    }
}

impl Prefill {
    /// Bytes of a file; boot information is as long as it is.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        match self {
            Prefill::File { bytes, .. } => *bytes,
            Prefill::BootInfo(_) => 0,
        }
    }
}
