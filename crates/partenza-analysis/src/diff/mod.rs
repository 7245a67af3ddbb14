// SPDX-License-Identifier: BSD-2-Clause
//! Two plans compared, for the review of a change: services, versions, order, grants, rights, memory, and whom each
//! service reaches in the end.
//!
//! Everything is compared by name, never by number: a service that moves in the boot order is the same service, and an
//! endpoint is known by who receives on it. What follows from something else (slots, addresses of tables) is not told.

mod facts;
mod json;
mod show;

use std::collections::{BTreeMap, BTreeSet};

use partenza_plan::{Plan, ServiceId};

pub use facts::{Fact, Topic, Value};
pub use json::json;
pub use show::show;

use crate::authority::{Graph, Node, Relation};
use crate::names::{self, Names};
use crate::plan::Totals;
use facts::Facts;

/// A plan, and checksums of its programs ([`crate::source::Source::programs`]).
#[derive(Clone, Copy, Debug)]
pub struct Side<'s, 'a> {
    pub plan: &'s Plan<'a>,
    pub programs: &'s [u64],
}

/// A fact that is not the same on both sides; `None` where a side has no such fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub fact: Fact,
    pub from: Option<Value>,
    pub to: Option<Value>,
}

/// What became of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Added,
    Removed,
    Changed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceDiff {
    pub name: String,
    pub fate: Fate,
    /// Of an added or removed one: everything.
    pub changes: Vec<Change>,
}

/// A way that is there on one side only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReachDiff {
    pub from: String,
    pub to: String,
    /// There now, not there before.
    pub gained: bool,
    /// The way, on the side that has it.
    pub path: String,
}

/// What differs, from the first plan to the second.
#[derive(Clone, Debug)]
pub struct Diff {
    pub system: Vec<Change>,
    /// Services of both sides in boot order, before and after, if that changed.
    pub order: Option<(Vec<String>, Vec<String>)>,
    /// In the second plan's order, removed ones last.
    pub services: Vec<ServiceDiff>,
    /// Between services of both sides.
    pub reach: Vec<ReachDiff>,
    pub totals: (Totals, Totals),
    pub count: (usize, usize),
}

impl Diff {
    #[must_use]
    pub fn new(from: Side<'_, '_>, to: Side<'_, '_>) -> Self {
        let (old, new) = (Names::new(from.plan), Names::new(to.plan));
        let index = |plan: &Plan<'_>| -> BTreeMap<String, ServiceId> {
            names::ids(plan).map(|id| (plan.service(id).name.to_owned(), id)).collect()
        };
        let (old_ids, new_ids) = (index(from.plan), index(to.plan));
        let mut services = Vec::new();
        for id in names::ids(to.plan) {
            let name = to.plan.service(id).name;
            let after = facts::of_service(&new, id, to.programs);
            let (fate, before) = match old_ids.get(name) {
                Some(old_id) => (Fate::Changed, facts::of_service(&old, *old_id, from.programs)),
                None => (Fate::Added, Facts::new()),
            };
            services.push(ServiceDiff { name: name.to_owned(), fate, changes: compare(before, after) });
        }
        for id in names::ids(from.plan).filter(|id| !new_ids.contains_key(from.plan.service(*id).name)) {
            let name = from.plan.service(id).name.to_owned();
            let changes = compare(facts::of_service(&old, id, from.programs), Facts::new());
            services.push(ServiceDiff { name, fate: Fate::Removed, changes });
        }
        services.retain(|service| service.fate != Fate::Changed || !service.changes.is_empty());
        Self {
            system: compare(facts::of_system(&old), facts::of_system(&new)),
            order: order(from.plan, to.plan, &old_ids, &new_ids),
            services,
            reach: reach(from.plan, to.plan, &old_ids, &new_ids),
            totals: (Totals::new(from.plan), Totals::new(to.plan)),
            count: (from.plan.services.len(), to.plan.services.len()),
        }
    }

    /// Nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.system.is_empty() && self.order.is_none() && self.services.is_empty() && self.reach.is_empty()
    }
}

/// Facts of either side that the other does not have or has otherwise, in the facts' order.
fn compare(mut before: Facts, after: Facts) -> Vec<Change> {
    let mut changes = Vec::new();
    for (fact, to) in after {
        match before.remove(&fact) {
            Some(from) if from == to => {}
            from => changes.push(Change { fact, from, to: Some(to) }),
        }
    }
    changes.extend(before.into_iter().map(|(fact, from)| Change { fact, from: Some(from), to: None }));
    changes.sort_by(|a, b| a.fact.cmp(&b.fact));
    changes
}

type Ids = BTreeMap<String, ServiceId>;

fn order(from: &Plan<'_>, to: &Plan<'_>, old: &Ids, new: &Ids) -> Option<(Vec<String>, Vec<String>)> {
    let list = |plan: &Plan<'_>| -> Vec<String> {
        let common = plan.services.iter().map(|service| service.name);
        common.filter(|name| old.contains_key(*name) && new.contains_key(*name)).map(str::to_owned).collect()
    };
    let (before, after) = (list(from), list(to));
    (before != after).then_some((before, after))
}

fn reach(from: &Plan<'_>, to: &Plan<'_>, old: &Ids, new: &Ids) -> Vec<ReachDiff> {
    let (old_graph, new_graph) = (Graph::new(from, Relation::Acts), Graph::new(to, Relation::Acts));
    let mut all = Vec::new();
    for (name, new_id) in new {
        let Some(old_id) = old.get(name) else { continue };
        let (before, after) =
            (old_graph.reach(Node::Service(*old_id)), new_graph.reach(Node::Service(*new_id)));
        let (Some(before), Some(after)) = (before, after) else { continue };
        let names = |graph: &Graph<'_, '_>, ids: Vec<ServiceId>, other: &Ids| -> BTreeSet<String> {
            let names = ids.into_iter().map(|id| graph.names.service(id).to_owned());
            names.filter(|name| other.contains_key(name)).collect()
        };
        let was = names(&old_graph, before.services(), new);
        let is = names(&new_graph, after.services(), old);
        let way = |end: &String, gained: bool| {
            let path = if gained {
                after.path(Node::Service(new[end])).map(|path| new_graph.line(&path))
            } else {
                before.path(Node::Service(old[end])).map(|path| old_graph.line(&path))
            };
            ReachDiff { from: name.clone(), to: end.clone(), gained, path: path.unwrap_or_default() }
        };
        all.extend(is.difference(&was).map(|end| way(end, true)));
        all.extend(was.difference(&is).map(|end| way(end, false)));
    }
    all
}
