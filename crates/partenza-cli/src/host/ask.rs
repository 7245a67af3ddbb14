// SPDX-License-Identifier: BSD-2-Clause
//! The Supervisor's answers as values of their own, whole: pages are put together, every number is checked.

use partenza_protocol::event::{BootState, CapKind, Record, ServiceState};
use partenza_protocol::request::{
    Audit, BootPage, GrantsOf, GrantsPage, Health, ListPage, LogFrom, LogPage, Page, Status, Target, Uptime,
    Version,
};
use partenza_protocol::wire::decode_prefix;
use partenza_protocol::{Code, Op, decode};

use super::client::{Client, Trouble};

/// A row of `list`; its place is the service's number.
#[derive(Clone, Debug)]
pub struct Listed {
    pub name: String,
    pub state: ServiceState,
}

/// SPEC I-5.
#[derive(Clone, Debug)]
pub struct Service {
    pub id: u16,
    pub name: String,
    pub version: String,
    pub layer: u8,
    pub critical: bool,
    pub state: ServiceState,
    pub incarnation: u32,
    pub restarts: u32,
    /// Microseconds since it was ready; `None` when it is not running.
    pub uptime: Option<u64>,
    pub last_error: Option<Code>,
    pub priority: u8,
    pub memory: u64,
    pub rejected: u32,
    pub messages: u32,
    pub health: Health,
}

/// Part of the event log.
#[derive(Debug)]
pub struct LogPart {
    /// Encoded records, oldest first.
    pub records: Vec<Vec<u8>>,
    /// Records between the one asked for and the oldest kept.
    pub lost: u64,
    /// Where to go on.
    pub next: u64,
}

#[derive(Debug)]
pub struct Grant {
    pub kind: CapKind,
    pub at: u64,
    pub rights: u8,
    pub object: String,
}

#[derive(Debug)]
pub struct Boot {
    pub state: BootState,
    pub complete: Option<u64>,
    pub rows: Vec<BootTimes>,
}

/// Microseconds since the kernel handed over.
#[derive(Debug)]
pub struct BootTimes {
    pub name: String,
    pub layer: u8,
    pub created: Option<u64>,
    pub started: Option<u64>,
    pub ready: Option<u64>,
    /// When it was started last, if that was after the boot.
    pub again: Option<u64>,
}

#[derive(Clone, Debug)]
pub struct Versions {
    pub system: String,
    pub partenza: String,
    pub kernel: String,
}

/// Asks page by page. `page` takes one answer and gives where the next one begins.
fn pages(mut page: impl FnMut(u16) -> Result<Option<u16>, Trouble>) -> Result<(), Trouble> {
    let mut from = 0;
    while let Some(next) = page(from)? {
        if next <= from {
            return Err(Trouble::Malformed);
        }
        from = next;
    }
    Ok(())
}

impl Client {
    /// Every service, by number.
    pub fn list(&mut self) -> Result<Vec<Listed>, Trouble> {
        let mut rows = Vec::new();
        pages(|from| {
            let answer = self.ask(Op::List, &Page { from })?;
            let page: ListPage<'_> = decode(&answer)?;
            rows.extend(page.rows.iter().map(|row| Listed { name: row.name.to_owned(), state: row.state }));
            Ok(page.next)
        })?;
        Ok(rows)
    }

    pub fn status(&mut self, name: &str) -> Result<Service, Trouble> {
        let answer = self.ask(Op::Status, &Target { name })?;
        let status: Status<'_> = decode(&answer)?;
        Ok(Service {
            id: status.id,
            name: status.name.to_owned(),
            version: status.version.to_owned(),
            layer: status.layer,
            critical: status.critical,
            state: status.state,
            incarnation: status.incarnation.0,
            restarts: status.restarts,
            uptime: status.uptime,
            last_error: status.last_error,
            priority: status.priority,
            memory: status.memory,
            rejected: status.rejected,
            messages: status.messages,
            health: status.health,
        })
    }

    /// What the log holds from that record on, as much as one answer takes.
    pub fn log(&mut self, sequence: u64) -> Result<LogPart, Trouble> {
        let answer = self.ask(Op::Log, &LogFrom { sequence })?;
        let (page, mut rest): (LogPage, &[u8]) = decode_prefix(&answer)?;
        let mut records = Vec::new();
        for _ in 0..page.count {
            let (_, behind) =
                postcard::take_from_bytes::<Record<'_>>(rest).map_err(|_| Trouble::Malformed)?;
            records.push(rest[..rest.len() - behind.len()].to_vec());
            rest = behind;
        }
        Ok(LogPart { records, lost: page.lost, next: page.next })
    }

    /// The number that the next record will have.
    pub fn log_end(&mut self) -> Result<u64, Trouble> {
        Ok(self.log(u64::MAX)?.next)
    }

    /// What the plan gives to a service, in the plan's order.
    pub fn grants(&mut self, name: &str) -> Result<Vec<Grant>, Trouble> {
        let mut rows = Vec::new();
        pages(|from| {
            let answer = self.ask(Op::Grants, &GrantsOf { name, from })?;
            let page: GrantsPage<'_> = decode(&answer)?;
            rows.extend(page.rows.iter().map(|row| Grant {
                kind: row.kind,
                at: row.at,
                rights: row.rights,
                object: row.object.to_owned(),
            }));
            Ok(page.next)
        })?;
        Ok(rows)
    }

    pub fn audit(&mut self, name: &str) -> Result<Audit, Trouble> {
        Ok(decode(&self.ask(Op::Audit, &Target { name })?)?)
    }

    pub fn boot(&mut self) -> Result<Boot, Trouble> {
        let mut boot = Boot { state: BootState::KernelHandoff, complete: None, rows: Vec::new() };
        pages(|from| {
            let answer = self.ask(Op::BootReport, &Page { from })?;
            let page: BootPage<'_> = decode(&answer)?;
            (boot.state, boot.complete) = (page.state, page.complete);
            boot.rows.extend(page.rows.iter().map(|row| BootTimes {
                name: row.name.to_owned(),
                layer: row.layer,
                created: row.created,
                started: row.started,
                ready: row.ready,
                again: None,
            }));
            Ok(page.next)
        })?;
        Ok(boot)
    }

    pub fn version(&mut self) -> Result<Versions, Trouble> {
        let answer = self.ask_plainly(Op::Version)?;
        let version: Version<'_> = decode(&answer)?;
        let [system, partenza, kernel] =
            [version.system, version.partenza, version.kernel].map(str::to_owned);
        Ok(Versions { system, partenza, kernel })
    }

    /// Microseconds since the kernel handed over.
    pub fn uptime(&mut self) -> Result<u64, Trouble> {
        Ok(decode::<Uptime>(&self.ask_plainly(Op::Uptime)?)?.micros)
    }

    /// Asks for a change; the answer says only that it was accepted.
    pub fn change(&mut self, op: Op, name: &str) -> Result<(), Trouble> {
        self.ask(op, &Target { name }).map(drop)
    }
}
