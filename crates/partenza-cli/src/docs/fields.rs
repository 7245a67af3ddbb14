// SPDX-License-Identifier: BSD-2-Clause
//! docs/fields.md: every field of the YAML files (SPEC S-9), from the tables that the parser goes by.

use std::fmt::Write;

use partenza_compiler::extensions::CORE;
use partenza_compiler::kinds;
use partenza_compiler::manifest::ALIASES;
use partenza_compiler::resolve::ORCHESTRATOR;
use partenza_compiler::schema::FILES;
use partenza_compiler::yaml::shape::{Effect, Shape, Table};
use partenza_protocol::Op;

use super::text::{anchor, cell, head};

/// What the files are called, in the order of [`FILES`].
const NAMES: [&str; 3] = ["manifests/NAME.yaml", "partenza.yaml", "extensions.yaml"];

pub fn page() -> String {
    let mut out = head("Fields of the YAML files", "the tables in partenza-compiler");
    out.push_str(
        "What the parser accepts, what it takes for granted, and what it means. The same tables make the schemas in \
         [schemas/](../schemas),\nwhich an editor with yaml-language-server uses where a file names one in its first \
         lines.\n\nDurations are `500us`, `500ms`, `5s`, `2m`, `1h`; sizes are bytes or `64KiB`, `2MiB`, `1GiB`; versions \
         and ranges are those of\nsemver, `1.2` standing for `1.2.0`. A list of one may be written as that one. Fields \
         marked \\* are read, checked and planned, and\nhave no effect on the target in this release yet.\n\n[policy/](policy/README.md) tells of every field that sets \
         policy: what it does, why its default is what it is, and what happens in the corners.\n",
    );
    for (file, name) in FILES.iter().zip(NAMES) {
        let _ = write!(out, "\n## {name}\n\n{}.\n", file.title);
        let mut pages = Pages { root: name, out: String::new() };
        pages.table("", (file.table)());
        out.push_str(&pages.out);
        if file.name == "manifest" {
            aliases(&mut out);
        }
    }
    kinds_of(&mut out);
    orchestrator(&mut out);
    out
}

/// The tables of one file, outer ones first.
struct Pages {
    root: &'static str,
    out: String,
}

impl Pages {
    fn table(&mut self, path: &str, table: &Table) {
        let mut inner = Vec::new();
        if !path.is_empty() {
            let _ = write!(self.out, "\n### {}\n", self.heading(path));
        }
        self.out.push_str("\n| field | value | without it | meaning |\n|---|---|---|---|\n");
        for field in &table.fields {
            let path = if path.is_empty() { field.name.to_owned() } else { format!("{path}.{}", field.name) };
            let value = self.value(&path, &field.shape, &mut inner);
            let default = if field.required { "**required**" } else { field.default };
            let mark = if field.effect == Effect::Later { "\\*" } else { "" };
            let _ = writeln!(
                self.out,
                "| `{}`{mark} | {} | {} | {} |",
                field.name,
                cell(&value),
                cell(default),
                cell(field.about)
            );
        }
        for (path, table) in inner {
            self.table(&path, &table);
        }
    }

    /// The heading of a table; the file's name keeps it apart from those of other files.
    fn heading(&self, path: &str) -> String {
        format!("{path} ({})", self.root)
    }

    fn link(&self, path: &str) -> String {
        format!("[a mapping](#{})", anchor(&self.heading(path)))
    }

    /// A value in words; tables in it are added to `inner`.
    fn value(&self, path: &str, shape: &Shape, inner: &mut Vec<(String, Table)>) -> String {
        match shape {
            Shape::Word(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
            Shape::Operation => "[operation](#operations-of-the-supervisor)".to_owned(),
            Shape::Edge => "`FROM->TO`".to_owned(),
            Shape::Tagged(_) => "`KIND: NAME`, see [kinds](#kinds-of-capabilities)".to_owned(),
            Shape::Table(table) => {
                inner.push((path.to_owned(), table.clone()));
                self.link(path)
            }
            Shape::List { of, most } => {
                let item = self.value(path, of, inner);
                let most = if *most == usize::MAX { String::new() } else { format!(", at most {most}") };
                format!("list of: {item}{most}")
            }
            Shape::Named { key, value: of, .. } => {
                // The grants of all kinds but one look alike: their parts are in the table of kinds.
                if path.starts_with("services.NAME.grants.") {
                    return format!("by name: {}", self.grant(of));
                }
                let item = self.value(&format!("{path}.NAME"), of, inner);
                format!("by {key}: {item}")
            }
            Shape::Either(shapes) => {
                let all: Vec<String> = shapes.iter().map(|shape| self.value(path, shape, inner)).collect();
                all.join(", or ")
            }
            other => other.wanted(),
        }
    }

    /// A grant on one line: its parts.
    fn grant(&self, shape: &Shape) -> String {
        match shape {
            Shape::Either(shapes) => {
                let all: Vec<String> = shapes.iter().map(|shape| self.grant(shape)).collect();
                all.join(", or ")
            }
            Shape::Table(table) => {
                let fields: Vec<String> = table
                    .fields
                    .iter()
                    .map(|field| match &field.shape {
                        Shape::Word(words) => format!("{}: {}", field.name, words.join(" or ")),
                        _ => field.name.to_owned(),
                    })
                    .collect();
                format!("`{{{}}}`", fields.join(", "))
            }
            Shape::List { of, .. } => self.grant(of),
            Shape::Text => "a region".to_owned(),
            _ => "an id".to_owned(),
        }
    }
}

fn aliases(out: &mut String) {
    out.push_str(
        "\n### Names of Partenza's chapters\n\nAccepted, understood as what stands beside them, and warned about \
         ([PZ-0113](checks.md#pz-0113-oldname)).\n\n| found | meant | written |\n|---|---|---|\n",
    );
    for alias in ALIASES {
        let _ = writeln!(
            out,
            "| `{}` | `{}` | `{}` |",
            alias.was.join("."),
            alias.now.join("."),
            cell(alias.write)
        );
    }
}

fn kinds_of(out: &mut String) {
    out.push_str(
        "\n## Kinds of capabilities\n\nA manifest asks with `KIND: NAME`, in its author's words; partenza.yaml answers \
         with the objects of system.xml that it is.\nA grant of one part may be written as that part alone.\n\n| kind | \
         made of | rights |\n|---|---|---|\n",
    );
    for row in kinds::TABLE {
        let rights = match (row.shape.is_some(), row.rights) {
            (false, _) => "not supported yet",
            (true, true) => "`r`, `w`, `x` as they apply; `rw` if nothing is said",
            (true, false) => "-",
        };
        let _ = writeln!(out, "| `{}` | {} | {rights} |", row.word, row.made_of);
    }
}

fn orchestrator(out: &mut String) {
    out.push_str("\n## Operations of the Supervisor\n\n| operation | allowed |\n|---|---|\n");
    for op in Op::ALL {
        let allowed = if op.allowed_by_default() { "to everybody" } else { "where it is granted" };
        let _ = writeln!(out, "| `{}` | {allowed} |", op.name());
    }
    out.push_str(
        "\n## Interfaces of the orchestrator\n\nA manifest may require them as any other (SPEC S-12).\n\n| interface | \
         version |\n|---|---|\n",
    );
    for (interface, version) in ORCHESTRATOR {
        let _ = writeln!(out, "| `{interface}` | {version} |");
    }
    out.push_str(
        "\n## Core extensions\n\nOf the orchestrator; a registry may list them with `core: true`, a manifest may use them \
         without one (SPEC S-6).\n\n| extension | version | what it is |\n|---|---|---|\n",
    );
    for (name, version, about) in CORE {
        let _ = writeln!(out, "| `{name}` | {version} | {about} |");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_leads_to_a_heading() {
        let page = page();
        let headings: Vec<String> = page
            .lines()
            .filter_map(|l| l.strip_prefix("## ").or(l.strip_prefix("### ")))
            .map(anchor)
            .collect();
        for link in page.split("](#").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(headings.iter().any(|heading| heading == link), "{link} in {headings:?}");
        }
        let mut distinct = headings.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), headings.len(), "two headings are alike");
    }
}
