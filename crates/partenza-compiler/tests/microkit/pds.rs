// SPDX-License-Identifier: BSD-2-Clause
//! Protection domains: attributes, images, nesting, interrupts, I/O ports, `<cspace>`.

use partenza_compiler::Code;

use crate::{ARM, ARM_SMP, X86, accept, one, pd, refuse, system, two, warn};

/// A system of one protection domain with these attributes.
fn with(attributes: &str) -> String {
    system(&pd("a", attributes, ""))
}

#[test]
fn names_are_there_unique_and_not_the_monitors() {
    let nameless = "<protection_domain><program_image path=\"a\"/></protection_domain>";
    refuse(ARM, &system(nameless), Code::MissingAttribute, "protection_domain");
    refuse(ARM, &two(&pd("a", "", "")), Code::DuplicateName, "a");
    refuse(ARM, &system(&pd("monitor", "", "")), Code::DuplicateName, "monitor");
    refuse(ARM, &system(&pd("a", "", &pd("a", "id=\"1\"", ""))), Code::DuplicateName, "a");
}

#[test]
fn there_is_one_program_image() {
    refuse(
        ARM,
        "<system><protection_domain name=\"a\"/></system>",
        Code::MissingElement,
        "protection_domain",
    );
    refuse(ARM, &one("<program_image path=\"b\"/>"), Code::DuplicateElement, "program_image");
    refuse(ARM, &one("").replace("path=\"a.elf\"", ""), Code::MissingAttribute, "program_image");
    accept(ARM, &one("").replace("path=\"a.elf\"", "path=\"a\" path_for_symbols=\"a.debug\""));
}

#[test]
fn priorities_are_below_255() {
    accept(ARM, &with("priority=\"254\""));
    accept(ARM, &with("priority=\"0xFE\""));
    refuse(ARM, &with("priority=\"255\""), Code::BadAttribute, "255");
    refuse(ARM, &with("priority=\"-1\""), Code::BadAttribute, "-1");
}

#[test]
fn a_period_is_no_shorter_than_the_budget_written_or_not() {
    accept(ARM, &with("budget=\"500\" period=\"500\""));
    accept(ARM, &with("budget=\"5_000\""));
    accept(ARM, &with("budget=\"0\""));
    refuse(ARM, &with("budget=\"500\" period=\"499\""), Code::BadAttribute, "499");
    refuse(ARM, &with("period=\"999\""), Code::BadAttribute, "999");
    accept(ARM, &with("period=\"1000\""));
}

#[test]
fn flags_are_true_or_false() {
    for flag in ["passive", "fpu", "smc"] {
        accept(ARM, &with(&format!("{flag}=\"false\"")));
        refuse(ARM, &with(&format!("{flag}=\"True\"")), Code::BadAttribute, "True");
    }
    accept(ARM, &with("passive=\"true\" fpu=\"true\""));
}

#[test]
fn calls_to_the_secure_monitor_need_a_kernel_that_forwards_them() {
    refuse(X86, &with("smc=\"true\""), Code::NotOnBoard, "true");
    refuse(ARM, &with("smc=\"true\""), Code::NotOnBoard, "true");
    accept("qemu_virt_aarch64", &with("smc=\"true\""));
}

#[test]
fn stacks_are_whole_pages() {
    accept(ARM, &with("stack_size=\"0x1000\""));
    accept(ARM, &with("stack_size=\"16_777_216\""));
    refuse(ARM, &with("stack_size=\"0x1001000\""), Code::BadAttribute, "0x1001000");
    refuse(ARM, &with("stack_size=\"0\""), Code::BadAttribute, "0");
    refuse(ARM, &with("stack_size=\"0x1800\""), Code::Unaligned, "0x1800");
}

#[test]
fn processors_are_those_of_the_board() {
    accept(ARM_SMP, &with("cpu=\"3\""));
    refuse(ARM_SMP, &with("cpu=\"4\""), Code::BadAttribute, "4");
    refuse(ARM, &with("cpu=\"1\""), Code::BadAttribute, "1");
    refuse(ARM, &with("cpu=\"256\""), Code::BadAttribute, "256");
}

#[test]
fn children_have_ids_of_their_own() {
    let family =
        |first: &str, second: &str| system(&pd("a", "", &(pd("b", first, "") + &pd("c", second, ""))));
    accept(ARM, &family("id=\"0\"", "id=\"0x1\" setvar_id=\"s\""));
    accept(ARM, &family("id=\"4_000\"", "id=\"1\""));
    refuse(ARM, &family("id=\"7\"", "id=\"0x7\""), Code::DuplicateId, "0x7");
    refuse(ARM, &family("", "id=\"1\""), Code::MissingAttribute, "protection_domain");
    refuse(ARM, &family("id=\"one\"", "id=\"1\""), Code::BadAttribute, "one");
    refuse(ARM, &with("id=\"1\""), Code::UnknownAttribute, "id");
    refuse(ARM, &with("setvar_id=\"s\""), Code::UnknownAttribute, "setvar_id");
    // Ids count per parent.
    let deep = pd("a", "", &pd("b", "id=\"1\"", &pd("c", "id=\"1\"", "")));
    accept(ARM, &system(&deep));
}

#[test]
fn symbols_are_set_once() {
    let ports = "<ioport id=\"1\" addr=\"1\" size=\"1\" setvar_id=\"s\" setvar_addr=\"s\"/>";
    refuse(X86, &one(ports), Code::DuplicateName, "s");
    let child = pd("b", "id=\"1\" setvar_id=\"t\"", "");
    let irq = |symbol: &str| format!("<irq irq=\"5\" id=\"1\" setvar_id=\"{symbol}\"/>");
    accept(ARM, &one(&(child.clone() + &irq("s"))));
    refuse(ARM, &one(&(irq("t") + &child)), Code::DuplicateName, "t");
    let end =
        "<channel><end pd=\"a\" id=\"1\" setvar_id=\"s\"/><end pd=\"b\" id=\"1\" setvar_id=\"s\"/></channel>";
    accept(ARM, &two(end));
    refuse(
        ARM,
        &two(&(end.to_owned() + &end.replace("id=\"1\"", "id=\"2\"").replacen("\"s\"", "\"t\"", 1))),
        Code::DuplicateName,
        "s",
    );
}

#[test]
fn interrupt_lines_are_arms() {
    accept(ARM, &one("<irq irq=\"1000000\" id=\"61\" trigger=\"edge\" setvar_id=\"s\"/>"));
    accept(ARM, &one("<irq irq=\"+5\" id=\"-0\" trigger=\"level\"/>"));
    let at = |text: &str, code, place: &str| refuse(ARM, &one(text), code, place);
    at("<irq irq=\"5\" id=\"62\"/>", Code::BadAttribute, "62");
    at("<irq irq=\"5\" id=\"-1\"/>", Code::BadAttribute, "-1");
    at("<irq irq=\"5\" id=\"0x1\"/>", Code::BadAttribute, "0x1");
    at("<irq irq=\"0x5\" id=\"1\"/>", Code::BadAttribute, "0x5");
    at("<irq irq=\"-0\" id=\"1\"/>", Code::BadAttribute, "-0");
    at("<irq irq=\"5\" id=\"1\" trigger=\"rising\"/>", Code::BadAttribute, "rising");
    at("<irq irq=\"5\" id=\"1\" polarity=\"low\"/>", Code::UnknownAttribute, "polarity");
    at("<irq irq=\"5\"/>", Code::MissingAttribute, "irq");
    at("<irq id=\"1\"/>", Code::MissingAttribute, "irq");
    at("<irq pin=\"5\" vector=\"1\" id=\"1\"/>", Code::NotOnBoard, "irq");
    at("<irq pcidev=\"0:1.0\" handle=\"0\" vector=\"1\" id=\"1\"/>", Code::NotOnBoard, "irq");
}

#[test]
fn interrupt_pins_and_messages_are_those_of_x86() {
    accept(
        X86,
        &one("<irq id=\"1\" pin=\"5\" vector=\"107\" ioapic=\"1\" trigger=\"edge\" polarity=\"low\"/>"),
    );
    accept(X86, &one("<irq id=\"1\" pin=\"5000\" vector=\"0\"/>"));
    let pin = |change: (&str, &str), code, place: &str| {
        let text = "<irq id=\"1\" pin=\"5\" vector=\"7\" ioapic=\"0\" trigger=\"edge\" polarity=\"low\"/>";
        refuse(X86, &one(&text.replace(change.0, change.1)), code, place);
    };
    pin(("vector=\"7\"", "vector=\"108\""), Code::BadAttribute, "108");
    pin(("vector=\"7\"", "vector=\"-1\""), Code::BadAttribute, "-1");
    pin(("vector=\"7\"", ""), Code::MissingAttribute, "irq");
    pin(("pin=\"5\"", "pin=\"-5\""), Code::BadAttribute, "-5");
    pin(("pin=\"5\"", ""), Code::MissingAttribute, "irq");
    pin(("ioapic=\"0\"", "ioapic=\"-1\""), Code::BadAttribute, "-1");
    pin(("edge", "both"), Code::BadAttribute, "both");
    pin(("\"low\"", "\"down\""), Code::BadAttribute, "down");
    pin(("ioapic=\"0\"", "handle=\"0\""), Code::UnknownAttribute, "handle");
    refuse(X86, &one("<irq irq=\"5\" id=\"1\"/>"), Code::NotOnBoard, "irq");
    let message = "<irq id=\"1\" pcidev=\"f0:1f.7\" handle=\"9\" vector=\"7\"/>";
    accept(X86, &one(message));
    let message = |change: (&str, &str), code, place: &str| {
        refuse(X86, &one(&message.replace(change.0, change.1)), code, place);
    };
    for bad in ["100:0.0", "0:20.0", "0:0.8", "-1:0.0", "0:-1.0", "0:0.-1", "0.0.0", "0:0:0", "bus:0.0"] {
        message(("f0:1f.7", bad), Code::BadAttribute, bad);
    }
    message(("handle=\"9\"", "handle=\"-1\""), Code::BadAttribute, "-1");
    message(("handle=\"9\"", ""), Code::MissingAttribute, "irq");
    message(("vector=\"7\"", "vector=\"108\""), Code::BadAttribute, "108");
    message(("vector=\"7\"", "vector=\"7\" trigger=\"edge\""), Code::UnknownAttribute, "trigger");
}

#[test]
fn an_interrupt_has_one_holder() {
    let pair = |first: &str, second: &str| system(&(pd("a", "", first) + &pd("b", "", second)));
    let line = |number| format!("<irq irq=\"{number}\" id=\"1\"/>");
    accept(ARM, &pair(&line(5), &line(6)));
    refuse(ARM, &pair(&line(5), &line(5)), Code::SharedIrq, "5");
    let pin = |pin, vector| format!("<irq pin=\"{pin}\" vector=\"{vector}\" id=\"1\"/>");
    refuse(X86, &pair(&pin(1, 5), &pin(2, 5)), Code::SharedIrq, "5");
    // Since the Microkit 2.3.1.
    refuse(X86, &pair(&pin(1, 5), &pin(1, 6)), Code::SharedIrq, "irq");
}

#[test]
fn io_ports_are_those_of_x86_and_disjoint() {
    let ports =
        |id: u8, first: &str, size: &str| format!("<ioport id=\"{id}\" addr=\"{first}\" size=\"{size}\"/>");
    accept(X86, &one(&(ports(0, "0x3f8", "8") + &ports(1, "1_024", "1"))));
    accept(X86, &one(&ports(0, "0x1_0000", "1")));
    refuse(ARM, &one(&ports(0, "0x3f8", "8")), Code::NotOnBoard, "ioport");
    refuse(X86, &one(&ports(0, "0x3f8", "0")), Code::BadAttribute, "0");
    refuse(X86, &one(&ports(0, "0x3f8", "0x8")), Code::BadAttribute, "0x8");
    refuse(X86, &one(&ports(62, "0x3f8", "8")), Code::BadAttribute, "62");
    refuse(X86, &one(&(ports(0, "0x3f8", "8") + &ports(1, "0x3ff", "1"))), Code::SharedPorts, "ioport");
    refuse(X86, &one(&(ports(0, "0x3f8", "8") + &ports(0, "0x400", "1"))), Code::DuplicateId, "0");
    let pair = system(&(pd("a", "", &ports(0, "96", "8")) + &pd("b", "", &ports(0, "0x64", "1"))));
    refuse(X86, &pair, Code::SharedPorts, "ioport");
    accept(X86, &one(&ports(0, "0xffffffffffffffff", "9223372036854775807")));
    for name in ["id", "addr", "size"] {
        let without = ports(0, "0", "1").replace(&format!("{name}=\""), "setvar_id=\"");
        refuse(X86, &one(&without), Code::MissingAttribute, "ioport");
    }
}

#[test]
fn capabilities_have_a_slot_each() {
    let cap = |kind: &str, slot: &str, of: &str| format!("<{kind} slot=\"{slot}\" pd=\"{of}\"/>");
    let cspace = |inner: String| {
        two("").replace(
            "\"2\"><program_image path=\"a.elf\"/>",
            &format!("\"2\"><program_image path=\"a.elf\"/><cspace>{inner}</cspace>"),
        )
    };
    accept(
        ARM,
        &cspace(cap("cap_tcb", "1", "a") + &cap("cap_sc", "0x2", "b") + &cap("cap_vspace", "63", "a")),
    );
    warn(ARM, &cspace(cap("cap_tcb", "64", "a")), Code::BadAttribute);
    refuse(ARM, &cspace(cap("cap_tcb", "128", "a")), Code::BadAttribute, "128");
    refuse(ARM, &cspace(cap("cap_tcb", "0", "a")), Code::BadAttribute, "0");
    refuse(ARM, &cspace(cap("cap_tcb", "1", "c")), Code::UnknownReference, "c");
    refuse(ARM, &cspace(cap("cap_tcb", "1", "a") + &cap("cap_sc", "0x1", "a")), Code::DuplicateId, "0x1");
    refuse(ARM, &cspace("<cap_tcb slot=\"1\"/>".to_owned()), Code::MissingAttribute, "cap_tcb");
    refuse(ARM, &one("<cspace/><cspace/>"), Code::DuplicateElement, "cspace");
    // A name that comes later in the file will do.
    accept(
        ARM,
        &system(&(pd("a", "", "<cspace><cap_tcb slot=\"1\" pd=\"z\"/></cspace>") + &pd("z", "", ""))),
    );
}

#[test]
fn more_protection_domains_than_the_microkit_takes_are_accepted() {
    let many = |count: usize| system(&(0..count).map(|n| pd(&format!("p{n}"), "", "")).collect::<String>());
    accept(ARM, &many(500));
    let deep = |count: usize| {
        let nested = (0..count).rev().fold(String::new(), |inner, n| {
            pd(&format!("p{n}"), if n == 0 { "" } else { "id=\"1\"" }, &inner)
        });
        system(&nested)
    };
    accept(ARM, &deep(63));
    refuse(ARM, &deep(64), Code::UnknownElement, "protection_domain");
}
