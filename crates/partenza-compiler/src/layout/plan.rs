// SPDX-License-Identifier: BSD-2-Clause
//! Puts the plan together: every number that the target needs.

use std::collections::HashMap;

use super::address::LARGE;
use super::grants::Peers;
use super::input::{Input, Store};
use super::service::Builder;
use super::slots;
use crate::check::providers::{Group, groups};
use crate::config::budget;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::elf::Program;
use crate::numbers::show_size;
use crate::resolve::Model;
use crate::sdf;
use partenza_plan::policy::{Restart, RestartPolicy};
use partenza_plan::{
    Boot, Image, Irq, Kernel as PlanKernel, Layer, PAGE, PAGE_BITS, Plan, Platform, Providers, Recovery,
    Region, Segment, ServiceId, SystemObjects,
};

/// Builds the plan; the archive offsets in it are not yet known. Findings go to `out`.
pub fn build<'a>(input: &'a Input<'a>, store: &'a Store, out: &mut Diagnostics) -> Plan<'a> {
    let model = input.model;
    let ids: HashMap<&str, ServiceId> = input
        .order
        .services
        .iter()
        .enumerate()
        .map(|(id, at)| (model.services[*at].name(), slots::id(id)))
        .collect();
    let groups = groups(model);
    let (endpoints, endpoint_count) = endpoints(input, &groups);
    let providers = providers(input, &groups, &ids, &endpoints);
    let (regions, region_index) = regions(input);
    let images = input.programs.iter().map(image).collect();
    let mut irqs = Vec::new();
    let peers = Peers { system: model.system, kernel: input.kernel, ids: &ids, endpoints: &endpoints };
    let mut services = Vec::new();
    for (id, at) in input.order.services.iter().enumerate() {
        let builder = Builder {
            input,
            store,
            id: slots::id(id),
            at: *at,
            regions: &regions,
            region_index: &region_index,
        };
        services.push(builder.service(&ids, &peers, irqs.len(), out));
        irqs.extend(model.services[*at].pd.irqs.iter().filter_map(|irq| interrupt(irq, slots::id(id))));
    }
    let platform = &model.config.platform;
    let mut plan = Plan {
        system: input.title,
        tool: concat!("partenza ", env!("CARGO_PKG_VERSION")),
        kernel: PlanKernel {
            version: &input.kernel.version,
            arch: &input.kernel.arch,
            mcs: input.kernel.mcs,
            sizes: input.kernel.facts.sizes,
        },
        platform: Platform::Pc99 {
            timer: platform.timer,
            console: platform.console,
            events: platform.events,
            power_off: platform.power_off,
        },
        boot: boot(input, &ids),
        layers: layers(input),
        remembered: remembered(model),
        storm: model.config.storm,
        overload: model.config.overload,
        recovery: recovery(input, &ids),
        providers,
        objects: SystemObjects {
            endpoints: endpoint_count,
            endpoint_slot: 0,
            notification_slot: 0,
            signal_slot: 0,
            irq_slot: 0,
            init_slots: 0,
            slots: 0,
        },
        regions,
        irqs,
        images,
        services,
    };
    if out.has_errors() {
        return plan;
    }
    slots::assign(&mut plan, endpoint_count);
    memory_bounds(input, &plan, out);
    plan
}

/// `resources.memory` bounds the pages that one incarnation has for itself: data, stack, IPC buffer.
fn memory_bounds(input: &Input<'_>, plan: &Plan<'_>, out: &mut Diagnostics) {
    for (planned, at) in plan.services.iter().zip(&input.order.services) {
        let service = &input.model.services[*at];
        let Some(bound) = service.manifest.and_then(|m| m.resources.memory.as_ref()) else { continue };
        let bytes = u64::from(planned.frame_map(plan.image_of(planned)).count) * PAGE;
        if bytes > bound.value {
            let taken = show_size(bytes);
            let message =
                format!("`{}` takes {taken} of memory, more than its manifest allows", service.name());
            out.push(
                Diagnostic::error(Code::AboveBound, message)
                    .at(bound.span, "bound")
                    .at(service.pd.name.span, &taken)
                    .help(format!(
                        "write `memory: {}KiB` or more, or make data or stack smaller",
                        bytes >> 10
                    )),
            );
        }
    }
}

/// An endpoint for each service that is called or has children, numbered in boot order; services that may take each other's place
/// share one.
fn endpoints(input: &Input<'_>, groups: &[Group<'_>]) -> (Vec<Option<u16>>, u16) {
    let (model, mut count) = (input.model, 0);
    let group_of = |at: usize| groups.iter().position(|group| group.members.contains(&at));
    let mut shared = vec![None; groups.len()];
    let list = input.order.services.iter().map(|at| {
        let group = group_of(*at);
        if let Some(endpoint) = group.and_then(|group| shared[group]) {
            return Some(endpoint);
        }
        let name = model.services[*at].name();
        let called = model.system.ends_of(name).any(|(_, peer)| peer.pp);
        let is_parent = model.system.children_of(name).next().is_some();
        (called || is_parent).then(|| {
            let endpoint = count;
            count += 1;
            if let Some(group) = group {
                shared[group] = Some(endpoint);
            }
            endpoint
        })
    });
    let list = list.collect();
    (list, count)
}

/// The groups of which somebody calls one, and so all.
fn providers<'a>(
    input: &Input<'a>,
    groups: &[Group<'a>],
    ids: &HashMap<&str, ServiceId>,
    endpoints: &[Option<u16>],
) -> Vec<Providers<'a>> {
    let id = |at: &usize| ids.get(input.model.services[*at].name()).copied();
    let planned = |group: &Group<'a>| {
        let services: Vec<ServiceId> = group.members.iter().filter_map(id).collect();
        let endpoint = endpoints[usize::from(services.first()?.0)]?;
        Some(Providers { interface: &group.interface.value, endpoint, services })
    };
    groups.iter().filter_map(planned).collect()
}

/// The regions that somebody maps: RAM first, then devices by ascending address, as they must be made; and where each
/// region of system.xml went.
fn regions<'a>(input: &Input<'a>) -> (Vec<Region<'a>>, Vec<u16>) {
    let system = input.model.system;
    let mapped = |name: &str| system.pds.iter().flat_map(|pd| &pd.maps).any(|map| map.region.value == name);
    let mut order: Vec<usize> =
        (0..system.regions.len()).filter(|at| mapped(&system.regions[*at].name.value)).collect();
    order.sort_by_key(|at| system.regions[*at].physical.as_ref().map(|p| p.value));
    let mut index = vec![0; system.regions.len()];
    let mut regions = Vec::new();
    for at in order {
        let region = &system.regions[at];
        let bits = page_bits(system, region);
        index[at] = regions.len() as u16;
        regions.push(Region {
            name: &region.name.value,
            page_bits: bits,
            // What has more pages is refused where it is mapped.
            pages: u32::try_from(region.size >> bits).unwrap_or(u32::MAX),
            physical: region.physical.as_ref().map(|p| p.value),
            slot: 0,
        });
    }
    (regions, index)
}

/// As written, or the largest that size, physical address and every mapping allow.
fn page_bits(system: &sdf::System, region: &sdf::Region) -> u8 {
    let large = match &region.page_size {
        Some(size) => size.value == LARGE,
        None => {
            let maps =
                system.pds.iter().flat_map(|pd| &pd.maps).filter(|m| m.region.value == region.name.value);
            region.size.is_multiple_of(LARGE)
                && region.physical.as_ref().is_none_or(|p| p.value.is_multiple_of(LARGE))
                && maps.into_iter().all(|m| m.address.value.is_multiple_of(LARGE))
        }
    };
    if large { 21 } else { PAGE_BITS }
}

/// The hash of one that is delivered is not known either.
fn image(program: &Program) -> Image<'_> {
    let segments = program.elf.segments.iter().map(|segment| Segment {
        address: segment.first_page(),
        pages: segment.pages() as u32,
        archive: 0,
        data_offset: (segment.address % PAGE) as u16,
        data_bytes: segment.data.len() as u32,
        writable: segment.writable,
        executable: segment.executable,
    });
    let delivered = program.delivered.then_some(&[][..]);
    let (file, entry) = (&program.file, program.elf.entry);
    Image { file, entry, segments: segments.collect(), symbols: None, delivered }
}

/// Of another kind than IOAPIC, or beyond what the board has, is what was refused for the target.
fn interrupt(irq: &sdf::Irq, holder: ServiceId) -> Option<Irq> {
    let ioapic = irq.ioapic()?;
    Some(Irq {
        ioapic: ioapic.ioapic as u8,
        pin: ioapic.pin.value as u8,
        level: ioapic.level,
        active_low: ioapic.active_low,
        vector: ioapic.vector.value,
        holder,
        channel: irq.id.value,
    })
}

fn boot(input: &Input<'_>, ids: &HashMap<&str, ServiceId>) -> Boot {
    let config = &input.model.config;
    let parameters = &config.boot.parameters;
    let id = |name: &Option<crate::Spanned<String>>| {
        name.as_ref().and_then(|n| ids.get(n.value.as_str()).copied())
    };
    Boot {
        parallel: parameters.parallel.or(config.boot.parallel).unwrap_or(true),
        quiet: parameters.quiet,
        log: parameters.log,
        timeout_percent: parameters.timeout_percent,
        hold: id(&parameters.hold),
        on_failure: parameters.on_failure,
        after_boot: parameters.after_boot,
        verify_reclaim: parameters.verify_reclaim,
        handover: id(&config.platform.handover),
    }
}

fn recovery(input: &Input<'_>, ids: &HashMap<&str, ServiceId>) -> Recovery {
    let model = input.model;
    let id = |name: &crate::Spanned<String>| ids.get(name.value.as_str()).copied();
    let recovery = &model.config.recovery;
    // Of several that will do, one stands for all.
    let softened = |(from, to): &(crate::Spanned<String>, crate::Spanned<String>)| {
        let edges = model.service(&from.value).map_or(&[][..], |at| input.order.requires[at].as_slice());
        let named = edges.iter().find(|d| Some(d.on) == model.service(&to.value)).and_then(|d| d.any_of);
        let all = edges.iter().filter(move |d| named.is_some() && d.any_of == named);
        let all = all.filter_map(|d| ids.get(model.services[d.on].name()).copied()).chain(id(to));
        let from = id(from);
        all.filter_map(move |to| Some((from?, to))).collect::<std::collections::BTreeSet<_>>()
    };
    Recovery {
        max_attempts: model.config.boot.max_attempts.as_ref().map_or(0, |attempts| attempts.value),
        services: recovery.services.iter().filter_map(id).collect(),
        soften: recovery.soften.iter().flat_map(softened).collect(),
        panic: recovery.panic.as_ref().and_then(id),
    }
}

/// A restart is remembered as long as the limits of its service or of the system ask how many there were.
fn remembered(model: &Model<'_>) -> u32 {
    let storm = model.config.storm.map_or(0, |storm| u32::from(storm.restarts));
    let own =
        |restart: &Restart| if restart.policy == RestartPolicy::Never { 0 } else { u32::from(restart.max) };
    storm + model.services.iter().map(|service| own(&service.restart)).sum::<u32>()
}

fn layers(input: &Input<'_>) -> Vec<Layer> {
    let mut numbers: Vec<u8> = input.model.services.iter().map(|s| s.layer).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let boot = &input.model.config.boot;
    let layer = |number| Layer { number, budget: Some(budget(boot, number).0) };
    numbers.into_iter().map(layer).collect()
}
