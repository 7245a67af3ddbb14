// SPDX-License-Identifier: BSD-2-Clause
//! PZ-05xx: authority, declared by the author and granted by the integrator.

use super::page::{CONFIG, MANIFEST, Page, SYSTEM, piece, words};
use crate::diagnostic::Code;

pub const PAGES: &[Page] = &[
    piece(
        Code::RequiredNotGranted,
        "The author says that the service does not work without it. Every authority is declared twice (SPEC A-2): asked \
         for in the manifest, granted in partenza.yaml.",
        CONFIG,
        "memory: {}",
        "memory: {buffer: shared}",
    ),
    piece(
        Code::ObjectNotAsked,
        "system.xml gives the service something that no grant names, so nobody knows what for. Authority that nobody asked \
         for is authority that nobody reviews (SPEC A-2).",
        SYSTEM,
        "<ioport id=\"1\" addr=\"0x1f0\" size=\"8\"/>\n    <ioport id=\"7\" addr=\"0x3f6\" size=\"1\"/>",
        "<ioport id=\"1\" addr=\"0x1f0\" size=\"8\"/>",
    ),
    piece(
        Code::GrantNotAsked,
        "The author does not expect it. What a service was not written for it should not hold.",
        CONFIG,
        "memory: {buffer: shared, more: shared}",
        "memory: {buffer: shared}",
    ),
    piece(
        Code::NoSuchObject,
        "A grant gives a name to an object; system.xml is the only source of objects.",
        CONFIG,
        "call: {storage/files: {channel: 9}}",
        "call: {storage/files: {channel: 3}}",
    ),
    piece(
        Code::RightsDiffer,
        "With less than it asks for a service faults; with more it can do what its author never meant it to. Only an \
         optional capability may come with less.",
        SYSTEM,
        "<map mr=\"shared\" vaddr=\"0x4000000\" perms=\"rw\"/>\n    <map mr=\"screen\"",
        "<map mr=\"shared\" vaddr=\"0x4000000\" perms=\"r\"/>\n    <map mr=\"screen\"",
    ),
    piece(
        Code::WrongParts,
        "Each kind of capability is made of certain objects: a serial line is one range of ports and one interrupt. With \
         half of them its driver would wait for ever.",
        CONFIG,
        "block-device: {disk: {}}",
        "block-device: {disk: {ioport: 1, irq: 2}}",
    ),
    piece(
        Code::GrantedTwice,
        "One object under two names looks like two objects to whoever reads the file.",
        CONFIG,
        "block-device: {disk: {ioport: [1, 1], irq: 2}}",
        "block-device: {disk: {ioport: 1, irq: 2}}",
    ),
    piece(
        Code::WrongPeer,
        "The client would call, and somebody else than it thinks would answer.",
        CONFIG,
        "provides: {storage/blocks: {channel: 0}}",
        "provides: {storage/files: {channel: 0}}",
    ),
    piece(
        Code::OptionalAbsent,
        "The service works without it and is told which of its optional capabilities it got (SPEC F-5), so this is only a \
         note.",
        MANIFEST,
        "  optional:\n    - serial: com3",
        "",
    ),
    piece(
        Code::UnknownOperation,
        "What may be asked of the Supervisor is a closed list, and each operation is granted by name (SPEC I-4).",
        CONFIG,
        "supervisor: [statsu]",
        "supervisor: [status]",
    ),
    piece(
        Code::UnknownKind,
        "A kind says of which objects the capability is made and which rights it has; an unknown one says nothing.",
        MANIFEST,
        "- memroy: buffer",
        "- memory: buffer",
    ),
    words(
        Code::NoFreeChannel,
        "The channel to the Supervisor is an ordinary one and needs an id of its own, the highest free one. Here every id \
         that the kernel has bits for is in use.",
        "26 channels and interrupts in one protection domain on seL4 5.0.0",
        "25, or `supervisor_channel: none` for one that neither reports nor asks",
    ),
    piece(
        Code::CallWithoutRequire,
        "The service is allowed to call, and nothing makes its server start first: its first call may come before the \
         server listens.",
        MANIFEST,
        "requires: []",
        "requires:\n  - interface: storage/files\n    version: \">=1.0, <2\"",
    ),
    piece(
        Code::AboveBound,
        "The author says what the service needs at most; what is given beyond that is waste, or a way to starve others.",
        MANIFEST,
        "resources: {priority: 50}",
        "resources: {priority: 150}",
    ),
    piece(
        Code::NeedsSupervisor,
        "It reports that it is ready, is probed, or asks the Supervisor for something, all of which goes over that channel.",
        CONFIG,
        "    supervisor_channel: none",
        "    supervisor_channel: auto",
    ),
    words(
        Code::PolicyViolated,
        "A rule of `policy` says what must not be possible, however long the way. The way that is drawn is made of \
         capabilities that the plan grants: one of its steps must go.",
        "policy: [{deny: client -> server}], and a channel on which the client calls the server",
        "no such channel, or no such rule",
    ),
    words(
        Code::UnknownTarget,
        "A rule about something that does not exist holds for nothing, and the rule that was meant is not there.",
        "policy: [{deny: client -> sevrer}]",
        "policy: [{deny: client -> server}]",
    ),
    piece(
        Code::SharedDevice,
        "Who can write a device's registers controls the device, and without an IOMMU all of memory. Two holders undo each \
         other's work (SPEC F-4).",
        SYSTEM,
        "<map mr=\"shared\" vaddr=\"0x4000000\" perms=\"rw\"/>\n    \
         <map mr=\"screen\" vaddr=\"0x5000000\" perms=\"r\"/>\n    <ioport",
        "<map mr=\"shared\" vaddr=\"0x4000000\" perms=\"rw\"/>\n    <ioport",
    ),
];
