// SPDX-License-Identifier: BSD-2-Clause
//! Requests that only ask: status, lists, log, grants, times (SPEC I-4, I-5). None of them changes anything.

use core::fmt::Write;

use partenza_lifecycle::{Instant, Record as LifeRecord, ServiceState as Machine};
use partenza_plan::ServiceId;
use partenza_plan::archived::Plan;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::{BootState, Record, ServiceState};
use partenza_protocol::request::{
    BootPage, BootRow, GrantRow, GrantsOf, GrantsPage, Health, ListPage, LogFrom, LogPage, PAGE, Page,
    Status, Summary, Target, Uptime, Version,
};
use partenza_protocol::text::Text;
use partenza_protocol::{Code, Op, decode, encode, frame::MAX_RECORD};
use serde::Serialize;

use crate::calls::call_table::{Callers, condition};

use crate::events::ring::{Reader, Ring};
use crate::service::capability_kinds::{cap_kind, region_kind};
use crate::system::codes::{blame, state};
use crate::system::entry::Entry;
use crate::system::ids::life;

/// What questions are answered from.
pub struct View<'v> {
    pub plan: &'static Plan,
    pub entries: &'v [Entry],
    pub machine: &'v partenza_lifecycle::Machine<'static>,
    pub callers: &'v Callers,
    pub ring: &'v Ring,
    /// As whom the log is read.
    pub reader: Reader,
    pub now: Instant,
    pub boot_state: BootState,
    pub complete: Option<u64>,
}

/// Answers `op` into `out` and gives the bytes used; `None` when the operation is not a question.
pub fn answer(view: &View<'_>, op: Op, payload: &[u8], out: &mut [u8]) -> Option<Result<usize, Code>> {
    Some(match op {
        Op::List => parse(payload).and_then(|page: Page| put(&view.list(page), out)),
        Op::Status => parse(payload).and_then(|t: Target<'_>| view.status(t.name)).and_then(|s| put(&s, out)),
        Op::Log | Op::Registers => parse(payload).and_then(|from: LogFrom| view.log(from.sequence, out)),
        Op::Grants => parse(payload).and_then(|of: GrantsOf<'_>| view.grants(of, out)),
        Op::BootReport => parse(payload).and_then(|page: Page| put(&view.boot(page), out)),
        Op::Uptime => empty(payload).and_then(|()| put(&Uptime { micros: view.now.as_micros() }, out)),
        Op::Version => empty(payload).and_then(|()| {
            let kernel = &view.plan.kernel;
            let mut name = Text::<64>::new();
            // Longer names than this are cut, which harms nobody.
            let _ = write!(
                name,
                "seL4 {} {}{}",
                kernel.version,
                kernel.arch,
                if kernel.mcs { " MCS" } else { "" }
            );
            put(&Version { system: &view.plan.system, partenza: &view.plan.tool, kernel: name.as_str() }, out)
        }),
        _ => return None,
    })
}

fn parse<'a, T: serde::Deserialize<'a>>(payload: &'a [u8]) -> Result<T, Code> {
    decode(payload).map_err(|_| SupervisorError::Malformed.code())
}

/// The payload of a request that has none.
///
/// # Errors
/// There is one.
pub fn empty(payload: &[u8]) -> Result<(), Code> {
    if payload.is_empty() { Ok(()) } else { Err(SupervisorError::Malformed.code()) }
}

/// Encodes an answer.
///
/// # Errors
/// It does not fit one message, which the protocol's page sizes exclude for valid plans.
pub fn put<T: Serialize>(value: &T, out: &mut [u8]) -> Result<usize, Code> {
    encode(value, out).map_err(|_| SupervisorError::NotSupported.code())
}

impl View<'_> {
    /// The service of that name.
    ///
    /// # Errors
    /// There is none.
    pub fn find(&self, name: &str) -> Result<ServiceId, Code> {
        self.plan.find(name).ok_or(SupervisorError::NoSuchService.code())
    }

    fn state(&self, id: ServiceId) -> ServiceState {
        let known = self.machine.state(life(id));
        known.map_or(ServiceState::Pending, state)
    }

    /// Services from `page.from` on, as many as one answer holds.
    fn rows(&self, page: Page) -> (impl Iterator<Item = ServiceId> + use<>, Option<u16>) {
        let total = self.plan.services.len() as u16;
        let end = page.from.saturating_add(PAGE as u16).min(total);
        ((page.from.min(total)..end).map(ServiceId), (end < total).then_some(end))
    }

    fn list(&self, page: Page) -> ListPage<'static> {
        let (ids, next) = self.rows(page);
        let rows = ids.map(|id| {
            let service = self.plan.service(id);
            Summary {
                name: &service.name,
                layer: service.layer,
                state: self.state(id),
                incarnation: self.entries[id.0 as usize].incarnation,
            }
        });
        ListPage { total: self.plan.services.len() as u16, rows: rows.collect(), next }
    }

    fn status(&self, name: &str) -> Result<Status<'static>, Code> {
        let id = self.find(name)?;
        let service = self.plan.service(id);
        let entry = &self.entries[id.0 as usize];
        let record = self.machine.record(life(id));
        let state = self.state(id);
        // One that is disabled from the beginning has had no event that would have left its code.
        let disabled = record.filter(|record| record.state() == Machine::Disabled);
        let disabled = disabled.and_then(|record| record.reason()).map(|reason| blame(reason, None).0);
        let up = matches!(state, ServiceState::Running | ServiceState::Degraded);
        let sizes = &self.plan.kernel.sizes;
        Ok(Status {
            id: id.0,
            name: &service.name,
            version: &service.version,
            layer: service.layer,
            critical: service.critical,
            state,
            incarnation: entry.incarnation,
            restarts: record.map_or(0, |record| record.restarts()),
            uptime: entry.ready.filter(|_| up).map(|ready| self.now.as_micros() - ready),
            last_error: entry
                .last_error
                .or(disabled.filter(|code| *code != SupervisorError::Requested.code())),
            priority: service.priority,
            memory: service.service_bytes(sizes)
                + service.incarnation_bytes(self.plan.image_of(service), sizes),
            rejected: entry.rejected,
            messages: entry.messages,
            health: match record.and_then(LifeRecord::health) {
                None => Health::Unknown,
                Some((true, _)) => Health::Well,
                Some((false, bad)) => Health::NotWell(bad),
            },
        })
    }

    fn boot(&self, page: Page) -> BootPage<'static> {
        let (ids, next) = self.rows(page);
        let rows = ids.map(|id| {
            let (service, entry) = (self.plan.service(id), &self.entries[id.0 as usize]);
            BootRow {
                name: &service.name,
                layer: service.layer,
                created: entry.created,
                started: entry.started,
                ready: entry.ready,
            }
        });
        BootPage { state: self.boot_state, complete: self.complete, rows: rows.collect(), next }
    }

    fn grants(&self, of: GrantsOf<'_>, out: &mut [u8]) -> Result<usize, Code> {
        let id = self.find(of.name)?;
        let service = self.plan.service(id);
        let total = (service.caps.len() + service.maps.len()) as u16;
        let end = of.from.saturating_add(PAGE as u16);
        let row = |at: usize| match service.caps.get(at) {
            Some(grant) => GrantRow {
                kind: cap_kind(&grant.object),
                at: u64::from(grant.cptr.to_native()),
                rights: grant.rights.bits() | condition(self.callers, self.entries, id, grant),
                object: &grant.name,
            },
            None => {
                let map = &service.maps[at - service.caps.len()];
                GrantRow {
                    kind: region_kind(self.plan, map.region.into()),
                    at: map.address.into(),
                    rights: if map.writable { 3 } else { 2 },
                    object: &self.plan.regions[usize::from(map.region.to_native())].name,
                }
            }
        };
        let rows = (of.from..end.min(total)).map(|at| row(usize::from(at))).collect();
        put(&GrantsPage { total, rows, next: (end < total).then_some(end) }, out)
    }

    /// As many records as fit, behind the page's header; the header's size is known before its contents.
    fn log(&self, sequence: u64, out: &mut [u8]) -> Result<usize, Code> {
        let first = self.ring.seek(sequence);
        let lost = self.ring.sequence(first).saturating_sub(sequence);
        // Header fields are encoded with as many bytes as they need, so records are collected first, at a place
        // where the longest header ends, and moved up to the real one.
        const HEADER: usize = 22;
        let mut cursor = first;
        let mut used = HEADER;
        let mut count = 0u8;
        let mut record = [0; MAX_RECORD];
        while let Some(read) = self.ring.read(cursor, self.reader, &mut record) {
            let len = read.len;
            if used + len + 8 > out.len() || count == u8::MAX {
                break;
            }
            out[used..used + len].copy_from_slice(&record[..len]);
            used += len;
            count += 1;
            cursor = read.next;
        }
        let mut header = [0; HEADER];
        let page = LogPage { count, lost, next: self.ring.sequence(cursor) };
        let header_len = put(&page, &mut header)?;
        out[..header_len].copy_from_slice(&header[..header_len]);
        out.copy_within(HEADER..used, header_len);
        let end = header_len + used - HEADER;
        let padded = end.next_multiple_of(8).min(out.len());
        out[end..padded].fill(0);
        Ok(end)
    }
}

// A record never outgrows what one answer can carry.
const _: () = assert!(size_of::<Record<'_>>() > 0 && MAX_RECORD + 32 < 960);
