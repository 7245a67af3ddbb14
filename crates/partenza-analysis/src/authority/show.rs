// SPDX-License-Identifier: BSD-2-Clause
//! Answers as text: tables, and ways drawn downwards.

use std::fmt::Write;

use partenza_plan::ServiceId;

use super::graph::{Edge, Graph, How, Node, Relation};
use super::policy::{Rule, Violation};
use super::query::{Path, Reach};
use crate::names;
use crate::text::{Cell, Paint, Table, Tone, count, list};

/// Names on one line before the rest is only counted.
const MOST: usize = 12;

impl Graph<'_, '_> {
    /// What an edge does, as the verb between its ends.
    #[must_use]
    pub fn verb(&self, how: &How) -> String {
        match how {
            How::Calls(Some(interface)) => format!("calls ({interface})"),
            How::Calls(None) => "calls".to_owned(),
            How::Sends => "sends to".to_owned(),
            How::Signals => "signals".to_owned(),
            How::Writes => "writes".to_owned(),
            How::Reads => "reads".to_owned(),
            How::ReadBy => "is read by".to_owned(),
            How::Drives => "drives".to_owned(),
            How::Programs(what) => format!("programs ({what}; there is no IOMMU)"),
            How::Holds => "holds".to_owned(),
            How::Asks(operations) => format!("may ask to {}", operations.join(", ")),
            How::Arranges(operations) => format!("may have the Supervisor {}", operations.join(", ")),
            How::Commands => "does it to".to_owned(),
            How::Controls => "controls".to_owned(),
            How::Faults => "reports faults to".to_owned(),
            How::Answers => "answers".to_owned(),
        }
    }

    fn short(&self, edge: &Edge) -> String {
        match &edge.how {
            How::Calls(Some(interface)) => format!("{} ({interface})", self.word(edge.to)),
            How::Asks(operations) => format!("{} of every other service", operations.join(", ")),
            How::Arranges(operations) => format!("{} ({})", self.word(edge.to), operations.join(", ")),
            How::Programs(what) => format!("{}, by {what}", self.word(edge.to)),
            _ => self.word(edge.to),
        }
    }

    /// A way on one line: `terminal -[calls identity/tokens]-> identity -[calls keys/mac]-> keys`.
    #[must_use]
    pub fn line(&self, path: &Path) -> String {
        let mut out = path.start().map_or_else(String::new, |node| self.word(node));
        for edge in &path.edges {
            let verb = match &edge.how {
                How::Calls(Some(interface)) => format!("calls {interface}"),
                How::Asks(operations) | How::Arranges(operations) => operations.join(", "),
                How::Programs(what) => format!("programs {what}"),
                how => self.verb(how),
            };
            let _ = write!(out, " -[{verb}]-> {}", self.word(edge.to));
        }
        out
    }
}

/// A way, drawn downwards.
#[must_use]
pub fn draw(graph: &Graph<'_, '_>, path: &Path, paint: Paint) -> String {
    let mut out = String::new();
    let Some(start) = path.start() else { return out };
    let _ = writeln!(out, "  {}", paint.paint(Tone::Strong, &graph.word(start)));
    for edge in &path.edges {
        let verb = graph.verb(&edge.how);
        let _ = writeln!(out, "    {} {}", paint.paint(Tone::Faint, "│"), verb);
        let _ = writeln!(out, "    {}", paint.paint(Tone::Faint, "▼"));
        let _ = writeln!(out, "  {}", paint.paint(Tone::Strong, &graph.word(edge.to)));
    }
    out
}

/// Every service: what it does to whom, and whom it reaches in the end.
#[must_use]
pub fn overview(graph: &Graph<'_, '_>, paint: Paint) -> String {
    let plan = graph.names.plan;
    let what = match graph.relation {
        Relation::Acts => "who can act on whom",
        Relation::Tells => "whose knowledge can come to whom",
    };
    let mut out = format!("{}: {what}\n", paint.paint(Tone::Strong, plan.system));
    for id in names::ids(plan) {
        let _ = writeln!(out, "\n  {}", paint.paint(Tone::Strong, graph.names.service(id)));
        out.push_str(&service(graph, id, paint));
    }
    let _ = write!(out, "\n{}", paint.paint(Tone::Faint, footnote(graph.relation)));
    out
}

fn footnote(relation: Relation) -> &'static str {
    match relation {
        Relation::Acts => {
            "To act: to call, to signal, to write what the other reads, to have it stopped or started, to program a bus\n\
             master. A server that answers does not act. The Supervisor is trusted. `--flow` adds the answers.\n"
        }
        Relation::Tells => {
            "Not drawn: the event log, which every service may write and read unless the plan says otherwise.\n"
        }
    }
}

fn service(graph: &Graph<'_, '_>, id: ServiceId, paint: Paint) -> String {
    let me = Node::Service(id);
    let mut table = Table::indented(4);
    type Is = fn(&How) -> bool;
    let rows: [(&str, Is); 8] = [
        ("calls", |how| matches!(how, How::Calls(_))),
        ("sends to", |how| matches!(how, How::Sends)),
        ("signals", |how| matches!(how, How::Signals)),
        ("answers", |how| matches!(how, How::Answers)),
        ("writes", |how| matches!(how, How::Writes)),
        ("reads", |how| matches!(how, How::Reads)),
        ("drives", |how| matches!(how, How::Drives)),
        ("controls", |how| matches!(how, How::Asks(_) | How::Arranges(_))),
    ];
    for (verb, is) in rows {
        let texts: Vec<String> =
            graph.leaving(me).filter(|edge| is(&edge.how)).map(|edge| graph.short(edge)).collect();
        if !texts.is_empty() {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            table.row([Cell::new(verb).tone(Tone::Faint), Cell::new(list(&texts, MOST))]);
        }
    }
    let masters = graph.bus_masters(id);
    if !masters.is_empty() {
        let text = format!("all memory, by {}: there is no IOMMU", masters.join(", "));
        table.row([Cell::new("programs").tone(Tone::Faint), Cell::new(text).tone(Tone::Bad)]);
    }
    let ends = graph.ends_system(id);
    if !ends.is_empty() {
        let text = format!("the system ({})", ends.join(", "));
        table.row([Cell::new("may end").tone(Tone::Faint), Cell::new(text).tone(Tone::Hot)]);
    }
    let reached = graph.reach(me).map(|reach| reach.services()).unwrap_or_default();
    let others = graph.names.plan.services.len() - 1;
    let text = if reached.is_empty() {
        "nobody".to_owned()
    } else if reached.len() == others && others > 1 {
        format!("every other service ({others})")
    } else {
        let names: Vec<&str> = reached.iter().map(|id| graph.names.service(*id)).collect();
        list(&names, MOST)
    };
    table.row([Cell::new("reaches").tone(Tone::Faint), Cell::new(text)]);
    table.show(paint)
}

/// Everything that one node reaches, nearest first, with the way.
#[must_use]
pub fn from(graph: &Graph<'_, '_>, start: Node, paint: Paint) -> String {
    let Some(reach) = graph.reach(start) else { return String::new() };
    let mut table = Table::indented(2);
    let mut number = 0;
    for node in reach.nodes().filter(|node| !matches!(node, Node::Supervisor)) {
        let Some(path) = reach.path(node) else { continue };
        number += 1;
        table.row([
            Cell::new(graph.word(node)),
            Cell::right(path.hops().to_string()).tone(Tone::Faint),
            Cell::new(graph.line(&path)).tone(Tone::Faint),
        ]);
    }
    let name = paint.paint(Tone::Strong, &graph.word(start));
    if table.is_empty() {
        return format!("{name} reaches nobody\n");
    }
    format!(
        "{name} reaches {} (with the steps of the shortest way):\n{}",
        count(number, "thing"),
        table.show(paint)
    )
}

/// Every service that reaches a node, with the way.
#[must_use]
pub fn to(graph: &Graph<'_, '_>, end: Node, paint: Paint) -> String {
    let mut table = Table::indented(2);
    let mut number = 0;
    for (id, path) in all_to(graph, end) {
        number += 1;
        table.row([
            Cell::new(graph.names.service(id)),
            Cell::right(path.hops().to_string()).tone(Tone::Faint),
            Cell::new(graph.line(&path)).tone(Tone::Faint),
        ]);
    }
    let name = paint.paint(Tone::Strong, &graph.word(end));
    if table.is_empty() {
        return format!("nobody reaches {name}\n");
    }
    format!(
        "{} {} {name}:\n{}",
        count(number, "service"),
        if number == 1 { "reaches" } else { "reach" },
        table.show(paint)
    )
}

/// The services that reach a node, in boot order, with their ways.
pub(super) fn all_to(graph: &Graph<'_, '_>, end: Node) -> Vec<(ServiceId, Path)> {
    let ids = names::ids(graph.names.plan).filter(|id| Node::Service(*id) != end);
    ids.filter_map(|id| Some((id, graph.path(Node::Service(id), end)?))).collect()
}

/// Whether and how one node reaches another.
#[must_use]
pub fn why(graph: &Graph<'_, '_>, start: Node, end: Node, paint: Paint) -> String {
    let (a, b) = (graph.word(start), graph.word(end));
    let reach = graph.reach(start);
    let Some(path) = reach.as_ref().and_then(|reach: &Reach<'_, '_, '_>| reach.path(end)) else {
        let mut out = format!("{a} does not reach {b}\n");
        if graph.path(end, start).is_some() {
            let _ = writeln!(out, "The other way round there is one: {b} reaches {a}");
        }
        return out;
    };
    format!("{a} reaches {b} in {}:\n\n{}", count(path.edges.len(), "step"), draw(graph, &path, paint))
}

/// Broken rules with the ways that break them.
#[must_use]
pub fn violations(graph: &Graph<'_, '_>, rules: &[Rule], found: &[Violation], paint: Paint) -> String {
    let mut out = String::new();
    for violation in found {
        let Some(rule) = rules.get(violation.rule) else { continue };
        let head = paint.paint(Tone::Bad, "the policy is broken");
        let _ = writeln!(out, "{head}: {rule}\n\n{}", draw(graph, &violation.path, paint));
    }
    out
}
