// SPDX-License-Identifier: BSD-2-Clause
//! What each attribute of system.xml takes and means, for docs/elements.md. A test holds it to the parser's table of
//! elements: every attribute of every element has one row.

use super::elements::{self, Element};

/// An attribute as the reference describes it.
pub struct Attribute {
    pub name: &'static str,
    /// Values and their range.
    pub takes: &'static str,
    /// What holds without it; empty where it must be there.
    pub otherwise: &'static str,
    pub meaning: &'static str,
}

/// An element in all its forms.
pub struct Reference {
    pub name: &'static str,
    /// Where it stands.
    pub inside: &'static str,
    /// How many, and where that matters, on which boards.
    pub count: &'static str,
    pub meaning: &'static str,
    pub attributes: &'static [Attribute],
    forms: &'static [&'static Element],
}

impl Reference {
    /// Elements that may stand inside.
    #[must_use]
    pub fn children(&self) -> &'static [&'static str] {
        self.forms[0].children
    }

    /// Attributes that the parser knows for it, in any form.
    #[must_use]
    pub fn known(&self) -> Vec<&'static str> {
        let mut known: Vec<&str> =
            self.forms.iter().filter_map(|form| form.attributes).flatten().copied().collect();
        known.sort_unstable();
        known.dedup();
        known
    }
}

const fn must(name: &'static str, takes: &'static str, meaning: &'static str) -> Attribute {
    Attribute { name, takes, otherwise: "", meaning }
}

const fn may(
    name: &'static str,
    takes: &'static str,
    otherwise: &'static str,
    meaning: &'static str,
) -> Attribute {
    Attribute { name, takes, otherwise, meaning }
}

const NUMBER: &str = "a number";
const DIGITS_61: &str = "0 to 61, decimal digits";
const NAME: &str = "a name";
const BOOL: &str = "`true`, `false`";
const SYMBOL: &str = "a symbol of the program";
const ID_SYMBOL: Attribute = may("setvar_id", SYMBOL, "none", "the 8-byte symbol is set to `id`");
const VECTOR: &str = "0 to 107, decimal digits";
const CAP: &[Attribute] = &[
    must("slot", "1 to 63", "slot of the protection domain's own CNode: CPtr `slot << 58`"),
    must("pd", "a protection domain", "whose capability it is"),
];

/// Every element, in the order in which one writes them.
pub const REFERENCE: &[Reference] = &[
    Reference {
        name: "system",
        inside: "the file",
        count: "1",
        meaning: "The whole description. Its attributes have no effect.",
        attributes: &[],
        forms: &[&elements::SYSTEM],
    },
    Reference {
        name: "memory_region",
        inside: "`<system>`",
        count: "any",
        meaning: "Physical memory of one name, which maps refer to.",
        attributes: &[
            must("name", NAME, "unique among memory regions"),
            may(
                "size",
                "a multiple of `page_size`",
                "the prefill's size",
                "bytes; must be there without a prefill",
            ),
            may(
                "page_size",
                "`0x1000`, `0x200000`",
                "the largest that fits",
                "bytes of the pages that it is made of",
            ),
            may(
                "phys_addr",
                "a multiple of `page_size`",
                "anywhere in RAM",
                "where it is: a device's registers, or RAM",
            ),
            may("prefill_path", "a file", "zeros", "what it holds at first; looked for on the search path"),
            may(
                "prefill_bootinfo",
                "`x86_vbe`, `x86_mbmmap`, `x86_acpi_rsdp`, `x86_framebuffer`, `x86_tsc_freq`, `fdt`",
                "none",
                "the part of the kernel's boot information that it holds; not with `prefill_path`",
            ),
        ],
        forms: &[&elements::MEMORY_REGION],
    },
    Reference {
        name: "protection_domain",
        inside: "`<system>`, `<protection_domain>`",
        count: "1 to 63 in all; Partenza takes 512",
        meaning: "A program with a thread, an address space and a CSpace. Inside another one it is that one's child.",
        attributes: &[
            must("name", NAME, "unique; not `monitor`"),
            may("priority", "0 to 254", "0", "of its thread; higher runs first"),
            may(
                "budget",
                "microseconds",
                "1000",
                "of its scheduling context in each period; MCS kernels only",
            ),
            may(
                "period",
                "microseconds, at least `budget`",
                "`budget`",
                "after which the budget is full again; MCS kernels only",
            ),
            may(
                "passive",
                BOOL,
                "`false`",
                "runs on its callers' scheduling contexts after `init`; MCS kernels only",
            ),
            may("stack_size", "4 KiB to 16 MiB, whole pages", "0x2000", "bytes of its stack"),
            may("cpu", "a processor of the configuration", "0", "where its thread runs"),
            may("smc", BOOL, "`false`", "may call the secure monitor; Arm, where the kernel forwards that"),
            may("fpu", BOOL, "`true`", "may use the floating-point unit; MCS kernels only"),
            may(
                "domain",
                "a `<domain>`",
                "none",
                "scheduling domain; must be there if `<domains>` is, before it",
            ),
            must("id", "0 to 61 on the target", "child only: how its parent refers to it, unique there"),
            may("setvar_id", SYMBOL, "none", "child only: the parent's 8-byte symbol is set to `id`"),
        ],
        forms: &[&elements::CHILD_PD, &elements::PD],
    },
    Reference {
        name: "program_image",
        inside: "`<protection_domain>`",
        count: "1",
        meaning: "The program.",
        attributes: &[
            must("path", "an ELF file", "looked for on the search path"),
            may(
                "path_for_symbols",
                "an ELF file",
                "`path`",
                "where symbols are looked up, if the program is stripped",
            ),
        ],
        forms: &[&elements::PROGRAM_IMAGE],
    },
    Reference {
        name: "map",
        inside: "`<protection_domain>`, `<virtual_machine>`",
        count: "any",
        meaning: "Shows a memory region at an address. In a virtual machine without `setvar_…`.",
        attributes: &[
            must("mr", "a memory region", "which one"),
            must(
                "vaddr",
                "a multiple of the region's `page_size`",
                "first address; all of it below the stack",
            ),
            may(
                "perms",
                "letters of `r`, `w`, `x`, not `w` alone",
                "`rw`",
                "what may be done; x86 has no right to execute in seL4",
            ),
            may("cached", BOOL, "`true`", "`false` for registers of devices"),
            may("setvar_vaddr", SYMBOL, "none", "the 8-byte symbol is set to `vaddr`"),
            may("setvar_size", SYMBOL, "none", "the 8-byte symbol is set to the region's size"),
            may("setvar_prefill_size", SYMBOL, "none", "the 8-byte symbol is set to the prefill file's size"),
        ],
        forms: &[&elements::MAP, &elements::GUEST_MAP],
    },
    Reference {
        name: "irq",
        inside: "`<protection_domain>`",
        count: "any",
        meaning: "An interrupt, delivered as a notification. Three forms: `irq` on Arm and RISC-V, `pin` (IOAPIC) and `pcidev` \
                  (MSI) on x86.",
        attributes: &[
            must("id", DIGITS_61, "channel of the protection domain; at most 25 on seL4 5.0.0"),
            ID_SYMBOL,
            must("irq", NUMBER, "Arm, RISC-V: the line, unique in the system"),
            may(
                "trigger",
                "`level`, `edge`",
                "`level`",
                "Arm, RISC-V, IOAPIC: how the line tells; the manual's `level=\"1\"` is `trigger=\"level\"`",
            ),
            must("pin", "a number, decimal digits", "IOAPIC: input of the IOAPIC; one holder in the system"),
            may("ioapic", "a number, decimal digits", "0", "IOAPIC: which one"),
            may("polarity", "`high`, `low`", "`high`", "IOAPIC: which level is active"),
            must("vector", VECTOR, "x86: the kernel's number for the interrupt, unique in the whole system"),
            must("pcidev", "hexadecimal BUS:DEVICE.FUNCTION, at most ff:1f.7", "MSI: which PCI function"),
            must("handle", "a number, decimal digits", "MSI: which of the function's messages"),
        ],
        forms: &[&elements::IRQ_LINE, &elements::IRQ_IOAPIC, &elements::IRQ_MESSAGE],
    },
    Reference {
        name: "ioport",
        inside: "`<protection_domain>`",
        count: "any, x86",
        meaning: "A range of I/O ports that no other protection domain has.",
        attributes: &[
            must("id", DIGITS_61, "how the program names the range; apart from the ids of channels"),
            must("addr", "0 to 0xffff on the target", "first port"),
            must("size", "1 or more, decimal digits", "number of ports"),
            ID_SYMBOL,
            may("setvar_addr", SYMBOL, "none", "the 8-byte symbol is set to `addr`"),
        ],
        forms: &[&elements::IOPORT],
    },
    Reference {
        name: "setvar",
        inside: "`<protection_domain>`",
        count: "any",
        meaning: "Sets an 8-byte symbol of the program before it runs.",
        attributes: &[
            must("symbol", SYMBOL, "which one; each may be set once"),
            must(
                "region_paddr",
                "a memory region; on x86 one with `phys_addr`",
                "set to its physical address",
            ),
        ],
        forms: &[&elements::SETVAR],
    },
    Reference {
        name: "cspace",
        inside: "`<protection_domain>`",
        count: "0 or 1",
        meaning: "Capabilities to other protection domains.",
        attributes: &[],
        forms: &[&elements::CSPACE],
    },
    Reference {
        name: "cap_tcb",
        inside: "`<cspace>`",
        count: "any",
        meaning: "The other's thread.",
        attributes: CAP,
        forms: &[&elements::CAP_TCB],
    },
    Reference {
        name: "cap_sc",
        inside: "`<cspace>`",
        count: "any",
        meaning: "The other's scheduling context.",
        attributes: CAP,
        forms: &[&elements::CAP_SC],
    },
    Reference {
        name: "cap_vspace",
        inside: "`<cspace>`",
        count: "any",
        meaning: "The other's address space.",
        attributes: CAP,
        forms: &[&elements::CAP_VSPACE],
    },
    Reference {
        name: "virtual_machine",
        inside: "`<protection_domain>`",
        count: "0 or 1, where seL4 is a hypervisor",
        meaning: "A guest, whose faults go to the protection domain.",
        attributes: &[
            must("name", NAME, "unique among virtual machines"),
            may(
                "priority",
                NUMBER,
                "0",
                "Arm: of the guest's threads; the Microkit takes the lowest eight bits",
            ),
            may("budget", "microseconds", "1000", "Arm: as of a protection domain"),
            may("period", "microseconds, at least `budget`", "`budget`", "Arm: as of a protection domain"),
        ],
        forms: &[elements::virtual_machine(super::board::Arch::Aarch64)],
    },
    Reference {
        name: "vcpu",
        inside: "`<virtual_machine>`",
        count: "1 or more; on x86 1",
        meaning: "A virtual processor.",
        attributes: &[
            must("id", DIGITS_61, "unique among the vCPUs and children of the protection domain"),
            may("cpu", "a processor of the configuration", "the protection domain's", "where it runs"),
            may("setvar_id", SYMBOL, "none", "without effect: the Microkit does not read it"),
        ],
        forms: &[&elements::VCPU],
    },
    Reference {
        name: "channel",
        inside: "`<system>`",
        count: "any",
        meaning: "Connects two protection domains: two `<end>`.",
        attributes: &[],
        forms: &[&elements::CHANNEL],
    },
    Reference {
        name: "end",
        inside: "`<channel>`",
        count: "2",
        meaning: "What one of the two may do.",
        attributes: &[
            must("pd", "a protection domain", "whose end it is"),
            must(
                "id",
                DIGITS_61,
                "channel of that protection domain; shared with its interrupts; at most 25 on seL4 5.0.0",
            ),
            may(
                "pp",
                BOOL,
                "`false`",
                "it may call the other, whose priority must be higher; at one end at most",
            ),
            may("notify", BOOL, "`true`", "it may signal the other"),
            ID_SYMBOL,
        ],
        forms: &[&elements::END],
    },
    Reference {
        name: "io_address_space",
        inside: "`<system>`",
        count: "any, x86 with an IOMMU",
        meaning: "What a device may reach by itself.",
        attributes: &[
            must("name", NAME, "unique among I/O address spaces"),
            must(
                "peripheral_id",
                "hexadecimal BUS:DEVICE.FUNCTION",
                "which PCI function; one I/O address space each",
            ),
            must("domain_id", NUMBER, "the IOMMU's number for it, unique"),
        ],
        forms: &[&elements::IO_ADDRESS_SPACE],
    },
    Reference {
        name: "iomap",
        inside: "`<io_address_space>`",
        count: "any",
        meaning: "Shows a memory region to the device.",
        attributes: &[
            must("mr", "a memory region of 4 KiB pages", "which one"),
            must("iovaddr", "below 2^39, whole pages", "first address as the device sees it"),
            may("perms", "letters of `r`, `w`", "`rw`", "what the device may do; `w` alone is possible"),
        ],
        forms: &[&elements::IOMAP],
    },
    Reference {
        name: "domains",
        inside: "`<system>`, before the protection domains",
        count: "0 or 1, one processor only",
        meaning: "Scheduling domains: 16 at most, and their schedule.",
        attributes: &[],
        forms: &[&elements::DOMAINS],
    },
    Reference {
        name: "domain",
        inside: "`<domains>`",
        count: "1 to 16",
        meaning: "One of them.",
        attributes: &[
            must("name", NAME, "unique among domains"),
            may("id", "0 to 15", "the lowest free", "the kernel's number for it, unique"),
        ],
        forms: &[&elements::DOMAIN],
    },
    Reference {
        name: "domain_schedule",
        inside: "`<domains>`",
        count: "1",
        meaning: "Which domain runs when: fewer than 100 entries.",
        attributes: &[
            may("start_index", "an entry of the schedule", "0", "where it begins"),
            may(
                "index_shift",
                "`index_shift` and all entries below 100",
                "0",
                "the kernel's number for the first entry",
            ),
        ],
        forms: &[&elements::DOMAIN_SCHEDULE],
    },
    Reference {
        name: "schedule_entry",
        inside: "`<domain_schedule>`",
        count: "any",
        meaning: "A domain's turn.",
        attributes: &[
            must("domain", "a `<domain>`", "whose turn it is"),
            must("duration", "`1000 us` or `5 ticks`, above 0", "how long"),
        ],
        forms: &[&elements::SCHEDULE_ENTRY],
    },
    Reference {
        name: "schedule_end_marker",
        inside: "`<domain_schedule>`",
        count: "any",
        meaning: "The schedule begins anew here.",
        attributes: &[],
        forms: &[&elements::SCHEDULE_END_MARKER],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_of_the_parser_has_one_row() {
        for element in REFERENCE {
            let mut rows: Vec<&str> = element.attributes.iter().map(|attribute| attribute.name).collect();
            rows.sort_unstable();
            assert_eq!(rows, element.known(), "{}", element.name);
        }
    }

    #[test]
    fn every_element_of_the_parser_is_there() {
        let names: Vec<&str> = REFERENCE.iter().map(|element| element.name).collect();
        for element in REFERENCE {
            for child in element.children() {
                assert!(names.contains(child), "{child} inside {}", element.name);
                let place = REFERENCE.iter().find(|of| of.name == *child).map_or("", |of| of.inside);
                assert!(place.contains(&format!("`<{}>`", element.name)), "{child}: {place}");
            }
            assert_eq!(names.iter().filter(|name| **name == element.name).count(), 1, "{}", element.name);
        }
    }
}
