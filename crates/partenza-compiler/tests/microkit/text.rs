// SPDX-License-Identifier: BSD-2-Clause
//! Elements, attributes, text.

use partenza_compiler::Code;

use crate::{ARM, X86, accept, one, pd, refuse, system, warn};

#[test]
fn a_system_has_a_protection_domain() {
    accept(ARM, &one(""));
    refuse(ARM, "<system></system>", Code::MissingElement, "system");
    refuse(ARM, "<systen/>", Code::UnknownElement, "systen");
    refuse(ARM, "<system>", Code::XmlSyntax, "<");
}

#[test]
fn unknown_elements_are_refused_where_the_microkit_looks() {
    refuse(ARM, &system(&(pd("a", "", "") + "<foo/>")), Code::UnknownElement, "foo");
    refuse(ARM, &one("<foo/>"), Code::UnknownElement, "foo");
    refuse(ARM, &one("<cspace><cap_cnode slot=\"1\" pd=\"a\"/></cspace>"), Code::UnknownElement, "cap_cnode");
    let machine = "<virtual_machine name=\"m\"><vcpu id=\"1\"/><irq/></virtual_machine>";
    refuse(ARM, &one(machine), Code::UnknownElement, "irq");
    let channel = "<channel><end pd=\"a\" id=\"1\"/><end pd=\"a\" id=\"2\"/><map/></channel>";
    refuse(ARM, &system(&(pd("a", "", "") + channel)), Code::UnknownElement, "map");
    warn(
        ARM,
        &one("<setvar symbol=\"s\" region_paddr=\"m\"><foo/></setvar>").replace("</system>", M),
        Code::UnknownElement,
    );
}

const M: &str = "<memory_region name=\"m\" size=\"0x1000\"/></system>";

#[test]
fn unknown_attributes_are_refused_but_those_of_the_system() {
    warn(ARM, &one("").replace("<system>", "<system version=\"1\">"), Code::UnknownAttribute);
    refuse(ARM, &system(&pd("a", "colour=\"red\"", "")), Code::UnknownAttribute, "colour");
    refuse(ARM, &one("<cspace size=\"1\"/>"), Code::UnknownAttribute, "size");
    let image = one("").replace("path=", "paths=\"x\" path=");
    refuse(ARM, &image, Code::UnknownAttribute, "paths");
    for (element, attribute) in [
        ("<memory_region name=\"m\" size=\"0x1000\" base=\"0\"/>", "base"),
        ("<channel id=\"1\"><end pd=\"a\" id=\"1\"/><end pd=\"a\" id=\"2\"/></channel>", "id"),
        ("<channel><end pd=\"a\" id=\"1\" to=\"a\"/><end pd=\"a\" id=\"2\"/></channel>", "to"),
    ] {
        refuse(ARM, &system(&(pd("a", "", "") + element)), Code::UnknownAttribute, attribute);
    }
    // An attribute of another XML namespace is not the Microkit's.
    let other = system(&pd("a", "xmlns:x=\"urn:x\" x:priority=\"high\"", ""));
    warn(ARM, &other, Code::UnknownAttribute);
}

#[test]
fn text_is_refused_in_the_system_only() {
    refuse(ARM, &system(&(pd("a", "", "") + " hello world ")), Code::StrayText, "hello world");
    warn(ARM, &one("hello"), Code::StrayText);
    accept(ARM, &one(" <!-- hello --> "));
    accept(X86, &system(&(pd("a", "", "") + "<!-- hello --><?editor fold?>")));
}
