// SPDX-License-Identifier: BSD-2-Clause
//! The boot plan as a picture for a design document: layers as bands from top to bottom, services as boxes, what they
//! require as arrows up to it.
//!
//! Wires run between rows and in lanes beside boxes, never through one. What is required anyway, by way of another
//! requirement, is drawn faint. [`Overlay::Authority`] adds what the capabilities say: calls that no requirement
//! explains, signals, shared memory, hardware, operations of the Supervisor.

mod boxes;
mod routes;
mod scene;
mod wires;

use crate::draw::layered::{self, Item, Layout};
use crate::draw::svg::{self, Anchor, Svg};
use crate::text::{count, time};

use super::Report;
pub use boxes::Overlay;
use boxes::{Box, Row, boxes, rows};
use scene::Scene;
use wires::Wire;

const MARGIN: f64 = 24.0;
/// Inside a band, above and below its rows.
const PAD: f64 = 16.0;
/// Between bands.
const SPACE: f64 = 12.0;
/// Between two rows of boxes, at least.
const GAP: f64 = 44.0;

/// Width of the bands, at least.
const LEAST: f64 = 480.0;

/// The picture.
#[must_use]
pub fn svg(report: &Report<'_, '_>, overlay: Overlay) -> String {
    let plan = report.plan();
    let rows = rows(report, overlay);
    let boxes = boxes(report, overlay, &rows);
    let wires = wires::wires(report, overlay, &boxes);
    let items: Vec<Item> = boxes.iter().map(|b| Item { row: b.row, width: b.width }).collect();
    let layout = layered::lay_out(&items, &wires.iter().map(|w| w.link).collect::<Vec<_>>());
    let labels: Vec<(String, String, bool)> =
        bands(&rows).iter().map(|b| label(report, rows[b.0].layer)).collect();
    let gutter = labels.iter().map(|l| svg::width(&l.0).max(svg::width(&l.1))).fold(60.0, f64::max) + 36.0;
    let places = places(&rows, &boxes, &layout, &wires);
    let mut svg = Svg::new();
    let title = format!("Boot plan of {}", plan.system);
    svg.text("h t", (MARGIN, MARGIN + 14.0), Anchor::Start, &title);
    let kernel = &plan.kernel;
    let subtitle = format!(
        "{} in {}, at most {} to boot; seL4 {} {}",
        count(plan.services.len(), "service"),
        count(plan.layers.len(), "layer"),
        time(report.timing.total),
        kernel.version,
        kernel.arch
    );
    svg.text("m", (MARGIN, MARGIN + 32.0), Anchor::Start, &subtitle);
    let texts = svg::width(&subtitle).max(title.len() as f64 * 11.0);
    let inner = (gutter + layout.width + PAD).max(texts).max(LEAST);
    // The picture in the middle of what is left beside the labels.
    let left = MARGIN + gutter + (inner - gutter - PAD - layout.width) / 2.0;
    let scene = Scene { boxes, rows, places, layout, left };
    for ((first, last), (name, note, over)) in bands(&scene.rows).into_iter().zip(&labels) {
        let top = scene.places[first].0 - PAD;
        let bottom = scene.places[last].0 + scene.places[last].1 + PAD;
        svg.rect("band", (MARGIN, top), (inner, bottom - top), 8.0);
        svg.text("b t", (MARGIN + 14.0, top + PAD + 12.0), Anchor::Start, name);
        svg.text(if *over { "bad-t" } else { "m" }, (MARGIN + 14.0, top + PAD + 28.0), Anchor::Start, note);
    }
    routes::draw(&mut svg, &scene, &wires);
    for at in 0..scene.boxes.len() {
        boxes::draw(&mut svg, &scene.boxes[at], (scene.x(at), scene.top(at)));
    }
    let bottom = scene.places.last().map_or(MARGIN + 40.0, |(top, height)| top + height + PAD);
    let below = wires::legend(&mut svg, &scene.boxes, &wires, inner, (MARGIN, bottom + 26.0));
    svg.finish(inner + 2.0 * MARGIN, below + MARGIN, &title)
}

/// First and last row of each band.
fn bands(rows: &[Row]) -> Vec<(usize, usize)> {
    let mut bands: Vec<(usize, usize)> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        match bands.last_mut() {
            Some(band) if rows[band.1].layer == row.layer => band.1 = at,
            _ => bands.push((at, at)),
        }
    }
    bands
}

/// Name and note of a band, and whether the note is a warning.
fn label(report: &Report<'_, '_>, layer: Option<usize>) -> (String, String, bool) {
    let Some(layer) = layer.and_then(|at| report.timing.layers.get(at)) else {
        return ("shared memory".to_owned(), String::new(), false);
    };
    let note = match layer.budget {
        Some(budget) => format!("{} of {}", time(layer.worst), time(budget)),
        None => time(layer.worst),
    };
    (format!("layer {}", layer.number), note, layer.over_budget())
}

/// Top and height of each row: the further wires run sideways between two rows, the more room they get.
fn places(rows: &[Row], boxes: &[Box], layout: &Layout, wires: &[Wire]) -> Vec<(f64, f64)> {
    let mut drift = vec![0.0f64; rows.len() + 1];
    for segment in &layout.segments {
        let place = |place| routes::place(layout, boxes, place);
        let ((row_a, a), (row_b, b)) = (place(segment.from), place(segment.to));
        let upper = row_a.min(row_b);
        drift[upper] = drift[upper].max((a - b).abs());
    }
    let arcs =
        |row: usize| wires.iter().any(|w| boxes[w.link.from].row == row && boxes[w.link.to].row == row);
    let mut y = MARGIN + 52.0 + PAD;
    let mut places = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        if arcs(at) {
            y += 18.0;
        }
        let height = boxes.iter().filter(|b| b.row == at).map(|b| b.height).fold(0.0, f64::max);
        places.push((y, height));
        let same_band = rows.get(at + 1).is_some_and(|next| next.layer == row.layer);
        let gap = GAP + (drift[at] * 0.07).min(46.0);
        y += height + if same_band { gap } else { gap.max(2.0 * PAD + SPACE) };
    }
    places
}
