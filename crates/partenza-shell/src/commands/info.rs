// SPDX-License-Identifier: BSD-2-Clause
//! `info`: what a service says of itself.
//!
//! Which of the terminal's capabilities leads to which service, and whether that runs, is the Supervisor's to say: a
//! service that does not run is not called, because the call would wait for its next incarnation.

use core::fmt::Write;

use heapless::{String, Vec};
use partenza_interfaces::{Info, Message};
use partenza_protocol::Code;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::{CapKind, ServiceState};

use crate::live::CALL;
use crate::show::Foreign;
use crate::system::{System, Trouble, for_each_grant, state};

/// Servers that the terminal can have; more are not found.
const SERVERS: usize = 16;
/// Longest name.
const NAME: usize = 63;

/// A service that the terminal can call, and its capability.
struct Server {
    name: String<NAME>,
    cptr: u64,
}

pub fn info(
    name: &str,
    system: &mut dyn System,
    message: &mut Message,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    let state = state(name, system, message)?;
    let servers = servers(system, message)?;
    let Some(server) = servers.iter().find(|server| server.name == name) else {
        writeln!(out, "the terminal has no channel to {name}; it may call:")?;
        for server in &servers {
            writeln!(out, "  {}", server.name)?;
        }
        return Ok(());
    };
    if !matches!(state, ServiceState::Running | ServiceState::Degraded) {
        return Err(Code::from(SupervisorError::NotRunning).into());
    }
    system.info(server.cptr, message)?;
    show(&message.get()?, out)
}

/// The services behind the terminal's endpoints.
fn servers(system: &mut dyn System, message: &mut Message) -> Result<Vec<Server, SERVERS>, Trouble> {
    let own = String::<NAME>::try_from(system.name()).unwrap_or_default();
    let mut servers = Vec::new();
    for_each_grant(&own, system, message, &mut |row| {
        if row.kind == CapKind::Endpoint && row.rights & CALL == CALL {
            let name = String::try_from(row.object).unwrap_or_default();
            // What does not fit is not found.
            let _ = servers.push(Server { name, cptr: row.at });
        }
        Ok(())
    })?;
    Ok(servers)
}

fn show(info: &Info<'_>, out: &mut dyn Write) -> Result<(), Trouble> {
    let plural = if info.calls == 1 { "call" } else { "calls" };
    writeln!(
        out,
        "{} {}, incarnation {}, {} {plural} answered",
        Foreign(info.name),
        Foreign(info.version),
        info.incarnation.0,
        info.calls
    )?;
    for line in info.text.lines() {
        writeln!(out, "  {}", Foreign(line))?;
    }
    Ok(())
}
