// SPDX-License-Identifier: BSD-2-Clause
//! `grants`: what the plan gives. `audit`: what is really there (SPEC F-8).
//!
//! `grants` reads the plan and is labelled so. `audit` has the Supervisor look at every slot of the service's CSpace in
//! the kernel, and compares.

use clap::Args;
use partenza_analysis::text::{Cell, Table, Tone, count};
use partenza_protocol::event::CapKind;
use partenza_protocol::request::Audit;
use serde_json::{Value, json};

use super::ask::Grant;
use super::client::Trouble;
use super::session::{Form, Session};
use crate::Failure;

pub const EXAMPLES: &str = "\
Examples:
  partenza audit                      every service
  partenza audit terminal             one
  partenza audit --json | jq '.services[] | select(.verdict != \"as planned\")'

A difference is an error event in the log as well, slot by slot. A kernel with debug output tells the types of
capabilities; with another one only their presence is compared, and the table says so.";

#[derive(Args, Clone)]
pub struct GrantsArgs {
    pub name: String,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Args, Clone)]
pub struct AuditArgs {
    /// One service
    pub name: Option<String>,
    #[command(flatten)]
    pub form: Form,
}

pub fn grants(args: &GrantsArgs, session: &mut Session) -> Result<(), Trouble> {
    let asked = session.client.grants(&args.name);
    let grants = session.about(&args.name, asked)?;
    let rows = grants.iter().map(|grant| {
        json!({
            "kind": grant.kind,
            "at": grant.at,
            "rights": rights(grant),
            "object": grant.object,
        })
    });
    let value = json!({"service": args.name, "source": "planned", "grants": rows.collect::<Vec<_>>()});
    let mut table = Table::default();
    table.head(&["KIND", "AT", "RIGHTS", "OBJECT"], &[1]);
    for grant in &grants {
        table.row([
            Cell::new(grant.kind.to_string()),
            Cell::right(format!("{:#x}", grant.at)),
            Cell::new(rights(grant)),
            Cell::new(&grant.object),
        ]);
    }
    let said =
        format!("{} as planned; `partenza audit {}` compares\n", count(grants.len(), "grant"), args.name);
    session.put(args.form, &value, &(table.show(session.paint) + &said))
}

/// Rights in words; interrupts and ports have none to tell.
fn rights(grant: &Grant) -> &'static str {
    const WORDS: [&str; 8] =
        ["none", "write", "read", "read write", "reply", "write reply", "read reply", "read write reply"];
    match grant.kind {
        CapKind::IrqHandler | CapKind::IoPorts => "-",
        _ => WORDS[usize::from(grant.rights & 7)],
    }
}

pub fn audit(args: &AuditArgs, session: &mut Session) -> Result<(), Trouble> {
    let names = match &args.name {
        Some(name) => vec![name.clone()],
        None => session.client.list()?.into_iter().map(|service| service.name).collect(),
    };
    let mut audits = Vec::new();
    for name in names {
        let asked = session.client.audit(&name);
        let audit = session.about(&name, asked)?;
        audits.push((name, audit));
    }
    let rows = audits.iter().map(|(name, audit)| row(name, audit));
    let value = json!({"source": "live", "services": rows.collect::<Vec<_>>()});
    session.put(args.form, &value, &table(&audits, session))?;
    if audits.iter().any(|(_, audit)| differs(audit)) { Err(Failure::Problems.into()) } else { Ok(()) }
}

fn differs(audit: &Audit) -> bool {
    audit.missing > 0 || audit.wrong > 0 || audit.surplus > 0
}

fn verdict(audit: &Audit) -> &'static str {
    if differs(audit) { "NOT as planned" } else { "as planned" }
}

fn compared(audit: &Audit) -> &'static str {
    if audit.types { "presence and type" } else { "presence" }
}

fn row(name: &str, audit: &Audit) -> Value {
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

fn table(audits: &[(String, Audit)], session: &Session) -> String {
    let mut table = Table::default();
    let heads =
        ["NAME", "SLOTS", "PRESENT", "MISSING", "WRONG", "SURPLUS", "DIVERTED", "COMPARED", "VERDICT"];
    table.head(&heads, &[1, 2, 3, 4, 5, 6]);
    for (name, audit) in audits {
        let number = |number: u16| Cell::right(number.to_string());
        let bad = |amiss: u16| number(amiss).tone(if amiss > 0 { Tone::Bad } else { Tone::Normal });
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
