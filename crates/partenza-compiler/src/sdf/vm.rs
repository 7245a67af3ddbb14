// SPDX-License-Identifier: BSD-2-Clause
//! `<virtual_machine>`.

use roxmltree::Node;

use super::attributes::Form;
use super::board::{Arch, MAX_ID};
use super::elements;
use super::names::misspelt_inside;
use super::parser::Parser;
use super::types::Machine;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Spanned;

impl Parser<'_> {
    pub fn machine(&mut self, node: Node<'_, '_>) -> Option<Machine> {
        let span = self.tag(node);
        if !self.board.hypervisor {
            self.not_here("`<virtual_machine>`", "seL4 is not a hypervisor there", span);
            return None;
        }
        let children = self.children(node, elements::virtual_machine(self.board.arch));
        let name = self.text_of(node, "name");
        if self.board.arch == Arch::Aarch64 {
            self.budget(node);
            // The Microkit does not bound it, and takes the lowest eight bits.
            self.optional_number(node, "priority", 0, u64::MAX);
        }
        let (mut vcpus, mut maps): (Vec<Spanned<u8>>, Vec<_>) = (Vec::new(), Vec::new());
        let mut written = 0;
        for child in children {
            if child.tag_name().name() == "map" {
                maps.extend(self.map(child, &elements::GUEST_MAP, self.board.guest_end()));
                continue;
            }
            written += 1;
            let Some(id) = self.vcpu(child) else { continue };
            if let Some(first) = vcpus.iter().find(|vcpu| vcpu.value == id.value) {
                let message = format!("two vCPUs have the id {}", id.value);
                let found = Diagnostic::error(Code::DuplicateId, message).at(id.span, "second");
                self.out.push(found.at(first.span, "first").help("choose another id"));
            }
            vcpus.push(id);
        }
        let told = self.is_numbered_guest(node)
            || misspelt_inside(
                node,
                elements::VCPU.name,
                elements::virtual_machine(self.board.arch).children,
            );
        if written == 0 && !told {
            self.error(Code::MissingElement, "a virtual machine without `<vcpu>`", span, "add one");
        }
        if written > 1 && self.board.arch == Arch::X86_64 {
            let message = "on x86 a virtual machine has one vCPU";
            self.out.push(Diagnostic::error(Code::DuplicateElement, message).at(span, ""));
        }
        Some(Machine { span, name: name?, vcpus, maps })
    }

    fn vcpu(&mut self, node: Node<'_, '_>) -> Option<Spanned<u8>> {
        self.children(node, &elements::VCPU);
        if let Some(symbol) = self.optional(node, "setvar_id") {
            let message = "`setvar_id` of a vCPU has no effect: the Microkit does not read it";
            self.out.push(Diagnostic::warning(Code::BadAttribute, message).at(symbol.span, ""));
        }
        self.core(node);
        self.small(node, "id", Form::Unsigned, MAX_ID)
    }
}
