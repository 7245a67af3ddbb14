// SPDX-License-Identifier: BSD-2-Clause
//! `<protection_domain>` and what stands in it.

use roxmltree::{Attribute, Node};

use super::attributes::Form;
use super::board::{Arch, MAX_ID, MAX_PRIORITY, PAGE_SIZES};
use super::domains::Domains;
use super::elements::{self, Element};
use super::names::{self, Mention, misspelt_inside};
use super::parser::{Parser, exact};
use super::types::{CapMap, Ioapic, Irq, IrqSource, Parent, Pd, Ports, SetVar, System};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Spanned;

const DEFAULT_STACK: u64 = 0x2000;
const MAX_STACK: u64 = 16 << 20;
/// Highest interrupt vector that user programs have on x86.
pub const MAX_VECTOR: u8 = 107;
/// Slots for capabilities of `<cspace>`, the first reserved; so many of them there really are.
const CAP_SLOTS: u64 = 128;
const USABLE_CAP_SLOTS: u64 = 64;
/// Protection domains in each other. The Microkit takes 63 in all.
const MAX_DEPTH: usize = 63;

/// Where a protection domain stands.
#[derive(Clone, Copy)]
pub enum Place {
    Top,
    /// In another; its index, where that was not refused.
    Inside {
        parent: Option<usize>,
    },
}

impl Parser<'_> {
    /// Reads a protection domain, then those in it, so that parents come first.
    pub fn pd(&mut self, node: Node<'_, '_>, place: Place, domains: &Domains, system: &mut System) {
        if node.ancestors().take(MAX_DEPTH + 3).count() > MAX_DEPTH + 2 {
            let message = format!("protection domains more than {MAX_DEPTH} deep in each other");
            self.error(Code::UnknownElement, message, self.tag(node), "");
            return;
        }
        let form = match place {
            Place::Top => &elements::PD,
            Place::Inside { .. } => &elements::CHILD_PD,
        };
        let children = self.children(node, form);
        let parent = self.parent(node, place);
        let mut pd = self.pd_attributes(node, parent, domains);
        let mut program = None;
        let mut cspace = None;
        let mut nested = Vec::new();
        for child in children {
            match child.tag_name().name() {
                "program_image" => {
                    self.once(&program, child);
                    self.children(child, &elements::PROGRAM_IMAGE);
                    pd.image = self.text_of(child, "path");
                    pd.path_for_symbols = self.optional(child, "path_for_symbols");
                    program = Some(());
                }
                "map" => {
                    pd.maps.extend(self.map(child, &elements::MAP, self.board.map_end(pd.stack_size.value)))
                }
                "irq" => pd.irqs.extend(self.irq(child)),
                "ioport" => pd.ports.extend(self.ports(child)),
                "setvar" => pd.setvars.extend(self.setvar(child)),
                "protection_domain" => nested.push(child),
                "virtual_machine" => {
                    self.once(&pd.machine, child);
                    pd.machine = self.machine(child).or(pd.machine);
                }
                "cspace" => {
                    self.once(&cspace, child);
                    pd.caps.extend(self.cspace(child));
                    cspace = Some(());
                }
                _ => {}
            }
        }
        if program.is_none() && !misspelt_inside(node, elements::PROGRAM_IMAGE.name, form.children) {
            let message = "a protection domain without `<program_image>`";
            self.error(Code::MissingElement, message, pd.span, "add one");
        }
        // Without a name it is no part of the system; what stands in it is read all the same.
        let named = self.has(node, "name");
        let at = system.pds.len();
        if named {
            system.pds.push(pd);
        }
        for child in nested {
            self.pd(child, Place::Inside { parent: named.then_some(at) }, domains, system);
        }
    }

    /// What a protection domain inside another says of itself to its parent.
    fn parent(&mut self, node: Node<'_, '_>, place: Place) -> Option<Parent> {
        let Place::Inside { parent } = place else { return None };
        let id = self.needed(node, "id", Form::Any, 0, u64::MAX);
        let id = id.unwrap_or(Spanned::new(0, self.tag(node)));
        Some(Parent { pd: parent?, id, setvar_id: self.optional(node, "setvar_id") })
    }

    fn pd_attributes(&mut self, node: Node<'_, '_>, parent: Option<Parent>, domains: &Domains) -> Pd {
        let tag = self.tag(node);
        let name = self.text_of(node, "name").unwrap_or(Spanned::new(String::new(), tag));
        let priority = self.optional_number(node, "priority", 0, MAX_PRIORITY.into());
        let (budget, period) = self.budget(node);
        let stack_size = self.optional_number(node, "stack_size", PAGE_SIZES[0], MAX_STACK);
        if let Some(size) = stack_size.as_ref().filter(|size| !size.value.is_multiple_of(PAGE_SIZES[0])) {
            self.error(Code::Unaligned, "stack_size is not a multiple of 4 KiB", size.span, "");
        }
        let smc = self.boolean(node, "smc");
        if let Some(smc) = smc.as_ref().filter(|smc| smc.value && !self.board.smc) {
            self.not_here("`smc`", "seL4 forwards no calls to the secure monitor", smc.span);
        }
        let domain = self.optional(node, "domain");
        self.pd_domain(node, domain.as_ref(), domains);
        Pd {
            span: tag,
            name,
            parent,
            priority: priority.map_or(Spanned::new(0, tag), |p| Spanned::new(p.value as u8, p.span)),
            budget,
            period,
            passive: self.boolean(node, "passive"),
            cpu: self.core(node),
            smc,
            fpu: self.boolean(node, "fpu"),
            domain,
            stack_size: stack_size.unwrap_or(Spanned::new(DEFAULT_STACK, tag)),
            image: None,
            path_for_symbols: None,
            maps: Vec::new(),
            irqs: Vec::new(),
            ports: Vec::new(),
            setvars: Vec::new(),
            machine: None,
            caps: Vec::new(),
        }
    }

    fn pd_domain(&mut self, node: Node<'_, '_>, domain: Option<&Spanned<String>>, domains: &Domains) {
        match domain {
            Some(name) if !domains.there_are() => {
                let message = "a domain without `<domains>` before this protection domain";
                let help =
                    "add `<domains>` with a schedule at the start of `<system>`, or remove the attribute";
                self.out
                    .push(Diagnostic::error(Code::UnknownReference, message).at(name.span, "").help(help));
            }
            Some(name) => domains.look(name, self.out),
            None if domains.there_are() => {
                self.attribute(node, "domain");
            }
            None => {}
        }
    }

    fn irq(&mut self, node: Node<'_, '_>) -> Option<Irq> {
        if self.old_message(node) {
            return None;
        }
        let arm = self.board.arch != Arch::X86_64;
        let form = self.irq_form(node);
        if let Some(form) = form {
            self.children(node, form);
        }
        let id = self.small(node, "id", Form::Plain, MAX_ID);
        let source = if form == Some(&elements::IRQ_LINE) {
            let number = self.needed(node, "irq", Form::Unsigned, 0, u64::MAX);
            let level = self.level(node);
            (arm, number.map(|number| IrqSource::Line { number, level }))
        } else if form == Some(&elements::IRQ_IOAPIC) {
            (!arm, self.ioapic(node))
        } else if form == Some(&elements::IRQ_MESSAGE) {
            (!arm, self.message(node))
        } else {
            let wanted = if arm { "`irq`" } else { "`pin` or `pcidev`" };
            let message = format!("an interrupt without {wanted}");
            self.error(Code::MissingAttribute, message, self.tag(node), "");
            return None;
        };
        let (fits, source) = source;
        if !fits {
            let wanted = if arm { "irq=\"…\"" } else { "pin=\"…\" or pcidev=\"…\"" };
            let why = format!("interrupts of {} have {wanted}", self.board.arch.name());
            self.not_here("this interrupt", &why, self.tag(node));
            return None;
        }
        let setvar_id = self.optional(node, "setvar_id");
        Some(Irq { span: self.tag(node), id: id?, source: source?, setvar_id })
    }

    /// Which of the three interrupts it is: by the attribute that only this one has, else by a misspelt one of them.
    fn irq_form(&self, node: Node<'_, '_>) -> Option<&'static Element> {
        let forms = [
            ("irq", &elements::IRQ_LINE),
            ("pin", &elements::IRQ_IOAPIC),
            ("pcidev", &elements::IRQ_MESSAGE),
        ];
        let written = forms.iter().find(|(name, _)| exact(node, name).is_some());
        let misspelt = || {
            let is = |attribute: Attribute<'_, '_>, name: &str, form: &Element| {
                let known = form.attributes.unwrap_or_default();
                !known.contains(&attribute.name())
                    && names::meant("irq", attribute.name(), known) == Some(name)
            };
            forms.iter().find(|(name, form)| node.attributes().any(|attribute| is(attribute, name, form)))
        };
        written.or_else(misspelt).map(|(_, form)| *form)
    }

    fn ioapic(&mut self, node: Node<'_, '_>) -> Option<IrqSource> {
        let pin = self.needed(node, "pin", Form::Plain, 0, u64::MAX);
        let ioapic = match self.optional(node, "ioapic") {
            None => Some(0),
            Some(value) => self.number("ioapic", &value, Form::Plain, 0, u64::MAX).map(|n| n.value),
        };
        let level = self.level(node);
        let polarity = self.optional(node, "polarity");
        let active_low = polarity
            .and_then(|value| self.word("polarity", &value, &[("low", true), ("high", false)]))
            .unwrap_or(false);
        let vector = self.small(node, "vector", Form::Plain, MAX_VECTOR);
        Some(IrqSource::Ioapic(Ioapic { ioapic: ioapic?, pin: pin?, vector: vector?, level, active_low }))
    }

    fn message(&mut self, node: Node<'_, '_>) -> Option<IrqSource> {
        let device = self.pci(node, "pcidev");
        let handle = self.needed(node, "handle", Form::Plain, 0, u64::MAX);
        let vector = self.small(node, "vector", Form::Plain, MAX_VECTOR);
        Some(IrqSource::Message { device: device?.value, handle: handle?.value, vector: vector? })
    }

    fn ports(&mut self, node: Node<'_, '_>) -> Option<Ports> {
        let span = self.tag(node);
        if self.board.arch != Arch::X86_64 {
            self.not_here("`<ioport>`", "I/O ports exist on x86 only", span);
            return None;
        }
        if self.old_ports(node) {
            return None;
        }
        self.children(node, &elements::IOPORT);
        let id = self.small(node, "id", Form::Plain, MAX_ID);
        let first = self.needed(node, "addr", Form::Any, 0, u64::MAX);
        let size = self.needed(node, "size", Form::Plain, 1, i64::MAX as u64);
        let (first, size) = (first?, size?);
        Some(Ports {
            span,
            id: id?,
            first: first.value,
            last: first.value.saturating_add(size.value - 1),
            size: size.value,
            setvar_id: self.optional(node, "setvar_id"),
            setvar_addr: self.optional(node, "setvar_addr"),
        })
    }

    fn setvar(&mut self, node: Node<'_, '_>) -> Option<SetVar> {
        self.children(node, &elements::SETVAR);
        let symbol = self.text_of(node, "symbol");
        let region = self.mention(node, "region_paddr", Mention::Region);
        Some(SetVar { symbol: symbol?, region: region? })
    }

    fn cspace(&mut self, node: Node<'_, '_>) -> Vec<CapMap> {
        let mut caps = Vec::new();
        for child in self.children(node, &elements::CSPACE) {
            let form = match child.tag_name().name() {
                "cap_tcb" => &elements::CAP_TCB,
                "cap_sc" => &elements::CAP_SC,
                _ => &elements::CAP_VSPACE,
            };
            self.children(child, form);
            let pd = self.mention(child, "pd", Mention::Pd);
            let slot = self.needed(child, "slot", Form::Any, 1, CAP_SLOTS - 1);
            if let Some(slot) = slot.as_ref().filter(|slot| slot.value >= USABLE_CAP_SLOTS) {
                let message = format!("the Microkit's CNode has no slot {}", slot.value);
                let found = Diagnostic::warning(Code::BadAttribute, message).at(slot.span, "");
                self.out.push(found.help(format!("use slots 1 to {}", USABLE_CAP_SLOTS - 1)));
            }
            let span = self.tag(child);
            caps.extend(slot.zip(pd).map(|(slot, pd)| CapMap { span, kind: form.name, slot, pd }));
        }
        caps
    }
}
