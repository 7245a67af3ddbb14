// SPDX-License-Identifier: BSD-2-Clause
//! `lookup`, `switch`: who provides an interface, and who shall (SPEC S-2, S-5).

use core::fmt::Write;

use partenza_interfaces::Message;
use partenza_protocol::Op;
use partenza_protocol::request::{Found, Lookup, Switch};

use crate::refusal::{LookupRefused, SwitchRefused};
use crate::show::{self, Foreign};
use crate::system::{System, Trouble, ask};

pub fn lookup(
    lookup: &Lookup<'_>,
    system: &mut dyn System,
    message: &mut Message,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    match ask(system, Op::Lookup, lookup, message) {
        Err(Trouble::Refused(code)) => {
            let refused = LookupRefused(code, lookup);
            if !refused.depends_on_the_release() {
                return Ok(show::refusal(out, code, &refused, None)?);
            }
            writeln!(out, "{code} {refused}")?;
            return Ok(writeln!(out, "  hint: `lookup {}` takes every release", lookup.interface)?);
        }
        other => other?,
    }
    let Found { channel, provider, version } = message.get()?;
    write!(out, "{} provides {} {}", Foreign(provider), lookup.interface, Foreign(version))?;
    match channel {
        Some(channel) => Ok(writeln!(out, ", on channel {channel} of this shell")?),
        None => Ok(writeln!(out)?),
    }
}

pub fn switch(
    switch: &Switch<'_>,
    system: &mut dyn System,
    message: &mut Message,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    match ask(system, Op::Switch, switch, message) {
        Err(Trouble::Refused(code)) => {
            let refused = SwitchRefused(code, switch);
            return Ok(show::refusal(out, code, &refused, refused.hint())?);
        }
        other => other?,
    }
    let Switch { interface, provider } = switch;
    Ok(writeln!(out, "{provider} serves {interface} now, or as soon as it is ready; `log 5` tells")?)
}
