// SPDX-License-Identifier: BSD-2-Clause
//! docs/elements.md: every element and attribute of system.xml, from the compiler's table.

use std::fmt::Write;

use partenza_compiler::sdf::reference::{REFERENCE, Reference};

use super::text::{cell, head};

pub fn page() -> String {
    let mut out = head("Elements of system.xml", "the table in partenza-compiler");
    out.push_str(
        "What the Microkit's tool, release 2.3.1, takes, and with it `partenza check`. [microkit.md](microkit.md) says what the\n\
         target cannot do, and where the Microkit's manual says otherwise.\n\n\
         Numbers are decimal or `0x` hexadecimal, with `_` anywhere (`0x10_000`), unless \"decimal digits\" says that only those are\n\
         read. Sizes are bytes. Names of elements, attributes and values are in lower case.\n",
    );
    for element in REFERENCE {
        entry(&mut out, element);
    }
    out
}

fn entry(out: &mut String, element: &Reference) {
    let _ = writeln!(out, "\n## {}\n\n{}\n", element.name, element.meaning);
    let _ = writeln!(out, "Inside {}; number: {}.", element.inside, element.count);
    if !element.children().is_empty() {
        let links = element.children().iter().map(|child| format!("[{child}](#{child})"));
        let _ = writeln!(out, "Holds {}.", links.collect::<Vec<_>>().join(", "));
    }
    if element.attributes.is_empty() {
        return;
    }
    out.push_str("\n| attribute | value | without it | meaning |\n|---|---|---|---|\n");
    for attribute in element.attributes {
        let otherwise = if attribute.otherwise.is_empty() { "**required**" } else { attribute.otherwise };
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} |",
            attribute.name,
            cell(attribute.takes),
            cell(otherwise),
            cell(attribute.meaning)
        );
    }
}
