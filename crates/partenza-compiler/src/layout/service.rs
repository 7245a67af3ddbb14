// SPDX-License-Identifier: BSD-2-Clause
//! One service of the plan: its addresses, capabilities, patches, startup page.

use std::collections::HashMap;
use std::ops::Range;

use partenza_plan::{
    Dependency, Interface, LateCall, Map, PAGE, PAGE_BITS, Patch, Readiness, Region, Service, ServiceId, cptr,
};
use partenza_protocol::startup::{self, Channel, Contents, PAGE_SIZE};

use super::address::{Addresses, LARGE, Mapped, place, tables};
use super::grants::{self, Peers};
use super::input::{Input, Store};
use super::patch;
use crate::check::authority::Authority;
use crate::config::Bind;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::elf::{Elf, Problem};
use crate::manifest::STOP_TIMEOUT;
use crate::resolve;
use crate::sdf::{self, Pd};
use crate::source::Span;

/// Builds one service.
pub struct Builder<'b, 'a> {
    pub input: &'a Input<'a>,
    pub store: &'a Store,
    pub id: ServiceId,
    /// Its place in the model.
    pub at: usize,
    pub regions: &'b [Region<'a>],
    pub region_index: &'b [u16],
}

impl<'a> Builder<'_, 'a> {
    /// Builds it; `irqs` is the index of its first interrupt in the plan. Findings go to `out`.
    pub fn service(
        &self,
        ids: &HashMap<&str, ServiceId>,
        peers: &Peers<'_>,
        irqs: usize,
        out: &mut Diagnostics,
    ) -> Service<'a> {
        let service = &self.input.model.services[self.at];
        let pd = service.pd;
        let authority = &self.input.authority[self.at];
        let elf = &self.input.programs[self.input.image_of[self.at]].elf;
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
        let id = |at: Option<usize>| at.and_then(|at| ids.get(self.input.model.services[at].name()).copied());
        let repeated = authority.repeats.iter().map(|id| cptr::CALL + u32::from(*id));
        let late = authority
            .late
            .iter()
            .map(|(id, bind)| LateCall { cptr: cptr::CALL + u32::from(*id), on_grant: *bind == Bind::Grant });
        let stop = manifest.map(|m| m.shutdown);
        Service {
            name: &pd.name.value,
            version: manifest.map_or("0.0.0", |m| self.text(m.version.value.to_string())),
            image: self.input.image_of[self.at] as u16,
            layer: service.layer,
            critical: service.critical,
            class: service.class,
            start: service.start,
            health: service.health,
            restart: service.restart,
            fallback: id(service.fallback),
            sidecar_of: id(service.sidecar_of),
            requires: self.requires(ids),
            provides,
            readiness: service.readiness,
            startup_timeout: service.startup_timeout,
            prepare_timeout: stop.map_or(STOP_TIMEOUT, |s| s.prepare_timeout),
            stop_timeout: stop.map_or(STOP_TIMEOUT, |s| s.stop_timeout),
            priority: pd.priority.value,
            cnode_radix: grants::radix(&caps),
            stack_top: addresses.stack_top,
            stack_pages: stack_pages as u16,
            ipc_buffer: addresses.ipc_buffer,
            startup_page: addresses.startup,
            startup,
            tables,
            patches: patches
                .into_iter()
                .map(|(address, bytes)| Patch { address, bytes: self.bytes(bytes) })
                .collect(),
            maps: self.maps(pd),
            caps,
            repeated_calls: repeated.collect(),
            late_calls: late.collect(),
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
        list.filter_map(|d| {
            Some(Dependency {
                on: *ids.get(name(d.on))?,
                required: d.required,
                restart_with: d.restart_with,
                shared: d.any_of.is_some(),
            })
        })
        .collect()
    }

    fn provides(&self, service: &resolve::Service<'a>) -> Vec<Interface<'a>> {
        let Some(manifest) = service.manifest else { return Vec::new() };
        let item = |p: &'a crate::manifest::Provided| Interface {
            name: &p.interface.value,
            version: self.text(p.version.value.to_string()),
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
