// SPDX-License-Identifier: BSD-2-Clause
//! What older dialects wrote is refused once, and the finding says where it stands now.

use partenza_compiler::Code;

use crate::{ARM, X86, accept, one, pd, refuse, say, system, two};

/// A server of Microkit 1 with two clients, one of which has no lower priority.
fn old_call(server: &str, client_end: &str) -> String {
    system(
        &(pd("server", server, "")
            + &pd("client", "priority=\"1\"", "")
            + &pd("peer", "priority=\"9\"", "")
            + &format!(
                "<channel><end pd=\"server\" id=\"0\"/>\n<end pd=\"client\" id=\"0\"{client_end}/></channel>"
            )
            + "<channel><end pd=\"server\" id=\"1\"/><end pd=\"peer\" id=\"0\"/></channel>"),
    )
}

#[test]
fn a_call_of_microkit_1_is_moved_to_the_end_that_calls() {
    let old = old_call("priority=\"9\" pp=\"true\"", "");
    refuse(ARM, &old, Code::UnknownAttribute, "pp");
    say(
        ARM,
        &old,
        &["pp=\"true\" in the `<end>`", "`client` (line 3)", "`peer` has a channel", "no lower priority"],
    );
    // What the advice makes of it is accepted, and the client may call.
    accept(ARM, &old_call("priority=\"9\"", " pp=\"true\""));
    // Nothing is left to write.
    say(
        ARM,
        &old_call("priority=\"9\" pp=\"true\"", " pp=\"true\""),
        &["remove it: the callers' ends have it already"],
    );
    say(ARM, &old_call("priority=\"9\" pp=\"false\"", ""), &["remove it: nobody called"]);
    say(ARM, &old_call("priority=\"1\" pp=\"true\"", ""), &["give `server` a higher priority"]);
    say(ARM, &system(&pd("server", "pp=\"true\"", "")), &["no channel leads to `server`"]);
}

#[test]
fn a_numbered_guest_has_a_processor_with_that_number() {
    let guest = |attributes: &str, inner: &str| {
        one(&format!("<virtual_machine name=\"linux\" {attributes}>{inner}</virtual_machine>"))
    };
    refuse(ARM, &guest("id=\"3\"", ""), Code::UnknownAttribute, "id");
    say(ARM, &guest("id=\"3\"", ""), &["write `<vcpu id=\"3\"/>` inside `<virtual_machine>`"]);
    accept(ARM, &guest("", "<vcpu id=\"3\"/>"));
    say(ARM, &guest("id=\"3\"", "<vcpu id=\"3\"/>"), &["remove it"]);
}

#[test]
fn device_maps_belong_to_their_device() {
    let maps = "<iomap mr=\"m\" pcidev=\"0:3.0\" addr=\"0x1000\"/>\n<iomap mr=\"m\" pcidev=\"0:3.0\" addr=\"0x2000\"/>";
    let old = system(&format!("<memory_region name=\"m\" size=\"0x1000\"/>{}", pd("a", "", maps)));
    refuse(X86, &old, Code::UnknownElement, "iomap");
    say(X86, &old, &["<io_address_space name=\"…\" peripheral_id=\"0:3.0\"", "in `<system>`, before line"]);
}

#[test]
fn interrupts_and_ports_of_development_trees() {
    let message =
        "<irq irq=\"1\" id=\"0\" type=\"msi\" handle=\"2\" pci_bus=\"1\" pci_dev=\"31\" pci_func=\"0\"/>";
    refuse(X86, &one(message), Code::UnknownAttribute, "irq");
    say(X86, &one(message), &["pcidev=\"1:1f.0\" handle=\"2\""]);
    let ports = "<ioport ioport=\"0\" start=\"0x3f8\" end=\"0x400\"/>";
    refuse(X86, &one(ports), Code::UnknownAttribute, "ioport");
    say(X86, &one(ports), &["<ioport id=\"0\" addr=\"0x3f8\" size=\"8\"/>"]);
    let function = "<irq id=\"0\" pcidev=\"0:3:0\" handle=\"0\" vector=\"1\"/>";
    say(X86, &one(function), &["write pcidev=\"0:3.0\""]);
    let child = format!(
        "<protection_domain name=\"c\" pd_id=\"1\">{}</protection_domain>",
        "<program_image path=\"c\"/>"
    );
    refuse(X86, &one(&child), Code::UnknownAttribute, "pd_id");
    say(X86, &one(&child), &["did you mean `id`?"]);
}

#[test]
fn words_say_what_to_write() {
    say(X86, &one("<irq id=\"1\" pin=\"2\" vector=\"3\" level=\"1\"/>"), &["write trigger=\"level\""]);
    say(X86, &one("<irq id=\"0x3\" pin=\"2\" vector=\"3\"/>"), &["write id=\"3\"", "decimal digits only"]);
    let one_core = system(&pd("a", "cpu=\"1\"", ""));
    say(ARM, &one_core, &["one processor, 0", "--board aarch64-smp4"]);
    say("qemu_virt_aarch64", &one_core, &["`release` of qemu_virt_aarch64", "--board-config smp-release"]);
    say(X86, &system(&pd("a", "prio=\"1\"", "")), &["did you mean `priority`?"]);
    let vectors = "<irq id=\"1\" pin=\"2\" vector=\"0\"/><irq id=\"2\" pin=\"3\" vector=\"0\"/>";
    say(X86, &one(vectors), &["vector 0 has two holders", "1 is free"]);
    let wrong_end = "<channel><end pd=\"b\" id=\"1\" pp=\"true\"/><end pd=\"a\" id=\"1\"/></channel>";
    say(X86, &two(wrong_end), &["if `a` calls `b`, move it to the other end"]);
    say(X86, "<!DOCTYPE system>\n<system/>", &["remove the DOCTYPE"]);
    say(X86, "<?xml version=\"1.0\"?>\n#include <board.h>\n<system/>", &["C preprocessor"]);
    say(X86, &system(&(pd("a", "", "") + "\n#define X 1\n")), &["C preprocessor"]);
    say(X86, &one("<ioport id=\"0\" addr=PORT size=\"1\"/>"), &["stands in quotes"]);
    say(X86, "", &["the file is empty"]);
}
