// SPDX-License-Identifier: BSD-2-Clause
//! `status`: every service in a table, or one in full (SPEC I-5).

use std::fmt::Write;

use clap::Args;
use partenza_analysis::text::{Cell, Table, Tone, size};
use partenza_interfaces::error;
use partenza_protocol::Code;
use partenza_protocol::event::ServiceState;
use partenza_protocol::request::Health;
use partenza_shell::Micros;
use serde_json::{Value, json};

use super::ask::Service;
use super::client::Trouble;
use super::session::{Form, Session, tone};

pub const EXAMPLES: &str = "\
Examples:
  partenza status                     every service
  partenza status network             all that the Supervisor knows of one
  partenza status --json | jq -r '.[] | select(.state != \"Running\") | .name'
  partenza status --line /dev/ttyUSB0 of a board, over its event line";

#[derive(Args, Clone)]
pub struct StatusArgs {
    /// One service
    pub name: Option<String>,
    #[command(flatten)]
    pub form: Form,
}

pub fn status(args: &StatusArgs, session: &mut Session) -> Result<(), Trouble> {
    if let Some(name) = &args.name {
        let asked = session.client.status(name);
        let service = session.about(name, asked)?;
        return session.put(args.form, &json(&service), &one(&service, session));
    }
    let services = all(session)?;
    let value = Value::Array(services.iter().map(json).collect());
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
    let _ = writeln!(text, "{up} of {} running", services.len());
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
