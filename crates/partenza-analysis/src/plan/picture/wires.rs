// SPDX-License-Identifier: BSD-2-Clause
//! Wires: which there are, where they dock, how they look, and the legend that explains them.

use std::collections::HashMap;
use std::fmt::Write;

use partenza_plan::{Object, ServiceId};

use super::boxes::{Box, What};
use super::{Overlay, Scene, curve, strongest};
use crate::draw::layered::{Layout, Link, Place, Segment};
use crate::draw::svg::{self, ARROW, Anchor, SMALL, Svg, number};
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

    const fn class(self) -> &'static str {
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

    const fn arrow(self) -> &'static str {
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
    const fn arrives_at_source(self) -> bool {
        matches!(self, Kind::Write | Kind::Read)
    }
}

pub struct Wire {
    pub link: Link,
    kind: Kind,
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
                Object::Supervisor | Object::FaultHandler | Object::Irq(_) | Object::IoPorts(..) => continue,
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

/// Row and x of a place.
pub fn place(layout: &Layout, boxes: &[Box], place: Place) -> (usize, f64) {
    match place {
        Place::Item(at) => (boxes[at].row, layout.x[at]),
        Place::Lane(at) => layout.lanes[at],
    }
}

/// Where segments dock at boxes: each that leaves at a dock of its own, those that arrive in a plane at one.
struct Docks {
    x: HashMap<Dock, f64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Dock {
    Leaving { segment: usize },
    Arriving { item: usize, plane: u8, bottom: bool },
}

fn dock(segment: usize, item: usize, arriving: bool, plane: u8, bottom: bool) -> Dock {
    if arriving { Dock::Arriving { item, plane, bottom } } else { Dock::Leaving { segment } }
}

fn plane(wires: &[Wire], segment: &Segment) -> u8 {
    segment.links.first().map_or(0, |link| wires[*link].link.plane)
}

fn docks(scene: &Scene, wires: &[Wire]) -> Docks {
    // By item and side: dock, sum and number of the far ends' x.
    let mut sides: HashMap<(usize, bool), Vec<(Dock, f64, f64)>> = HashMap::new();
    for (index, segment) in scene.layout.segments.iter().enumerate() {
        let (from_row, from_x) = place(&scene.layout, &scene.boxes, segment.from);
        let (to_row, to_x) = place(&scene.layout, &scene.boxes, segment.to);
        let plane = plane(wires, segment);
        let ends =
            [(segment.from, from_row < to_row, to_x, false), (segment.to, to_row < from_row, from_x, true)];
        for (end, bottom, far, arriving) in ends {
            let Place::Item(item) = end else { continue };
            let key = dock(index, item, arriving, plane, bottom);
            let list = sides.entry((item, bottom)).or_default();
            match list.iter_mut().find(|(known, ..)| *known == key) {
                Some(entry) => {
                    entry.1 += far;
                    entry.2 += 1.0;
                }
                None => list.push((key, far, 1.0)),
            }
        }
    }
    let mut x = HashMap::new();
    let mut alone = Vec::new();
    for ((item, _), mut list) in sides {
        list.sort_by(|a, b| (a.1 / a.2).total_cmp(&(b.1 / b.2)));
        let room = scene.boxes[item].width - 28.0;
        let step = (room / (list.len().max(2) - 1) as f64).min(20.0);
        let first = scene.x(item) - step * (list.len() - 1) as f64 / 2.0;
        if let [(key @ Dock::Arriving { .. }, _, 1.0)] = list[..] {
            alone.push((key, item, room / 2.0));
        }
        for (at, (key, ..)) in list.into_iter().enumerate() {
            x.insert(key, first + step * at as f64);
        }
    }
    // A wire that arrives alone is straight if the box is where it comes from.
    for (index, segment) in scene.layout.segments.iter().enumerate() {
        for (key, item, reach) in alone.iter().filter(|(_, item, _)| segment.to == Place::Item(*item)) {
            let from = match segment.from {
                Place::Item(_) => x.get(&Dock::Leaving { segment: index }).copied(),
                Place::Lane(lane) => Some(scene.left + scene.layout.lanes[lane].1),
            };
            let arrives = |key: Dock| {
                matches!(key, Dock::Arriving { plane: p, bottom, .. }
                if p == plane(wires, segment) && bottom == comes_from_below(scene, segment))
            };
            if let Some(from) = from.filter(|from| (from - scene.x(*item)).abs() <= *reach && arrives(*key)) {
                x.insert(*key, from);
            }
        }
    }
    Docks { x }
}

fn comes_from_below(scene: &Scene, segment: &Segment) -> bool {
    let row = |p| place(&scene.layout, &scene.boxes, p).0;
    row(segment.from) > row(segment.to)
}

/// Draws every wire, faint ones first.
pub fn draw(svg: &mut Svg, scene: &Scene, wires: &[Wire]) {
    let docks = docks(scene, wires);
    let kind_of = |segment: &Segment| strongest(segment.links.iter().map(|link| &wires[*link].kind)).copied();
    let mut order: Vec<(u8, usize)> = scene
        .layout
        .segments
        .iter()
        .enumerate()
        .filter_map(|(at, segment)| Some((kind_of(segment)?.rank(), at)))
        .collect();
    order.sort_by_key(|(rank, at)| (std::cmp::Reverse(*rank), *at));
    for (_, at) in order {
        let segment = &scene.layout.segments[at];
        if let Some(kind) = kind_of(segment) {
            draw_segment(svg, scene, &docks, (at, segment, plane(wires, segment)), kind);
        }
    }
    for this in wires.iter().filter(|w| scene.boxes[w.link.from].row == scene.boxes[w.link.to].row) {
        arc(svg, scene, this);
    }
    lanes(svg, scene, wires);
}

fn draw_segment(
    svg: &mut Svg,
    scene: &Scene,
    docks: &Docks,
    (at, segment, plane): (usize, &Segment, u8),
    kind: Kind,
) {
    let row = |p| place(&scene.layout, &scene.boxes, p).0;
    let down = row(segment.to) > row(segment.from);
    let end = |p: Place, arriving: bool| -> (f64, f64) {
        // The end nearer to the top of the picture docks at its bottom.
        let bottom = down != arriving;
        match p {
            Place::Item(item) => {
                let key = dock(at, item, arriving, plane, bottom);
                let x = docks.x.get(&key).copied().unwrap_or_else(|| scene.x(item));
                (x, if bottom { scene.bottom(item) } else { scene.top(item) })
            }
            Place::Lane(lane) => {
                let (row, x) = scene.layout.lanes[lane];
                let (top, height) = scene.places[row];
                (x + scene.left, if bottom { top + height } else { top })
            }
        }
    };
    let (mut from, mut to) = (end(segment.from, false), end(segment.to, true));
    let toward = if down { 1.0 } else { -1.0 };
    if matches!(segment.to, Place::Item(_)) && kind != Kind::Read {
        svg.arrow(kind.arrow(), to, down);
        to.1 -= toward * (ARROW - 1.0);
    }
    if matches!(segment.from, Place::Item(_)) && kind.arrives_at_source() {
        svg.arrow(kind.arrow(), from, !down);
        from.1 += toward * (ARROW - 1.0);
    }
    // Beside a taller box a wire runs straight until it is below the row.
    let foot = |place: Place, end: (f64, f64), bottom: bool| match place {
        Place::Item(item) if bottom => {
            let (top, height) = scene.places[scene.boxes[item].row];
            (end.0, (top + height).max(end.1))
        }
        Place::Item(_) | Place::Lane(_) => end,
    };
    let (start, stop) = (foot(segment.from, from, down), foot(segment.to, to, !down));
    let mut data = curve(start, stop);
    if start != from {
        data.insert_str(
            0,
            &format!("M{} {}L{} {}", number(from.0), number(from.1), number(start.0), number(start.1)),
        );
    }
    if stop != to {
        let _ = write!(data, "L{} {}", number(to.0), number(to.1));
    }
    svg.path(&format!("w {}", kind.class()), &data);
}

/// Lanes run straight through their row, and on to its foot where a box beside is lower.
fn lanes(svg: &mut Svg, scene: &Scene, wires: &[Wire]) {
    let mut kinds: Vec<Option<Kind>> = vec![None; scene.layout.lanes.len()];
    for segment in &scene.layout.segments {
        if let Place::Lane(lane) = segment.from {
            kinds[lane] = strongest(segment.links.iter().map(|link| &wires[*link].kind)).copied();
        }
    }
    for ((row, x), kind) in scene.layout.lanes.iter().zip(kinds) {
        let (Some(kind), (top, height)) = (kind, scene.places[*row]) else { continue };
        let x = x + scene.left;
        svg.path(&format!("w {}", kind.class()), &curve((x, top), (x, top + height)));
    }
}

/// A wire within a row: over the boxes between.
fn arc(svg: &mut Svg, scene: &Scene, this: &Wire) {
    let side = |item: usize, other: usize| {
        let toward = if scene.x(other) > scene.x(item) { 1.0 } else { -1.0 };
        (scene.x(item) + toward * scene.boxes[item].width * 0.3, scene.top(item))
    };
    let (from, to) = (side(this.link.from, this.link.to), side(this.link.to, this.link.from));
    let peak = from.1 - 28.0;
    let data = format!(
        "M{} {}C{} {} {} {} {} {}",
        number(from.0),
        number(from.1),
        number(from.0),
        number(peak),
        number(to.0),
        number(peak),
        number(to.0),
        number(to.1 - ARROW + 1.0)
    );
    svg.path(&format!("w {}", this.kind.class()), &data);
    svg.arrow(this.kind.arrow(), to, true);
}

/// What the legend holds: each kind that is drawn.
fn entries(wires: &[Wire]) -> Vec<Kind> {
    ALL.into_iter().filter(|kind| wires.iter().any(|wire| wire.kind == *kind)).collect()
}

const SAMPLE: f64 = 30.0;
const CRITICAL: &str = "critical: without it no boot";

pub fn legend_width(wires: &[Wire], _: Overlay) -> f64 {
    let entry = |text: &str| SAMPLE + 8.0 + svg::width(text) + 18.0;
    entries(wires).iter().map(|kind| entry(kind.words())).sum::<f64>() + entry(CRITICAL)
}

pub fn legend(svg: &mut Svg, wires: &[Wire], _: Overlay, (mut x, y): (f64, f64)) {
    svg.rect("critical", (x + SAMPLE - 5.0, y - 10.0), (3.0, 13.0), 1.5);
    let mut text = |svg: &mut Svg, words: &str| {
        svg.text("m", (x + SAMPLE + 8.0, y), Anchor::Start, words);
        x += SAMPLE + 8.0 + svg::width(words) + 18.0;
        x
    };
    let mut at = text(svg, CRITICAL);
    for kind in entries(wires) {
        let middle = y - SMALL * 0.35;
        svg.path(
            &format!("w {}", kind.class()),
            &format!("M{} {m}L{} {m}", number(at), number(at + SAMPLE), m = number(middle)),
        );
        at = text(svg, kind.words());
    }
}
