// SPDX-License-Identifier: BSD-2-Clause
//! Channels.

use partenza_compiler::Code;

use crate::{ARM, X86, accept, pd, refuse, system, two};

/// A channel between these ends.
fn channel(ends: &[&str]) -> String {
    let ends: String = ends.iter().map(|end| format!("<end {end}/>")).collect();
    format!("<channel>{ends}</channel>")
}

#[test]
fn a_channel_has_two_ends() {
    accept(ARM, &two(&channel(&["pd=\"a\" id=\"0\"", "pd=\"b\" id=\"61\""])));
    refuse(ARM, &two(&channel(&["pd=\"a\" id=\"0\""])), Code::ChannelEnds, "channel");
    refuse(ARM, &two(&channel(&[])), Code::ChannelEnds, "channel");
    let three = ["pd=\"a\" id=\"0\"", "pd=\"b\" id=\"0\"", "pd=\"b\" id=\"1\""];
    refuse(ARM, &two(&channel(&three)), Code::ChannelEnds, "channel");
    // Of the same protection domain, too.
    accept(ARM, &two(&channel(&["pd=\"a\" id=\"0\"", "pd=\"a\" id=\"1\""])));
    accept(ARM, &two(&channel(&["pd=\"a\" id=\"0\"", "pd=\"a\" id=\"0\""])));
}

#[test]
fn ends_are_written_right() {
    let with = |end: &str| two(&channel(&[end, "pd=\"b\" id=\"0\""]));
    accept(ARM, &with("pd=\"a\" id=\"+1\" pp=\"false\" notify=\"false\" setvar_id=\"s\""));
    for (end, code, at) in [
        ("pd=\"c\" id=\"1\"", Code::UnknownReference, "c"),
        ("id=\"1\"", Code::MissingAttribute, "end"),
        ("pd=\"a\"", Code::MissingAttribute, "end"),
        ("pd=\"a\" id=\"62\"", Code::BadAttribute, "62"),
        ("pd=\"a\" id=\"-1\"", Code::BadAttribute, "-1"),
        ("pd=\"a\" id=\"0x1\"", Code::BadAttribute, "0x1"),
        ("pd=\"a\" id=\"1_0\"", Code::BadAttribute, "1_0"),
        ("pd=\"a\" id=\"1\" pp=\"yes\"", Code::BadAttribute, "yes"),
        ("pd=\"a\" id=\"1\" notify=\"no\"", Code::BadAttribute, "no"),
    ] {
        refuse(ARM, &with(end), code, at);
    }
    // A channel may stand before what it connects.
    let first = channel(&["pd=\"a\" id=\"0\"", "pd=\"b\" id=\"0\""]) + &pd("a", "", "") + &pd("b", "", "");
    accept(ARM, &system(&first));
}

#[test]
fn ids_are_used_once_in_a_protection_domain() {
    let first = channel(&["pd=\"a\" id=\"0\"", "pd=\"b\" id=\"0\""]);
    let beside = |a: u8, b: u8| {
        two(&(first.clone() + &channel(&[&format!("pd=\"a\" id=\"{a}\""), &format!("pd=\"b\" id=\"{b}\"")])))
    };
    accept(ARM, &beside(1, 1));
    refuse(ARM, &beside(0, 1), Code::DuplicateId, "0");
    refuse(ARM, &beside(1, 0), Code::DuplicateId, "0");
    let irq = |id: u8, number: u8| format!("<irq irq=\"{number}\" id=\"{id}\"/>");
    let with = |irqs: &str| system(&(pd("a", "", irqs) + &pd("b", "", "") + &first));
    accept(ARM, &with(&irq(1, 7)));
    refuse(ARM, &with(&irq(0, 7)), Code::DuplicateId, "0");
    refuse(ARM, &with(&(irq(1, 7) + &irq(1, 8))), Code::DuplicateId, "1");
    // Ids of I/O ports are others.
    let ports = "<ioport id=\"0\" addr=\"0\" size=\"1\"/>";
    accept(X86, &with(ports));
}

#[test]
fn calls_go_one_way_and_up() {
    let call =
        |a: &str, b: &str| channel(&[&format!("pd=\"a\" id=\"0\" {a}"), &format!("pd=\"b\" id=\"0\" {b}")]);
    accept(ARM, &two(&call("pp=\"true\"", "")));
    refuse(ARM, &two(&call("", "pp=\"true\"")), Code::PriorityInversion, "end");
    refuse(ARM, &two(&call("pp=\"true\"", "pp=\"true\"")), Code::ChannelEnds, "end");
    let equal = two(&call("pp=\"true\"", "")).replace("priority=\"2\"", "priority=\"1\"");
    refuse(ARM, &equal, Code::PriorityInversion, "end");
    let itself = channel(&["pd=\"a\" id=\"0\" pp=\"true\"", "pd=\"a\" id=\"1\""]);
    refuse(ARM, &two(&itself), Code::PriorityInversion, "end");
}
