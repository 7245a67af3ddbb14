// SPDX-License-Identifier: BSD-2-Clause
//! `<io_address_space>`: what a device may reach by itself.

use std::collections::HashMap;

use roxmltree::Node;

use super::attributes::Form;
use super::board::Arch;
use super::elements;
use super::names::Mention;
use super::number::Pci;
use super::parser::Parser;
use super::types::{AddressSpace, IoMap};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Span, Spanned};

/// First address that no device reaches: three levels of tables.
pub const IO_END: u64 = 1 << 39;

/// What address spaces do not share, with its first place.
#[derive(Default)]
pub struct Seen {
    names: HashMap<String, Span>,
    domains: HashMap<u64, Span>,
    devices: HashMap<Pci, Span>,
}

impl Parser<'_> {
    pub fn address_space(&mut self, node: Node<'_, '_>, seen: &mut Seen) -> Option<AddressSpace> {
        let span = self.tag(node);
        if !self.board.iommu || self.board.arch != Arch::X86_64 {
            self.not_here("`<io_address_space>`", "seL4 drives no IOMMU there", span);
            return None;
        }
        let children = self.children(node, &elements::IO_ADDRESS_SPACE);
        let name = self.text_of(node, "name");
        let domain = self.needed(node, "domain_id", Form::Any, 0, u64::MAX);
        let device = self.pci(node, "peripheral_id");
        if let Some(name) = &name {
            let first = seen.names.insert(name.value.clone(), name.span);
            self.shared(first, name.span, Code::DuplicateName, format!("are called `{}`", name.value));
        }
        if let Some(domain) = &domain {
            let first = seen.domains.insert(domain.value, domain.span);
            self.shared(first, domain.span, Code::DuplicateId, format!("have the domain {}", domain.value));
        }
        if let Some(device) = &device {
            let first = seen.devices.insert(device.value, device.span);
            self.shared(first, device.span, Code::DuplicateId, format!("are of the device {}", device.value));
        }
        let maps = children.into_iter().filter_map(|child| self.iomap(child)).collect();
        Some(AddressSpace { span, name: name?, device: device?, domain: domain?, maps })
    }

    fn shared(&mut self, first: Option<Span>, second: Span, code: Code, what: String) {
        if let Some(first) = first {
            let found =
                Diagnostic::error(code, format!("two I/O address spaces {what}")).at(second, "second");
            self.out.push(found.at(first, "first").help("each device has one address space of its own"));
        }
    }

    /// A PCI address.
    pub fn pci(&mut self, node: Node<'_, '_>, name: &'static str) -> Option<Spanned<Pci>> {
        let value = self.text_of(node, name)?;
        let device = Pci::parse(&value.value);
        if device.is_none() {
            // Until 2.2 the function stood after a colon.
            let old = value.value.rsplit_once(':').map(|(device, function)| format!("{device}.{function}"));
            let old = old.filter(|old| Pci::parse(old).is_some());
            let wanted = "hexadecimal BUS:DEVICE.FUNCTION, at most ff:1f.7";
            let message = format!("{name}=\"{}\": expected {wanted}", value.value);
            let found = Diagnostic::error(Code::BadAttribute, message);
            let found = found.at(value.span, format!("expected {wanted}"));
            self.out.push(
                found.maybe_help(old.map(|old| format!("since the Microkit 2.3 write {name}=\"{old}\""))),
            );
        }
        Some(Spanned::new(device?, value.span))
    }

    fn iomap(&mut self, node: Node<'_, '_>) -> Option<IoMap> {
        self.children(node, &elements::IOMAP);
        let region = self.mention(node, "mr", Mention::Region);
        let address = self.needed(node, "iovaddr", Form::Any, 0, IO_END - 1);
        let perms = self.optional(node, "perms").unwrap_or(Spanned::new("rw".to_owned(), self.tag(node)));
        let has = |c| perms.value.contains(c);
        if perms.value.is_empty() || !perms.value.chars().all(|c| "rw".contains(c)) {
            self.bad("perms", &perms, "letters of r and w");
            return None;
        }
        let (read, write) = (has('r'), has('w'));
        Some(IoMap { span: self.tag(node), region: region?, address: address?, read, write })
    }
}
