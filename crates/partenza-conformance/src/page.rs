// SPDX-License-Identifier: BSD-2-Clause
//! docs/conformance.md, from the tables that the tool judges by.

use std::fmt::Write;

use crate::module::clauses::Clause;
use crate::orchestrator::items::{Item, UNSEEN};
use crate::rule::{Rule, Ruled};

/// The clauses of a module, a table a group.
#[must_use]
pub fn clauses() -> String {
    let mut out = String::new();
    for (digit, title) in [('1', "Manifest"), ('2', "ELF file"), ('3', "Interfaces"), ('4', "Behaviour")] {
        let _ = writeln!(out, "\n### {title}\n");
        table(&mut out, Clause::TABLE.iter().filter(|rule| rule.number.chars().nth(2) == Some(digit)));
    }
    out
}

/// The items of the orchestrator, and why some cannot be seen.
#[must_use]
pub fn items() -> String {
    let mut out = String::from(
        "\n| SPEC | name | what must hold | where it is done | not seen, because |\n|---|---|---|---|---|\n",
    );
    for (place, rule) in Item::TABLE.iter().enumerate() {
        let unseen = UNSEEN.iter().find(|(item, _)| item.place() == place).map_or("", |(_, why)| why);
        let Rule { number, name, demands, hint, .. } = rule;
        let _ = writeln!(out, "| {number} | {name} | {demands} | {hint} | {unseen} |");
    }
    out
}

fn table<'r>(out: &mut String, rules: impl Iterator<Item = &'r Rule>) {
    out.push_str("| number | name | SPEC | demands | how to mend it |\n|---|---|---|---|---|\n");
    for rule in rules {
        let cell = |text: &str| text.replace('|', "\\|");
        let Rule { number, name, spec, demands, hint } = rule;
        let _ = writeln!(out, "| {number} | {name} | {spec} | {} | {} |", cell(demands), cell(hint));
    }
}
