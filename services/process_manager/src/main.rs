// SPDX-License-Identifier: BSD-2-Clause
//! `process_manager`: what runs, counted. Serves `process/table`.
//!
//! It asks the Supervisor each time it is asked. To keep its books in `axiom/log` it asks `capability_service` for that call
//! at start: the plan foresees it, policy decides, the Supervisor grants (SPEC F-7).
#![no_std]
#![no_main]

use core::fmt::Write;

use partenza_interfaces::capability::{REQUEST, Request};
use partenza_interfaces::process::{CENSUS, Census};
use partenza_protocol::event::ServiceState;
use partenza_protocol::request::{ListPage, Page};
use partenza_service::clients::{allowed, record};
use partenza_service::{
    Answered, Call, Code, Context, InfoText, Level, Message, Op, Service, ServiceError, serve,
};
use sel4_microkit::{Handler, protection_domain};

#[derive(Default)]
struct ProcessManager {
    permitted: bool,
}

fn census(context: &Context) -> Result<Census, Code> {
    let mut census = Census { services: 0, running: 0, children: 0 };
    let mut message = Message::new();
    let mut from = Some(0);
    while let Some(first) = from {
        message.put(&Page { from: first }).map_err(|_| ServiceError::Malformed)?;
        context.supervisor().exchange(Op::List.label(), &mut message)?;
        let page: ListPage<'_> = message.get().map_err(|_| ServiceError::Malformed)?;
        let up = |state| matches!(state, ServiceState::Running | ServiceState::Degraded);
        census.services = page.total;
        census.running += page.rows.iter().filter(|row| up(row.state)).count() as u16;
        from = page.next.filter(|next| *next > first);
    }
    Ok(census)
}

impl Service for ProcessManager {
    fn start(&mut self, context: &Context) -> Result<(), Code> {
        self.permitted = allowed(context, "list", "processes")?;
        let request = Request { object: "axiom/log" };
        let granted = context.peer("capability/requests")?.tell(REQUEST, &request);
        match granted.and_then(|()| record(context, "keeps its books here")) {
            Ok(_) => context.emit(Level::Info, "was granted axiom/log"),
            Err(code) => context.log(Level::Info, format_args!("keeps no books ({code})")),
        }
        Ok(())
    }

    fn call(&mut self, context: &Context, call: &mut Call<'_>) -> Result<Answered, Code> {
        match call.label() {
            CENSUS => {
                call.needs_read()?;
                if !self.permitted {
                    return Err(ServiceError::ForbiddenByPolicy.code());
                }
                call.answer(&census(context)?)
            }
            _ => call.unknown(),
        }
    }

    fn describe(&self, context: &Context, text: &mut InfoText) {
        // Text never fails.
        let _ = match census(context) {
            _ if !self.permitted => write!(text, "listing processes is forbidden by policy"),
            Ok(census) => write!(
                text,
                "{} of {} services run, {} processes of its own",
                census.running, census.services, census.children
            ),
            Err(code) => write!(text, "the Supervisor does not tell what runs: {code}"),
        };
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(ProcessManager::default())
}
