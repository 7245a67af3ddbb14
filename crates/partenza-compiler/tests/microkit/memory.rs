// SPDX-License-Identifier: BSD-2-Clause
//! Memory regions, maps, setvars, I/O address spaces.

use partenza_compiler::Code;

use crate::{ARM, X86, accept, one, pd, refuse, system, warn};

fn region(name: &str, attributes: &str) -> String {
    format!("<memory_region name=\"{name}\" {attributes}/>")
}

/// A system of a protection domain that maps nothing, and these.
fn beside(elements: &str) -> String {
    system(&(pd("a", "", "") + elements))
}

/// `m` of two pages, `l` of a large page, and `a` that maps them so.
fn mapped(maps: &str) -> String {
    let regions = region("m", "size=\"0x2000\"") + &region("l", "size=\"0x200000\" page_size=\"0x200000\"");
    system(&(regions + &pd("a", "", maps)))
}

#[test]
fn regions_are_whole_pages_of_a_size_that_there_is() {
    warn(ARM, &beside(&region("m", "size=\"0x1000\"")), Code::UnusedRegion);
    accept(ARM, &beside(&region("m", "size=\"0\"")));
    accept(ARM, &beside(&region("m", "size=\"0x200_000\" page_size=\"2_097_152\" phys_addr=\"0x40_0000\"")));
    let bad =
        |attributes: &str, code, place: &str| refuse(ARM, &beside(&region("m", attributes)), code, place);
    bad("", Code::MissingAttribute, "memory_region");
    bad("size=\"0x1000sd\"", Code::BadAttribute, "0x1000sd");
    bad("size=\"0x800\"", Code::Unaligned, "0x800");
    bad("size=\"0x1000\" page_size=\"0x200000\"", Code::Unaligned, "0x1000");
    bad("size=\"0x1000\" page_size=\"0x1001\"", Code::BadAttribute, "0x1001");
    bad("size=\"0x40000000\" page_size=\"0x40000000\"", Code::BadAttribute, "0x40000000");
    bad("size=\"0x1000\" phys_addr=\"0x100\"", Code::Unaligned, "0x100");
    bad("size=\"0x200000\" page_size=\"0x200000\" phys_addr=\"0x1000\"", Code::Unaligned, "0x1000");
    bad("size=\"0x1000\" phys_addr=\"0xfffffffffffff000\"", Code::BadAttribute, "0xfffffffffffff000");
    refuse(ARM, &beside("<memory_region size=\"0x1000\"/>"), Code::MissingAttribute, "memory_region");
    let twice = region("m", "size=\"0x1000\"").repeat(2);
    refuse(ARM, &beside(&twice), Code::DuplicateName, "m");
}

#[test]
fn regions_are_apart_in_physical_memory() {
    let pair = |second: &str| {
        beside(
            &(region("m", "size=\"0x2000\" phys_addr=\"0x5000\"")
                + &region("n", &format!("size=\"0x2000\" phys_addr=\"{second}\""))),
        )
    };
    accept(ARM, &pair("0x7000"));
    accept(ARM, &pair("0x3000"));
    refuse(ARM, &pair("0x6000"), Code::OverlappingRegions, "memory_region");
    refuse(ARM, &pair("0x4000"), Code::OverlappingRegions, "memory_region");
}

#[test]
fn prefill_files_are_there_and_fit() {
    accept(ARM, &beside(&region("m", "prefill_path=\"table.bin\"")));
    accept(ARM, &beside(&region("m", "prefill_path=\"table.bin\" size=\"0x1000\"")));
    accept(ARM, &beside(&region("m", "prefill_path=\"table.bin\" page_size=\"0x200000\"")));
    let bad =
        |attributes: &str, code, place: &str| refuse(ARM, &beside(&region("m", attributes)), code, place);
    bad("prefill_path=\"none.bin\" size=\"0x1000\"", Code::PrefillFile, "none.bin");
    bad("prefill_path=\"empty.bin\"", Code::PrefillFile, "empty.bin");
    bad("prefill_path=\".\"", Code::PrefillFile, ".");
    bad("prefill_path=\"table.bin\" size=\"0\"", Code::PrefillFile, "0");
    for kind in ["x86_vbe", "x86_mbmmap", "x86_acpi_rsdp", "x86_framebuffer", "x86_tsc_freq", "fdt"] {
        accept(X86, &beside(&region("m", &format!("prefill_bootinfo=\"{kind}\""))));
    }
    // What the Microkit's manual says instead of x86_mbmmap.
    bad("prefill_bootinfo=\"x86_mbmap\"", Code::BadAttribute, "x86_mbmap");
    bad("prefill_bootinfo=\"fdt\" prefill_path=\"table.bin\"", Code::BadAttribute, "fdt");
}

#[test]
fn maps_are_aligned_inside_and_apart() {
    let map = |of: &str, at: &str| format!("<map mr=\"{of}\" vaddr=\"{at}\"/>");
    accept(ARM, &mapped(&(map("m", "0x1000") + &map("m", "0x3000") + &map("l", "0x40_0000"))));
    accept(ARM, &mapped(&map("m", "0")));
    refuse(ARM, &mapped(&map("m", "0x1800")), Code::Unaligned, "0x1800");
    refuse(ARM, &mapped(&map("l", "0x1000")), Code::Unaligned, "0x1000");
    refuse(ARM, &mapped(&(map("m", "0x1000") + &map("m", "0x2000"))), Code::OverlappingMaps, "0x2000");
    refuse(ARM, &mapped(&(map("m", "0x201000") + &map("l", "0x200000"))), Code::OverlappingMaps, "0x201000");
    refuse(ARM, &mapped(&map("n", "0x1000")), Code::UnknownReference, "n");
    // Below the stack of two pages, a guard page and the IPC buffer.
    accept(ARM, &mapped(&map("m", "0xffffffa000")));
    refuse(ARM, &mapped(&map("m", "0xffffffb000")), Code::MapOutside, "0xffffffb000");
    accept(X86, &mapped(&map("m", "0x7fffffff9000")));
    refuse(X86, &mapped(&map("m", "0x7fffffffb000")), Code::MapOutside, "0x7fffffffb000");
    refuse(ARM, &mapped(&map("m", "0xfffffffffffff000")), Code::MapOutside, "0xfffffffffffff000");
    refuse(ARM, &mapped("<map mr=\"m\"/>"), Code::MissingAttribute, "map");
    refuse(ARM, &mapped("<map vaddr=\"0x1000\"/>"), Code::MissingAttribute, "map");
}

#[test]
fn rights_of_maps_are_letters_and_not_to_write_alone() {
    let map = |attribute: &str| mapped(&format!("<map mr=\"m\" vaddr=\"0x1000\" {attribute}/>"));
    for perms in ["r", "rw", "rx", "xwr", "x", "wx", "rrw", ""] {
        accept(ARM, &map(&format!("perms=\"{perms}\"")));
    }
    for perms in ["w", "ww", "rwz", "RW", "r w"] {
        refuse(ARM, &map(&format!("perms=\"{perms}\"")), Code::BadAttribute, perms);
    }
    accept(ARM, &map("cached=\"false\""));
    refuse(ARM, &map("cached=\"no\""), Code::BadAttribute, "no");
}

#[test]
fn setvars_tell_what_the_region_has() {
    let system = |attributes: &str, setvar: &str| system(&(region("m", attributes) + &pd("a", "", setvar)));
    let setvar = "<setvar symbol=\"s\" region_paddr=\"m\"/>";
    accept(X86, &system("size=\"0x1000\" phys_addr=\"0x1000\"", setvar));
    accept(ARM, &system("size=\"0x1000\"", setvar));
    refuse(X86, &system("size=\"0x1000\"", setvar), Code::BadAttribute, "m");
    let page = "size=\"0x1000\"";
    refuse(ARM, &system(page, "<setvar symbol=\"s\"/>"), Code::MissingAttribute, "setvar");
    refuse(ARM, &system(page, "<setvar region_paddr=\"m\"/>"), Code::MissingAttribute, "setvar");
    refuse(ARM, &system(page, &setvar.replace("\"m\"", "\"n\"")), Code::UnknownReference, "n");
    refuse(ARM, &system(page, &setvar.repeat(2)), Code::DuplicateName, "s");
    let size =
        "<map mr=\"m\" vaddr=\"0x1000\" setvar_prefill_size=\"z\" setvar_size=\"y\" setvar_vaddr=\"x\"/>";
    accept(ARM, &system("prefill_path=\"table.bin\"", size));
    refuse(ARM, &system(page, size), Code::BadAttribute, "z");
    refuse(ARM, &system("prefill_bootinfo=\"fdt\"", size), Code::BadAttribute, "z");
}

/// A system with `m` of a page, `l` of a large one, and this.
fn devices(spaces: &str) -> String {
    let regions = region("m", "size=\"0x1000\"") + &region("l", "size=\"0x200000\" page_size=\"0x200000\"");
    system(&(regions + &pd("a", "", "") + spaces))
}

fn device(name: &str, at: &str, domain: &str, maps: &str) -> String {
    format!(
        "<io_address_space name=\"{name}\" peripheral_id=\"{at}\" domain_id=\"{domain}\">{maps}</io_address_space>"
    )
}

#[test]
fn a_device_has_one_address_space() {
    accept(X86, &devices(&(device("n", "0:1.0", "1", "") + &device("d", "0:2.0", "0x2", ""))));
    refuse(ARM, &devices(&device("n", "0:1.0", "1", "")), Code::NotOnBoard, "io_address_space");
    let pair = |name, at, domain| devices(&(device("n", "0:1.0", "1", "") + &device(name, at, domain, "")));
    refuse(X86, &pair("n", "0:2.0", "2"), Code::DuplicateName, "n");
    refuse(X86, &pair("d", "00:01.0", "2"), Code::DuplicateId, "00:01.0");
    refuse(X86, &pair("d", "0:2.0", "0x1"), Code::DuplicateId, "0x1");
    refuse(X86, &pair("d", "0:2", "2"), Code::BadAttribute, "0:2");
    for name in ["name", "peripheral_id", "domain_id"] {
        let without = device("n", "0:1.0", "1", "").replace(&format!(" {name}=\""), " xmlns:x=\"");
        refuse(X86, &devices(&without), Code::MissingAttribute, "io_address_space");
    }
}

#[test]
fn devices_map_small_pages_inside_and_apart() {
    let one = |maps: &str| devices(&device("n", "0:1.0", "1", maps));
    let map = |at: &str| format!("<iomap mr=\"m\" iovaddr=\"{at}\"/>");
    accept(X86, &one(&(map("0") + &map("0x1000") + &map("0x7ffffff000"))));
    refuse(X86, &one(&map("0x8000000000")), Code::BadAttribute, "0x8000000000");
    refuse(X86, &one(&map("0x100")), Code::Unaligned, "0x100");
    refuse(X86, &one(&(map("0x1000") + &map("0x1000"))), Code::OverlappingMaps, "0x1000");
    accept(X86, &devices(&(device("n", "0:1.0", "1", &map("0")) + &device("d", "0:2.0", "2", &map("0")))));
    refuse(X86, &one("<iomap mr=\"n\" iovaddr=\"0\"/>"), Code::UnknownReference, "n");
    refuse(X86, &one("<iomap mr=\"l\" iovaddr=\"0\"/>"), Code::BadAttribute, "0x200000");
    for perms in ["r", "w", "rw", "wr", "rr"] {
        accept(X86, &one(&format!("<iomap mr=\"m\" iovaddr=\"0\" perms=\"{perms}\"/>")));
    }
    for perms in ["rx", ""] {
        refuse(
            X86,
            &one(&format!("<iomap mr=\"m\" iovaddr=\"0\" perms=\"{perms}\"/>")),
            Code::BadAttribute,
            perms,
        );
    }
    // Large for maps of programs, small for devices: without page_size that is no contradiction.
    accept(X86, &one("<iomap mr=\"m\" iovaddr=\"0\"/>").replace("\"0x1000\"", "\"0x200000\""));
}

#[test]
fn a_region_too_large_for_its_place_is_told_with_it() {
    let large = region("m", "size=\"0x8000000000\"") + &pd("a", "", "<map mr=\"m\" vaddr=\"0x8000000000\"/>");
    refuse(ARM, &system(&large), Code::MapOutside, "0x8000000000");
    accept(ARM, &one(""));
}
