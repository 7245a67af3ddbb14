// SPDX-License-Identifier: BSD-2-Clause
//! system.xml: what the Microkit refuses (O-1), and what the chosen kernel or board cannot do.

mod support;

use partenza_compiler::{Code, Diagnostics, Options, Severity, Sources, compile, diagnostic};
use support::Bench;

/// A system of two plain PDs, `a` (priority 9) and `b` (priority 5).
fn bench(in_a: &str, in_b: &str, beside: &str) -> Bench {
    let bench = Bench::new();
    bench.file(
        "system.xml",
        format!(
            "<system>\n<protection_domain name=\"a\" priority=\"9\">\n<program_image path=\"a.elf\"/>\n{in_a}\n\
             </protection_domain>\n<protection_domain name=\"b\" priority=\"5\">\n<program_image path=\"a.elf\"/>\n\
             {in_b}\n</protection_domain>\n{beside}\n</system>\n"
        ),
    );
    bench
}

#[track_caller]
fn in_a(code: Code, element: &str, text: &str) {
    bench(element, "", "").error(code, "system.xml:4:", text);
}

#[track_caller]
fn beside(code: Code, elements: &str, text: &str) {
    bench("", "", elements).error(code, "system.xml:10:", text);
}

#[test]
fn a_plain_system_needs_nothing_else() {
    let bench =
        bench("<map mr=\"m\" vaddr=\"0x4000000\"/>", "", "<memory_region name=\"m\" size=\"0x1000\"/>");
    let compiled = bench.good();
    let plan = compiled.plan();
    assert_eq!(plan.services.len(), 2);
    assert_eq!(plan.services[0].priority, 9);
    assert_eq!(bench.remarks(), []);
}

#[test]
fn what_sdfgen_writes_is_compiled() {
    let bench = Bench::new();
    bench.file("system.xml", include_str!("sdf/sdfgen_plain.system"));
    let compiled = bench.good();
    let plan = compiled.plan();
    assert_eq!((plan.services.len(), plan.irqs[0].pin, plan.regions[0].pages), (2, 14, 2));
}

#[test]
fn not_well_formed() {
    let bench = Bench::new();
    bench.file("system.xml", "<system>\n<protection_domain>\n</system>");
    bench.error(Code::XmlSyntax, "system.xml:3:", "expected");
    bench.file("system.xml", "<system>\n<!-- ä --> <x y=\"");
    bench.errors(&[Code::XmlSyntax]);
    bench.file("system.xml", "");
    bench.errors(&[Code::XmlSyntax]);
    bench.file("system.xml", b"\xff\xfe");
    bench.errors(&[Code::NotText]);
    std::fs::remove_file(bench.dir.path().join("system.xml")).unwrap();
    bench.errors(&[Code::FileUnreadable]);
    bench.file("system.xml", "<systen/>");
    bench.error(Code::UnknownElement, "system.xml:1:2", "expected `<system>`");
    bench.file("system.xml", "<system/>");
    bench.errors(&[Code::MissingElement]);
}

#[test]
fn elements_and_attributes_that_do_not_exist() {
    in_a(Code::UnknownElement, "<mpa/>", "did you mean `map`?");
    in_a(Code::UnknownElement, "<channel/>", "cannot stand inside");
    let ports = "<ioport id=\"1\" addr=\"0x60\" sise=\"1\" size=\"1\"/>";
    in_a(Code::UnknownAttribute, ports, "did you mean `size`?");
    beside(Code::StrayText, "hello", "text inside `<system>`");
    // Where the Microkit does not look, it is a warning.
    assert_eq!(bench("hello", "", "").remarks(), [Code::StrayText]);
    beside(Code::UnknownElement, "<memory_regoin name=\"m\" size=\"1\"/>", "did you mean `memory_region`?");
    bench("", "", "").edit("system.xml", "name=\"a\"", "name=\"a\" id=\"3\"").error(
        Code::UnknownAttribute,
        "system.xml:2:",
        "only a protection domain inside another has it",
    );
}

#[test]
fn what_the_sdf_has_and_this_kernel_or_release_does_not() {
    let child = "<protection_domain name=\"c\" id=\"62\"><program_image path=\"a.elf\"/></protection_domain>";
    in_a(Code::KernelCannot, child, "`c` is child 62: a CSpace has room for children 0 to 61");
    let machine = "<virtual_machine name=\"v\"><vcpu id=\"0\"/></virtual_machine>";
    in_a(Code::KernelCannot, machine, "virtual machines need");
    in_a(Code::NotYet, "<cspace><cap_tcb slot=\"1\" pd=\"b\"/></cspace>", "`<cap_tcb>`");
    bench("<cspace/>", "", "").good();
    in_a(
        Code::NotYet,
        "<irq pcidev=\"0:1.0\" id=\"1\" handle=\"0\" vector=\"1\"/>",
        "no IOAPIC's pin (message of 00:01.0)",
    );
    in_a(Code::NotOnBoard, "<irq irq=\"3\" id=\"1\"/>", "interrupts of x86_64 have pin");
    in_a(Code::KernelCannot, "<ioport id=\"1\" addr=\"0x10000\" size=\"1\"/>", "no I/O ports above 0xffff");
    let space = "<io_address_space name=\"i\" peripheral_id=\"0:1.0\" domain_id=\"1\"/>";
    beside(Code::KernelCannot, space, "`i`: an I/O address space");
    beside(Code::NotYet, "<channel><end pd=\"a\" id=\"1\"/><end pd=\"a\" id=\"2\"/></channel>", "both ends");
    let bench = Bench::new();
    bench.file(
        "system.xml",
        "<system>\n<domains><domain name=\"d\"/><domain_schedule>\
         <schedule_entry domain=\"d\" duration=\"1 us\"/></domain_schedule></domains>\
         <protection_domain name=\"a\" domain=\"d\"><program_image path=\"a.elf\"/></protection_domain></system>",
    );
    bench.error(Code::KernelCannot, "system.xml:2:", "scheduling domains need");
}

#[test]
fn memory_that_this_kernel_or_release_cannot_do() {
    let map = "<map mr=\"m\" vaddr=\"0x4000000\"/>";
    let full = bench(map, "", "<memory_region name=\"m\" prefill_path=\"a.elf\"/>");
    full.error(Code::NotYet, "system.xml:10:", "`m`: memory regions filled from a file");
    let info = bench(map, "", "<memory_region name=\"m\" prefill_bootinfo=\"x86_vbe\"/>");
    info.error(Code::NotYet, "system.xml:10:", "filled from boot information");
    let none = bench(map, "", "<memory_region name=\"m\" size=\"0\"/>");
    none.error(Code::KernelCannot, "system.xml:10:", "no size");
    let m = "<memory_region name=\"m\" size=\"0x1000\"/>";
    for perms in ["", "x", "wx"] {
        let blind = bench(&map.replace("/>", &format!(" perms=\"{perms}\"/>")), "", m);
        blind.error(Code::KernelCannot, "system.xml:4:", "without reading it");
    }
    bench(&map.replace("/>", " perms=\"rrx\"/>"), "", m).good();
}

#[test]
fn attributes_that_are_missing_or_wrong() {
    in_a(Code::MissingAttribute, "<ioport id=\"1\" size=\"1\"/>", "lacks the attribute `addr`");
    in_a(Code::BadAttribute, "<ioport id=\"1\" addr=\"0x60\" size=\"0\"/>", "expected a number from 1 to");
    in_a(Code::BadAttribute, "<ioport id=\"1\" addr=\"0x60\" size=\"0x1\"/>", "a decimal number");
    in_a(Code::BadAttribute, "<ioport id=\"62\" addr=\"0x60\" size=\"1\"/>", "from 0 to 61");
    in_a(Code::BadAttribute, "<irq id=\"1\" pin=\"9\" vector=\"108\"/>", "from 0 to 107");
    in_a(Code::BadAttribute, "<irq id=\"1\" pin=\"9\" vector=\"1\" trigger=\"rising\"/>", "level or edge");
    in_a(Code::BadAttribute, "<irq id=\"1\" pin=\"9\" vector=\"1\" polarity=\"up\"/>", "low or high");
    for wrong in
        ["name=\"a\" priority=\"255\"", "name=\"a\" stack_size=\"100\"", "name=\"a\" passive=\"yes\""]
    {
        let bench = bench("", "", "");
        bench.edit("system.xml", "name=\"a\" priority=\"9\"", wrong);
        bench.error(Code::BadAttribute, "system.xml:2:", "expected");
    }
    bench("", "", "").edit("system.xml", "name=\"a\" ", "").error(
        Code::MissingAttribute,
        "system.xml:2:2",
        "`name`",
    );
    let m = "<memory_region name=\"m\" size=\"0x1000\"/>";
    let wrong =
        [("perms=\"w\"", "not w alone"), ("perms=\"rq\"", "letters of"), ("cached=\"no\"", "true or false")];
    for (attribute, text) in wrong {
        let bench = bench(&format!("<map mr=\"m\" vaddr=\"0x4000000\" {attribute}/>"), "", m);
        let shown = bench.errors(&[Code::BadAttribute]);
        assert!(shown.contains(text), "{shown}");
    }
}

#[test]
fn program_images() {
    let one = "<program_image path=\"a.elf\"/>";
    in_a(Code::DuplicateElement, one, "stands twice");
    bench("", "", "").edit("system.xml", one, "").error(Code::MissingElement, "system.xml:2:2", "without");
}

#[test]
fn names_are_unique_and_known() {
    bench("", "", "").edit("system.xml", "name=\"b\"", "name=\"a\"").errors(&[Code::DuplicateName]);
    bench("", "", "").edit("system.xml", "name=\"b\"", "name=\"monitor\"").errors(&[Code::DuplicateName]);
    let bench_m = bench(
        "<map mr=\"bufer\" vaddr=\"0x4000000\"/>",
        "<map mr=\"buffer\" vaddr=\"0x4000000\"/>",
        "<memory_region name=\"buffer\" size=\"0x1000\"/>",
    );
    bench_m.error(Code::UnknownReference, "system.xml:4:", "did you mean `buffer`?");
    beside(
        Code::UnknownReference,
        "<channel><end pd=\"a\" id=\"1\"/><end pd=\"c\" id=\"1\"/></channel>",
        "called `c`",
    );
}

#[test]
fn ids_are_unique_in_a_pd() {
    let channel = "<channel><end pd=\"a\" id=\"1\"/><end pd=\"b\" id=\"1\"/></channel>";
    beside(
        Code::DuplicateId,
        &format!("{channel}{}", channel.replace("b\" id=\"1\"", "b\" id=\"2\"")),
        "`a` uses id 1",
    );
    bench("<irq id=\"1\" pin=\"9\" vector=\"1\"/>", "", channel).errors(&[Code::DuplicateId]);
    let ports = "<ioport id=\"1\" addr=\"0x60\" size=\"1\"/><ioport id=\"1\" addr=\"0x62\" size=\"1\"/>";
    in_a(Code::DuplicateId, ports, "uses id 1 twice");
    // Ports have a space of their own.
    bench("<ioport id=\"1\" addr=\"0x60\" size=\"1\"/>", "", channel).good();
}

#[test]
fn channels_have_two_ends_and_calls_go_up_in_priority() {
    beside(Code::ChannelEnds, "<channel><end pd=\"a\" id=\"1\"/></channel>", "1 ends");
    let three = "<channel><end pd=\"a\" id=\"1\"/><end pd=\"b\" id=\"1\"/><end pd=\"b\" id=\"2\"/></channel>";
    beside(Code::ChannelEnds, three, "3 ends");
    let both = "<channel><end pd=\"a\" id=\"1\" pp=\"true\"/><end pd=\"b\" id=\"1\" pp=\"true\"/></channel>";
    beside(Code::ChannelEnds, both, "may call the other");
    let down = "<channel><end pd=\"a\" id=\"1\" pp=\"true\"/><end pd=\"b\" id=\"1\"/></channel>";
    beside(Code::PriorityInversion, down, "`a` (priority 9) calls `b` (priority 5)");
    let bench = bench("", "", down);
    bench.edit("system.xml", "priority=\"5\"", "priority=\"9\"").errors(&[Code::PriorityInversion]);
    bench.edit("system.xml", "name=\"b\" priority=\"9\"", "name=\"b\" priority=\"10\"").good();
}

#[test]
fn interrupts_and_ports_have_one_holder() {
    let irq = |pin, vector| format!("<irq id=\"1\" pin=\"{pin}\" vector=\"{vector}\"/>");
    bench(&irq(9, 1), &irq(9, 2), "").error(
        Code::SharedIrq,
        "system.xml:8:",
        "IOAPIC pin 9 has two holders, `a` and `b`",
    );
    bench(&irq(9, 1), &irq(10, 1), "").error(Code::SharedIrq, "system.xml:8:", "vector 1 has two holders");
    bench(&irq(9, 1), &irq(10, 2), "").good();
    let ports = |first, size| format!("<ioport id=\"1\" addr=\"{first}\" size=\"{size}\"/>");
    bench(&ports("0x60", 5), &ports("0x64", 1), "").error(
        Code::SharedPorts,
        "system.xml:8:",
        "`b` and `a` both hold I/O ports 0x64 to 0x64",
    );
    bench(&ports("0x60", 4), &ports("0x64", 1), "").good();
}

#[test]
fn memory_regions_and_maps() {
    beside(Code::Unaligned, "<memory_region name=\"m\" size=\"0x800\"/>", "size is not a multiple");
    beside(Code::BadAttribute, "<memory_region name=\"m\" size=\"0x2000\" page_size=\"0x2000\"/>", "neither");
    beside(Code::Unaligned, "<memory_region name=\"m\" size=\"0x1000\" phys_addr=\"0x100\"/>", "phys_addr");
    let region =
        |name: &str, at: &str| format!("<memory_region name=\"{name}\" size=\"0x2000\" phys_addr=\"{at}\"/>");
    let two = region("m", "0xe0000000") + &region("n", "0xe0001000");
    beside(Code::OverlappingRegions, &two, "`m` and `n` overlap");
    let m = "<memory_region name=\"m\" size=\"0x2000\"/>";
    let map = |at: &str| format!("<map mr=\"m\" vaddr=\"{at}\"/>");
    bench(&(map("0x4000000") + &map("0x4001000")), "", m).errors(&[Code::OverlappingMaps]);
    bench(&map("0x4000100"), "", m).errors(&[Code::Unaligned]);
    bench(&map("0x200000"), "", m).error(Code::OverlappingMaps, "system.xml:4:", "over its own image");
    bench(&map("0x100000000"), "", m).errors(&[Code::AddressTooHigh]);
    bench(&map("0x1000000000000000"), "", m).errors(&[Code::MapOutside]);
    bench(&map("0"), "", m).errors(&[Code::AddressTooHigh]);
    assert_eq!(bench("", "", m).remarks(), [Code::UnusedRegion]);
    let setvar = "<setvar symbol=\"buffer\" region_paddr=\"m\"/>";
    bench(setvar, "", m).errors(&[Code::BadAttribute]);
    bench(setvar, "", &m.replace("/>", " phys_addr=\"0xe0000000\"/>")).good();
}

#[test]
fn large_pages_where_everything_allows_them() {
    let m = "<memory_region name=\"m\" size=\"0x400000\"/>";
    let pages = |bench: &Bench| {
        let compiled = bench.good();
        let region = compiled.plan().regions[0];
        (region.page_bits, region.pages)
    };
    assert_eq!(pages(&bench("<map mr=\"m\" vaddr=\"0x4000000\"/>", "", m)), (21, 2));
    assert_eq!(pages(&bench("<map mr=\"m\" vaddr=\"0x4001000\"/>", "", m)), (12, 1024));
    let small = m.replace("/>", " page_size=\"0x1000\"/>");
    assert_eq!(pages(&bench("<map mr=\"m\" vaddr=\"0x4000000\"/>", "", &small)), (12, 1024));
}

#[test]
fn channel_ids_have_badge_bits() {
    let at = |id| format!("<channel><end pd=\"a\" id=\"{id}\"/><end pd=\"b\" id=\"1\"/></channel>");
    beside(Code::ChannelTooHigh, &at(26), "ids 0 to 25");
    bench("", "", &at(25)).good();
    beside(Code::BadAttribute, &at(62), "from 0 to 61");
}

#[test]
fn hardware_of_init_is_not_handed_out() {
    let ports = |first: &str| format!("<ioport id=\"1\" addr=\"{first}\" size=\"8\"/>");
    in_a(Code::ReservedHardware, &ports("0x2f8"), "Init's event line");
    in_a(Code::ReservedHardware, &ports("0x600"), "Init's power switch");
    in_a(Code::ReservedHardware, "<irq id=\"1\" pin=\"20\" vector=\"1\"/>", "pin 20 of `a` is Init's timer");
    in_a(
        Code::ReservedHardware,
        "<irq id=\"1\" pin=\"3\" vector=\"1\"/>",
        "pin 3 of `a` is Init's event line",
    );
    in_a(Code::KernelCannot, "<irq id=\"1\" pin=\"24\" vector=\"1\"/>", "pins 0 to 23");
    let hpet = "<memory_region name=\"h\" size=\"0x1000\" phys_addr=\"0xfed00000\"/>";
    bench("<map mr=\"h\" vaddr=\"0x4000000\"/>", "", hpet).errors(&[Code::ReservedHardware]);
    // A plain system's PD that names the console gets it; with partenza.yaml it must be said.
    let bench = bench(&ports("0x3f8"), "", "");
    assert_eq!(bench.good().plan().boot.handover, Some(partenza_plan::ServiceId(0)));
    bench.file("partenza.yaml", "partenza: \"1.0\"\nconsole: {uart: com1}\n");
    bench.error(Code::ReservedHardware, "system.xml:4:", "Init's console");
    bench.file("partenza.yaml", "partenza: \"1.0\"\nconsole: {uart: com1, handover: a}\n");
    bench.good();
    bench.file(
        "partenza.yaml",
        "partenza: \"1.0\"\nconsole: {uart: none}\nreserved: {timer: pit, events: none}\n",
    );
    bench.good();
    bench.edit("system.xml", "0x3f8", "0x40");
    bench.errors(&[Code::ReservedHardware]);
}

#[test]
fn what_only_other_kernels_have() {
    let with = |attribute: &str| {
        let bench = bench("", "", "");
        bench.edit("system.xml", "name=\"a\"", &format!("name=\"a\" {attribute}"));
        bench
    };
    assert_eq!(with("budget=\"100\" period=\"200\"").remarks(), [Code::KernelIgnores, Code::KernelIgnores]);
    with("budget=\"200\" period=\"100\"").errors(&[Code::BadAttribute]);
    assert_eq!(with("fpu=\"false\"").remarks(), [Code::KernelIgnores]);
    with("passive=\"true\"").error(Code::KernelCannot, "system.xml:2:", "`a`:");
    with("cpu=\"1\"").error(Code::BadAttribute, "system.xml:2:", "has one processor");
    with("smc=\"true\"").error(Code::NotOnBoard, "system.xml:2:", "`smc` on x86_64");
    with("domain=\"d\"").error(Code::UnknownReference, "system.xml:2:", "without `<domains>`");
    assert_eq!(with("passive=\"false\" cpu=\"0\" fpu=\"true\"").remarks(), []);
}

#[test]
fn too_many_protection_domains() {
    let system = |count| {
        let pd = |n| {
            format!("<protection_domain name=\"p{n}\"><program_image path=\"a.elf\"/></protection_domain>\n")
        };
        format!("<system>{}</system>", (0..count).map(pd).collect::<String>())
    };
    let bench = Bench::new();
    bench.file("system.xml", system(64));
    assert_eq!(bench.remarks(), [Code::BeyondMicrokit]);
    bench.file("system.xml", system(512));
    assert_eq!(bench.good().plan().services.len(), 512);
    bench.file("system.xml", system(513));
    bench.errors(&[Code::TooManyServices]);
}

#[test]
fn every_error_is_told_in_one_run() {
    let bench = Bench::pair();
    bench.edit("system.xml", "size=\"8\"", "size=\"none\"");
    bench.edit("manifests/server.yaml", "layer: 4", "layr: 4");
    bench.edit("manifests/client.yaml", "version: 0.1.0", "version: new");
    bench.edit("partenza.yaml", "system: pair", "sytem: pair");
    bench.errors(&[
        Code::UnknownField,
        Code::UnknownField,
        Code::MissingField,
        Code::BadVersion,
        Code::BadAttribute,
        Code::NoSuchObject,
    ]);
}

#[test]
fn an_address_space_that_is_full() {
    let region = "<memory_region name=\"m\" size=\"0xffc00000\"/>";
    let bench = bench("<map mr=\"m\" vaddr=\"0x400000\"/>", "", region);
    bench.good();
    bench.edit("system.xml", "priority=\"9\"", "priority=\"9\" stack_size=\"0x200000\"");
    bench.error(Code::NoRoom, "system.xml:2:", "no room for the stack of `a`");
}

/// What is said of a region at a physical address on a machine with so much RAM; nothing when it is granted.
fn region_at(address: u64, size: u64, memory: Option<u64>) -> Option<String> {
    let bench = bench(
        "<map mr=\"m\" vaddr=\"0x4000000\"/>",
        "",
        &format!("<memory_region name=\"m\" size=\"{size:#x}\" phys_addr=\"{address:#x}\"/>"),
    );
    let options = Options { memory, ..Options::new(bench.dir.path(), bench.kernel.clone()) };
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let compiled = compile(&options, &mut sources, &mut out);
    let shown = diagnostic::text(&out, &sources, Severity::Error, false);
    assert_eq!(compiled.is_none(), out.has_errors());
    compiled.is_none().then(|| {
        assert!(out.codes().contains(&Code::NotGrantable) && shown.contains("system.xml:10:"), "{shown}");
        shown
    })
}

#[test]
fn physical_addresses_that_no_boot_can_grant() {
    const MIB: u64 = 1 << 20;
    let page = |address, memory| region_at(address, 0x1000, memory);
    for (address, what) in [
        (0xfee0_0000, "local APIC"),
        (0xfec0_0000, "IOAPIC"),
        (0xffff_f000, "message-signalled"),
        (0x10_0000, "kernel's image"),
        (1 << 47, "beyond 2^47"),
        ((1 << 52) + 0x1000, "beyond 2^47"),
    ] {
        for memory in [None, Some(128 * MIB)] {
            let said = page(address, memory).unwrap_or_else(|| panic!("{address:#x} is granted"));
            assert!(said.contains(what) && said.contains("`m`"), "{said}");
        }
    }
    // RAM is known of a machine only.
    assert_eq!(page(64 * MIB, None), None);
    assert!(page(64 * MIB, Some(128 * MIB)).unwrap().contains("lies in the RAM of a machine with 128 MiB"));
    assert_eq!(page(128 * MIB, Some(128 * MIB)), None);
    assert!(page(128 * MIB, Some(256 * MIB)).is_some());
    assert!(region_at(127 * MIB, 2 * MIB, Some(128 * MIB)).unwrap().contains("across the end of RAM"));
    // Firmware's tables at the end of RAM are device memory to the kernel.
    assert_eq!(page(128 * MIB - 0x1_0000, Some(128 * MIB)), None);
    // More RAM than goes below the hole for devices goes on above 4 GiB.
    assert_eq!(page(0xc000_0000, Some(4096 * MIB)), None);
    assert!(page(5 << 30, Some(4096 * MIB)).is_some());
    assert_eq!(page(6 << 30, Some(4096 * MIB)), None);
    // What is below 1 MiB, and what is beside the kernel's devices, is granted.
    for address in [0, 0xb_8000, 0xf_f000, 0xfee0_1000, 0xb000_0000, (1 << 47) - 0x1000] {
        assert_eq!(page(address, Some(128 * MIB)), None, "{address:#x}");
    }
    assert!(region_at(0xf_f000, 0x2000, None).is_some(), "across the kernel's beginning");
}

#[test]
fn pci_configuration_is_had_by_memory_or_with_the_reset_register() {
    let ports = "<ioport id=\"0\" addr=\"0xcf8\" size=\"4\"/><ioport id=\"1\" addr=\"0xcfc\" size=\"4\"/>";
    let system = bench(ports, "", "");
    system.error(Code::ReservedHardware, "system.xml:4:", "reserved: {reset: shared}");
    system.error(Code::ReservedHardware, "system.xml:4:", "0xb0000000 + (bus << 20)");
    system.file("partenza.yaml", "partenza: \"1.0\"\nreserved: {reset: shared}\n");
    assert!(system.remarks().contains(&Code::ReservedHardware), "that it can reset the machine is told");
    // A byte at 0xcf9 alone stays Init's unless it is shared, too.
    in_a(Code::ReservedHardware, "<ioport id=\"1\" addr=\"0xcf9\" size=\"1\"/>", "reset switch");
    bench("<ioport id=\"1\" addr=\"0xcfc\" size=\"4\"/>", "", "").good();
    let page = "<memory_region name=\"m\" size=\"0x1000\" phys_addr=\"0xb0000000\"/>";
    bench("<map mr=\"m\" vaddr=\"0x4000000\" cached=\"false\"/>", "", page).good();
}

#[test]
fn names_are_no_longer_than_messages_carry() {
    let [longest, longer] = [64, 65].map(|bytes| "n".repeat(bytes));
    for (name, good) in [(&longest, true), (&longer, false)] {
        let check = |bench: &Bench, place: &str| {
            if good {
                bench.good();
            } else {
                bench.error(Code::NameTooLong, place, "has 65 bytes; messages carry 64");
            }
        };
        let system = bench("", "", "");
        system.edit("system.xml", "name=\"a\"", &format!("name=\"{name}\""));
        check(&system, "system.xml:2:");
        let region = format!("<memory_region name=\"{name}\" size=\"0x1000\"/>");
        check(&bench(&format!("<map mr=\"{name}\" vaddr=\"0x4000000\"/>"), "", &region), "system.xml:10:");
        let pair = Bench::pair();
        pair.edit("partenza.yaml", "system: pair", &format!("system: {name}"));
        check(&pair, "partenza.yaml:2:");
        let pair = Bench::pair();
        let version = format!("0.2.0-{}", &name[6..]);
        pair.edit("manifests/server.yaml", "0.2.0", &version);
        check(&pair, "manifests/server.yaml:3:");
    }
}
