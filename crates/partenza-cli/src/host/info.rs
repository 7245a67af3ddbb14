// SPDX-License-Identifier: BSD-2-Clause
//! `version`, `uptime`: what is asked of the system as a whole.

use partenza_shell::Micros;
use serde_json::json;

use super::client::Trouble;
use super::session::{Form, Session};

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
