// SPDX-License-Identifier: BSD-2-Clause
//! The circles in a set of arrows, as text.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::fmt::Write as _;
use std::path::Path;

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

use crate::arrows::Arrow;

/// Circles of one knot that are printed.
const SHOWN: usize = 12;

/// One text for each knot of files that reach each other: its files, and its shortest circles with the line of each arrow.
#[must_use]
pub fn circles(arrows: &[Arrow]) -> Vec<String> {
    let mut graph: DiGraphMap<&Path, &Arrow> = DiGraphMap::new();
    for arrow in arrows.iter().rev() {
        // The first of a file stays.
        graph.add_edge(&arrow.from, &arrow.to, arrow);
    }
    let mut knots: Vec<Vec<&Path>> = tarjan_scc(&graph).into_iter().filter(|knot| knot.len() > 1).collect();
    for knot in &mut knots {
        knot.sort_unstable();
    }
    knots.sort_unstable();
    knots.iter().map(|knot| describe(&graph, knot)).collect()
}

fn describe(graph: &DiGraphMap<&Path, &Arrow>, knot: &[&Path]) -> String {
    let files: BTreeSet<&Path> = knot.iter().copied().collect();
    let names: Vec<String> = knot.iter().map(|file| file.display().to_string()).collect();
    let mut text = format!("{} files reach each other: {}\n", knot.len(), names.join(", "));
    let mut found: BTreeMap<BTreeSet<&Path>, Vec<&Path>> = BTreeMap::new();
    for from in knot {
        for to in graph.neighbors(from).filter(|to| files.contains(to)) {
            let Some(mut circle) = shortest(graph, &files, to, from) else { continue };
            circle.insert(0, from);
            found.entry(circle.iter().copied().collect()).or_insert(circle);
        }
    }
    let mut found: Vec<Vec<&Path>> = found.into_values().collect();
    found.sort_by_key(Vec::len);
    for circle in found.iter().take(SHOWN) {
        let names: Vec<String> = circle.iter().map(|file| file.display().to_string()).collect();
        let _ = writeln!(text, "  {}", names.join(" -> "));
        for pair in circle.windows(2) {
            let Some(arrow) = graph.edge_weight(pair[0], pair[1]) else { continue };
            let _ = writeln!(text, "    {}:{}: {}", arrow.from.display(), arrow.line, arrow.what);
        }
    }
    if found.len() > SHOWN {
        let _ = writeln!(text, "  and {} more", found.len() - SHOWN);
    }
    text
}

/// From one file to another by the fewest arrows, both included.
fn shortest<'a>(
    graph: &DiGraphMap<&'a Path, &Arrow>,
    among: &BTreeSet<&'a Path>,
    from: &'a Path,
    to: &'a Path,
) -> Option<Vec<&'a Path>> {
    let mut before: HashMap<&Path, &Path> = HashMap::new();
    let mut queue = VecDeque::from([from]);
    while let Some(at) = queue.pop_front() {
        if at == to {
            let mut way = vec![at];
            let mut last = at;
            while last != from {
                last = before[last];
                way.push(last);
            }
            way.reverse();
            return Some(way);
        }
        for next in graph.neighbors(at).filter(|next| among.contains(next)) {
            if next != from && !before.contains_key(next) {
                before.insert(next, at);
                queue.push_back(next);
            }
        }
    }
    None
}
