// SPDX-License-Identifier: BSD-2-Clause
//! docs/errors.md: everything that is reported on the target (SPEC H-1), from the tables of the protocol, of the
//! services' interfaces and of the loader.

use std::fmt::Write;

use super::text::{cell, head};
use crate::target_codes;

/// The enums, in words; a new one without words still gets its section.
const GROUPS: &[(&str, &str)] = &[
    ("BootError", "Between the kernel's hand-over and BootComplete (SPEC B, D, E, G)."),
    ("GrantError", "While capabilities are handed out (SPEC F)."),
    ("PlanError", "In the plan itself, found before anything is made."),
    ("SupervisorError", "Answers to requests, and why a running service is not well (SPEC I, J)."),
    ("DeliveryError", "While a program is handed over after the boot (SPEC D-6)."),
    ("LookupError", "Answers to lookups (SPEC S-5)."),
    ("ShutdownError", "While the system goes down (SPEC M)."),
    ("InitError", "Of the root task itself (SPEC B-6)."),
    (
        "LoaderError",
        "Of the loader that starts an AArch64 machine, before there is a kernel: on its first UART.",
    ),
    ("ServiceError", "Answers of the reference system's services to each other, and to the shell."),
];

pub fn page() -> String {
    let mut out = head(
        "Errors on the target",
        "the tables in partenza-protocol, partenza-interfaces and partenza-loader",
    );
    out.push_str(
        "What Init, the Supervisor, the services and the loader report: on the console, in events, in answers. A code never changes \
         its\nmeaning. `partenza explain PZ-E0120` shows one of them. What the host finds before anything boots has \
         codes\nwithout the letter: [checks.md](checks.md).\n",
    );
    let mut last = "";
    for row in target_codes::all() {
        let (group, name) = row.name.split_once("::").unwrap_or(("", row.name));
        if group != last {
            last = group;
            let about = GROUPS.iter().find(|(known, _)| *known == group).map_or("", |(_, about)| about);
            let _ = write!(
                out,
                "\n## {group}\n\n{about}\n\n| code | name | what happened | how to mend it |\n|---|---|---|---|\n"
            );
        }
        let _ = writeln!(out, "| {} | `{name}` | {} | {} |", row.code, cell(row.text), cell(row.hint));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_is_described_and_stands_once() {
        let page = page();
        for (group, about) in GROUPS {
            assert_eq!(page.matches(&format!("\n## {group}\n\n{about}")).count(), 1, "{group}");
        }
        for row in target_codes::all() {
            let group = row.name.split_once("::").unwrap().0;
            assert!(GROUPS.iter().any(|(known, _)| *known == group), "{group} is not described");
        }
    }
}
