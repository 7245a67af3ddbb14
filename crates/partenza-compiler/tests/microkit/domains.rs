// SPDX-License-Identifier: BSD-2-Clause
//! Scheduling domains.

use partenza_compiler::Code;

use crate::{ARM, ARM_SMP, accept, pd, refuse, system};

const ENTRY: &str = "<schedule_entry domain=\"d\" duration=\"1000 us\"/>";

/// `<domains>` of these domains and a schedule of these attributes and entries, and `a` in the domain `d`.
fn with(domains: &str, attributes: &str, entries: &str) -> String {
    let schedule = format!("<domain_schedule {attributes}>{entries}</domain_schedule>");
    system(&(format!("<domains>{domains}{schedule}</domains>") + &pd("a", "domain=\"d\"", "")))
}

const D: &str = "<domain name=\"d\"/>";

#[test]
fn protection_domains_are_in_a_domain_where_there_are_some() {
    let good = with(D, "", ENTRY);
    accept(ARM, &good);
    refuse(ARM, &good.replace("domain=\"d\">", ">"), Code::MissingAttribute, "protection_domain");
    refuse(ARM, &good.replace("domain=\"d\">", "domain=\"e\">"), Code::UnknownReference, "e");
    refuse(ARM, &system(&pd("a", "domain=\"d\"", "")), Code::UnknownReference, "d");
    refuse(ARM_SMP, &good, Code::NotOnBoard, "domains");
    // They count for what comes after them.
    let before = good.replace("<system>", &format!("<system>{}", pd("b", "", "")));
    accept(ARM, &before);
}

#[test]
fn domains_have_names_and_numbers_of_their_own() {
    accept(ARM, &with("<domain name=\"d\" id=\"0xf\"/><domain name=\"e\"/>", "", ENTRY));
    refuse(ARM, &with("<domain name=\"d\" id=\"16\"/>", "", ENTRY), Code::BadAttribute, "16");
    refuse(ARM, &with(&D.repeat(2), "", ENTRY), Code::DuplicateName, "d");
    let same = "<domain name=\"d\" id=\"1\"/><domain name=\"e\" id=\"0x1\"/>";
    refuse(ARM, &with(same, "", ENTRY), Code::DuplicateId, "0x1");
    refuse(ARM, &with("<domain name=\"d\"/><domain/>", "", ENTRY), Code::MissingAttribute, "domain");
    // The Microkit numbers one more than there are.
    let many = |count| (1..count).fold(D.to_owned(), |text, n| format!("{text}<domain name=\"d{n}\"/>"));
    accept(ARM, &with(&many(17), "", ENTRY));
    refuse(ARM, &with(&many(18), "", ENTRY), Code::TooManyDomains, "domains");
}

#[test]
fn there_is_one_schedule() {
    let one = with(D, "", ENTRY);
    let schedule = format!("<domain_schedule >{ENTRY}</domain_schedule>");
    refuse(ARM, &one.replace(&schedule, ""), Code::MissingElement, "domains");
    refuse(ARM, &one.replace(&schedule, &schedule.repeat(2)), Code::DuplicateElement, "domain_schedule");
    let domains = format!("<domains>{D}{schedule}</domains>");
    refuse(ARM, &one.replace(&domains, &domains.repeat(2)), Code::DuplicateElement, "domains");
    refuse(ARM, &one.replace("<domains>", "<domains><foo/>"), Code::UnknownElement, "foo");
    refuse(ARM, &one.replace("<domains>", "<domains x=\"1\">"), Code::UnknownAttribute, "x");
}

#[test]
fn a_schedule_starts_inside_and_fits() {
    let end = "<schedule_end_marker/>";
    accept(ARM, &with(D, "start_index=\"1\"", &format!("{ENTRY}{end}")));
    accept(ARM, &with(D, "", &ENTRY.repeat(99)));
    refuse(ARM, &with(D, "", &ENTRY.repeat(100)), Code::TooManyDomains, "domain_schedule");
    refuse(ARM, &with(D, "start_index=\"1\"", ENTRY), Code::BadAttribute, "1");
    refuse(ARM, &with(D, "start_index=\"zzz\"", ENTRY), Code::BadAttribute, "zzz");
    refuse(ARM, &with(D, "", ""), Code::BadAttribute, "domain_schedule");
    accept(ARM, &with(D, "index_shift=\"98\"", ENTRY));
    refuse(ARM, &with(D, "index_shift=\"99\"", ENTRY), Code::BadAttribute, "99");
    // The Microkit's sum wraps.
    accept(ARM, &with(D, "index_shift=\"18446744073709551615\"", ENTRY));
    refuse(ARM, &with(D, "length=\"1\"", ENTRY), Code::UnknownAttribute, "length");
    refuse(ARM, &with(D, "", &format!("{ENTRY}<foo/>")), Code::UnknownElement, "foo");
    refuse(ARM, &with(D, "", &ENTRY.replace("\"d\"", "\"e\"")), Code::UnknownReference, "e");
    refuse(ARM, &with(D, "", &end.replace("/>", " id=\"1\"/>")), Code::UnknownAttribute, "id");
}

#[test]
fn durations_have_a_blank_and_a_unit() {
    let entry = |duration: &str| with(D, "", &ENTRY.replace("1000 us", duration));
    for good in ["1 us", "0x10 ticks", "1_000 us"] {
        accept(ARM, &entry(good));
    }
    for bad in ["0 us", "1000", "1000us", "1000  us", "1 ms", " 1 us", "-1 us", "us"] {
        refuse(ARM, &entry(bad), Code::BadAttribute, bad);
    }
}
