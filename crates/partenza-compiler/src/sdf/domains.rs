// SPDX-License-Identifier: BSD-2-Clause
//! `<domains>`: scheduling domains and their schedule.
//!
//! They count for the protection domains that come after them in the file, as in the Microkit.

use std::collections::{HashMap, HashSet};

use roxmltree::Node;

use super::board::{DOMAIN_SCHEDULES, DOMAINS};
use super::elements;
use super::names::misspelt_inside;
use super::number;
use super::parser::Parser;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, suggest};
use crate::source::{Span, Spanned};

/// The domains' names, each with its place.
#[derive(Default)]
pub struct Domains {
    names: HashMap<String, Span>,
}

impl Domains {
    #[must_use]
    pub fn there_are(&self) -> bool {
        !self.names.is_empty()
    }

    /// A name that must be a domain's.
    pub fn look(&self, name: &Spanned<String>, out: &mut Diagnostics) {
        if !self.names.contains_key(&name.value) {
            let message = format!("no domain is called `{}`", name.value);
            let help = suggest(&name.value, self.names.keys().map(String::as_str));
            out.push(Diagnostic::error(Code::UnknownReference, message).at(name.span, "").maybe_help(help));
        }
    }
}

impl Parser<'_> {
    pub fn domains(&mut self, node: Node<'_, '_>) -> Domains {
        let span = self.tag(node);
        let children = self.children(node, &elements::DOMAINS);
        if self.board.cores != 1 {
            let why = "seL4 schedules domains on one processor only";
            self.not_here("`<domains>`", why, span);
        }
        let mut domains = Domains::default();
        let mut ids: HashMap<u64, Span> = HashMap::new();
        let mut unnumbered = 0;
        let mut schedule = None;
        for child in children {
            if child.tag_name().name() == elements::DOMAIN_SCHEDULE.name {
                self.once(&schedule, child);
                schedule = schedule.or(Some(child));
                continue;
            }
            self.children(child, &elements::DOMAIN);
            let id = self.optional_number(child, "id", 0, DOMAINS - 1);
            unnumbered += u64::from(!self.has(child, "id"));
            if let Some(name) = self.text_of(child, "name") {
                let first = domains.names.insert(name.value.clone(), name.span);
                let message = format!("two domains are called `{}`", name.value);
                self.twice(Code::DuplicateName, message, first, name.span);
            }
            if let Some(id) = id {
                let first = ids.insert(id.value, id.span);
                self.twice(
                    Code::DuplicateId,
                    format!("two domains have the id {}", id.value),
                    first,
                    id.span,
                );
            }
        }
        // The Microkit numbers those without an id from 0 to DOMAINS, one more than there are.
        if ids.len() as u64 + unnumbered > DOMAINS + 1 {
            let message = format!("{} domains; there are at most {DOMAINS}", domains.names.len());
            self.error(Code::TooManyDomains, message, span, "");
        }
        match schedule {
            Some(schedule) => self.schedule(schedule, &domains),
            None if misspelt_inside(node, elements::DOMAIN_SCHEDULE.name, elements::DOMAINS.children) => {}
            None => self.error(Code::MissingElement, "domains without `<domain_schedule>`", span, "add one"),
        }
        domains
    }

    fn twice(&mut self, code: Code, message: String, first: Option<Span>, second: Span) {
        if let Some(first) = first {
            let found = Diagnostic::error(code, message).at(second, "second").at(first, "first");
            self.out.push(found.help("choose another"));
        }
    }

    fn schedule(&mut self, node: Node<'_, '_>, domains: &Domains) {
        let start = self.optional_number(node, "start_index", 0, u64::MAX);
        let shift = self.optional_number(node, "index_shift", 0, u64::MAX);
        let mut entries = 0;
        let mut seen: HashSet<String> = HashSet::new();
        for child in self.children(node, &elements::DOMAIN_SCHEDULE) {
            entries += 1;
            if child.tag_name().name() == elements::SCHEDULE_END_MARKER.name {
                self.children(child, &elements::SCHEDULE_END_MARKER);
                continue;
            }
            self.children(child, &elements::SCHEDULE_ENTRY);
            // A name that is wrong everywhere is told once.
            if let Some(name) = self.text_of(child, "domain")
                && seen.insert(name.value.clone())
            {
                domains.look(&name, self.out);
            }
            self.duration(child);
        }
        if entries >= DOMAIN_SCHEDULES {
            let message = format!("{entries} entries; a schedule has fewer than {DOMAIN_SCHEDULES}");
            self.error(Code::TooManyDomains, message, self.tag(node), "");
        }
        if self.has(node, "start_index") && start.is_none() {
            return;
        }
        let first = start.as_ref().map_or(0, |s| s.value);
        if first >= entries {
            let message = format!("the schedule starts at entry {first}, but has {entries}");
            self.error(Code::BadAttribute, message, start.map_or(self.tag(node), |s| s.span), "");
        }
        // The Microkit's sum wraps.
        if let Some(shift) = shift.filter(|s| s.value.wrapping_add(entries) >= DOMAIN_SCHEDULES) {
            let message =
                format!("shifted by {}, {entries} entries end beyond {DOMAIN_SCHEDULES}", shift.value);
            self.error(Code::BadAttribute, message, shift.span, "");
        }
    }

    /// A number, one blank, a unit.
    fn duration(&mut self, node: Node<'_, '_>) {
        let Some(value) = self.text_of(node, "duration") else { return };
        let parts = value.value.split_once(' ');
        let good = parts.is_some_and(|(count, unit)| {
            number::number(count).is_some_and(|n| n > 0) && matches!(unit, "us" | "ticks")
        });
        if !good {
            self.bad("duration", &value, "a number above 0 and its unit, `1000 us` or `5 ticks`");
        }
    }
}
