// SPDX-License-Identifier: BSD-2-Clause
//! Answers as JSON; the shapes are documented in docs/analysis.md and stay.

use serde_json::{Value, json};

use super::graph::{Edge, Graph, How, Node, Relation};
use super::policy::{Rule, Violation};
use super::query::Path;
use super::show::all_to;
use crate::JSON_FORMAT;
use crate::names;

fn relation(graph: &Graph<'_, '_>) -> &'static str {
    match graph.relation {
        Relation::Acts => "acts",
        Relation::Tells => "tells",
    }
}

fn node(graph: &Graph<'_, '_>, node: Node) -> Value {
    let kind = match node {
        Node::Service(_) => "service",
        Node::Region(_) => "memory",
        Node::Irq(_) => "irq",
        Node::Ports(..) => "ioports",
        Node::AllMemory => "all-memory",
        Node::Supervisor => "supervisor",
    };
    let name = match node {
        Node::Region(index) => {
            graph.names.plan.regions.get(usize::from(index)).map_or("?", |region| region.name).to_owned()
        }
        _ => graph.word(node),
    };
    json!({"kind": kind, "name": name})
}

fn edge(graph: &Graph<'_, '_>, edge: &Edge) -> Value {
    let how = match edge.how {
        How::Calls(_) => "calls",
        How::Sends => "sends",
        How::Signals => "signals",
        How::Writes => "writes",
        How::Reads => "reads",
        How::ReadBy => "is-read-by",
        How::Drives => "drives",
        How::Programs(_) => "programs",
        How::Holds => "holds",
        How::Asks(_) => "asks",
        How::Arranges(_) => "arranges",
        How::Commands => "commands",
        How::Controls => "controls",
        How::Faults => "faults-to",
        How::Answers => "answers",
    };
    let mut value = json!({"from": node(graph, edge.from), "how": how, "to": node(graph, edge.to)});
    match &edge.how {
        How::Calls(Some(interface)) => value["interface"] = json!(interface),
        How::Asks(operations) | How::Arranges(operations) => value["operations"] = json!(operations),
        How::Programs(what) => value["by"] = json!(what),
        _ => {}
    }
    value
}

fn path(graph: &Graph<'_, '_>, path: &Path) -> Value {
    path.edges.iter().map(|step| edge(graph, step)).collect()
}

/// The whole graph, and whom each service reaches.
#[must_use]
pub fn overview_json(graph: &Graph<'_, '_>) -> Value {
    let services: Vec<Value> = names::ids(graph.names.plan)
        .map(|id| {
            let reached = graph.reach(Node::Service(id)).map(|reach| reach.services()).unwrap_or_default();
            json!({
                "name": graph.names.service(id),
                "reaches": reached.iter().map(|id| graph.names.service(*id)).collect::<Vec<_>>(),
                "bus_masters": graph.bus_masters(id),
                "ends_system": graph.ends_system(id),
            })
        })
        .collect();
    json!({
        "format": JSON_FORMAT,
        "system": graph.names.plan.system,
        "relation": relation(graph),
        "services": services,
        "edges": graph.edges().iter().map(|step| edge(graph, step)).collect::<Vec<_>>(),
    })
}

/// Everything that a node reaches, with the ways.
#[must_use]
pub fn from_json(graph: &Graph<'_, '_>, start: Node) -> Value {
    let reached: Vec<Value> = graph.reach(start).map_or_else(Vec::new, |reach| {
        let ways = reach.nodes().filter_map(|end| Some((end, reach.path(end)?)));
        ways.map(|(end, way)| json!({"node": node(graph, end), "path": path(graph, &way)})).collect()
    });
    json!({
        "format": JSON_FORMAT,
        "relation": relation(graph),
        "from": node(graph, start),
        "reaches": reached,
    })
}

/// Every service that reaches a node, with the ways.
#[must_use]
pub fn to_json(graph: &Graph<'_, '_>, end: Node) -> Value {
    let reached: Vec<Value> = all_to(graph, end)
        .into_iter()
        .map(|(id, way)| json!({"node": node(graph, Node::Service(id)), "path": path(graph, &way)}))
        .collect();
    json!({
        "format": JSON_FORMAT,
        "relation": relation(graph),
        "to": node(graph, end),
        "reached_by": reached,
    })
}

/// The way from one node to another; `path` is null where there is none.
#[must_use]
pub fn path_json(graph: &Graph<'_, '_>, start: Node, end: Node) -> Value {
    json!({
        "format": JSON_FORMAT,
        "relation": relation(graph),
        "from": node(graph, start),
        "to": node(graph, end),
        "path": graph.path(start, end).map(|way| path(graph, &way)),
    })
}

/// Broken rules; none is an empty array.
#[must_use]
pub fn violations_json(graph: &Graph<'_, '_>, rules: &[Rule], found: &[Violation]) -> Value {
    let violations: Vec<Value> = found
        .iter()
        .map(|violation| {
            json!({
                "rule": rules.get(violation.rule).map(ToString::to_string),
                "path": path(graph, &violation.path),
            })
        })
        .collect();
    json!({"format": JSON_FORMAT, "relation": relation(graph), "violations": violations})
}
