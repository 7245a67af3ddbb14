// SPDX-License-Identifier: BSD-2-Clause
//! `grants`: what the plan gives. `grants --live`, `audit`: what is really there (SPEC F-8).
//!
//! `grants` reads the plan and is labelled so. The other two have the Supervisor look at every slot of the service's
//! CSpace in the kernel, and compare. What even then comes from the plan alone, rights and mappings, is labelled so too.

use clap::Args;
use clap_complete::ArgValueCandidates;
use partenza_analysis::text::{Cell, Table, Tone, count};
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::{Event, Mismatch, Record};
use partenza_protocol::request::{Audit, GrantRow};
use partenza_shell::live::{Live, differs, rights};
use serde_json::{Value, json};

use super::ask::Grant;
use super::client::Trouble;
use super::session::{Form, Session};
use crate::{Failure, candidates};

pub const GRANTS_EXAMPLES: &str = "\
Examples:
  partenza grants terminal          what the plan gives it
  partenza grants --live terminal   whether it is there
  partenza grants --live terminal --json | jq '.grants[] | .at, .live'

With --live the exit code is 1 if anything is not as planned. Rights, objects
and mappings are the plan's even then: the kernel tells that a capability is
there and, with debug output, its type.";

pub const EXAMPLES: &str = "\
Examples:
  partenza audit            every service
  partenza audit terminal   one
  partenza audit --json | jq '.services[] | select(.verdict != \"as planned\")'

A difference is an error event in the log as well, slot by slot. A kernel with
debug output tells the types of capabilities; with another one only their
presence is compared, and the table says so.";

#[derive(Args, Clone)]
pub struct GrantsArgs {
    /// A service, as `partenza status` lists them
    #[arg(add = ArgValueCandidates::new(candidates::services))]
    pub name: String,
    /// Look at what is there, slot by slot, and put it beside what is planned
    #[arg(long)]
    pub live: bool,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Args, Clone)]
pub struct AuditArgs {
    /// One service
    #[arg(add = ArgValueCandidates::new(candidates::services))]
    pub name: Option<String>,
    #[command(flatten)]
    pub form: Form,
}

pub fn grants(args: &GrantsArgs, session: &mut Session) -> Result<(), Trouble> {
    let asked = session.client.grants(&args.name);
    let grants = session.about(&args.name, asked)?;
    if args.live {
        return live(args, &grants, session);
    }
    let value = json!({
        "service": args.name,
        "source": "planned",
        "grants": grants.iter().map(planned).collect::<Vec<_>>(),
    });
    let mut table = Table::default();
    table.head(&["KIND", "AT", "RIGHTS", "OBJECT"], &[1]);
    for grant in &grants {
        let [kind, at, rights, object] = cells(grant);
        table.row([kind, at, rights, object]);
    }
    let name = &args.name;
    let said =
        format!("{} as planned; `partenza grants --live {name}` compares\n", count(grants.len(), "grant"));
    session.put(args.form, &value, &(table.show(session.paint) + &said))
}

fn planned(grant: &Grant) -> Value {
    json!({
        "kind": grant.kind,
        "at": grant.at,
        "rights": rights(grant.kind, grant.rights),
        "object": grant.object,
    })
}

/// Kind, place, rights, object.
fn cells(grant: &Grant) -> [Cell; 4] {
    [
        Cell::new(grant.kind.to_string()),
        Cell::right(format!("{:#x}", grant.at)),
        Cell::new(rights(grant.kind, grant.rights)),
        Cell::new(&grant.object),
    ]
}

/// What is there beside what is planned.
fn live(args: &GrantsArgs, grants: &[Grant], session: &mut Session) -> Result<(), Trouble> {
    let (audit, differences) = look(&args.name, session)?;
    let of = |grant: &Grant| {
        let row = GrantRow { kind: grant.kind, at: grant.at, rights: grant.rights, object: &grant.object };
        Live::of(&row, &audit, &differences)
    };
    let surplus: Vec<u32> =
        differences.iter().filter(|(_, what)| *what == Mismatch::Surplus).map(|(slot, _)| *slot).collect();
    let rows = grants.iter().map(|grant| {
        let mut row = planned(grant);
        row["live"] = of(grant).to_string().into();
        row
    });
    let value = json!({
        "service": args.name,
        "source": "live",
        "planned": ["rights", "object"],
        "grants": rows.collect::<Vec<_>>(),
        "surplus": surplus,
        "verdict": verdict(&audit),
    });
    let mut table = Table::default();
    table.head(&["KIND", "AT", "LIVE", "RIGHTS (planned)", "OBJECT (planned)"], &[1]);
    for grant in grants {
        let live = of(grant);
        let tone = match live {
            Live::Held | Live::Present => Tone::Good,
            Live::Diverted | Live::Unbound => Tone::Hot,
            Live::Missing | Live::Wrong => Tone::Bad,
            Live::Planned => Tone::Faint,
        };
        let [kind, at, rights, object] = cells(grant);
        table.row([kind, at, Cell::new(live.to_string()).tone(tone), rights, object]);
    }
    for slot in surplus {
        let at = Cell::right(format!("{slot:#x}"));
        let found = Cell::new("NOT PLANNED").tone(Tone::Bad);
        table.row([Cell::new("?"), at, found, Cell::new("?"), Cell::new("-")]);
    }
    let said =
        format!("{}: {} held; all {} slots were looked at\n", verdict(&audit), audit.present, audit.slots);
    session.put(args.form, &value, &(table.show(session.paint) + &said))?;
    if differs(&audit) { Err(Failure::Problems.into()) } else { Ok(()) }
}

/// Audits a service, and reads from the log what was found where.
fn look(name: &str, session: &mut Session) -> Result<(Audit, Vec<(u32, Mismatch)>), Trouble> {
    let id = session.client.status(name)?.id;
    let mut next = session.client.log_end()?;
    let audit = session.client.audit(name)?;
    let mut found = Vec::new();
    while differs(&audit) {
        let part = session.client.log(next)?;
        for bytes in &part.records {
            let (record, _) =
                postcard::take_from_bytes::<Record<'_>>(bytes).map_err(|_| Trouble::Malformed)?;
            if let Event::AuditMismatch { service, cptr, what } = record.event
                && service.0 == id
            {
                found.push((cptr, what));
            }
        }
        if part.records.is_empty() {
            break;
        }
        next = part.next;
    }
    Ok((audit, found))
}

pub fn audit(args: &AuditArgs, session: &mut Session) -> Result<(), Trouble> {
    let mut audits = Vec::new();
    match &args.name {
        Some(name) => {
            let asked = session.client.audit(name);
            audits.push((name.clone(), Some(session.about(name, asked)?)));
        }
        None => {
            for service in session.client.list()? {
                let audit = match session.client.audit(&service.name) {
                    Ok(audit) => Some(audit),
                    // It was never made, or all of it was taken back.
                    Err(Trouble::Refused(code)) if code == SupervisorError::NotRunning.code() => None,
                    Err(other) => return Err(other),
                };
                audits.push((service.name, audit));
            }
        }
    }
    let rows = audits.iter().map(|(name, audit)| row(name, audit.as_ref()));
    let value = json!({"source": "live", "services": rows.collect::<Vec<_>>()});
    session.put(args.form, &value, &table(&audits, session))?;
    let wrong = audits.iter().any(|(_, audit)| audit.as_ref().is_some_and(differs));
    if wrong { Err(Failure::Problems.into()) } else { Ok(()) }
}

fn verdict(audit: &Audit) -> &'static str {
    if differs(audit) { "NOT as planned" } else { "as planned" }
}

fn compared(audit: &Audit) -> &'static str {
    if audit.types { "presence and type" } else { "presence" }
}

/// What is said of a service that has no CSpace.
const NOTHING: &str = "holds nothing";

fn row(name: &str, audit: Option<&Audit>) -> Value {
    let Some(audit) = audit else { return json!({"service": name, "verdict": NOTHING}) };
    json!({
        "service": name,
        "slots": audit.slots,
        "present": audit.present,
        "missing": audit.missing,
        "wrong": audit.wrong,
        "surplus": audit.surplus,
        "diverted": audit.diverted,
        "compared": compared(audit),
        "verdict": verdict(audit),
    })
}

fn table(audits: &[(String, Option<Audit>)], session: &Session) -> String {
    let mut table = Table::default();
    let heads =
        ["NAME", "SLOTS", "PRESENT", "MISSING", "WRONG", "SURPLUS", "DIVERTED", "COMPARED", "VERDICT"];
    table.head(&heads, &[1, 2, 3, 4, 5, 6]);
    for (name, audit) in audits {
        let Some(audit) = audit else {
            let mut cells = vec![Cell::new(name)];
            cells.resize(heads.len() - 2, Cell::right("-"));
            table.row(cells.into_iter().chain([Cell::new("-"), Cell::new(NOTHING).tone(Tone::Faint)]));
            continue;
        };
        let number = |number: u16| Cell::right(number.to_string());
        let bad = |wrong: u16| number(wrong).tone(if wrong > 0 { Tone::Bad } else { Tone::Normal });
        table.row([
            Cell::new(name),
            number(audit.slots),
            number(audit.present),
            bad(audit.missing),
            bad(audit.wrong),
            bad(audit.surplus),
            number(audit.diverted),
            Cell::new(compared(audit)),
            Cell::new(verdict(audit)).tone(if differs(audit) { Tone::Bad } else { Tone::Good }),
        ]);
    }
    table.show(session.paint)
}
