// SPDX-License-Identifier: BSD-2-Clause
//! `capability_service`: requests for capabilities at run time (SPEC F-7). Serves `capability/requests`.
//!
//! A client asks for an interface. `policy` decides, the verdict is recorded in `axiom/log`, and what is permitted the
//! Supervisor performs: it gives the client the call that the plan foresees for it (`bind: grant`). What is not foreseen
//! nobody can grant. RELEASE takes a client's own grant back; a server that dies takes all grants to it with it.
#![no_std]
#![no_main]

use core::fmt::Write;

use partenza_interfaces::capability::{MAX_OBJECT, RELEASE, REQUEST, Request};
use partenza_interfaces::log::MAX_PAYLOAD;
use partenza_protocol::Op;
use partenza_protocol::request::{Grant, Revoke};
use partenza_service::clients::{allowed, record};
use partenza_service::{Answered, Call, Code, Context, InfoText, Service, ServiceError, Text, serve};
use sel4_microkit::{Handler, protection_domain};

#[derive(Default)]
struct CapabilityService {
    permitted: bool,
    requests: u32,
    granted: u32,
}

impl Service for CapabilityService {
    fn start(&mut self, context: &Context) -> Result<(), Code> {
        self.permitted = allowed(context, "grant", "capabilities")?;
        record(context, if self.permitted { "granting is permitted" } else { "granting is forbidden" })?;
        Ok(())
    }

    fn call(&mut self, context: &Context, call: &mut Call<'_>) -> Result<Answered, Code> {
        match call.label() {
            REQUEST => {
                call.needs_write()?;
                let Request { object } = call.request()?;
                if object.len() > MAX_OBJECT {
                    return Err(ServiceError::OutOfRange.code());
                }
                self.requests = self.requests.saturating_add(1);
                let mut asked = Text::<MAX_PAYLOAD>::new();
                // Text never fails.
                let _ = write!(asked, "{}:{object}", call.client());
                let permitted = self.permitted && allowed(context, "grant", asked.as_str())?;
                let mut line = Text::<MAX_PAYLOAD>::new();
                let verdict = if permitted { "permitted" } else { "forbidden" };
                // Text never fails.
                let _ = write!(line, "{} asked for {object}: {verdict}", call.client());
                record(context, line.as_str())?;
                if !permitted {
                    return Err(ServiceError::ForbiddenByPolicy.code());
                }
                let grant = Grant { client: call.client(), interface: object };
                context.supervisor().tell(Op::Grant.label(), &grant)?;
                self.granted = self.granted.saturating_add(1);
                Ok(call.done())
            }
            RELEASE => {
                call.needs_write()?;
                let Request { object } = call.request()?;
                let mut line = Text::<MAX_PAYLOAD>::new();
                // Text never fails.
                let _ = write!(line, "{} gives {object} back", call.client());
                record(context, line.as_str())?;
                let revoke = Revoke { client: Some(call.client()), interface: object };
                context.supervisor().tell(Op::Revoke.label(), &revoke)?;
                Ok(call.done())
            }
            _ => call.unknown(),
        }
    }

    fn describe(&self, _context: &Context, text: &mut InfoText) {
        let policy = if self.permitted { "permits" } else { "forbids" };
        // Text never fails.
        let _ = write!(
            text,
            "takes requests for capabilities; policy {policy} granting\n{} requests, all recorded in axiom/log, {} granted",
            self.requests, self.granted
        );
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(CapabilityService::default())
}
