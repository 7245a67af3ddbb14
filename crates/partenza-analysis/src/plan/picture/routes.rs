// SPDX-License-Identifier: BSD-2-Clause
//! The way of each wire on paper: where it docks at boxes, its curves between rows, its lanes beside boxes.

use std::collections::HashMap;
use std::fmt::Write;

use super::boxes::Box;
use super::scene::Scene;
use super::wires::{Kind, Wire};
use crate::draw::layered::{Layout, Place, Segment};
use crate::draw::svg::{ARROW, Svg, number};

/// Of several wires on one piece the strongest is drawn.
fn strongest(wires: &[Wire], segment: &Segment) -> Option<Kind> {
    segment.links.iter().map(|link| wires[*link].kind).min_by_key(|kind| kind.rank())
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
    // By item and whether it is the bottom: dock, sum and number of the far ends' x.
    type Side = Vec<(Dock, f64, f64)>;
    let mut sides: HashMap<(usize, bool), Side> = HashMap::new();
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
    let kind_of = |segment: &Segment| strongest(wires, segment);
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
            kinds[lane] = strongest(wires, segment);
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

/// A cubic with vertical ends: it stays between them.
fn curve(from: (f64, f64), to: (f64, f64)) -> String {
    let middle = f64::midpoint(from.1, to.1);
    if (from.0 - to.0).abs() < 0.05 {
        return format!("M{} {}L{} {}", number(from.0), number(from.1), number(to.0), number(to.1));
    }
    format!(
        "M{} {}C{} {} {} {} {} {}",
        number(from.0),
        number(from.1),
        number(from.0),
        number(middle),
        number(to.0),
        number(middle),
        number(to.0),
        number(to.1)
    )
}
