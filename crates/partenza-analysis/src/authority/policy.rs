// SPDX-License-Identifier: BSD-2-Clause
//! Rules of a system's policy, judged by the graph (SPEC F-9).
//!
//! * `deny: a -> b` holds if there is no way from a to b, however long.
//! * `allow-only: {to: b, from: [c, d]}` holds if nobody but c and d acts on b directly, so that every way to b leads
//!   through one of them.
//!
//! Rules judge [`Relation::Acts`](super::Relation): a server that answers a client does not act on it.

use super::graph::{Graph, Node};
use super::query::Path;
use crate::names;

/// A rule. Names are services, or regions and devices as [`Graph::find`] knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    Deny { from: String, to: String },
    AllowOnly { to: String, from: Vec<String> },
}

/// The text is no rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseError;

impl Rule {
    /// `a -> b`
    ///
    /// # Errors
    /// There are not two names with an arrow between them.
    pub fn deny(text: &str) -> Result<Self, ParseError> {
        let (from, to) = text.split_once("->").ok_or(ParseError)?;
        let (from, to) = (from.trim(), to.trim());
        if from.is_empty() || to.is_empty() || to.contains("->") {
            return Err(ParseError);
        }
        Ok(Rule::Deny { from: from.to_owned(), to: to.to_owned() })
    }
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Rule::Deny { from, to } => write!(f, "deny: {from} -> {to}"),
            Rule::AllowOnly { to, from } => {
                write!(f, "allow-only: {{to: {to}, from: [{}]}}", from.join(", "))
            }
        }
    }
}

/// A rule that does not hold, and the way that breaks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Index of the rule.
    pub rule: usize,
    pub path: Path,
}

/// A rule names something that the system does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// Index of the rule.
    pub rule: usize,
    pub name: String,
}

/// Judges rules in their order. A rule that is broken in several ways is so many violations, in boot order of the
/// offenders.
///
/// # Errors
/// All names that nothing has.
pub fn evaluate(graph: &Graph<'_, '_>, rules: &[Rule]) -> Result<Vec<Violation>, Vec<UnknownName>> {
    let mut violations = Vec::new();
    let mut unknown = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        let mut find = |name: &str| {
            let node = graph.find(name);
            if node.is_none() {
                unknown.push(UnknownName { rule: at, name: name.to_owned() });
            }
            node
        };
        let paths = match rule {
            Rule::Deny { from, to } => match (find(from), find(to)) {
                (Some(from), Some(to)) => graph.path(from, to).into_iter().collect(),
                _ => Vec::new(),
            },
            Rule::AllowOnly { to, from } => {
                let allowed: Vec<Node> = from.iter().filter_map(|name| find(name)).collect();
                find(to).map_or_else(Vec::new, |to| others(graph, to, &allowed))
            }
        };
        violations.extend(paths.into_iter().map(|path| Violation { rule: at, path }));
    }
    if unknown.is_empty() { Ok(violations) } else { Err(unknown) }
}

/// Ways to `to` from services that are not allowed and that lead through no other service.
fn others(graph: &Graph<'_, '_>, to: Node, allowed: &[Node]) -> Vec<Path> {
    names::ids(graph.names.plan)
        .map(Node::Service)
        .filter(|node| *node != to && !allowed.contains(node))
        .filter_map(|node| graph.reach_through(node, |_| false)?.path(to))
        .collect()
}
