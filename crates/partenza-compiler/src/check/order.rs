// SPDX-License-Identifier: BSD-2-Clause
//! The boot order: layers ascending, within a layer dependencies first, ties by the order of partenza.yaml, then of
//! system.xml (SPEC C-3). Cycles and dependencies on higher layers are refused, naming the members.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::{Dependency, Model};

/// The order, and the dependencies that it honours.
#[derive(Debug)]
pub struct Order {
    /// Indices into [`Model::services`], first to boot first.
    pub services: Vec<usize>,
    /// For each service of the model, in its order.
    pub requires: Vec<Vec<Dependency>>,
}

/// Computes the order. Findings go to `out`; after an error the order is only good for finding more.
pub fn order(model: &Model<'_>, out: &mut Diagnostics) -> Order {
    let count = model.services.len();
    let mut requires: Vec<Vec<Dependency>> = vec![Vec::new(); count];
    for (index, service) in model.services.iter().enumerate() {
        for dependency in service.requires.iter().filter(|d| d.required) {
            let other = &model.services[dependency.on];
            if other.layer > service.layer {
                if !service.layer_missing && !other.layer_missing {
                    higher_layer(model, index, *dependency, out);
                }
            } else {
                requires[index].push(*dependency);
            }
        }
    }
    cycles(model, &mut requires, out);
    for (index, service) in model.services.iter().enumerate() {
        let comes_first =
            |d: &Dependency| model.services[d.on].layer <= service.layer && !reaches(&requires, d.on, index);
        // Of several that will do, all have to come first.
        let all_first = |d: &Dependency| {
            let mut others = service.requires.iter().filter(|o| d.any_of.is_some() && o.any_of == d.any_of);
            comes_first(d) && others.all(comes_first)
        };
        let optional = service.requires.iter().filter(|d| !d.required);
        let honoured: Vec<Dependency> = optional.filter(|d| all_first(d)).copied().collect();
        requires[index].extend(honoured);
    }
    Order { services: sort(model, &requires), requires }
}

fn higher_layer(model: &Model<'_>, index: usize, dependency: Dependency, out: &mut Diagnostics) {
    let (service, other) = (&model.services[index], &model.services[dependency.on]);
    let message = format!(
        "`{}` (layer {}) requires `{}` (layer {})",
        service.name(),
        service.layer,
        other.name(),
        other.layer
    );
    let (name, layer) = (service.name(), other.layer);
    let help = match dependency.any_of {
        None => format!("move `{name}` to layer {layer} or above, or make the requirement optional"),
        Some(_) => format!(
            "move `{name}` to layer {layer} or above, or take `{}`, which may serve it, out of `providers`",
            other.name()
        ),
    };
    out.push(
        Diagnostic::error(Code::HigherLayer, message)
            .at(dependency.span, "is in a higher layer")
            .at(layer_span(model, dependency.on), format!("layer {}", other.layer))
            .help(help),
    );
}

pub(super) fn layer_span(model: &Model<'_>, index: usize) -> crate::source::Span {
    let service = &model.services[index];
    let written =
        service.entry.and_then(|e| e.layer.as_ref()).or(service.manifest.and_then(|m| m.layer.as_ref()));
    written.map_or(service.pd.name.span, |layer| layer.span)
}

fn reaches(requires: &[Vec<Dependency>], from: usize, to: usize) -> bool {
    let mut seen = vec![false; requires.len()];
    let mut stack = vec![from];
    while let Some(at) = stack.pop() {
        if at == to {
            return true;
        }
        if !std::mem::replace(&mut seen[at], true) {
            stack.extend(requires[at].iter().map(|d| d.on));
        }
    }
    false
}

/// Finds each circle, reports it, and removes one of its edges so that an order exists.
fn cycles(model: &Model<'_>, requires: &mut [Vec<Dependency>], out: &mut Diagnostics) {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; requires.len()];
    for root in 0..requires.len() {
        if marks[root] != Mark::New {
            continue;
        }
        // Each entry: a service and the next of its edges to follow.
        let mut path = vec![(root, 0)];
        marks[root] = Mark::Open;
        while let Some((at, edge)) = path.last().copied() {
            let Some(dependency) = requires[at].get(edge).copied() else {
                marks[at] = Mark::Done;
                path.pop();
                continue;
            };
            match marks[dependency.on] {
                Mark::Done => {}
                Mark::New => {
                    marks[dependency.on] = Mark::Open;
                    path.push((dependency.on, 0));
                    let below = path.len() - 2;
                    path[below].1 += 1;
                    continue;
                }
                Mark::Open => {
                    let start = path.iter().position(|(s, _)| *s == dependency.on).unwrap_or(0);
                    let members: Vec<usize> = path[start..].iter().map(|(s, _)| *s).collect();
                    report(model, requires, &members, out);
                    requires[at].remove(edge);
                    continue;
                }
            }
            let top = path.len() - 1;
            path[top].1 += 1;
        }
    }
}

fn report(model: &Model<'_>, requires: &[Vec<Dependency>], members: &[usize], out: &mut Diagnostics) {
    let name = |index: usize| model.services[index].name();
    let mut text = String::new();
    for member in members {
        text.push_str(name(*member));
        text.push_str(" > ");
    }
    text.push_str(name(members[0]));
    let mut found = Diagnostic::error(Code::DependencyCycle, format!("dependency cycle: {text}"));
    for (at, member) in members.iter().enumerate() {
        let next = members[(at + 1) % members.len()];
        if let Some(edge) = requires[*member].iter().find(|d| d.on == next) {
            found = found.at(edge.span, format!("`{}` requires `{}`", name(*member), name(next)));
        }
    }
    out.push(found);
}

/// Kahn's algorithm; among what may come next, the lowest (layer, rank) comes first.
fn sort(model: &Model<'_>, requires: &[Vec<Dependency>]) -> Vec<usize> {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;
    let key = |index: usize| Reverse((model.services[index].layer, model.services[index].rank, index));
    let mut missing: Vec<usize> = requires.iter().map(Vec::len).collect();
    let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); requires.len()];
    for (index, list) in requires.iter().enumerate() {
        list.iter().for_each(|d| dependents[d.on].push(index));
    }
    let mut ready: BinaryHeap<_> = (0..requires.len()).filter(|i| missing[*i] == 0).map(key).collect();
    let mut order = Vec::with_capacity(requires.len());
    while let Some(Reverse((_, _, index))) = ready.pop() {
        order.push(index);
        for dependent in &dependents[index] {
            missing[*dependent] -= 1;
            if missing[*dependent] == 0 {
                ready.push(key(*dependent));
            }
        }
    }
    order
}
