// SPDX-License-Identifier: BSD-2-Clause
//! Wires: which there are, how they look, and the legend that explains them.

use std::collections::HashMap;

use partenza_plan::{Object, ServiceId};

use super::boxes::{Box, Overlay, What};
use crate::draw::layered::Link;
use crate::draw::svg::{self, Anchor, SMALL, Svg};
use crate::plan::Report;

/// What a wire says, and so how it looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A requirement on the layer's longest chain.
    Hot,
    Required,
    /// Not required.
    Optional,
    /// Required anyway, by way of another requirement.
    Implied,
    /// A call capability that no requirement explains.
    Call,
    Signal,
    /// A mapping that may be written, and one that may not.
    Write,
    Read,
}

const ALL: [Kind; 8] = [
    Kind::Hot,
    Kind::Required,
    Kind::Optional,
    Kind::Implied,
    Kind::Call,
    Kind::Signal,
    Kind::Write,
    Kind::Read,
];

impl Kind {
    pub const fn rank(self) -> u8 {
        self as u8
    }

    const fn plane(self) -> u8 {
        match self {
            Kind::Hot | Kind::Required | Kind::Optional | Kind::Implied => 0,
            Kind::Call => 1,
            Kind::Signal => 2,
            Kind::Write | Kind::Read => 3,
        }
    }

    pub const fn class(self) -> &'static str {
        match self {
            Kind::Hot => "hot thick",
            Kind::Required => "need",
            Kind::Optional => "need dash",
            Kind::Implied => "implied",
            Kind::Call => "call",
            Kind::Signal => "signal dot thick",
            Kind::Write => "memory",
            Kind::Read => "memory dash",
        }
    }

    pub const fn arrow(self) -> &'static str {
        match self {
            Kind::Hot => "hot-a",
            Kind::Required | Kind::Optional => "need-a",
            Kind::Implied => "implied-a",
            Kind::Call => "call-a",
            Kind::Signal => "signal-a",
            Kind::Write | Kind::Read => "memory-a",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Kind::Hot => "longest chain",
            Kind::Required => "requires",
            Kind::Optional => "uses, if there",
            Kind::Implied => "requires, implied",
            Kind::Call => "calls, not required",
            Kind::Signal => "signals",
            Kind::Write => "reads and writes",
            Kind::Read => "reads",
        }
    }

    /// Whether an arrow stands at the wire's source, where what is read arrives.
    pub const fn arrives_at_source(self) -> bool {
        matches!(self, Kind::Write | Kind::Read)
    }
}

pub struct Wire {
    pub link: Link,
    pub kind: Kind,
}

pub fn wires(report: &Report<'_, '_>, overlay: Overlay, boxes: &[Box]) -> Vec<Wire> {
    let mut item_of: HashMap<ServiceId, usize> = HashMap::new();
    for (at, this) in boxes.iter().enumerate() {
        if let What::Service(id) = this.what {
            item_of.insert(id, at);
        }
    }
    let mut wires = requirements(report, &item_of);
    if overlay == Overlay::Authority {
        capabilities(report, &item_of, &mut wires);
        memory(report, boxes, &item_of, &mut wires);
    }
    wires
}

fn wire(from: usize, to: usize, kind: Kind) -> Wire {
    Wire { link: Link { from, to, plane: kind.plane() }, kind }
}

fn requirements(report: &Report<'_, '_>, item_of: &HashMap<ServiceId, usize>) -> Vec<Wire> {
    let plan = report.plan();
    let above = ancestors(report);
    let mut wires = Vec::new();
    for id in report.ids() {
        for dependency in plan.service(id).requires.iter().filter(|d| d.on < id) {
            let others =
                plan.service(id).requires.iter().map(|d| d.on).filter(|on| *on != dependency.on && *on < id);
            let implied = others.into_iter().any(|on| above[usize::from(on.0)].contains(dependency.on));
            let own = report.timing.services[usize::from(id.0)];
            let hot = own.is_some_and(|w| w.critical_path && w.after == Some(dependency.on));
            let kind = match (hot, dependency.required, implied) {
                (true, ..) => Kind::Hot,
                (false, false, _) => Kind::Optional,
                (false, true, true) => Kind::Implied,
                (false, true, false) => Kind::Required,
            };
            if let (Some(from), Some(to)) = (item_of.get(&id), item_of.get(&dependency.on)) {
                wires.push(wire(*from, *to, kind));
            }
        }
    }
    wires
}

/// A set of services, a bit each.
#[derive(Clone)]
struct Set(Vec<u64>);

impl Set {
    fn contains(&self, id: ServiceId) -> bool {
        self.0[usize::from(id.0) / 64] & 1 << (id.0 % 64) != 0
    }
}

/// What each service requires in the end.
fn ancestors(report: &Report<'_, '_>) -> Vec<Set> {
    let plan = report.plan();
    let mut sets = vec![Set(vec![0; plan.services.len().div_ceil(64)]); plan.services.len()];
    for id in report.ids() {
        let mut set = sets[usize::from(id.0)].clone();
        for dependency in plan.service(id).requires.iter().filter(|d| d.required && d.on < id) {
            let on = usize::from(dependency.on.0);
            set.0[on / 64] |= 1 << (on % 64);
            set.0.iter_mut().zip(&sets[on].0).for_each(|(mine, theirs)| *mine |= theirs);
        }
        sets[usize::from(id.0)] = set;
    }
    sets
}

fn capabilities(report: &Report<'_, '_>, item_of: &HashMap<ServiceId, usize>, wires: &mut Vec<Wire>) {
    let plan = report.plan();
    for id in report.ids() {
        let service = plan.service(id);
        for grant in service.caps.iter().filter(|grant| grant.rights.write) {
            let (kind, peers) = match grant.object {
                Object::Endpoint(endpoint) => (Kind::Call, report.names.receivers(endpoint).to_vec()),
                Object::Notification(peer) => (Kind::Signal, vec![peer]),
                Object::Supervisor
                | Object::FaultHandler
                | Object::Parent(_)
                | Object::Child(_)
                | Object::Irq(_)
                | Object::IoPorts(..) => continue,
            };
            for peer in peers.into_iter().filter(|peer| *peer != id) {
                let required = service.requires.iter().any(|d| d.on == peer);
                if kind == Kind::Call && required {
                    continue;
                }
                let (Some(from), Some(to)) = (item_of.get(&id), item_of.get(&peer)) else { continue };
                let new = wire(*from, *to, kind);
                if !wires.iter().any(|known| known.link == new.link && known.kind == kind) {
                    wires.push(new);
                }
            }
        }
    }
}

fn memory(
    report: &Report<'_, '_>,
    boxes: &[Box],
    item_of: &HashMap<ServiceId, usize>,
    wires: &mut Vec<Wire>,
) {
    for (to, this) in boxes.iter().enumerate() {
        let What::Region(index) = this.what else { continue };
        for id in report.ids() {
            let mut maps = report.plan().service(id).maps.iter().filter(|map| map.region == index).peekable();
            if maps.peek().is_none() {
                continue;
            }
            let kind = if maps.any(|map| map.writable) { Kind::Write } else { Kind::Read };
            if let Some(from) = item_of.get(&id) {
                wires.push(wire(*from, to, kind));
            }
        }
    }
}

/// What the legend holds: each kind that is drawn.
fn entries(wires: &[Wire]) -> Vec<Kind> {
    ALL.into_iter().filter(|kind| wires.iter().any(|wire| wire.kind == *kind)).collect()
}

const SAMPLE: f64 = 30.0;
/// Between two lines of the legend.
const LEADING: f64 = 20.0;

/// Explains what is drawn, in as many lines as fit into `width`; gives the last one's y.
pub fn legend(svg: &mut Svg, boxes: &[Box], wires: &[Wire], width: f64, (left, mut y): (f64, f64)) -> f64 {
    let kinds = entries(wires).into_iter().map(Some);
    let mut x = left;
    let critical = boxes.iter().any(|this| this.critical).then_some(None);
    for kind in critical.into_iter().chain(kinds) {
        let words = kind.map_or("critical: without it no boot", Kind::words);
        let entry = SAMPLE + 8.0 + svg::width(words);
        if x + entry > left + width && x > left {
            x = left;
            y += LEADING;
        }
        match kind {
            None => svg.rect("critical", (x + SAMPLE - 5.0, y - 10.0), (3.0, 13.0), 1.5),
            Some(kind) => {
                let middle = y - SMALL * 0.35;
                svg.line(kind.class(), (x, middle), (x + SAMPLE, middle));
            }
        }
        svg.text("m", (x + SAMPLE + 8.0, y), Anchor::Start, words);
        x += entry + 18.0;
    }
    y
}
