// SPDX-License-Identifier: BSD-2-Clause
//! Virtual machines.

use partenza_compiler::Code;

use crate::{ARM, ARM_SMP, X86, accept, one, pd, refuse, system, warn};

fn machine(attributes: &str, inner: &str) -> String {
    format!("<virtual_machine {attributes}>{inner}</virtual_machine>")
}

const VCPU: &str = "<vcpu id=\"0\"/>";

#[test]
fn virtual_machines_need_a_hypervisor_and_a_protection_domain() {
    let guest = machine("name=\"g\"", VCPU);
    accept(ARM, &one(&guest));
    accept(X86, &one(&guest));
    refuse("x86_64_generic", &one(&guest), Code::NotOnBoard, "virtual_machine");
    refuse("qemu_virt_aarch64_el1", &one(&guest), Code::NotOnBoard, "virtual_machine");
    refuse("qemu_virt_riscv64", &one(&guest), Code::NotOnBoard, "virtual_machine");
    refuse(ARM, &system(&(pd("a", "", "") + &guest)), Code::UnknownElement, "virtual_machine");
    refuse(
        ARM,
        &one(&(guest.clone() + &guest.replace("\"g\"", "\"h\""))),
        Code::DuplicateElement,
        "virtual_machine",
    );
    let pair = system(&(pd("a", "", &guest) + &pd("b", "", &guest)));
    refuse(ARM, &pair, Code::DuplicateName, "g");
    refuse(ARM, &one(&machine("", VCPU)), Code::MissingAttribute, "virtual_machine");
}

#[test]
fn virtual_machines_are_scheduled_by_themselves_on_arm() {
    let with = |attributes: &str| one(&machine(&format!("name=\"g\" {attributes}"), VCPU));
    accept(ARM, &with("priority=\"7\" budget=\"10\" period=\"20\""));
    accept(ARM, &with("priority=\"1000\""));
    refuse(ARM, &with("budget=\"20\" period=\"10\""), Code::BadAttribute, "10");
    refuse(ARM, &with("priority=\"high\""), Code::BadAttribute, "high");
    refuse(X86, &with("priority=\"7\""), Code::UnknownAttribute, "priority");
}

#[test]
fn vcpus_have_ids_of_their_own() {
    let with = |vcpus: &str| one(&machine("name=\"g\"", vcpus));
    accept(ARM, &with("<vcpu id=\"0\"/><vcpu id=\"61\" cpu=\"0\"/>"));
    refuse(ARM, &with(""), Code::MissingElement, "virtual_machine");
    refuse(ARM, &with("<vcpu/>"), Code::MissingAttribute, "vcpu");
    refuse(ARM, &with("<vcpu id=\"62\"/>"), Code::BadAttribute, "62");
    refuse(ARM, &with("<vcpu id=\"-0\"/>"), Code::BadAttribute, "-0");
    refuse(ARM, &with("<vcpu id=\"1\"/><vcpu id=\"01\"/>"), Code::DuplicateId, "01");
    refuse(ARM, &with("<vcpu id=\"1\" cpu=\"1\"/>"), Code::BadAttribute, "1");
    accept(ARM_SMP, &with("<vcpu id=\"1\" cpu=\"0x3\"/>"));
    refuse(X86, &with("<vcpu id=\"0\"/><vcpu id=\"1\"/>"), Code::DuplicateElement, "virtual_machine");
    // The Microkit reads it nowhere.
    warn(ARM, &with("<vcpu id=\"1\" setvar_id=\"s\"/>"), Code::BadAttribute);
    let child = |id: u8| one(&(machine("name=\"g\"", VCPU) + &pd("c", &format!("id=\"{id}\""), "")));
    accept(ARM, &child(1));
    refuse(ARM, &child(0), Code::DuplicateId, "0");
}

#[test]
fn guests_have_maps_up_to_the_top() {
    let with = |maps: &str| {
        let m = "<memory_region name=\"m\" size=\"0x2000\"/>";
        system(&(m.to_owned() + &pd("a", "", &machine("name=\"g\"", &format!("{VCPU}{maps}")))))
    };
    let map = |at: &str| format!("<map mr=\"m\" vaddr=\"{at}\"/>");
    accept(ARM, &with(&(map("0") + &map("0xffffffe000"))));
    refuse(ARM, &with(&map("0xfffffff000")), Code::MapOutside, "0xfffffff000");
    refuse(ARM, &with(&map("0x10000000000")), Code::MapOutside, "0x10000000000");
    refuse(ARM, &with(&(map("0") + &map("0x1000"))), Code::OverlappingMaps, "0x1000");
    refuse(ARM, &with("<map mr=\"n\" vaddr=\"0\"/>"), Code::UnknownReference, "n");
    let setvar = "<map mr=\"m\" vaddr=\"0\" setvar_vaddr=\"s\"/>";
    refuse(ARM, &with(setvar), Code::UnknownAttribute, "setvar_vaddr");
}

#[test]
fn on_x86_nobody_waits_for_a_protection_domain_that_runs_a_guest() {
    let guest = machine("name=\"g\"", VCPU);
    let child = one(&(guest.clone() + &pd("c", "id=\"1\"", "")));
    accept(ARM, &child);
    refuse(X86, &child, Code::BusyMonitor, "protection_domain");
    let call = |from: &str, to: &str| {
        let channel = format!(
            "<channel><end pd=\"{from}\" id=\"0\" pp=\"true\"/><end pd=\"{to}\" id=\"0\"/></channel>"
        );
        let priorities = if from == "a" { ("1", "2") } else { ("2", "1") };
        let a = pd("a", &format!("priority=\"{}\"", priorities.0), &guest);
        system(&(a + &pd("b", &format!("priority=\"{}\"", priorities.1), "") + &channel))
    };
    accept(X86, &call("a", "b"));
    accept(ARM, &call("b", "a"));
    refuse(X86, &call("b", "a"), Code::BusyMonitor, "end");
}
