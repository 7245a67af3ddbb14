// SPDX-License-Identifier: BSD-2-Clause
//! Ways through the graph: breadth first, so the way that is found is a shortest one, and of equal ones the first in
//! the plan's order.

use std::collections::VecDeque;

use partenza_plan::ServiceId;

use super::graph::{Edge, Graph, Node};

/// A way from one node to another: edges that join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    pub edges: Vec<Edge>,
}

impl Path {
    #[must_use]
    pub fn start(&self) -> Option<Node> {
        self.edges.first().map(|edge| edge.from)
    }

    /// How many services it leads through, the last one counted.
    #[must_use]
    pub fn hops(&self) -> usize {
        self.edges
            .iter()
            .filter(|edge| !matches!(edge.to, Node::Region(_) | Node::AllMemory | Node::Supervisor))
            .count()
            .max(1)
    }
}

/// Everything that one node reaches.
#[derive(Clone, Debug)]
pub struct Reach<'g, 'p, 'a> {
    graph: &'g Graph<'p, 'a>,
    start: usize,
    /// The edge by which each node was first reached so that a way can go on from there.
    entered: Vec<Option<usize>>,
    /// The edge by which it was first reached as the end of a way.
    touched: Vec<Option<usize>>,
    /// Nodes in the order in which they were reached.
    order: Vec<usize>,
}

impl<'p, 'a> Graph<'p, 'a> {
    /// Everything that `start` reaches; it does not reach itself.
    #[must_use]
    pub fn reach(&self, start: Node) -> Option<Reach<'_, 'p, 'a>> {
        self.reach_through(start, |_| true)
    }

    /// As [`Graph::reach`], on ways that lead through services for which `through` holds.
    pub(super) fn reach_through(
        &self,
        start: Node,
        through: impl Fn(ServiceId) -> bool,
    ) -> Option<Reach<'_, 'p, 'a>> {
        let start = self.at(start)?;
        let count = self.nodes().len();
        let mut reach = Reach {
            graph: self,
            start,
            entered: vec![None; count],
            touched: vec![None; count],
            order: Vec::new(),
        };
        let mut queue = VecDeque::from([start]);
        while let Some(at) = queue.pop_front() {
            if let Node::Service(id) = self.nodes()[at]
                && at != start
                && !through(id)
            {
                continue;
            }
            for edge_at in self.leaving_at(at) {
                let edge = self.edge(*edge_at);
                let Some(next) = self.at(edge.to).filter(|next| *next != start) else { continue };
                let first = reach.entered[next].is_none() && reach.touched[next].is_none();
                if edge.how.passes() {
                    if reach.entered[next].is_none() {
                        reach.entered[next] = Some(*edge_at);
                        queue.push_back(next);
                    }
                } else if reach.touched[next].is_none() {
                    reach.touched[next] = Some(*edge_at);
                }
                if first {
                    reach.order.push(next);
                }
            }
        }
        Some(reach)
    }

    /// A shortest way.
    #[must_use]
    pub fn path(&self, from: Node, to: Node) -> Option<Path> {
        self.reach(from)?.path(to)
    }
}

impl Reach<'_, '_, '_> {
    /// What is reached, nearest first.
    pub fn nodes(&self) -> impl Iterator<Item = Node> + '_ {
        self.order.iter().map(|at| self.graph.nodes()[*at])
    }

    /// The services among them, in boot order.
    #[must_use]
    pub fn services(&self) -> Vec<ServiceId> {
        let mut services: Vec<ServiceId> = self.nodes().filter_map(service).collect();
        services.sort_unstable();
        services
    }

    #[must_use]
    pub fn holds(&self, node: Node) -> bool {
        self.graph.at(node).is_some_and(|at| self.entered[at].or(self.touched[at]).is_some())
    }

    /// The way to a node; `None` if it is not reached.
    #[must_use]
    pub fn path(&self, to: Node) -> Option<Path> {
        let mut at = self.graph.at(to)?;
        let mut next = self.entered[at].or(self.touched[at]);
        let mut edges = Vec::new();
        while let Some(edge_at) = next {
            let edge = self.graph.edge(edge_at);
            edges.push(edge.clone());
            at = self.graph.at(edge.from)?;
            next = if at == self.start { None } else { self.entered[at] };
        }
        edges.reverse();
        (!edges.is_empty()).then_some(Path { edges })
    }
}

fn service(node: Node) -> Option<ServiceId> {
    if let Node::Service(id) = node { Some(id) } else { None }
}
