// SPDX-License-Identifier: BSD-2-Clause
//! Puts the plan together: every number that the target needs.

use std::collections::HashMap;
use std::ops::Range;

use partenza_plan::layout::FrameMap;
use partenza_plan::{
    Boot, Dependency, Image, Irq, Kernel as PlanKernel, Layer, Map, PAGE, PAGE_BITS, Plan, Platform,
    Readiness, Region, Segment, Service, ServiceId, SystemObjects,
};
use partenza_protocol::startup::{self, Channel, Contents, PAGE_SIZE};
use typed_arena::Arena;

use super::address::{Addresses, LARGE, Mapped, place, tables};
use super::grants::{self, Peers};
use super::{patch, slots};
use crate::check::authority::Authority;
use crate::check::order::Order;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::elf::{Elf, Problem};
use crate::kernel::Kernel;
use crate::numbers::show_size;
use crate::resolve::{self, Model};
use crate::sdf::{self, Pd};
use crate::source::Span;

/// Budget of a layer that partenza.yaml says nothing about, in microseconds (SPEC R-1).
const fn default_budget(layer: u8) -> u64 {
    match layer {
        2 => 500_000,
        3 | 4 => 1_000_000,
        _ => 2_000_000,
    }
}

/// What the parts of a plan borrow from.
#[derive(Default)]
pub struct Store {
    pub texts: Arena<String>,
    pub bytes: Arena<Vec<u8>>,
}

/// Everything that a plan is made of.
pub struct Input<'i> {
    pub model: &'i Model<'i>,
    pub order: &'i Order,
    /// In the model's order.
    pub authority: &'i [Authority],
    /// Distinct ELF files, and which of them each service of the model runs.
    pub elfs: &'i [(String, Elf)],
    pub image_of: &'i [usize],
    pub kernel: &'i Kernel,
    pub title: &'i str,
}

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
    let (endpoints, endpoint_count) = endpoints(input);
    let (regions, region_index) = regions(input);
    let images = input.elfs.iter().map(|(file, elf)| image(file, elf)).collect();
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
        irqs.extend(model.services[*at].pd.irqs.iter().map(|irq| interrupt(irq, slots::id(id))));
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
    slots::assign(&mut plan, endpoint_count);
    memory_bounds(input, &plan, out);
    plan
}

/// `resources.memory` bounds the pages that one incarnation has for itself: data, stack, IPC buffer, startup page.
fn memory_bounds(input: &Input<'_>, plan: &Plan<'_>, out: &mut Diagnostics) {
    for (planned, at) in plan.services.iter().zip(&input.order.services) {
        let service = &input.model.services[*at];
        let Some(bound) = service.manifest.and_then(|m| m.resources.memory.as_ref()) else { continue };
        let bytes = u64::from(FrameMap::new(planned, plan.image_of(planned)).count) * PAGE;
        if bytes > bound.value {
            let taken = show_size(bytes);
            let message =
                format!("`{}` takes {taken} of memory, more than its manifest allows", service.name());
            out.push(
                Diagnostic::error(Code::AboveBound, message)
                    .at(bound.span, "bound")
                    .at(service.pd.name.span, taken),
            );
        }
    }
}

/// An endpoint for each service that is called, numbered in boot order.
fn endpoints(input: &Input<'_>) -> (Vec<Option<u16>>, u16) {
    let mut count = 0;
    let list = input.order.services.iter().map(|at| {
        let called = input.model.system.ends_of(input.model.services[*at].name()).any(|(_, peer)| peer.pp);
        called.then(|| {
            count += 1;
            count - 1
        })
    });
    let list = list.collect();
    (list, count)
}

/// RAM first, then devices by ascending address, as they must be made; and where each region of system.xml went.
fn regions<'a>(input: &Input<'a>) -> (Vec<Region<'a>>, Vec<u16>) {
    let system = input.model.system;
    let mut order: Vec<usize> = (0..system.regions.len()).collect();
    order.sort_by_key(|at| system.regions[*at].physical.as_ref().map(|p| p.value));
    let mut index = vec![0; order.len()];
    let mut regions = Vec::new();
    for at in order {
        let region = &system.regions[at];
        let bits = page_bits(system, region);
        index[at] = regions.len() as u16;
        regions.push(Region {
            name: &region.name.value,
            page_bits: bits,
            pages: (region.size >> bits) as u32,
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

fn image<'a>(file: &'a str, elf: &Elf) -> Image<'a> {
    let segments = elf.segments.iter().map(|segment| Segment {
        address: segment.first_page(),
        pages: segment.pages() as u32,
        archive: 0,
        data_offset: (segment.address % PAGE) as u16,
        data_bytes: segment.data.len() as u32,
        writable: segment.writable,
        executable: segment.executable,
    });
    Image { file, entry: elf.entry, segments: segments.collect(), symbols: None }
}

fn interrupt(irq: &sdf::Irq, holder: ServiceId) -> Irq {
    Irq {
        ioapic: irq.ioapic,
        pin: irq.pin.value,
        level: irq.level,
        active_low: irq.active_low,
        vector: irq.vector.value,
        holder,
        channel: irq.id.value,
    }
}

fn boot<'a>(input: &Input<'a>, ids: &HashMap<&str, ServiceId>) -> Boot<'a> {
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
        title: input.title,
    }
}

fn layers(input: &Input<'_>) -> Vec<Layer> {
    let mut numbers: Vec<u8> = input.model.services.iter().map(|s| s.layer).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let budgets = &input.model.config.boot.layers;
    let budget = |number| budgets.iter().find(|(layer, _)| *layer == number).map(|(_, budget)| *budget);
    let layer = |number| Layer { number, budget: Some(budget(number).unwrap_or(default_budget(number))) };
    numbers.into_iter().map(layer).collect()
}

struct Builder<'b, 'a> {
    input: &'a Input<'a>,
    store: &'a Store,
    id: ServiceId,
    /// Its place in the model.
    at: usize,
    regions: &'b [Region<'a>],
    region_index: &'b [u16],
}

impl<'a> Builder<'_, 'a> {
    fn service(
        &self,
        ids: &HashMap<&str, ServiceId>,
        peers: &Peers<'_>,
        irqs: usize,
        out: &mut Diagnostics,
    ) -> Service<'a> {
        let service = &self.input.model.services[self.at];
        let pd = service.pd;
        let authority = &self.input.authority[self.at];
        let elf = &self.input.elfs[self.input.image_of[self.at]].1;
        let image_place = pd.image.as_ref().map_or(pd.span, |image| image.span);
        let (patches, problems) =
            patch::patches(pd, self.input.model.system, elf, authority.supervisor_channel);
        report(problems, image_place, out);
        let stack_pages = pd.stack_size.value.div_ceil(PAGE);
        let has_page = service.readiness == Readiness::Message && service.manifest.is_some();
        let (addresses, tables) = self.addresses(pd, elf, stack_pages, has_page, out);
        let caps = grants::list(pd, self.id, authority, irqs, peers, &self.store.texts);
        let manifest = service.manifest;
        let provides = self.provides(service);
        let startup = if has_page { self.startup(service, authority, &addresses, out) } else { &[] };
        let health = manifest.map_or(crate::manifest::STARTUP_TIMEOUT, |m| m.health.startup_timeout);
        let stop = manifest.map(|m| m.shutdown);
        Service {
            name: &pd.name.value,
            version: manifest.map_or("0.0.0", |m| self.text(m.version.value.to_string())),
            image: self.input.image_of[self.at] as u16,
            layer: service.layer,
            critical: service.critical,
            start: service.start,
            requires: self.requires(ids),
            provides,
            readiness: service.readiness,
            startup_timeout: health,
            prepare_timeout: stop.map_or(crate::manifest::STOP_TIMEOUT, |s| s.prepare_timeout),
            stop_timeout: stop.map_or(crate::manifest::STOP_TIMEOUT, |s| s.stop_timeout),
            priority: pd.priority.value,
            cnode_radix: grants::radix(&caps),
            stack_top: addresses.stack_top,
            stack_pages: stack_pages as u16,
            ipc_buffer: addresses.ipc_buffer,
            startup_page: addresses.startup,
            startup,
            tables,
            patches: patches.into_iter().map(|(at, bytes)| (at, self.bytes(bytes))).collect(),
            maps: self.maps(pd),
            caps,
            optional: authority.optional,
            permissions: authority.permissions,
            supervisor_channel: authority.supervisor_channel,
            serves: authority.serves,
            service_untyped: 0,
            incarnation_untyped: 0,
            untyped_slots: (0, 0),
            slot: 0,
        }
    }

    fn text(&self, text: String) -> &'a str {
        self.store.texts.alloc(text)
    }

    fn bytes(&self, bytes: Vec<u8>) -> &'a [u8] {
        self.store.bytes.alloc(bytes)
    }

    fn requires(&self, ids: &HashMap<&str, ServiceId>) -> Vec<Dependency> {
        let name = |at: usize| self.input.model.services[at].name();
        let list = self.input.order.requires[self.at].iter();
        list.filter_map(|d| Some(Dependency { on: *ids.get(name(d.on))?, required: d.required })).collect()
    }

    fn provides(&self, service: &resolve::Service<'a>) -> Vec<(&'a str, &'a str)> {
        let Some(manifest) = service.manifest else { return Vec::new() };
        let item = |p: &'a crate::manifest::Provided| -> (&'a str, &'a str) {
            (&p.interface.value, self.text(p.version.value.to_string()))
        };
        manifest.provides.iter().map(item).collect()
    }

    fn maps(&self, pd: &Pd) -> Vec<Map> {
        let region = |name: &str| self.input.model.system.region(name).map(|at| self.region_index[at]);
        let map = |m: &sdf::Map| {
            Some(Map {
                region: region(&m.region.value)?,
                address: m.address.value,
                writable: m.perms.write,
                cached: m.cached,
            })
        };
        pd.maps.iter().filter_map(map).collect()
    }

    fn addresses(
        &self,
        pd: &Pd,
        elf: &Elf,
        stack_pages: u64,
        has_page: bool,
        out: &mut Diagnostics,
    ) -> (Addresses, [Vec<u64>; 3]) {
        let end = self.input.kernel.facts.address_end;
        let image: Vec<Mapped> = elf
            .segments
            .iter()
            .map(|s| Mapped { address: s.first_page(), pages: s.pages(), page_bits: PAGE_BITS })
            .collect();
        let mut mapped = image.clone();
        for (map, written) in self.maps(pd).iter().zip(&pd.maps) {
            let region = &self.regions[map.region as usize];
            let range =
                Mapped { address: map.address, pages: region.pages.into(), page_bits: region.page_bits };
            if span(&range).end > end || range.address < PAGE {
                let message =
                    format!("`{}` maps `{}` outside {PAGE:#x} to {end:#x}", pd.name.value, region.name);
                out.push(Diagnostic::error(Code::AddressTooHigh, message).at(written.address.span, ""));
                continue;
            }
            if let Some(hit) =
                image.iter().find(|i| span(i).start < span(&range).end && span(&range).start < span(i).end)
            {
                let message = format!("`{}` maps `{}` over its own image", pd.name.value, region.name);
                let label = format!("the image has a segment at {:#x}", hit.address);
                out.push(Diagnostic::error(Code::OverlappingMaps, message).at(written.address.span, label));
            }
            mapped.push(range);
        }
        let used: Vec<Range<u64>> = mapped.iter().map(span).collect();
        let image_end = image.iter().map(|i| span(i).end).max().unwrap_or(PAGE);
        let Some(addresses) = place(&used, image_end, stack_pages, has_page, end) else {
            let message =
                format!("no room for the stack of `{}` beside its image and mappings", pd.name.value);
            out.push(Diagnostic::error(Code::NoRoom, message).at(pd.stack_size.span, ""));
            return (Addresses { stack_top: LARGE, startup: None, ipc_buffer: LARGE }, Default::default());
        };
        let one = |address| Mapped { address, pages: 1, page_bits: PAGE_BITS };
        mapped.push(Mapped {
            address: addresses.stack_bottom(stack_pages),
            pages: stack_pages,
            page_bits: PAGE_BITS,
        });
        mapped.push(one(addresses.ipc_buffer));
        mapped.extend(addresses.startup.map(one));
        (addresses, tables(&mapped))
    }

    /// The startup page, without the fields that only a start knows.
    fn startup(
        &self,
        service: &resolve::Service<'a>,
        authority: &Authority,
        addresses: &Addresses,
        out: &mut Diagnostics,
    ) -> &'a [u8] {
        let Some(manifest) = service.manifest else { return &[] };
        let version = manifest.version.value.to_string();
        let args: Vec<&str> = manifest.args.iter().map(String::as_str).collect();
        let env: Vec<&str> = manifest.env.iter().map(String::as_str).collect();
        let provides: Vec<String> =
            manifest.provides.iter().map(|p| format!("{}@{}", p.interface.value, p.version.value)).collect();
        let provides: Vec<&str> = provides.iter().map(String::as_str).collect();
        let channels: Vec<Channel<'_>> = authority
            .channels
            .iter()
            .map(|(id, (name, rights))| Channel { id: *id, rights: *rights, name })
            .collect();
        let contents = Contents {
            ipc_buffer: addresses.ipc_buffer,
            optional: authority.optional,
            service: self.id.0,
            supervisor_channel: authority.supervisor_channel,
            serves: authority.serves,
            name: &service.pd.name.value,
            version: &version,
            args: &args,
            env: &env,
            provides: &provides,
            channels: &channels,
        };
        let mut page = [0; PAGE_SIZE];
        match startup::build(&contents, &mut page) {
            Ok(used) => self.bytes(page[..used].to_vec()),
            Err(_) => {
                let message =
                    format!("the startup page of `{}` is too small for what it must hold", service.name());
                out.push(Diagnostic::error(Code::StartupFull, message).at(manifest.id.span, ""));
                &[]
            }
        }
    }
}

fn span(mapped: &Mapped) -> Range<u64> {
    mapped.address..mapped.address.saturating_add(mapped.pages << mapped.page_bits)
}

/// A symbol's problem stands where system.xml names the symbol, and tells which file lacks it.
fn report(problems: Vec<(Problem, Span)>, image: Span, out: &mut Diagnostics) {
    for (problem, span) in problems {
        let found = Diagnostic::error(problem.code, problem.message).at(span, "").at(image, "in this file");
        out.push(found.maybe_help(problem.help));
    }
}
