// SPDX-License-Identifier: BSD-2-Clause
//! PZ-06xx: ELF files. Their examples are commands and linker scripts; tests/elf.rs tries each with a file made by hand.

use super::page::{Page, words};
use crate::diagnostic::Code;

pub const PAGES: &[Page] = &[
    words(
        Code::ElfMissing,
        "A service without a binary is a ghost: it is in the plan and cannot start. NAME.elf may also be called NAME, as \
         cargo does.",
        "partenza check, before the services were built",
        "make programs; partenza check --search-path DIR",
    ),
    words(
        Code::NotElf,
        "Only ELF files say which bytes go where and with which rights.",
        "<program_image path=\"client.c\"/>",
        "<program_image path=\"client.elf\"/>",
    ),
    words(Code::Elf32, "The kernel runs 64-bit programs.", "gcc -m32", "gcc -m64"),
    words(
        Code::ElfMachine,
        "Its instructions are another processor's.",
        "a binary for aarch64, and a kernel for x86_64",
        "the same program built for the kernel's architecture",
    ),
    words(
        Code::ElfDynamic,
        "There is no loader on the target that would find libraries or choose addresses: what runs is what was linked.",
        "gcc -pie, or without -static",
        "gcc -static -no-pie -nostdlib",
    ),
    words(
        Code::ElfTruncated,
        "It was cut off on its way, or not written to its end: part of the program is not there.",
        "a copy that ran out of space",
        "the file as the linker wrote it",
    ),
    words(
        Code::ElfOverlap,
        "Two segments at one address are two contents for one memory.",
        ". = 0x200000; before both sections of the linker script",
        ". = ALIGN(4096); between them",
    ),
    words(
        Code::ElfSharedPage,
        "Rights are given by the page: a page that belongs to code and to data would have to be writable and executable.",
        ".data straight after .text",
        ". = ALIGN(4096); before .data",
    ),
    words(
        Code::ElfWritableCode,
        "Code that can be overwritten turns every bug into a way to run anything (SPEC D-5).",
        "one segment with the flags RWX (ld -N)",
        "PHDRS { text PT_LOAD FLAGS(5); data PT_LOAD FLAGS(6); }",
    ),
    words(
        Code::ElfEntry,
        "The first instruction would be fetched from data, or from nowhere.",
        "a program without _start",
        "ENTRY(_start)",
    ),
    words(
        Code::ElfForeign,
        "System calls are numbers that differ between kernels. The file carries a note that says for which kernel it was \
         built, and it is not the one that boots.",
        "a service built with SEL4_PREFIX=build/kernel/release, and --kernel build/kernel/debug",
        "both with the same prefix",
    ),
    words(
        Code::ElfMicrokit,
        "The unmodified libmicrokit makes the system calls of an MCS kernel, which this one does not have.",
        "an ELF file of the Microkit's SDK",
        "the same source built against this project's libmicrokit",
    ),
    words(
        Code::ElfTooHigh,
        "seL4 5.0.0 reports the address of a fault in 32 bits: above 4 GiB a report would name the wrong place.",
        ". = 0x100000000;",
        ". = 0x200000;",
    ),
    words(
        Code::NoSymbol,
        "The tool writes addresses and masks into variables of the program before it boots. A variable that is not there \
         was optimised away, or is called otherwise.",
        "uintptr_t buffer_addr;  with setvar_vaddr=\"buffer\"",
        "uintptr_t buffer;  with setvar_vaddr=\"buffer\"",
    ),
    words(
        Code::SymbolReadOnly,
        "What is written before boot must be in a page of the service's own: read-only pages are shared by all services \
         that run the file.",
        "const uintptr_t buffer;",
        "uintptr_t buffer;",
    ),
    words(
        Code::SymbolSize,
        "Eight bytes are written. Into a smaller variable they would overwrite its neighbours.",
        "uint32_t buffer;",
        "uintptr_t buffer;",
    ),
    words(
        Code::NoSegments,
        "There is nothing to load, so there is nothing to run.",
        "client.o",
        "client.elf, linked",
    ),
    words(
        Code::ElfPageZero,
        "Page 0 stays unmapped, so that a null pointer is a fault with a report and not a wrong value.",
        ". = 0x0;",
        ". = 0x200000;",
    ),
];
