// SPDX-License-Identifier: BSD-2-Clause
//! The layered layout of a graph whose nodes already know their rows (Sugiyama's method).
//!
//! * A wire that crosses rows goes through a lane of its own in each of them, so it never runs through a box.
//! * Wires to the same node share their lanes: twenty clients of one server are one trunk that gathers them.
//! * The order within rows comes from barycentre sweeps, the best of all by the number of crossings.
//! * The positions come from the same sweeps: each row is put as near to its neighbours as its order allows, which is
//!   an isotonic regression and has one best answer.
//!
//! Written here because no crate does it: rows come from the plan (layers, and ranks within them), and wires need ways
//! around boxes. `rust-sugiyama` 0.4 and `layout-rs` 0.1 choose the rows themselves, and the former gives positions alone.

/// A node: its row and its width.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    pub row: usize,
    pub width: f64,
}

/// A wire to be laid: wires of different `plane` share nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    pub from: usize,
    pub to: usize,
    pub plane: u8,
}

/// A place in a row: an item or a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Item(usize),
    Lane(usize),
}

/// A piece of a wire between two neighbouring rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Nearer to the wire's source.
    pub from: Place,
    /// Nearer to its target.
    pub to: Place,
    /// The links that run through it.
    pub links: Vec<usize>,
}

/// What was laid out.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// Centre of each item.
    pub x: Vec<f64>,
    /// Row and centre of each lane.
    pub lanes: Vec<(usize, f64)>,
    pub segments: Vec<Segment>,
    /// From 0 to the right edge of the rightmost item or lane.
    pub width: f64,
}

/// Between boxes; between a lane and anything.
const GAP: f64 = 26.0;
const LANE: f64 = 13.0;
const SWEEPS: usize = 16;
/// Sweeps over the positions, and how much more a lane wants to be straight than to be short.
const SETTLING: usize = 120;
const STRAIGHT: f64 = 40.0;

/// A vertex of the layered graph.
#[derive(Clone, Copy)]
struct Vertex {
    place: Place,
    width: f64,
}

struct Layered {
    vertices: Vec<Vertex>,
    /// Vertices of each row, from left to right.
    rows: Vec<Vec<usize>>,
    /// Neighbours in the row above and in the row below.
    above: Vec<Vec<usize>>,
    below: Vec<Vec<usize>>,
    /// Where in its row.
    position: Vec<usize>,
    x: Vec<f64>,
}

/// Lays out items and the links between different rows; links within a row are the caller's.
pub fn lay_out(items: &[Item], links: &[Link]) -> Layout {
    let (mut layered, segments, lanes) = build(items, links);
    layered.order();
    layered.place();
    let mut layout = Layout {
        x: vec![0.0; items.len()],
        lanes: lanes.iter().map(|row| (*row, 0.0)).collect(),
        segments,
        width: 0.0,
    };
    let left = |v: &usize| layered.x[*v] - layered.vertices[*v].width / 2.0;
    let least = (0..layered.vertices.len()).map(|v| left(&v)).fold(f64::INFINITY, f64::min);
    for (vertex, x) in layered.vertices.iter().zip(&layered.x) {
        let x = x - least;
        layout.width = layout.width.max(x + vertex.width / 2.0);
        match vertex.place {
            Place::Item(at) => layout.x[at] = x,
            Place::Lane(at) => layout.lanes[at].1 = x,
        }
    }
    layout
}

fn build(items: &[Item], links: &[Link]) -> (Layered, Vec<Segment>, Vec<usize>) {
    use std::collections::BTreeMap;
    let row_count = items.iter().map(|item| item.row + 1).max().unwrap_or(0);
    // By target, plane, direction and row.
    let mut lane_of: BTreeMap<(usize, u8, bool, usize), usize> = BTreeMap::new();
    let mut lanes = Vec::new();
    let mut segment_of: BTreeMap<(usize, usize, u8), usize> = BTreeMap::new();
    let mut segments: Vec<Segment> = Vec::new();
    let vertex = |place: Place| match place {
        Place::Item(at) => at,
        Place::Lane(at) => items.len() + at,
    };
    for (index, link) in links.iter().enumerate() {
        let (start, end) = (items[link.from].row, items[link.to].row);
        if start == end {
            continue;
        }
        let down = end > start;
        let mut at = Place::Item(link.from);
        let between: Vec<usize> =
            if down { (start + 1..end).collect() } else { (end + 1..start).rev().collect() };
        let mut join = |from: Place, to: Place| {
            let key = (vertex(from), vertex(to), link.plane);
            let segment = *segment_of.entry(key).or_insert_with(|| {
                segments.push(Segment { from, to, links: Vec::new() });
                segments.len() - 1
            });
            segments[segment].links.push(index);
        };
        for row in between {
            let lane = *lane_of.entry((link.to, link.plane, down, row)).or_insert_with(|| {
                lanes.push(row);
                lanes.len() - 1
            });
            join(at, Place::Lane(lane));
            at = Place::Lane(lane);
        }
        join(at, Place::Item(link.to));
    }
    let mut vertices: Vec<Vertex> = items
        .iter()
        .enumerate()
        .map(|(at, item)| Vertex { place: Place::Item(at), width: item.width })
        .collect();
    vertices.extend((0..lanes.len()).map(|at| Vertex { place: Place::Lane(at), width: 0.0 }));
    let row_of = |v: usize| if v < items.len() { items[v].row } else { lanes[v - items.len()] };
    let mut rows = vec![Vec::new(); row_count];
    for v in 0..vertices.len() {
        rows[row_of(v)].push(v);
    }
    let mut above = vec![Vec::new(); vertices.len()];
    let mut below = vec![Vec::new(); vertices.len()];
    for segment in &segments {
        let (a, b) = (vertex(segment.from), vertex(segment.to));
        let (upper, lower) = if row_of(a) < row_of(b) { (a, b) } else { (b, a) };
        below[upper].push(lower);
        above[lower].push(upper);
    }
    let count = vertices.len();
    let mut layered = Layered { vertices, rows, above, below, position: vec![0; count], x: vec![0.0; count] };
    layered.number();
    (layered, segments, lanes)
}

impl Layered {
    fn number(&mut self) {
        for row in &self.rows {
            for (at, v) in row.iter().enumerate() {
                self.position[*v] = at;
            }
        }
    }

    /// Sweeps down and up; keeps the order with the fewest crossings.
    fn order(&mut self) {
        let mut best = self.rows.clone();
        let mut fewest = self.crossings();
        for sweep in 0..SWEEPS {
            let down = sweep % 2 == 0;
            let rows: Vec<usize> = if down {
                (1..self.rows.len()).collect()
            } else {
                (0..self.rows.len().saturating_sub(1)).rev().collect()
            };
            for row in rows {
                self.sort_row(row, down);
            }
            let crossings = self.crossings();
            if crossings < fewest {
                fewest = crossings;
                best.clone_from(&self.rows);
            }
            if fewest == 0 {
                break;
            }
        }
        self.rows = best;
        self.number();
    }

    fn sort_row(&mut self, row: usize, by_above: bool) {
        let neighbours = if by_above { &self.above } else { &self.below };
        let centre = |v: usize| {
            let list = &neighbours[v];
            if list.is_empty() {
                // It stays where it is, relative to the width of its row.
                return self.position[v] as f64;
            }
            list.iter().map(|n| self.position[*n] as f64).sum::<f64>() / list.len() as f64
        };
        let mut keyed: Vec<(f64, usize)> = self.rows[row].iter().map(|v| (centre(*v), *v)).collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.rows[row] = keyed.into_iter().map(|(_, v)| v).collect();
        for (at, v) in self.rows[row].iter().enumerate() {
            self.position[*v] = at;
        }
    }

    /// Inversions between each two neighbouring rows, counted with a Fenwick tree.
    fn crossings(&self) -> usize {
        let mut total = 0;
        for row in &self.rows {
            let mut ends: Vec<(usize, usize)> = Vec::new();
            for v in row {
                ends.extend(self.below[*v].iter().map(|n| (self.position[*v], self.position[*n])));
            }
            ends.sort_unstable();
            let size = ends.iter().map(|(_, to)| to + 1).max().unwrap_or(0);
            let mut tree = vec![0usize; size + 1];
            for (seen, (_, to)) in ends.iter().enumerate() {
                let mut at = to + 1;
                let mut not_right = 0;
                while at > 0 {
                    not_right += tree[at];
                    at &= at - 1;
                }
                total += seen - not_right;
                at = to + 1;
                while at <= size {
                    tree[at] += 1;
                    at += at & at.wrapping_neg();
                }
            }
        }
        total
    }

    fn separation(&self, left: usize, right: usize) -> f64 {
        let (a, b) = (&self.vertices[left], &self.vertices[right]);
        let gap = match (a.place, b.place) {
            (Place::Item(_), Place::Item(_)) => GAP,
            (Place::Lane(_), Place::Lane(_))
            | (Place::Lane(_), Place::Item(_))
            | (Place::Item(_), Place::Lane(_)) => LANE,
        };
        a.width / 2.0 + gap + b.width / 2.0
    }

    fn place(&mut self) {
        for row in self.rows.clone() {
            let mut x = 0.0;
            for pair in 0..row.len() {
                if pair > 0 {
                    x += self.separation(row[pair - 1], row[pair]);
                }
                self.x[row[pair]] = x;
            }
            // Centred, so that rows without wires between them line up.
            for v in &row {
                self.x[*v] -= x / 2.0;
            }
        }
        for sweep in 0..SETTLING {
            let count = self.rows.len();
            let rows: Vec<usize> =
                if sweep % 2 == 0 { (0..count).collect() } else { (0..count).rev().collect() };
            for row in rows {
                self.settle(row);
            }
        }
    }

    /// Puts a row where its neighbours want it: least squares under the order and the separations.
    fn settle(&mut self, row: usize) {
        let row = self.rows[row].clone();
        let mut offset = 0.0;
        // Blocks of vertices that touch: sum of weighted wishes, weight, how many.
        let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
        let mut offsets = Vec::with_capacity(row.len());
        for (at, v) in row.iter().enumerate() {
            if at > 0 {
                offset += self.separation(row[at - 1], *v);
            }
            offsets.push(offset);
            let (wish, weight) = self.wish(*v);
            let mut block = ((wish - offset) * weight, weight, 1);
            while let Some(last) = blocks.last().filter(|last| last.0 / last.1 >= block.0 / block.1) {
                block = (block.0 + last.0, block.1 + last.1, block.2 + last.2);
                blocks.pop();
            }
            blocks.push(block);
        }
        let mut at = 0;
        for (sum, weight, count) in blocks {
            for _ in 0..count {
                self.x[row[at]] = sum / weight + offsets[at];
                at += 1;
            }
        }
    }

    /// Where a vertex would like to be and how much: lanes want to be straight.
    fn wish(&self, v: usize) -> (f64, f64) {
        let neighbours = || self.above[v].iter().chain(&self.below[v]);
        let is_lane = |v: usize| matches!(self.vertices[v].place, Place::Lane(_));
        let weight = |n: usize| if is_lane(v) && is_lane(n) { STRAIGHT } else { 1.0 };
        let total: f64 = neighbours().map(|n| weight(*n)).sum();
        if total == 0.0 {
            // Nobody holds it: it keeps its place, but gives way.
            return (self.x[v], 0.2);
        }
        let sum: f64 = neighbours().map(|n| weight(*n) * self.x[*n]).sum();
        (sum / total, total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(from: usize, to: usize) -> Link {
        Link { from, to, plane: 0 }
    }

    fn item(row: usize) -> Item {
        Item { row, width: 100.0 }
    }

    #[test]
    fn boxes_and_lanes_of_a_row_never_overlap() {
        let items: Vec<Item> = (0..60).map(|at| item(at / 6)).collect();
        let links: Vec<Link> =
            (6..60).flat_map(|at| [link(at, at % 6), link(at, at * 7 % (at / 6 * 6))]).collect();
        let layout = lay_out(&items, &links);
        let mut places: Vec<(usize, f64, f64)> =
            items.iter().zip(&layout.x).map(|(item, x)| (item.row, *x, item.width)).collect();
        places.extend(layout.lanes.iter().map(|(row, x)| (*row, *x, 0.0)));
        places.sort_by(|a, b| (a.0, a.1).partial_cmp(&(b.0, b.1)).unwrap());
        for pair in places.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            let gap = pair[1].1 - pair[1].2 / 2.0 - pair[0].1 - pair[0].2 / 2.0;
            assert!(gap > LANE - 0.001, "{pair:?}");
        }
        assert!(places.iter().all(|p| p.1 - p.2 / 2.0 > -0.001 && p.1 + p.2 / 2.0 < layout.width + 0.001));
    }

    #[test]
    fn a_crossing_that_can_be_avoided_is_avoided() {
        let items = [item(0), item(0), item(1), item(1)];
        let layout = lay_out(&items, &[link(2, 1), link(3, 0)]);
        assert_eq!(layout.x[0] < layout.x[1], layout.x[3] < layout.x[2]);
    }

    #[test]
    fn wires_to_one_node_share_their_lanes() {
        let items = [item(0), item(1), item(2), item(2), item(2)];
        let layout = lay_out(&items, &[link(2, 0), link(3, 0), link(4, 0), link(1, 0)]);
        assert_eq!(layout.lanes.len(), 1);
        assert_eq!(layout.segments.len(), 5);
        let trunk = layout.segments.iter().find(|s| s.links.len() == 3).unwrap();
        assert_eq!(trunk.to, Place::Item(0));
    }

    #[test]
    fn nothing_gives_an_empty_layout() {
        assert_eq!(lay_out(&[], &[]).width, 0.0);
        assert!(lay_out(&[item(0), item(0)], &[link(0, 1)]).segments.is_empty());
    }
}
