// SPDX-License-Identifier: BSD-2-Clause
//! `start`, `stop` and their kin, `crash`: the Supervisor answers what it will do; the log tells what came of it.

use core::fmt::Write;

use partenza_interfaces::Message;
use partenza_protocol::Op;
use partenza_protocol::request::Target;

use crate::system::{System, Trouble, ask};

pub fn change(
    op: Op,
    name: &str,
    system: &mut dyn System,
    message: &mut Message,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    ask(system, op, &Target { name }, message)?;
    let told = match op {
        Op::Start => "is to be started",
        Op::Stop => "is to be stopped",
        Op::Restart => "is to be restarted",
        Op::Disable => "is to be stopped, and nothing starts it until it is enabled",
        Op::Enable => return Ok(writeln!(out, "{name} may be started; `start {name}` does")?),
        _ => "is told to touch address 0",
    };
    Ok(writeln!(out, "{name} {told}; `status {name}` and `log 5` tell what came of it")?)
}
