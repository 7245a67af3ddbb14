// SPDX-License-Identifier: BSD-2-Clause
//! A mistake is told once, and hides no other.

use partenza_compiler::Code;

use crate::{ARM, X86, one, pd, refuse, refuse_all, system, two};

const REGION: &str = "<memory_region name=\"m\" size=\"0x1000\"/>";

#[test]
fn what_follows_from_a_misspelling_is_not_told() {
    let channel =
        |end: &str| two(&format!("<channel><end pd=\"a\" id=\"0\"/><{end} pd=\"b\" id=\"0\"/></channel>"));
    refuse(X86, &channel("ending"), Code::UnknownElement, "ending");
    refuse(X86, &channel("edn"), Code::UnknownElement, "edn");
    let image = "<protection_domain name=\"a\"><program_imag path=\"a.elf\"/></protection_domain>";
    refuse(X86, &system(image), Code::UnknownElement, "program_imag");
    let domain = "<protection_domian name=\"a\"><program_image path=\"a.elf\"/></protection_domian>";
    refuse(X86, &system(domain), Code::UnknownElement, "protection_domian");
    let map = "<map mr=\"m\" vaddr=\"0x1000\"/>";
    let region = |region: &str| system(&(region.to_owned() + &pd("a", "", map)));
    refuse(
        X86,
        &region("<memory_regoin name=\"m\" size=\"0x1000\"/>"),
        Code::UnknownElement,
        "memory_regoin",
    );
    refuse(X86, &region("<memory_region nmae=\"m\" size=\"0x1000\"/>"), Code::UnknownAttribute, "nmae");
    refuse(X86, &region("<memory_region name=\"m\" sise=\"0x1000\"/>"), Code::UnknownAttribute, "sise");
    let maps = |map: &str| system(&(REGION.to_owned() + &pd("a", "", map)));
    refuse(X86, &maps("<map rm=\"m\" vaddr=\"0x1000\"/>"), Code::UnknownAttribute, "rm");
    refuse(X86, &maps("<map mr=\"m\" vadr=\"0x1000\"/>"), Code::UnknownAttribute, "vadr");
    refuse(X86, &maps("<mpa mr=\"m\" vaddr=\"0x1000\"/>"), Code::UnknownElement, "mpa");
    refuse(X86, &one("<irq id=\"1\" pni=\"2\" vector=\"3\"/>"), Code::UnknownAttribute, "pni");
}

#[test]
fn what_follows_from_a_refused_value_is_not_told() {
    let maps = |map: &str| system(&(REGION.to_owned() + &pd("a", "", map)));
    refuse(X86, &maps("<map mr=\"m\" vaddr=\"0x800000000000\"/>"), Code::MapOutside, "0x800000000000");
    let asks = "<map mr=\"table\" vaddr=\"0x1000\" setvar_prefill_size=\"size\"/>";
    let missing = "<memory_region name=\"table\" size=\"0x1000\" prefill_path=\"nowhere.bin\"/>";
    refuse(ARM, &system(&(missing.to_owned() + &pd("a", "", asks))), Code::PrefillFile, "nowhere.bin");
    let missing = "<memory_region name=\"table\" prefill_path=\"nowhere.bin\"/>";
    refuse(ARM, &system(&(missing.to_owned() + &pd("a", "", asks))), Code::PrefillFile, "nowhere.bin");
}

#[test]
fn a_refused_piece_hides_no_other_mistake() {
    let nobody = (Code::UnknownReference, "nobody");
    let three =
        "<channel><end pd=\"a\" id=\"0\"/><end pd=\"b\" id=\"0\"/><end pd=\"nobody\" id=\"0\"/></channel>";
    refuse_all(X86, &two(three), &[(Code::ChannelEnds, "channel"), nobody]);
    let one_end = "<channel><end pd=\"nobody\" id=\"0\"/></channel>";
    refuse_all(X86, &two(one_end), &[(Code::ChannelEnds, "channel"), nobody]);
    let bad_id = "<channel><end pd=\"nobody\" id=\"62\"/><end pd=\"b\" id=\"0\"/></channel>";
    refuse_all(X86, &two(bad_id), &[(Code::BadAttribute, "62"), nobody]);
    // The other end's id is taken, although the channel is refused.
    let taken =
        bad_id.replace("nobody", "a") + "<channel><end pd=\"a\" id=\"1\"/><end pd=\"b\" id=\"0\"/></channel>";
    refuse_all(X86, &two(&taken), &[(Code::BadAttribute, "62"), (Code::DuplicateId, "0")]);
    let region = "<memory_region name=\"m\" size=\"0x1000\" phys_addr=\"0xfffffffffffff000\"/>";
    refuse_all(
        X86,
        &system(region),
        &[(Code::MissingElement, "system"), (Code::BadAttribute, "0xfffffffffffff000")],
    );
    // A refused region's name is no protection domain's.
    let end = "<channel><end pd=\"m\" id=\"0\"/><end pd=\"b\" id=\"0\"/></channel>";
    refuse_all(
        X86,
        &two(&(region.to_owned() + end)),
        &[(Code::BadAttribute, "0xfffffffffffff000"), (Code::UnknownReference, "m")],
    );
    let map = pd("a", "", "<map mr=\"nobody\" vaddr=\"0x800000000000\"/>");
    refuse_all(X86, &system(&map), &[nobody, (Code::MapOutside, "0x800000000000")]);
    let nameless = "<protection_domain><program_image path=\"a\"/><protection_domain name=\"c\" id=\"99999\" cpu=\"7\">\
                    <program_image path=\"c\"/></protection_domain></protection_domain>";
    let channel = "<channel><end pd=\"c\" id=\"0\"/><end pd=\"b\" id=\"0\"/></channel>";
    refuse_all(
        X86,
        &two(&(nameless.to_owned() + channel)),
        &[(Code::MissingAttribute, "protection_domain"), (Code::BadAttribute, "7")],
    );
}

#[test]
fn sums_wrap_as_the_microkits_do() {
    let ports = |id: u32, first: &str| format!("<ioport id=\"{id}\" addr=\"{first}\" size=\"64\"/>");
    crate::accept(X86, &one(&(ports(0, "0xfffffffffffffff0") + &ports(1, "0xfffffffffffffff8"))));
    refuse(X86, &one(&(ports(0, "0x10") + &ports(1, "0x18"))), Code::SharedPorts, "ioport");
}

#[test]
fn a_source_of_interrupts_has_one_holder() {
    let pin =
        |id: u32, ioapic: u32| format!("<irq id=\"{id}\" pin=\"9\" ioapic=\"{ioapic}\" vector=\"{id}\"/>");
    refuse(X86, &one(&(pin(1, 0) + &pin(2, 0))), Code::SharedIrq, "irq");
    crate::accept(X86, &one(&(pin(1, 0) + &pin(2, 1))));
    let message = |id: u32, handle: u32| {
        format!("<irq id=\"{id}\" pcidev=\"0:3.0\" handle=\"{handle}\" vector=\"{id}\"/>")
    };
    refuse(X86, &one(&(message(1, 0) + &message(2, 0))), Code::SharedIrq, "irq");
    crate::accept(X86, &one(&(message(1, 0) + &message(2, 1))));
}
