// SPDX-License-Identifier: BSD-2-Clause
//! What older releases and development trees of the Microkit wrote: each finding says what it was, where it stands now,
//! and on which line to write it.
//!
//! One change is one finding. Sources: the Microkit's CHANGES.md up to 2.3.0, and every description in the histories of
//! its repository and of sDDF's.

use roxmltree::{Attribute, Node};

use super::elements::{Element, IRQ_LINE, PD, SYSTEM, VCPU};
use super::number;
use super::parser::{Parser, exact};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// Places that a finding shows; the rest are counted.
const MOST_PLACES: usize = 12;

/// Elements of development trees: where, which, what stands for it now.
const ELEMENTS: &[(&str, &str, &str)] = &[
    (
        "protection_domain",
        "cap",
        "since 2.3 `<cspace>` in the protection domain holds `<cap_tcb>`, `<cap_sc>` and `<cap_vspace>`, each with `slot` \
         and `pd`; no release has other kinds",
    ),
    (
        "protection_domain",
        "bootinfo",
        "since 2.3 a memory region is filled with it: `<memory_region name=… prefill_bootinfo=\"x86_acpi_rsdp\"/>` in \
         `<system>`, and a `<map>` here",
    ),
    ("system", "cnode", "no release has it: leave it out"),
];

/// A channel's end that calls, as far as the file tells.
struct Caller {
    name: String,
    span: Span,
    line: u32,
}

fn children<'d, 'i>(node: Node<'d, 'i>, name: &str) -> impl Iterator<Item = Node<'d, 'i>> {
    node.children().filter(move |child| child.has_tag_name(name))
}

fn value<'d>(node: Node<'d, '_>, name: &str) -> &'d str {
    exact(node, name).map_or("", |attribute| attribute.value())
}

/// A protection domain's priority; of one that is not there, the highest.
fn priority(root: Node<'_, '_>, name: &str) -> u64 {
    let pd = root.descendants().find(|node| node.has_tag_name(PD.name) && value(*node, "name") == name);
    pd.map_or(u64::MAX, |pd| number::number(value(pd, "priority")).unwrap_or(0))
}

impl Parser<'_> {
    /// The finding about an attribute of an older dialect, if it is one.
    pub fn old_attribute(
        &mut self,
        node: Node<'_, '_>,
        attribute: Attribute<'_, '_>,
        element: &Element,
    ) -> Option<Diagnostic> {
        let span = Span::new(self.file, attribute.range_qname());
        match (element.name, attribute.name()) {
            ("protection_domain", "pp") => Some(self.called(node, attribute.value(), span)),
            ("virtual_machine", "id") => Some(Self::numbered_guest(node, attribute.value(), span)),
            ("irq", "level") if exact(node, "trigger").is_none() => {
                let trigger =
                    if matches!(attribute.value(), "0" | "false" | "edge") { "edge" } else { "level" };
                let message = "`<irq>` has no attribute `level`: it is called `trigger`";
                let found = Diagnostic::error(Code::UnknownAttribute, message).at(span, "");
                Some(found.help(format!(
                    "write trigger=\"{trigger}\"; the manual's `level` is no attribute of any release's tool"
                )))
            }
            ("memory_region", "receive_all_untypeds" | "elf" | "pd") => {
                let message = format!("`<memory_region>` has no attribute `{}`", attribute.name());
                let found = Diagnostic::error(Code::UnknownAttribute, message).at(span, "");
                Some(found.help("development trees had it, no release has: leave it out"))
            }
            _ => None,
        }
    }

    /// `pp` of a server, before 2.0. To remove it alone would leave its clients without a capability to call it.
    fn called(&self, node: Node<'_, '_>, written: &str, span: Span) -> Diagnostic {
        let message =
            "`<protection_domain>` has no attribute `pp` since the Microkit 2.0: the end that calls has it";
        let found =
            Diagnostic::error(Code::UnknownAttribute, message).at(span, "before 2.0: others may call it");
        if written == "false" {
            return found.help("remove it: nobody called this protection domain");
        }
        let server = value(node, "name");
        let (callers, others, done) = self.peers(node, server);
        let mut found = found;
        for caller in callers.iter().take(MOST_PLACES) {
            found = found.at(caller.span, "if it calls: pp=\"true\" here");
        }
        if callers.len() > MOST_PLACES {
            found =
                found.note(format!("{} more ends of channels to `{server}`", callers.len() - MOST_PLACES));
        }
        for other in &others {
            found = found.note(format!(
                "`{other}` has a channel to `{server}` and no lower priority, so it cannot call: a server's priority is \
                 above its callers'"
            ));
        }
        let places: Vec<String> =
            callers.iter().map(|caller| format!("`{}` (line {})", caller.name, caller.line)).collect();
        let help = if !places.is_empty() {
            format!(
                "write pp=\"true\" in the `<end>` of each protection domain that calls `{server}`: {}; then remove `pp` \
                 here",
                places.join(", ")
            )
        } else if done > 0 {
            "remove it: the callers' ends have it already".to_owned()
        } else if others.is_empty() {
            format!("remove it: no channel leads to `{server}`, so nobody could call it")
        } else {
            format!(
                "give `{server}` a higher priority than the protection domains that call it, write pp=\"true\" in their \
                 `<end>`, then remove `pp` here"
            )
        };
        found.help(help)
    }

    /// The other ends of a server's channels: those to be told that they call, names of those whose priority forbids it,
    /// and how many say so already.
    fn peers(&self, node: Node<'_, '_>, server: &str) -> (Vec<Caller>, Vec<String>, usize) {
        let root = node.document().root_element();
        let own = priority(root, server);
        let (mut callers, mut others, mut done) = (Vec::new(), Vec::new(), 0);
        for channel in children(root, "channel") {
            let ends: Vec<Node<'_, '_>> = children(channel, "end").collect();
            let [a, b] = ends[..] else { continue };
            for (end, other) in [(a, b), (b, a)] {
                let name = value(end, "pd");
                if value(other, "pd") != server || name == server {
                    continue;
                }
                if value(end, "pp") == "true" || value(other, "pp") == "true" {
                    done += 1;
                } else if priority(root, name) < own {
                    let line = node.document().text_pos_at(end.range().start).row;
                    callers.push(Caller { name: name.to_owned(), span: self.tag(end), line });
                } else {
                    others.push(name.to_owned());
                }
            }
        }
        (callers, others, done)
    }

    /// The number of a guest, which its virtual processor has.
    fn numbered_guest(node: Node<'_, '_>, id: &str, span: Span) -> Diagnostic {
        let message = "`<virtual_machine>` has no attribute `id`: its `<vcpu>` has it";
        let found =
            Diagnostic::error(Code::UnknownAttribute, message).at(span, "development trees before 1.3");
        found.help(if children(node, VCPU.name).next().is_some() {
            "remove it".to_owned()
        } else {
            let line = node.document().text_pos_at(node.range().start).row;
            format!("write `<vcpu id=\"{id}\"/>` inside `<virtual_machine>` (below line {line}), and remove `id` here")
        })
    }

    /// Whether this virtual machine's number was told to belong to its processor, so that nothing is missing.
    pub fn is_numbered_guest(&self, node: Node<'_, '_>) -> bool {
        exact(node, "id").is_some()
    }

    /// Tells of an element of an older dialect; whether it is one.
    pub fn old_element(&mut self, node: Node<'_, '_>, element: &Element) -> bool {
        let name = node.tag_name().name();
        if (element.name, name) == (PD.name, "iomap") {
            self.device_maps(node);
            return true;
        }
        if (element.name, name) == (SYSTEM.name, "iomap") {
            let message = "`<iomap>` cannot stand inside `<system>`";
            let found = Diagnostic::error(Code::UnknownElement, message).at(self.tag(node), "");
            self.out.push(found.help("put it into the `<io_address_space>` of its device"));
            return true;
        }
        let Some((.., now)) = ELEMENTS.iter().find(|(of, old, _)| *of == element.name && *old == name) else {
            return false;
        };
        let message = format!("`<{name}>` cannot stand inside `<{}>`", element.name);
        let found = Diagnostic::error(Code::UnknownElement, message);
        self.out.push(found.at(self.tag(node), "of a development tree").help(*now));
        true
    }

    /// `<iomap>` of a protection domain: one finding for all of them.
    fn device_maps(&mut self, node: Node<'_, '_>) {
        if node.prev_siblings().skip(1).any(|before| before.has_tag_name("iomap")) {
            return;
        }
        let all = node.next_siblings().filter(|next| next.has_tag_name("iomap"));
        let message = "`<iomap>` stands no more inside `<protection_domain>`: since the Microkit 2.3 a device has an \
                       `<io_address_space>`";
        let mut found = Diagnostic::error(Code::UnknownElement, message);
        for map in all.take(MOST_PLACES) {
            found = found.at(self.tag(map), "move it");
        }
        let device = exact(node, "pcidev").map_or("BUS:DEVICE.FUNCTION", |device| device.value());
        let line = node.document().text_pos_at(node.document().root_element().range().end).row;
        self.out.push(found.help(format!(
            "in `<system>`, before line {line}, write `<io_address_space name=\"…\" peripheral_id=\"{device}\" \
             domain_id=\"1\">` and put each `<iomap mr=… iovaddr=… perms=…/>` of that device into it"
        )));
    }

    /// `<irq>` of development trees before 2.1, with a PCI function in three attributes: tells of it and is true.
    pub fn old_message(&mut self, node: Node<'_, '_>) -> bool {
        if exact(node, "pci_bus").is_none() {
            return false;
        }
        let part = |name| number::number(value(node, name)).unwrap_or(0);
        let device = format!("{:x}:{:x}.{:x}", part("pci_bus"), part("pci_dev"), part("pci_func"));
        let message = "an interrupt with `pci_bus`, `pci_dev`, `pci_func`: since the Microkit 2.1 they are one, `pcidev`";
        let found = Diagnostic::error(Code::UnknownAttribute, message).at(self.tag(node), "");
        let (id, handle) = (value(node, "id"), value(node, "handle"));
        self.out.push(found.help(format!(
            "write <{} id=\"{id}\" pcidev=\"{device}\" handle=\"{handle}\" vector=\"…\"/>; a vector is a number from 0 to \
             107 that no other interrupt of the system has",
            IRQ_LINE.name
        )));
        true
    }

    /// `<ioport>` of development trees before 2.1, with two ends: tells of it and is true.
    pub fn old_ports(&mut self, node: Node<'_, '_>) -> bool {
        let (Some(start), Some(end)) = (exact(node, "start"), exact(node, "end")) else { return false };
        let size = number::number(end.value()).zip(number::number(start.value()));
        let size =
            size.and_then(|(end, start)| end.checked_sub(start)).map_or("…".to_owned(), |n| n.to_string());
        let message = "`<ioport>` with `start` and `end`: since the Microkit 2.1 it has `addr` and `size`";
        let found = Diagnostic::error(Code::UnknownAttribute, message).at(self.tag(node), "");
        let id = exact(node, "ioport").or(exact(node, "id")).map_or("…", |id| id.value());
        self.out.push(found.help(format!(
            "write <ioport id=\"{id}\" addr=\"{}\" size=\"{size}\"/>; `size` is a number of ports",
            start.value()
        )));
        true
    }
}
