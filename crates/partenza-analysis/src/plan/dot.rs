// SPDX-License-Identifier: BSD-2-Clause
//! The boot plan for Graphviz: layers as clusters, requirements as arrows, and on demand what the capabilities say.

use std::fmt::Write;

use partenza_plan::ServiceId;

use super::{Overlay, Report};
use crate::authority::{Graph, How, Node, Relation};
use crate::text::time;

/// Text for `dot -Tsvg`.
#[must_use]
pub fn dot(report: &Report<'_, '_>, overlay: Overlay) -> String {
    let plan = report.plan();
    let mut out = format!("digraph {} {{\n", quoted(plan.system));
    out.push_str("  rankdir=BT; node [shape=box, style=rounded, fontname=\"monospace\"];\n");
    for layer in &report.timing.layers {
        let _ = writeln!(out, "  subgraph cluster_{} {{", layer.number);
        let budget = layer.budget.map_or(String::new(), |budget| format!(" of {}", time(budget)));
        let label = format!("layer {}, {}{budget}", layer.number, time(layer.worst));
        let _ = writeln!(out, "    label={};", quoted(&label));
        for id in report.ids().filter(|id| plan.service(*id).layer == layer.number) {
            let service = plan.service(id);
            let worst = report.timing.services[usize::from(id.0)];
            let ready = worst.map_or(String::new(), |w| format!("\\nby {}", time(w.ready)));
            let label = format!("{}\\n{}{ready}", escaped(service.name), escaped(service.version));
            let _ = writeln!(
                out,
                "    {} [label=\"{label}\"{}{}];",
                quoted(service.name),
                if service.critical { ", penwidth=2" } else { "" },
                if worst.is_some_and(|w| w.critical_path) { ", color=\"#e07b10\"" } else { "" }
            );
        }
        out.push_str("  }\n");
    }
    for id in report.ids() {
        for dependency in &plan.service(id).requires {
            let style = if dependency.required { "" } else { " [style=dashed]" };
            let _ = writeln!(out, "  {} -> {}{style};", service(report, id), service(report, dependency.on));
        }
    }
    if overlay == Overlay::Authority {
        authority(report, &mut out);
    }
    out.push_str("}\n");
    out
}

fn authority(report: &Report<'_, '_>, out: &mut String) {
    let graph = Graph::new(report.plan(), Relation::Acts);
    let mut named = Vec::new();
    for edge in graph.edges() {
        let (colour, style) = match edge.how {
            How::Calls(_) | How::Sends | How::Faults => ("#1971c2", "solid"),
            How::Signals => ("#9c36b5", "dotted"),
            How::Writes => ("#0b7285", "solid"),
            How::Reads | How::ReadBy => ("#0b7285", "dashed"),
            How::Drives => ("#5d687b", "dotted"),
            How::Programs(_) | How::Asks(_) | How::Arranges(_) | How::Controls => ("#c02020", "solid"),
            // From all memory and from the Supervisor to everybody: what leads there says enough.
            How::Holds | How::Commands | How::Answers => continue,
        };
        for node in [edge.from, edge.to] {
            if !matches!(node, Node::Service(_)) && !named.contains(&node) {
                named.push(node);
                let _ = writeln!(out, "  {} [shape=ellipse];", quoted(&graph.word(node)));
            }
        }
        let _ = writeln!(
            out,
            "  {} -> {} [color=\"{colour}\", style={style}, constraint=false];",
            quoted(&graph.word(edge.from)),
            quoted(&graph.word(edge.to))
        );
    }
}

fn service(report: &Report<'_, '_>, id: ServiceId) -> String {
    quoted(report.names.service(id))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
