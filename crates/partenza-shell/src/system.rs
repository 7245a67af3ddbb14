// SPDX-License-Identifier: BSD-2-Clause
//! What the shell asks, and of whom.

use core::fmt;

use partenza_interfaces::Message;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::ServiceState;
use partenza_protocol::request::{GrantRow, GrantsOf, GrantsPage, ListPage, Page, Status, Summary, Target};
use partenza_protocol::{Code, MalformedMessage, Op};
use serde::Serialize;

/// The world outside of the shell.
pub trait System {
    /// Asks the Supervisor; the answer takes the place of the request.
    ///
    /// # Errors
    /// The code that the Supervisor answered with.
    fn ask(&mut self, op: Op, message: &mut Message) -> Result<(), Code>;

    /// The terminal's own name.
    fn name(&self) -> &str;

    /// Asks the server behind one of the terminal's own capabilities for its [`partenza_interfaces::Info`], which
    /// `message` then holds. It waits for as long as the server lets it wait.
    ///
    /// # Errors
    /// The code that was answered.
    fn info(&mut self, cptr: u64, message: &mut Message) -> Result<(), Code>;
}

/// Why a command did not do what it should.
#[derive(Debug)]
pub enum Trouble {
    Refused(Code),
    /// The output is gone; there is nobody left to tell.
    Output,
}

impl From<Code> for Trouble {
    fn from(code: Code) -> Self {
        Trouble::Refused(code)
    }
}

impl From<MalformedMessage> for Trouble {
    fn from(_: MalformedMessage) -> Self {
        Trouble::Refused(SupervisorError::Malformed.code())
    }
}

impl From<fmt::Error> for Trouble {
    fn from(_: fmt::Error) -> Self {
        Trouble::Output
    }
}

/// Asks for an operation that takes a payload.
pub fn ask<Q: Serialize>(
    system: &mut dyn System,
    op: Op,
    question: &Q,
    message: &mut Message,
) -> Result<(), Trouble> {
    message.put(question)?;
    Ok(system.ask(op, message)?)
}

/// Shows every service to `each`, in the order of their numbers.
pub fn for_each_service(
    system: &mut dyn System,
    message: &mut Message,
    each: &mut dyn FnMut(&Summary<'_>) -> fmt::Result,
) -> Result<(), Trouble> {
    let mut from = Some(0);
    while let Some(first) = from {
        ask(system, Op::List, &Page { from: first }, message)?;
        let page: ListPage<'_> = message.get()?;
        for row in &page.rows {
            each(row)?;
        }
        from = page.next.filter(|next| *next > first);
    }
    Ok(())
}

/// Shows what the plan gives to the service `name` to `each`, in the plan's order.
pub fn for_each_grant(
    name: &str,
    system: &mut dyn System,
    message: &mut Message,
    each: &mut dyn FnMut(&GrantRow<'_>) -> fmt::Result,
) -> Result<(), Trouble> {
    let mut from = Some(0);
    while let Some(first) = from {
        ask(system, Op::Grants, &GrantsOf { name, from: first }, message)?;
        let page: GrantsPage<'_> = message.get()?;
        for row in &page.rows {
            each(row)?;
        }
        from = page.next.filter(|next| *next > first);
    }
    Ok(())
}

/// The state of a service.
pub fn state(name: &str, system: &mut dyn System, message: &mut Message) -> Result<ServiceState, Trouble> {
    ask(system, Op::Status, &Target { name }, message)?;
    Ok(message.get::<Status<'_>>()?.state)
}
