// SPDX-License-Identifier: BSD-2-Clause
//! Boxes: which row each is in, what stands in it, and how it is drawn.

use partenza_plan::{Object, ServiceId, Start};

use crate::authority::granted_operations;
use crate::devices;
use crate::draw::svg::{self, Anchor, NAME, Svg};
use crate::plan::{Report, start_word};
use crate::text::{size, time};

/// What is drawn beside the boot order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlay {
    None,
    Authority,
}

/// Services of one rank of a layer, or shared regions.
pub struct Row {
    /// Index of the layer; `None` for shared memory.
    pub layer: Option<usize>,
    services: Vec<ServiceId>,
    regions: Vec<u16>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum What {
    Service(ServiceId),
    Region(u16),
}

pub struct Box {
    pub what: What,
    pub row: usize,
    pub width: f64,
    pub height: f64,
    name: String,
    /// Further lines: class and text.
    lines: Vec<(&'static str, String)>,
    /// For who points at it.
    title: String,
    pub critical: bool,
    hot: bool,
    lazy: bool,
}

const LINE: f64 = 15.0;

/// Rows from top to bottom: layers, within them dependencies first, wide ranks wrapped; then shared memory.
pub fn rows(report: &Report<'_, '_>, overlay: Overlay) -> Vec<Row> {
    let plan = report.plan();
    let mut rank = vec![0usize; plan.services.len()];
    let mut rows = Vec::new();
    let most = ((plan.services.len() as f64).sqrt() * 1.5).ceil().max(6.0) as usize;
    for (layer, timing) in report.timing.layers.iter().enumerate() {
        let mut ranks: Vec<Vec<ServiceId>> = Vec::new();
        for id in report.ids().filter(|id| plan.service(*id).layer == timing.number) {
            // In boot order, so what it waits for in its layer has its rank already.
            let below = plan.service(id).requires.iter().map(|d| d.on).filter(|on| *on < id);
            let own = below.filter(|on| plan.service(*on).layer == timing.number);
            let at = own.map(|on| rank[usize::from(on.0)] + 1).max().unwrap_or(0);
            rank[usize::from(id.0)] = at;
            ranks.resize_with(ranks.len().max(at + 1), Vec::new);
            ranks[at].push(id);
        }
        for members in ranks {
            // Equal parts, so that the last is not a lonely one.
            let parts = members.len().div_ceil(most).max(1);
            for part in members.chunks(members.len().div_ceil(parts).max(1)) {
                rows.push(Row { layer: Some(layer), services: part.to_vec(), regions: Vec::new() });
            }
        }
    }
    if overlay == Overlay::Authority {
        let shared = shared(report);
        for part in shared.chunks(most) {
            rows.push(Row { layer: None, services: Vec::new(), regions: part.to_vec() });
        }
    }
    rows
}

/// Regions that more than one service maps.
fn shared(report: &Report<'_, '_>) -> Vec<u16> {
    let plan = report.plan();
    let holders =
        |index: u16| plan.services.iter().filter(|s| s.maps.iter().any(|m| m.region == index)).count();
    (0..plan.regions.len() as u16).filter(|index| holders(*index) > 1).collect()
}

pub fn boxes(report: &Report<'_, '_>, overlay: Overlay, rows: &[Row]) -> Vec<Box> {
    let mut boxes = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        boxes.extend(row.services.iter().map(|id| service(report, overlay, *id, at)));
        boxes.extend(row.regions.iter().map(|index| region(report, *index, at)));
    }
    boxes
}

fn sized(mut this: Box) -> Box {
    let texts = this.lines.iter().map(|(_, text)| svg::width(text));
    let widest = texts.fold(svg::name_width(&this.name), f64::max);
    this.width = (widest + 32.0).max(96.0).ceil();
    this.height = 14.0 + NAME + LINE * this.lines.len() as f64;
    this
}

fn service(report: &Report<'_, '_>, overlay: Overlay, id: ServiceId, row: usize) -> Box {
    let service = report.plan().service(id);
    let worst = report.timing.services[usize::from(id.0)];
    let when = match worst {
        Some(worst) => format!("by {}", time(worst.ready)),
        None => start_word(service.start).to_owned(),
    };
    let mut lines = vec![("m", format!("{} · {when}", service.version))];
    if overlay == Overlay::Authority {
        lines.extend(authority(report, id));
    }
    let memory = &report.memory[usize::from(id.0)];
    let title = format!(
        "{} {}, layer {}{}, priority {}, {} reserved",
        service.name,
        service.version,
        service.layer,
        if service.critical { ", critical" } else { "" },
        service.priority,
        size(memory.reserved)
    );
    sized(Box {
        what: What::Service(id),
        row,
        width: 0.0,
        height: 0.0,
        name: service.name.to_owned(),
        lines,
        title,
        critical: service.critical,
        hot: worst.is_some_and(|worst| worst.critical_path),
        lazy: service.start != Start::Eager,
    })
}

/// Hardware, private device memory, operations.
fn authority(report: &Report<'_, '_>, id: ServiceId) -> Vec<(&'static str, String)> {
    let plan = report.plan();
    let service = plan.service(id);
    let mut hardware = Vec::new();
    let mut masters = false;
    for grant in &service.caps {
        match grant.object {
            Object::IoPorts(first, last) => {
                masters |= devices::ports_master(first, last);
                let name = devices::ports_name(first, last).map(str::to_owned);
                hardware.push(name.unwrap_or_else(|| devices::ports_range(first, last)));
            }
            Object::Irq(index) => hardware.push(report.names.irq(index)),
            Object::Endpoint(_)
            | Object::Notification(_)
            | Object::Supervisor
            | Object::FaultHandler
            | Object::Parent(_)
            | Object::Child(_) => {}
        }
    }
    let shared = shared(report);
    for map in &service.maps {
        let Some(region) = plan.regions.get(usize::from(map.region)) else { continue };
        masters |= map.writable && devices::region_masters(region);
        if !shared.contains(&map.region) {
            hardware.push(format!("{} {}", region.name, if map.writable { "rw" } else { "r" }));
        }
    }
    let mut lines = Vec::new();
    for pair in hardware.chunks(2) {
        lines.push(("m", pair.join(", ")));
    }
    if masters {
        lines.push(("bad-t", "reaches all memory by DMA".to_owned()));
    }
    let operations = granted_operations(service.permissions);
    for part in operations.chunks(3) {
        lines.push(("hot-t", format!("may {}", part.join(", "))));
    }
    lines
}

fn region(report: &Report<'_, '_>, index: u16, row: usize) -> Box {
    let region = &report.plan().regions[usize::from(index)];
    let place = region.physical.map_or("RAM".to_owned(), |at| format!("at {at:#x}"));
    let note = format!("{} {place}", size(devices::region_bytes(region)));
    sized(Box {
        what: What::Region(index),
        row,
        width: 0.0,
        height: 0.0,
        name: region.name.to_owned(),
        lines: vec![("m", note.clone())],
        title: format!("memory region {}, {note}", region.name),
        critical: false,
        hot: false,
        lazy: false,
    })
}

/// Draws it with the middle of its upper edge at `(x, y)`.
pub fn draw(svg: &mut Svg, this: &Box, (x, y): (f64, f64)) {
    let left = x - this.width / 2.0;
    let class = match (this.what, this.hot, this.lazy) {
        (What::Region(_), ..) => "pill",
        (What::Service(_), true, _) => "box hot",
        (What::Service(_), false, true) => "box dash",
        (What::Service(_), false, false) => "box",
    };
    let radius = if matches!(this.what, What::Region(_)) { this.height / 2.0 } else { 6.0 };
    svg.titled(&this.title);
    svg.rect(class, (left, y), (this.width, this.height), radius);
    if this.critical {
        svg.rect("critical", (left + 6.0, y + 7.0), (3.0, this.height - 14.0), 1.5);
    }
    svg.text("n t", (x, y + 7.0 + NAME * 0.85), Anchor::Middle, &this.name);
    for (line, (class, text)) in this.lines.iter().enumerate() {
        let y = y + 7.0 + NAME + LINE * (line as f64 + 0.8);
        svg.text(class, (x, y), Anchor::Middle, text);
    }
    svg.end();
}
