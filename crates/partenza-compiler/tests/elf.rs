// SPDX-License-Identifier: BSD-2-Clause
//! Every way in which an ELF file can be wrong has its name (SPEC D-5).

mod support;

use partenza_compiler::Code;
use support::{Bench, ElfFile};

/// The system of one PD that runs what `change` makes of a good file.
#[track_caller]
fn refused(code: Code, text: &str, change: impl FnOnce(&mut ElfFile)) {
    let mut file = ElfFile::service();
    change(&mut file);
    refused_bytes(code, text, &file.bytes());
}

#[track_caller]
fn refused_bytes(code: Code, text: &str, bytes: &[u8]) {
    let bench = Bench::new();
    bench.file("a.elf", bytes);
    bench.file("system.xml", ONE);
    bench.error(code, "system.xml:1:73", text);
}

const ONE: &str = "<system><protection_domain name=\"one\" priority=\"9\"><program_image path=\"a.elf\"/>\
    </protection_domain></system>";

#[test]
fn a_good_file_is_accepted() {
    let bench = Bench::new();
    bench.file("system.xml", ONE);
    let compiled = bench.good();
    let plan = compiled.plan();
    assert_eq!(plan.images[0].entry, 0x20_0000);
    assert_eq!(plan.images[0].segments.len(), 2);
}

#[test]
fn a_missing_file() {
    let bench = Bench::new();
    bench.file("system.xml", ONE.replace("a.elf", "b.elf"));
    bench.error(Code::ElfMissing, "system.xml:1:73", "b.elf is not there");
}

#[test]
fn not_an_elf_file() {
    refused_bytes(Code::NotElf, "not ELF", b"#!/bin/sh\n");
    refused_bytes(Code::NotElf, "not ELF", b"");
    refused(Code::NotElf, "not an executable", |file| file.kind = 1);
}

#[test]
fn a_file_of_32_bits() {
    refused(Code::Elf32, "32-bit", |file| file.class = 1);
}

#[test]
fn a_file_for_another_processor() {
    refused(Code::ElfMachine, "not for x86_64", |file| file.machine = 183);
}

#[test]
fn a_dynamic_file() {
    refused(Code::ElfDynamic, "position-independent", |file| file.kind = 3);
    refused(Code::ElfDynamic, "dynamic linker", |file| file.extra = Some(2));
    refused(Code::ElfDynamic, "dynamic linker", |file| file.extra = Some(3));
}

#[test]
fn a_truncated_file_at_whatever_byte() {
    let whole = ElfFile::service().bytes();
    for len in (6..whole.len()).step_by(13) {
        refused_bytes(Code::ElfTruncated, "ends inside", &whole[..len]);
    }
    refused(Code::ElfTruncated, "impossible sizes", |file| file.loads[0].memory = 50);
}

#[test]
fn overlapping_segments_and_segments_that_share_a_page() {
    refused(Code::ElfOverlap, "0x200000 and 0x201000 overlap", |file| file.loads[0].memory = 0x1001);
    refused(Code::ElfSharedPage, "share a page", |file| {
        file.loads[1].address = 0x20_0800;
        file.symbols.clear();
    });
}

#[test]
fn a_segment_that_is_writable_and_executable() {
    refused(Code::ElfWritableCode, "0x200000 is writable and executable", |file| file.loads[0].flags = 7);
}

#[test]
fn an_entry_point_outside_text() {
    refused(Code::ElfEntry, "0x201000 is not in an executable segment", |file| file.entry = 0x20_1000);
    refused(Code::ElfEntry, "0x0 is not", |file| file.entry = 0);
}

#[test]
fn a_file_for_another_kernel() {
    let with = |from: &str, to: &str| {
        let note = support::note(2);
        let text: Vec<u8> = note.clone();
        let at = text.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
        let mut note = note;
        note[at..at + to.len()].copy_from_slice(to.as_bytes());
        Some(note)
    };
    refused(Code::ElfForeign, "for seL4 9.0.0", |file| {
        file.note = with("5.0.0", "9.0.0");
        let abi = with("v5_x86_64", "v9_x86_64").unwrap();
        file.note.as_mut().unwrap()[40..].copy_from_slice(&abi[40..]);
    });
    refused(Code::ElfForeign, "is a root task", |file| file.note = Some(support::note(1)));
    refused(Code::ElfForeign, "no ABI note", |file| {
        file.note = None;
        file.symbols.clear();
    });
    refused(Code::ElfForeign, "no ABI note", |file| {
        file.note = Some(b"garbage".to_vec());
        file.symbols.clear();
    });
}

#[test]
fn a_debug_program_on_a_release_kernel() {
    let mut bench = Bench::new();
    bench.file("system.xml", ONE);
    bench.kernel.debug = false;
    bench.error(Code::ElfForeign, "a.elf", "only a debug kernel has");
}

#[test]
fn an_unmodified_microkit_file() {
    refused(Code::ElfMicrokit, "other system calls", |file| file.note = None);
}

#[test]
fn segments_where_services_cannot_be() {
    refused(Code::ElfTooHigh, "above 0x100000000", |file| {
        file.loads[1].address = 1 << 32;
        file.symbols.clear();
    });
    refused(Code::ElfPageZero, "page 0", |file| {
        file.loads.insert(0, support::Load { address: 0, data: vec![1], memory: 1, flags: 4 });
    });
    refused(Code::NoSegments, "no segment", |file| file.loads.clear());
}

#[test]
fn symbols_that_cannot_be_written() {
    let bench = Bench::new();
    let mut file = ElfFile::service();
    file.symbols.retain(|(name, ..)| name != "microkit_name");
    file.symbols.push(("microkit_name".to_owned(), 0x20_0010, 64, false));
    bench.file("a.elf", file.bytes());
    bench.file("system.xml", ONE);
    bench.error(Code::SymbolReadOnly, "system.xml:1:", "`microkit_name` is not in a writable segment");
}

#[test]
fn setvars_that_the_file_lacks_or_has_in_another_size() {
    let system = |symbol: &str| {
        format!(
            "<system>\n<memory_region name=\"m\" size=\"0x1000\"/>\n<protection_domain name=\"one\">\n\
             <program_image path=\"a.elf\"/>\n<map mr=\"m\" vaddr=\"0x4000000\" setvar_vaddr=\"{symbol}\"/>\n\
             </protection_domain>\n</system>"
        )
    };
    let bench = Bench::new();
    bench.file("system.xml", system("bufer"));
    bench.error(Code::NoSymbol, "system.xml:5:45", "did you mean `buffer`?");
    bench.file("system.xml", system("microkit_name"));
    bench.error(Code::SymbolSize, "system.xml:5:45", "has 64 bytes");
    bench.file("system.xml", system("buffer"));
    let compiled = bench.good();
    let plan = compiled.plan();
    let expected = 0x400_0000u64.to_le_bytes();
    assert!(
        plan.services[0].patches.iter().any(|patch| patch.address == 0x20_1080 && patch.bytes == expected)
    );
}

#[test]
fn symbols_may_come_from_another_file() {
    let bench = Bench::new();
    let mut stripped = ElfFile::service();
    stripped.symbols.clear();
    bench.file("stripped.elf", stripped.bytes());
    bench.file("system.xml", ONE.replace("a.elf", "stripped.elf"));
    assert!(bench.good().plan().services[0].patches.is_empty());
    bench.edit("system.xml", "\"stripped.elf\"", "\"stripped.elf\" path_for_symbols=\"a.elf\"");
    let compiled = bench.good();
    let patches = &compiled.plan().services[0].patches;
    assert!(patches.iter().any(|patch| patch.address == 0x20_1000 && patch.bytes.starts_with(b"one\0")));
    bench.edit("system.xml", "\"a.elf\"", "\"b.elf\"");
    bench.error(Code::ElfMissing, "system.xml:1:", "b.elf is not there");
}
