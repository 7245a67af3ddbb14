// SPDX-License-Identifier: BSD-2-Clause
//! PZ-02xx: what the Microkit would refuse in system.xml.

use super::page::{Page, SYSTEM, piece, words};
use crate::diagnostic::Code;

pub const PAGES: &[Page] = &[
    piece(
        Code::UnknownElement,
        "An element that is passed over would leave out what it grants, or what it forbids.",
        SYSTEM,
        "<memory name=\"more\" size=\"0x1000\"/>",
        "",
    ),
    piece(
        Code::UnknownAttribute,
        "An attribute that is misspelt would be ignored, and its default would hold instead.",
        SYSTEM,
        "<map mr=\"shared\" vaddr=\"0x4000000\" perms=\"r\" cache=\"false\"/>",
        "<map mr=\"shared\" vaddr=\"0x4000000\" perms=\"r\"/>",
    ),
    piece(
        Code::MissingAttribute,
        "Some attributes have no default that would be right for anybody: which region, which address, which pin.",
        SYSTEM,
        "<map mr=\"shared\" perms=\"r\"/>",
        "<map mr=\"shared\" vaddr=\"0x4000000\" perms=\"r\"/>",
    ),
    piece(
        Code::StrayText,
        "The description consists of elements and attributes. Text between them is a comment that lost its marks, or \
         half an element.",
        SYSTEM,
        "<channel>what clients call\n    <end pd=\"client\"",
        "<channel><!-- what clients call -->\n    <end pd=\"client\"",
    ),
    piece(
        Code::BadAttribute,
        "A value that cannot be read as what the attribute is, or that no kernel could use.",
        SYSTEM,
        "name=\"client\" priority=\"high\"",
        "name=\"client\" priority=\"100\"",
    ),
    piece(
        Code::MissingElement,
        "A protection domain runs a program, a system has protection domains, a virtual machine has a processor: without \
         them there is nothing to start.",
        SYSTEM,
        "<protection_domain name=\"idle\" priority=\"1\"></protection_domain>",
        "<protection_domain name=\"idle\" priority=\"1\"><program_image path=\"client.elf\"/></protection_domain>",
    ),
    piece(
        Code::DuplicateName,
        "Everything else refers to things by their names; of two the first would be meant by accident.",
        SYSTEM,
        "<memory_region name=\"shared\" size=\"0x1000\"/>\n  <memory_region name=\"shared\" size=\"0x2000\"/>",
        "<memory_region name=\"shared\" size=\"0x2000\"/>",
    ),
    piece(
        Code::UnknownReference,
        "A mapping of nothing, or a channel to nobody: the name is misspelt, or what it names was removed.",
        SYSTEM,
        "<map mr=\"sharde\" vaddr=\"0x4000000\" perms=\"r\"/>",
        "<map mr=\"shared\" vaddr=\"0x4000000\" perms=\"r\"/>",
    ),
    piece(
        Code::DuplicateId,
        "An id is a bit of the badge by which a protection domain knows who signalled it, and the index of the \
         capability with which it answers. Channels and interrupts share the numbers.",
        SYSTEM,
        "<end pd=\"server\" id=\"2\" notify=\"false\"/>",
        "<end pd=\"server\" id=\"0\" notify=\"false\"/>",
    ),
    piece(
        Code::ChannelEnds,
        "A channel connects two protection domains. If both could call, both could wait for each other for ever.",
        SYSTEM,
        "<end pd=\"server\" id=\"0\" pp=\"true\" notify=\"false\"/>",
        "<end pd=\"server\" id=\"0\" notify=\"false\"/>",
    ),
    piece(
        Code::Unaligned,
        "Memory is mapped by pages: what is no multiple of a page cannot be, and rounding would give more than is \
         written.",
        SYSTEM,
        "<memory_region name=\"shared\" size=\"0x2001\"/>",
        "<memory_region name=\"shared\" size=\"0x2000\"/>",
    ),
    piece(
        Code::OverlappingMaps,
        "One address cannot show two memories.",
        SYSTEM,
        "<map mr=\"screen\" vaddr=\"0x4001000\" perms=\"rw\"/>",
        "<map mr=\"screen\" vaddr=\"0x5000000\" perms=\"rw\"/>",
    ),
    piece(
        Code::OverlappingRegions,
        "Two regions at one physical place are one memory under two names: whoever reads the file takes them for apart.",
        SYSTEM,
        "<memory_region name=\"screen\" size=\"0x1000\" phys_addr=\"0xb8000\"/>\n  \
         <memory_region name=\"more\" size=\"0x1000\" phys_addr=\"0xb8000\"/>",
        "<memory_region name=\"screen\" size=\"0x1000\" phys_addr=\"0xb8000\"/>",
    ),
    piece(
        Code::PriorityInversion,
        "A server runs while its client waits. If its priority were not higher, everything between the two would hold up \
         the client, and the server could be called while it is not waiting.",
        SYSTEM,
        "name=\"client\" priority=\"150\"",
        "name=\"client\" priority=\"100\"",
    ),
    piece(
        Code::SharedIrq,
        "An interrupt is delivered to one notification, and acknowledged by one holder (SPEC F-4): a line on Arm and RISC-V, a \
         vector and a pin on x86.",
        SYSTEM,
        "<irq id=\"2\" pin=\"14\" vector=\"5\"/>\n    <irq id=\"4\" pin=\"14\" vector=\"6\"/>",
        "<irq id=\"2\" pin=\"14\" vector=\"5\"/>",
    ),
    piece(
        Code::SharedPorts,
        "Two drivers of one device undo each other's work, and each could do to the other's device what it likes (SPEC \
         F-4).",
        SYSTEM,
        "<ioport id=\"1\" addr=\"0x1f0\" size=\"8\"/>\n    <ioport id=\"4\" addr=\"0x1f4\" size=\"8\"/>",
        "<ioport id=\"1\" addr=\"0x1f0\" size=\"8\"/>",
    ),
    piece(
        Code::UnusedRegion,
        "Nobody maps it, so it costs nothing and does nothing: most likely a `<map>` is missing.",
        SYSTEM,
        "<memory_region name=\"spare\" size=\"0x1000\"/>",
        "",
    ),
    piece(
        Code::DuplicateElement,
        "Of two program images one would be run, and which one is not to be seen.",
        SYSTEM,
        "<program_image path=\"client.elf\"/>\n    <program_image path=\"client.elf\"/>",
        "<program_image path=\"client.elf\"/>",
    ),
    piece(
        Code::NotOnBoard,
        "The Microkit builds its kernels per board and configuration, and some features are in few of them. It refuses \
         the rest, and so does this tool when it is asked for the Microkit's verdict.",
        SYSTEM,
        "name=\"client\" priority=\"100\" smc=\"true\"",
        "name=\"client\" priority=\"100\"",
    ),
    piece(
        Code::MapOutside,
        "The kernel's half of the address space is the kernel's, and stack and IPC buffer of a protection domain are at \
         the top of its own.",
        SYSTEM,
        "<map mr=\"screen\" vaddr=\"0x8000000000000000\" perms=\"rw\"/>",
        "<map mr=\"screen\" vaddr=\"0x5000000\" perms=\"rw\"/>",
    ),
    piece(
        Code::PrefillFile,
        "A region is filled from a file when the image is made; without the file there is nothing to fill it with.",
        SYSTEM,
        "<memory_region name=\"shared\" size=\"0x2000\" prefill_path=\"no.bin\"/>",
        "<memory_region name=\"shared\" size=\"0x2000\"/>",
    ),
    words(
        Code::TooManyDomains,
        "The numbers of domains and of entries in their schedule are fixed when the kernel is built.",
        "17 <domain> elements",
        "16 <domain> elements",
    ),
    words(
        Code::BusyMonitor,
        "On x86 a protection domain that runs a virtual machine waits in the machine, not at its endpoint: calls and \
         faults of children would wait for ever.",
        "<virtual_machine> in a protection domain that others call",
        "<virtual_machine> in a protection domain of its own, with notifications instead of calls",
    ),
];
