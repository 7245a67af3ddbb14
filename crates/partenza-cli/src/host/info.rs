// SPDX-License-Identifier: BSD-2-Clause
//! `boot`, `version`, `uptime`: what is asked of the system as a whole.

use std::fmt::Write;

use partenza_analysis::text::{Cell, Table, Tone, millis};
use partenza_shell::Micros;
use serde_json::json;

use super::ask::BootTimes;
use super::client::Trouble;
use super::session::{Form, Session};

/// SPEC R-2.
pub fn boot(form: Form, session: &mut Session) -> Result<(), Trouble> {
    let boot = session.client.boot()?;
    let took =
        |row: &BootTimes| row.started.zip(row.ready).map(|(started, ready)| ready.saturating_sub(started));
    let rows = boot.rows.iter().map(|row| {
        json!({
            "name": row.name,
            "layer": row.layer,
            "created_us": row.created,
            "started_us": row.started,
            "ready_us": row.ready,
        })
    });
    let value = json!({
        "state": boot.state.to_string(),
        "complete_us": boot.complete,
        "services": rows.collect::<Vec<_>>(),
    });
    let mut table = Table::default();
    table.head(&["NAME", "LAYER", "CREATED", "STARTED", "READY", "TOOK"], &[1, 2, 3, 4, 5]);
    let shown = |time: Option<u64>| Cell::right(time.map_or("-".to_owned(), millis));
    for row in &boot.rows {
        let name = if row.ready.is_some() { Tone::Normal } else { Tone::Hot };
        table.row([
            Cell::new(&row.name).tone(name),
            Cell::right(row.layer.to_string()),
            shown(row.created),
            shown(row.started),
            shown(row.ready),
            shown(took(row)),
        ]);
    }
    let mut text = table.show(session.paint);
    let _ = match boot.complete {
        Some(complete) => writeln!(text, "{}, boot complete after {}", boot.state, millis(complete)),
        None => writeln!(text, "{}", boot.state),
    };
    session.put(form, &value, &text)
}

pub fn version(form: Form, session: &mut Session) -> Result<(), Trouble> {
    let version = session.client.version()?;
    let value = json!({
        "system": version.system,
        "packed_by": version.partenza,
        "kernel": version.kernel,
        "this": env!("CARGO_PKG_VERSION"),
    });
    let text = format!("System {}, packed by {}, on {}\n", version.system, version.partenza, version.kernel);
    session.put(form, &value, &text)
}

pub fn uptime(form: Form, session: &mut Session) -> Result<(), Trouble> {
    let uptime = session.client.uptime()?;
    session.put(form, &json!({"uptime_us": uptime}), &format!("up {}\n", Micros(uptime)))
}
