// SPDX-License-Identifier: BSD-2-Clause
//! The graph: services and what they share as nodes, capabilities and mappings as edges.
//!
//! Its size is that of the plan's capabilities: what many share (a region, all memory through DMA, the Supervisor's
//! operations) is a node of its own, never an edge for each pair.

use std::collections::{BTreeMap, HashMap};

use partenza_plan::{Object, Plan, ServiceId};

use super::{control, ending, targets};
use crate::devices;
use crate::names::{self, Names};

/// Which edges there are; see the module above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Acts,
    Tells,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    Service(ServiceId),
    /// Index into the plan's regions.
    Region(u16),
    /// Index into the plan's interrupts.
    Irq(u16),
    /// First and last port.
    Ports(u16, u16),
    /// All memory, as a device without an IOMMU sees it.
    AllMemory,
    /// The Supervisor, for operations that change other services.
    Supervisor,
}

/// What an edge stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// A capability to the server's endpoint with write and reply; for this interface.
    Calls(Option<String>),
    /// One with write only.
    Sends,
    /// A capability to the notification, with write.
    Signals,
    /// A writable mapping.
    Writes,
    /// A mapping, from its holder's side: the end of a way.
    Reads,
    /// A mapping, from the region's side.
    ReadBy,
    /// An interrupt or ports: the end of a way.
    Drives,
    /// Hardware that can master the bus.
    Programs(String),
    /// From all memory to whoever lives in it.
    Holds,
    /// Operations of the Supervisor on other services.
    Asks(Vec<&'static str>),
    /// Asks the Supervisor for operations that only some services can be the object of.
    Arranges(Vec<&'static str>),
    /// From the Supervisor to the service.
    Commands,
    /// The thread of a child: registers, suspend, resume, priority.
    Controls,
    /// A capability to the parent's endpoint, on which the kernel reports faults and the holder may send as well.
    Faults,
    /// From a server to its client; told, not acted.
    Answers,
}

impl How {
    /// Whether a way may go on from where such an edge leads.
    #[must_use]
    pub const fn passes(&self) -> bool {
        !matches!(self, How::Reads | How::Drives)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    pub from: Node,
    pub to: Node,
    pub how: How,
}

#[derive(Clone, Debug)]
pub struct Graph<'p, 'a> {
    pub names: Names<'p, 'a>,
    pub relation: Relation,
    nodes: Vec<Node>,
    index: HashMap<Node, usize>,
    edges: Vec<Edge>,
    /// Edges that leave each node.
    out: Vec<Vec<usize>>,
}

impl<'p, 'a> Graph<'p, 'a> {
    #[must_use]
    pub fn new(plan: &'p Plan<'a>, relation: Relation) -> Self {
        let mut graph = Self {
            names: Names::new(plan),
            relation,
            nodes: Vec::new(),
            index: HashMap::new(),
            edges: Vec::new(),
            out: Vec::new(),
        };
        for id in names::ids(plan) {
            graph.node(Node::Service(id));
        }
        for index in 0..plan.regions.len() {
            graph.node(Node::Region(index as u16));
        }
        let listeners = listeners(plan);
        for id in names::ids(plan) {
            graph.capabilities(id, &listeners);
            graph.mappings(id);
            graph.operations(id);
        }
        graph.all_memory();
        graph.commands();
        graph
    }

    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    #[must_use]
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The edges that leave a node; none if there is no such node.
    pub fn leaving(&self, node: Node) -> impl Iterator<Item = &Edge> {
        let out = self.index.get(&node).map_or(&[][..], |at| self.out[*at].as_slice());
        out.iter().map(|edge| &self.edges[*edge])
    }

    pub(super) fn leaving_at(&self, at: usize) -> &[usize] {
        &self.out[at]
    }

    pub(super) fn edge(&self, at: usize) -> &Edge {
        &self.edges[at]
    }

    pub(super) fn at(&self, node: Node) -> Option<usize> {
        self.index.get(&node).copied()
    }

    /// Hardware of a service that can read and write all memory; empty where it has none.
    #[must_use]
    pub fn bus_masters(&self, id: ServiceId) -> Vec<&str> {
        let why = |edge: &'_ Edge| matches!((&edge.how, edge.to), (How::Programs(_), Node::AllMemory));
        let edges = self.leaving(Node::Service(id)).filter(|edge| why(edge));
        edges
            .filter_map(|edge| if let How::Programs(what) = &edge.how { Some(what.as_str()) } else { None })
            .collect()
    }

    /// The operations with which a service may end the system.
    #[must_use]
    pub fn ends_system(&self, id: ServiceId) -> Vec<&'static str> {
        self.names.plan.services.get(usize::from(id.0)).map_or_else(Vec::new, |s| ending(s.permissions))
    }

    /// A node in words.
    #[must_use]
    pub fn word(&self, node: Node) -> String {
        let plan = self.names.plan;
        match node {
            Node::Service(id) => self.names.service(id).to_owned(),
            Node::Region(index) => {
                let name = plan.regions.get(usize::from(index)).map_or("?", |region| region.name);
                format!("memory {name}")
            }
            Node::Irq(index) => self.names.irq(index),
            Node::Ports(first, last) => names::ports(first, last),
            Node::AllMemory => "all memory".to_owned(),
            Node::Supervisor => "the Supervisor".to_owned(),
        }
    }

    /// A service's, region's or device's name as people write it: `terminal`, `fs_buffer`, `irq 4`, `COM1`, `0x3f8`.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Node> {
        let plan = self.names.plan;
        let region = || plan.regions.iter().position(|region| region.name == name);
        if let Some(id) = plan.find(name) {
            return Some(Node::Service(id));
        }
        if let Some(at) = region() {
            return Some(Node::Region(at as u16));
        }
        let number = name.strip_prefix("0x").and_then(|hex| u16::from_str_radix(hex, 16).ok());
        let pin = name.strip_prefix("irq").or_else(|| name.strip_prefix("interrupt"));
        let pin = pin.and_then(|text| text.trim().parse::<u8>().ok());
        self.nodes.iter().copied().find(|node| match *node {
            Node::Ports(first, last) => {
                number.is_some_and(|port| first <= port && port <= last)
                    || devices::ports_name(first, last).is_some_and(|known| known.eq_ignore_ascii_case(name))
            }
            Node::Irq(index) => plan.irqs.get(usize::from(index)).is_some_and(|irq| Some(irq.pin) == pin),
            Node::AllMemory => name == "all memory" || name == "memory",
            Node::Service(_) | Node::Region(_) | Node::Supervisor => false,
        })
    }

    fn node(&mut self, node: Node) -> usize {
        *self.index.entry(node).or_insert_with(|| {
            self.nodes.push(node);
            self.out.push(Vec::new());
            self.nodes.len() - 1
        })
    }

    fn add(&mut self, from: Node, to: Node, how: How) {
        if from == to {
            return;
        }
        let edge = Edge { from, to, how };
        let at = self.node(from);
        self.node(to);
        // Two capabilities of the same kind say the same twice.
        if self.out[at].iter().any(|known| self.edges[*known] == edge) {
            return;
        }
        self.out[at].push(self.edges.len());
        self.edges.push(edge);
    }

    fn capabilities(&mut self, id: ServiceId, listeners: &[Vec<ServiceId>]) {
        let service = self.names.plan.service(id);
        let me = Node::Service(id);
        for grant in &service.caps {
            match grant.object {
                Object::Endpoint(endpoint) if grant.rights.write => {
                    let servers = self.names.receivers(endpoint).to_vec();
                    let interface = self.names.interface(id, grant).map(str::to_owned);
                    for server in servers {
                        let how = if grant.rights.reply { How::Calls(interface.clone()) } else { How::Sends };
                        self.add(me, Node::Service(server), how);
                        if self.relation == Relation::Tells && grant.rights.reply {
                            self.add(Node::Service(server), me, How::Answers);
                        }
                    }
                }
                Object::Notification(whose) if grant.rights.write => {
                    for listener in listeners.get(usize::from(whose.0)).into_iter().flatten() {
                        self.add(me, Node::Service(*listener), How::Signals);
                    }
                }
                Object::Child(child) => self.add(me, Node::Service(child), How::Controls),
                Object::Parent(parent) => self.add(me, Node::Service(parent), How::Faults),
                Object::Irq(index) => self.add(me, Node::Irq(index), How::Drives),
                Object::IoPorts(first, last) => {
                    self.add(me, Node::Ports(first, last), How::Drives);
                    if devices::ports_master(first, last) {
                        self.add(me, Node::AllMemory, How::Programs(names::ports(first, last)));
                    }
                }
                // To receive is not to act. The Supervisor is trusted, and what may be asked of it is in `operations`.
                Object::Endpoint(_) | Object::Notification(_) | Object::Supervisor | Object::FaultHandler => {
                }
            }
        }
    }

    fn mappings(&mut self, id: ServiceId) {
        let me = Node::Service(id);
        for map in &self.names.plan.service(id).maps {
            let Some(region) = self.names.plan.regions.get(usize::from(map.region)) else { continue };
            let node = Node::Region(map.region);
            self.add(me, node, if map.writable { How::Writes } else { How::Reads });
            self.add(node, me, How::ReadBy);
            if map.writable && devices::region_masters(region) {
                self.add(me, Node::AllMemory, How::Programs(format!("device memory {}", region.name)));
            }
        }
    }

    fn operations(&mut self, id: ServiceId) {
        let plan = self.names.plan;
        let mut asks = Vec::new();
        let mut arranged: BTreeMap<ServiceId, Vec<&'static str>> = BTreeMap::new();
        for op in control(plan.service(id).permissions) {
            match targets(op, plan) {
                None => asks.push(op.name()),
                Some(targets) => {
                    targets
                        .into_iter()
                        .for_each(|target| arranged.entry(target).or_default().push(op.name()));
                }
            }
        }
        if !asks.is_empty() {
            self.add(Node::Service(id), Node::Supervisor, How::Asks(asks));
        }
        for (target, operations) in arranged.into_iter().filter(|(target, _)| *target != id) {
            self.add(Node::Service(id), Node::Service(target), How::Arranges(operations));
        }
    }

    /// What a bus master reaches: everybody lives in memory. It also reads what everybody has there.
    fn all_memory(&mut self) {
        if self.at(Node::AllMemory).is_none() {
            return;
        }
        for id in names::ids(self.names.plan) {
            self.add(Node::AllMemory, Node::Service(id), How::Holds);
            if self.relation == Relation::Tells {
                self.add(Node::Service(id), Node::AllMemory, How::Holds);
            }
        }
        for index in 0..self.names.plan.regions.len() {
            self.add(Node::AllMemory, Node::Region(index as u16), How::Holds);
        }
    }

    fn commands(&mut self) {
        if self.at(Node::Supervisor).is_some() {
            for id in names::ids(self.names.plan) {
                self.add(Node::Supervisor, Node::Service(id), How::Commands);
            }
        }
    }
}

/// Who is told by a signal to each service's notification: the service whose it is, and holders that may read it.
fn listeners(plan: &Plan<'_>) -> Vec<Vec<ServiceId>> {
    let mut listeners: Vec<Vec<ServiceId>> = names::ids(plan).map(|id| vec![id]).collect();
    for (id, service) in names::ids(plan).zip(&plan.services) {
        for grant in &service.caps {
            if let Object::Notification(whose) = grant.object
                && grant.rights.read
                && let Some(list) = listeners.get_mut(usize::from(whose.0))
                && !list.contains(&id)
            {
                list.push(id);
            }
        }
    }
    listeners
}
