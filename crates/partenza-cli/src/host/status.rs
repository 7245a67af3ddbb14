// SPDX-License-Identifier: BSD-2-Clause
//! `status`: every service in a table, or one in full (SPEC I-5).

use std::fmt::Write;

use clap::Args;
use clap_complete::ArgValueCandidates;
use partenza_analysis::text::{Cell, Table, Tone, size};
use partenza_interfaces::error;
use partenza_protocol::Code;
use partenza_protocol::event::ServiceState;
use partenza_protocol::request::Health;
use partenza_shell::Micros;
use serde_json::{Value, json};

use super::ask::Service;
use super::client::Trouble;
use super::log::{last_about, line};
use super::session::{Form, Session, tone};
use crate::candidates;

pub const EXAMPLES: &str = "\
Examples:
  partenza status                     every service
  partenza status network             all that the Supervisor knows of one, and
                                      what happened to it last
  partenza status --json | jq -r '.services[] | .name + \" \" + .state'
  partenza status --line /dev/ttyUSB0 of a board, over its event line";

/// Events of one service that are shown; `partenza log NAME` has all of them.
const EVENTS: usize = 8;
/// How many of the system's last events they are looked for among: what a serial line tells in about two seconds.
const WINDOW: u64 = 256;

#[derive(Args, Clone)]
pub struct StatusArgs {
    /// One service
    #[arg(add = ArgValueCandidates::new(candidates::services))]
    pub name: Option<String>,
    #[command(flatten)]
    pub form: Form,
}

pub fn status(args: &StatusArgs, session: &mut Session) -> Result<(), Trouble> {
    if let Some(name) = &args.name {
        let asked = session.client.status(name);
        let service = session.about(name, asked)?;
        let events = last_about(name, EVENTS, WINDOW, session)?;
        let mut value = json(&service);
        value["events"] = events.iter().map(|event| event.json.clone()).collect();
        let mut text = one(&service, session);
        for event in &events {
            let _ = writeln!(text, "{}", line(event, session));
        }
        return session.put(args.form, &value, &text);
    }
    let services = all(session)?;
    let value = json!({"services": services.iter().map(json).collect::<Vec<_>>()});
    session.put(args.form, &value, &table(&services, session))
}

/// Every service in full.
pub fn all(session: &mut Session) -> Result<Vec<Service>, Trouble> {
    let listed = session.client.list()?;
    listed.iter().map(|service| session.client.status(&service.name)).collect()
}

fn table(services: &[Service], session: &Session) -> String {
    let mut table = Table::default();
    table.head(&["NAME", "LAYER", "STATE", "INC", "RESTARTS", "UPTIME", "LAST ERROR"], &[1, 3, 4, 5]);
    for service in services {
        table.row([
            Cell::new(&service.name),
            Cell::right(service.layer.to_string()),
            Cell::new(service.state.to_string()).tone(tone(service.state)),
            Cell::right(service.incarnation.to_string()),
            Cell::right(service.restarts.to_string()),
            Cell::right(service.uptime.map_or("-".to_owned(), |uptime| Micros(uptime).to_string())),
            Cell::new(service.last_error.map_or(String::new(), told)).tone(Tone::Hot),
        ]);
    }
    let mut text = table.show(session.paint);
    let up =
        services.iter().filter(|s| matches!(s.state, ServiceState::Running | ServiceState::Degraded)).count();
    let _ = write!(text, "{up} of {} running", services.len());
    let count = |which: &[ServiceState]| services.iter().filter(|s| which.contains(&s.state)).count();
    let others = [
        ("waiting", count(&[ServiceState::Pending])),
        ("failed", count(&[ServiceState::Failed, ServiceState::Crashed])),
    ];
    for (what, count) in others.into_iter().filter(|(_, count)| *count > 0) {
        let _ = write!(text, ", {count} {what}");
    }
    text.push('\n');
    text
}

fn one(service: &Service, session: &Session) -> String {
    let mut table = Table::indented(2);
    let since = service.uptime.map_or(String::new(), |uptime| format!(" for {}", Micros(uptime)));
    let state = Cell::new(format!("{}{since}", service.state)).tone(tone(service.state));
    table.row([Cell::new("state"), state]);
    let mut row = |name: &str, value: String| table.row([name.into(), value.into()]);
    row("incarnation", service.incarnation.to_string());
    row("restarts", service.restarts.to_string());
    row("health", service.health.to_string());
    row("last error", service.last_error.map_or("none".to_owned(), told));
    row("priority", service.priority.to_string());
    row("memory", size(service.memory));
    row("messages", format!("{} answered, {} ignored", service.messages, service.rejected));
    let critical = if service.critical { ", critical" } else { "" };
    format!(
        "{} {} (service {}, layer {}{critical})\n{}",
        service.name,
        service.version,
        service.id,
        service.layer,
        table.show(session.paint)
    )
}

/// A code and what it means.
pub fn told(code: Code) -> String {
    format!("{code} {}", error::words(code).map_or("(not a code of this release)", |(text, _)| text))
}

fn json(service: &Service) -> Value {
    let (health, bad_reports) = match service.health {
        Health::Unknown => ("unknown", 0),
        Health::Well => ("well", 0),
        Health::NotWell(bad) => ("not-well", bad),
    };
    json!({
        "id": service.id,
        "name": service.name,
        "version": service.version,
        "layer": service.layer,
        "critical": service.critical,
        "state": service.state,
        "incarnation": service.incarnation,
        "restarts": service.restarts,
        "uptime_us": service.uptime,
        "last_error": service.last_error.map(|code| code.to_string()),
        "priority": service.priority,
        "memory": service.memory,
        "messages": service.messages,
        "rejected": service.rejected,
        "health": health,
        "bad_reports": bad_reports,
    })
}
