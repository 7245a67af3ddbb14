// SPDX-License-Identifier: BSD-2-Clause
//! The boot plan as text.

use std::fmt::Write;

use partenza_plan::{ServiceId, Start};

use super::{Report, policy, start_word};
use crate::devices;
use crate::names::rights;
use crate::text::{Cell, Paint, Table, Tone, count, list, size, time};

/// The whole plan: order and times, grants, memory.
#[must_use]
pub fn show(report: &Report<'_, '_>, paint: Paint) -> String {
    let plan = report.plan();
    let head = |text: &str| paint.paint(Tone::Strong, text);
    let kernel = &plan.kernel;
    let mut out = format!(
        "{}: {} in {}, for seL4 {} {}{}\n",
        head(plan.system),
        count(plan.services.len(), "service"),
        count(plan.layers.len(), "layer"),
        kernel.version,
        kernel.arch,
        if kernel.mcs { " MCS" } else { "" }
    );
    let _ = write!(out, "\n{}\n{}", head("Order, and when each is ready at worst"), order(report, paint));
    let _ =
        write!(out, "\n{}\n{}", head("Policy, with the defaults of each class"), policy::show(report, paint));
    let _ = write!(out, "\n{}\n{}", head("Grants"), grants(report, paint));
    if !plan.regions.is_empty() {
        let _ = write!(out, "\n{}\n{}", head("Memory regions"), regions(report, paint));
    }
    let _ = write!(out, "\n{}\n{}", head("Memory"), memory(report, paint));
    out
}

fn order(report: &Report<'_, '_>, paint: Paint) -> String {
    let plan = report.plan();
    let mut out = String::new();
    let mut table = Table::indented(2);
    table.head(&["", "", "service", "version", "starts", "ready by", "when these are settled"], &[0, 4, 5]);
    for layer in &report.timing.layers {
        let used = match layer.budget {
            Some(budget) => format!("at worst {} of {}", time(layer.worst), time(budget)),
            None => format!("at worst {}", time(layer.worst)),
        };
        let (tone, over) =
            if layer.over_budget() { (Tone::Bad, ", over its budget") } else { (Tone::Faint, "") };
        table.line([
            Cell::new(format!("layer {}", layer.number)).tone(Tone::Strong),
            Cell::new(format!("{used}{over}")).tone(tone),
        ]);
        for id in report.ids() {
            let service = plan.service(id);
            if service.layer != layer.number {
                continue;
            }
            table.row(row(report, id));
        }
    }
    out.push_str(&table.show(paint));
    let legend = "  > on its layer's longest chain; ! critical: the boot fails with it; (name): not required";
    let _ = writeln!(out, "{}", paint.paint(Tone::Faint, legend));
    let budgets: Option<u64> = report.timing.layers.iter().map(|layer| layer.budget).sum();
    let of = budgets.map_or(String::new(), |budget| format!(", the layers' budgets are {}", time(budget)));
    let _ = writeln!(out, "  The boot takes at most {}{of}", time(report.timing.total));
    out
}

fn row(report: &Report<'_, '_>, id: ServiceId) -> Vec<Cell> {
    let service = report.plan().service(id);
    let worst = report.timing.services[usize::from(id.0)];
    let hot = worst.is_some_and(|worst| worst.critical_path);
    let marks = format!("{}{}", if hot { ">" } else { " " }, if service.critical { "!" } else { " " });
    let needs: Vec<String> = service
        .requires
        .iter()
        .map(|d| {
            let name = report.names.service(d.on);
            if d.required { name.to_owned() } else { format!("({name})") }
        })
        .collect();
    let (starts, ready) = match worst {
        Some(worst) => (time(worst.start), time(worst.ready)),
        None => (start_word(service.start).to_owned(), String::new()),
    };
    let needs = match (needs.is_empty(), service.start) {
        (false, _) | (true, Start::Eager) => needs.join(", "),
        (true, Start::Deferred) => "BootComplete".to_owned(),
        (true, Start::OnDemand) if report.plan().image_of(service).delivered.is_some() => {
            "its program, which comes after the boot".to_owned()
        }
        (true, Start::OnDemand) => "somebody asks for it".to_owned(),
    };
    vec![
        Cell::right(id.0.to_string()).tone(Tone::Faint),
        Cell::new(marks.trim_end()).tone(if hot { Tone::Hot } else { Tone::Normal }),
        Cell::new(service.name),
        Cell::new(service.version).tone(Tone::Faint),
        Cell::right(starts),
        Cell::right(ready).tone(if hot { Tone::Hot } else { Tone::Normal }),
        Cell::new(needs),
    ]
}

fn grants(report: &Report<'_, '_>, paint: Paint) -> String {
    let plan = report.plan();
    let mut out = String::new();
    for id in report.ids() {
        let service = plan.service(id);
        let _ = writeln!(out, "  {}", paint.paint(Tone::Strong, service.name));
        let mut table = Table::indented(4);
        for grant in &service.caps {
            let interface = report.names.interface(id, grant).unwrap_or("");
            table.row([
                Cell::right(grant.cptr.to_string()).tone(Tone::Faint),
                Cell::new(rights(grant.rights)).tone(Tone::Faint),
                Cell::new(report.names.words(id, grant)),
                Cell::new(interface).tone(Tone::Faint),
            ]);
        }
        for map in &service.maps {
            let Some(region) = plan.regions.get(usize::from(map.region)) else { continue };
            let cached = if map.cached { "" } else { "uncached" };
            table.row([
                Cell::right("map").tone(Tone::Faint),
                Cell::new(if map.writable { "rw" } else { "r" }).tone(Tone::Faint),
                Cell::new(format!("memory {} at {:#x}", region.name, map.address)),
                Cell::new(cached).tone(Tone::Faint),
            ]);
        }
        out.push_str(&table.show(paint));
        let granted = crate::authority::granted_operations(service.permissions);
        if !granted.is_empty() {
            let _ = writeln!(out, "    of the Supervisor also: {}", granted.join(", "));
        }
    }
    out
}

fn regions(report: &Report<'_, '_>, paint: Paint) -> String {
    let plan = report.plan();
    let mut table = Table::indented(2);
    table.head(&["region", "size", "where", "mapped by"], &[1]);
    for (index, region) in plan.regions.iter().enumerate() {
        let holders: Vec<String> = plan
            .services
            .iter()
            .flat_map(|service| service.maps.iter().map(move |map| (service, map)))
            .filter(|(_, map)| usize::from(map.region) == index)
            .map(|(service, map)| format!("{} {}", service.name, if map.writable { "rw" } else { "r" }))
            .collect();
        let holders: Vec<&str> = holders.iter().map(String::as_str).collect();
        table.row([
            Cell::new(region.name),
            Cell::right(size(devices::region_bytes(region))),
            Cell::new(region.physical.map_or("RAM".to_owned(), |at| format!("{at:#x}"))),
            Cell::new(if holders.is_empty() { "nobody".to_owned() } else { list(&holders, 8) }),
        ]);
    }
    table.show(paint)
}

fn memory(report: &Report<'_, '_>, paint: Paint) -> String {
    let plan = report.plan();
    let mut table = Table::indented(2);
    table.head(
        &["service", "objects", "incarnation", "of it stack", "reserved", "slots", "own slots", "program"],
        &[1, 2, 3, 4, 5, 6],
    );
    for (service, memory) in plan.services.iter().zip(&report.memory) {
        table.row([
            Cell::new(service.name),
            Cell::right(size(memory.objects)),
            Cell::right(size(memory.incarnation)),
            Cell::right(size(memory.stack)),
            Cell::right(size(memory.reserved)),
            Cell::right(memory.slots.to_string()),
            Cell::right(memory.own_slots.to_string()),
            Cell::new(format!("{} ({} shared)", plan.image_of(service).file, size(memory.shared)))
                .tone(Tone::Faint),
        ]);
    }
    let mut out = table.show(paint);
    let totals = &report.totals;
    let _ = writeln!(
        out,
        "  In all {}: services {}, regions {}, endpoints and notifications {}; {} slots of Init's",
        size(totals.memory),
        size(totals.services),
        size(totals.regions),
        size(totals.objects),
        totals.slots
    );
    let _ = writeln!(
        out,
        "  and {} of read-only pages of {}, mapped from the archive",
        size(totals.shared),
        count(plan.images.len(), "program")
    );
    out
}
