// SPDX-License-Identifier: BSD-2-Clause
//! PZ-03xx: what the chosen kernel, board or machine cannot do.

use super::page::{MANIFEST, Page, SYSTEM, piece, words};
use crate::diagnostic::Code;

pub const PAGES: &[Page] = &[
    piece(
        Code::ChannelTooHigh,
        "A channel is a bit of a badge. Badges of seL4 5.0.0 have 28 bits, two of which tell calls and faults apart: ids 0 \
         to 25 are left. Kernels with 64-bit badges take ids to 61.",
        SYSTEM,
        "<end pd=\"server\" id=\"40\" notify=\"false\"/>",
        "<end pd=\"server\" id=\"0\" notify=\"false\"/>",
    ),
    piece(
        Code::AddressTooHigh,
        "seL4 5.0.0 reports the address of a fault in 32 bits: above 4 GiB a report would name the wrong place.",
        SYSTEM,
        "<map mr=\"screen\" vaddr=\"0x140000000\" perms=\"rw\"/>",
        "<map mr=\"screen\" vaddr=\"0x5000000\" perms=\"rw\"/>",
    ),
    piece(
        Code::ReservedHardware,
        "Init needs a timer, a line for events and a console, and keeps them: a service that programmed Init's timer \
         could stop the Supervisor (SPEC A-6).",
        SYSTEM,
        "<ioport id=\"1\" addr=\"0x2f8\" size=\"8\"/>",
        "<ioport id=\"1\" addr=\"0x1f0\" size=\"8\"/>",
    ),
    piece(
        Code::KernelIgnores,
        "The file may be meant for several kernels, so this is no error; but whoever counts on a budget must know that \
         this kernel keeps none.",
        SYSTEM,
        "name=\"client\" priority=\"100\" budget=\"500\"",
        "name=\"client\" priority=\"100\"",
    ),
    piece(
        Code::KernelCannot,
        "The Microkit takes it, and the kernel that boots here has no such thing: the system would not do what is \
         written.",
        SYSTEM,
        "name=\"client\" priority=\"100\" passive=\"true\"",
        "name=\"client\" priority=\"100\"",
    ),
    words(
        Code::TooManySlots,
        "Every object that Init makes takes a slot of its CNode, whose size is fixed when the kernel is built.",
        "500 services on a kernel with ROOT_CNODE_SIZE_BITS=12",
        "the same kernel built with ROOT_CNODE_SIZE_BITS=16",
    ),
    words(
        Code::TooMuchMemory,
        "All memory is handed out at boot. What the machine does not have would fail there, half way.",
        "partenza pack . --memory 16MiB",
        "partenza pack . --memory 64MiB",
    ),
    words(
        Code::TooManyServices,
        "A badge has room for so many senders, and 500 are what is tested (SPEC O-3).",
        "513 protection domains",
        "512 protection domains",
    ),
    words(
        Code::NoRoom,
        "Below 4 GiB the stack and the pages of the Supervisor must find a place beside the image and the mappings.",
        "mappings that leave no gap between the image and 4 GiB",
        "a smaller region, or one mapped elsewhere",
    ),
    words(
        Code::BeyondMicrokit,
        "The file is right here, and the Microkit's own tool would refuse it: it takes 63 protection domains.",
        "64 protection domains, to be built with the Microkit as well",
        "64 protection domains for this tool alone",
    ),
    piece(
        Code::NotYet,
        "The kernel could do it, and this release of Init cannot. It is refused by name rather than left out.",
        SYSTEM,
        "<channel><end pd=\"client\" id=\"8\"/><end pd=\"client\" id=\"9\"/></channel>",
        "",
    ),
    piece(
        Code::NotGrantable,
        "The kernel keeps its image, the local APIC and the IOAPIC, and hands out RAM without an address of one's \
         choice. A region there would fail in every boot.",
        SYSTEM,
        "size=\"0x1000\" phys_addr=\"0xfee00000\"",
        "size=\"0x1000\" phys_addr=\"0xb8000\"",
    ),
    piece(
        Code::NameTooLong,
        "The Supervisor lists eight services in a message of 960 bytes. Names of services, regions, interfaces and of \
         the system, and versions, have at most 64 bytes, so that every list can be answered.",
        MANIFEST,
        "version: 0.1.0-a.name.that.goes.on.and.on.and.on.until.it.is.longer.than.messages.carry",
        "version: 0.1.0",
    ),
];
