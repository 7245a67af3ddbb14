// SPDX-License-Identifier: BSD-2-Clause
//! Which elements there are, what attributes they have, and what stands in them: the SDF of the Microkit 2.3, each
//! element in each form that it takes.
//!
//! An element without children in this table is one that the Microkit does not look into: what stands there has no
//! effect.

use super::board::Arch;

/// One element in one form.
#[derive(Debug, PartialEq, Eq)]
pub struct Element {
    pub name: &'static str,
    /// `None`: the Microkit reads none and accepts any.
    pub attributes: Option<&'static [&'static str]>,
    pub children: &'static [&'static str],
}

const fn leaf(name: &'static str, attributes: &'static [&'static str]) -> Element {
    Element { name, attributes: Some(attributes), children: &[] }
}

const fn parent(
    name: &'static str,
    attributes: &'static [&'static str],
    children: &'static [&'static str],
) -> Element {
    Element { name, attributes: Some(attributes), children }
}

pub const SYSTEM: Element = Element {
    name: "system",
    attributes: None,
    children: &["protection_domain", "memory_region", "channel", "io_address_space", "domains"],
};

const IN_PD: &[&str] =
    &["program_image", "map", "irq", "ioport", "setvar", "protection_domain", "virtual_machine", "cspace"];

pub const PD: Element = parent(
    "protection_domain",
    &["name", "priority", "budget", "period", "passive", "stack_size", "cpu", "smc", "fpu", "domain"],
    IN_PD,
);

/// Attributes of a protection domain inside another.
pub const CHILD_ONLY: [&str; 2] = ["id", "setvar_id"];

pub const CHILD_PD: Element = parent(
    "protection_domain",
    &[
        "name",
        "priority",
        "budget",
        "period",
        "passive",
        "stack_size",
        "cpu",
        "smc",
        "fpu",
        "domain",
        CHILD_ONLY[0],
        CHILD_ONLY[1],
    ],
    IN_PD,
);

pub const PROGRAM_IMAGE: Element = leaf("program_image", &["path", "path_for_symbols"]);
pub const MAP: Element =
    leaf("map", &["mr", "vaddr", "perms", "cached", "setvar_vaddr", "setvar_size", "setvar_prefill_size"]);
pub const SETVAR: Element = leaf("setvar", &["symbol", "region_paddr"]);
pub const IOPORT: Element = leaf("ioport", &["id", "addr", "size", "setvar_id", "setvar_addr"]);

/// An interrupt line of Arm and RISC-V, an IOAPIC's pin, a message signalled interrupt.
pub const IRQ_LINE: Element = leaf("irq", &["irq", "id", "setvar_id", "trigger"]);
pub const IRQ_IOAPIC: Element =
    leaf("irq", &["id", "setvar_id", "ioapic", "pin", "trigger", "polarity", "vector"]);
pub const IRQ_MESSAGE: Element = leaf("irq", &["id", "setvar_id", "pcidev", "handle", "vector"]);

const IN_VM: &[&str] = &["vcpu", "map"];
const VM_ARM: Element = parent("virtual_machine", &["name", "priority", "budget", "period"], IN_VM);
const VM: Element = parent("virtual_machine", &["name"], IN_VM);
pub const VCPU: Element = leaf("vcpu", &["id", "setvar_id", "cpu"]);
pub const GUEST_MAP: Element = leaf("map", &["mr", "vaddr", "perms", "cached"]);

/// On Arm a virtual machine is scheduled by itself.
#[must_use]
pub const fn virtual_machine(arch: Arch) -> &'static Element {
    match arch {
        Arch::Aarch64 => &VM_ARM,
        Arch::Riscv64 | Arch::X86_64 => &VM,
    }
}

pub const CSPACE: Element = parent("cspace", &[], &["cap_tcb", "cap_sc", "cap_vspace"]);
const CAP: &[&str] = &["slot", "pd"];
pub const CAP_TCB: Element = leaf("cap_tcb", CAP);
pub const CAP_SC: Element = leaf("cap_sc", CAP);
pub const CAP_VSPACE: Element = leaf("cap_vspace", CAP);

pub const MEMORY_REGION: Element =
    leaf("memory_region", &["name", "size", "page_size", "phys_addr", "prefill_path", "prefill_bootinfo"]);

pub const CHANNEL: Element = parent("channel", &[], &["end"]);
pub const END: Element = leaf("end", &["pd", "id", "pp", "notify", "setvar_id"]);

pub const IO_ADDRESS_SPACE: Element =
    parent("io_address_space", &["name", "peripheral_id", "domain_id"], &["iomap"]);
pub const IOMAP: Element = leaf("iomap", &["mr", "iovaddr", "perms"]);

pub const DOMAINS: Element = parent("domains", &[], &["domain", "domain_schedule"]);
pub const DOMAIN: Element = leaf("domain", &["name", "id"]);
pub const DOMAIN_SCHEDULE: Element =
    parent("domain_schedule", &["start_index", "index_shift"], &["schedule_entry", "schedule_end_marker"]);
pub const SCHEDULE_ENTRY: Element = leaf("schedule_entry", &["domain", "duration"]);
pub const SCHEDULE_END_MARKER: Element = leaf("schedule_end_marker", &[]);

/// Contents of `prefill_bootinfo`.
pub const BOOT_INFO: &[&str] =
    &["x86_vbe", "x86_mbmmap", "x86_acpi_rsdp", "x86_framebuffer", "x86_tsc_freq", "fdt"];
