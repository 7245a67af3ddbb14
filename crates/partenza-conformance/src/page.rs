// SPDX-License-Identifier: BSD-2-Clause
//! docs/conformance.md, from the tables that the tool judges by.

use std::fmt::Write;

use crate::module::clauses::Clause;
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

fn table<'r>(out: &mut String, rules: impl Iterator<Item = &'r Rule>) {
    out.push_str("| number | name | SPEC | demands | how to mend it |\n|---|---|---|---|---|\n");
    for rule in rules {
        let cell = |text: &str| text.replace('|', "\\|");
        let Rule { number, name, spec, demands, hint } = rule;
        let _ = writeln!(out, "| {number} | {name} | {spec} | {} | {} |", cell(demands), cell(hint));
    }
}
