// SPDX-License-Identifier: BSD-2-Clause
//! docs/checks.md: everything that the host finds before anything boots (SPEC P-1), from the compiler's tables.

use std::fmt::Write;

use partenza_compiler::diagnostic::{Example, Row, TABLE, page as page_of};

use super::text::{anchor, cell, head};

/// The hundreds of the codes.
const GROUPS: &[(u16, &str)] = &[
    (0, "Files"),
    (1, "Fields of the YAML files"),
    (2, "What the Microkit would refuse in system.xml"),
    (3, "What the kernel, the board or the machine cannot do"),
    (4, "Services and their order"),
    (5, "Authority"),
    (6, "ELF files"),
    (7, "Kernels, root tasks, images"),
    (8, "Running systems"),
];

pub fn page() -> String {
    let mut out = head("Checks on the host", "the tables in partenza-compiler");
    out.push_str(
        "What `partenza check` finds, before anything boots, and what keeps `partenza status` and its like from a running\n\
         system. A code never changes its meaning; `partenza explain PZ-0501` shows one of them. Severities: an **error**\n\
         refuses the system, a **warning** is most likely a mistake (`--deny warnings` makes it one), a **note** is worth\n\
         knowing. What the target reports has codes with an E: [errors.md](errors.md).\n",
    );
    for (hundred, title) in GROUPS {
        let _ = writeln!(out, "\n## {title}\n");
        for row in rows(*hundred) {
            let _ = writeln!(out, "- [{}](#{}) {}", row.code, anchor(&heading(row)), cell(row.title));
        }
    }
    for (hundred, title) in GROUPS {
        let _ = writeln!(out, "\n## {title}, one by one");
        for row in rows(*hundred) {
            entry(&mut out, row);
        }
    }
    out
}

fn rows(hundred: u16) -> impl Iterator<Item = &'static Row> {
    TABLE.iter().filter(move |row| row.number / 100 == hundred)
}

fn heading(row: &Row) -> String {
    format!("{} {}", row.code, row.name)
}

fn entry(out: &mut String, row: &Row) {
    let _ = writeln!(out, "\n### {}\n\n{}: {}.", heading(row), capital(row.title), row.hint);
    let Some(page) = page_of(row.code) else { return };
    let _ = writeln!(out, "\n{}", page.why);
    let (place, wrong, right) = match page.example {
        Example::Piece { file, wrong, right } => (format!(", in `{file}`"), wrong, right),
        Example::Words { wrong, right } => (String::new(), wrong, right),
    };
    block(out, &format!("Wrong{place}"), wrong);
    block(out, "Right", right);
}

fn block(out: &mut String, title: &str, text: &str) {
    let _ = match text {
        "" => writeln!(out, "\n{title}: leave it out."),
        text => writeln!(out, "\n{title}:\n```\n{text}\n```"),
    };
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_a_group_and_linked() {
        let page = page();
        for row in TABLE {
            assert!(page.contains(&format!("\n### {} {}\n", row.code, row.name)), "{}", row.code);
            assert!(page.contains(&format!("(#{})", anchor(&heading(row)))), "{}", row.code);
        }
    }
}
