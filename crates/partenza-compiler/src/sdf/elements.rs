// SPDX-License-Identifier: BSD-2-Clause
//! Which elements there are, what attributes they have, and what stands in them: the SDF of the Microkit 2.3.

/// One element in one place.
pub struct Element {
    pub name: &'static str,
    pub attributes: &'static [&'static str],
    pub children: &'static [&'static str],
}

const PD: &[&str] =
    &["name", "priority", "budget", "period", "passive", "stack_size", "cpu", "smc", "fpu", "domain"];

const ELEMENTS: &[Element] = &[
    Element {
        name: "system",
        attributes: &[],
        children: &["protection_domain", "memory_region", "channel", "io_address_space", "domains"],
    },
    Element {
        name: "protection_domain",
        attributes: PD,
        children: &[
            "program_image",
            "map",
            "irq",
            "ioport",
            "setvar",
            "protection_domain",
            "virtual_machine",
            "cspace",
        ],
    },
    Element { name: "program_image", attributes: &["path", "path_for_symbols"], children: &[] },
    Element {
        name: "map",
        attributes: &["mr", "vaddr", "perms", "cached", "setvar_vaddr", "setvar_size", "setvar_prefill_size"],
        children: &[],
    },
    Element {
        name: "irq",
        attributes: &[
            "irq",
            "id",
            "trigger",
            "setvar_id",
            "pin",
            "vector",
            "ioapic",
            "polarity",
            "pcidev",
            "handle",
        ],
        children: &[],
    },
    Element {
        name: "ioport",
        attributes: &["id", "addr", "size", "setvar_id", "setvar_addr"],
        children: &[],
    },
    Element { name: "setvar", attributes: &["symbol", "region_paddr"], children: &[] },
    Element {
        name: "memory_region",
        attributes: &["name", "size", "page_size", "phys_addr", "prefill_path", "prefill_bootinfo"],
        children: &[],
    },
    Element { name: "channel", attributes: &[], children: &["end"] },
    Element { name: "end", attributes: &["pd", "id", "pp", "notify", "setvar_id"], children: &[] },
];

/// Elements and attributes of the SDF that this release refuses by name.
pub const UNSUPPORTED_ELEMENTS: &[&str] = &["virtual_machine", "cspace", "io_address_space", "domains"];
pub const UNSUPPORTED_ATTRIBUTES: &[&str] = &["setvar_prefill_size", "prefill_path", "prefill_bootinfo"];

pub fn element(name: &str) -> Option<&'static Element> {
    ELEMENTS.iter().find(|element| element.name == name)
}
