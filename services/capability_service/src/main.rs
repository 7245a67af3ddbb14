// SPDX-License-Identifier: BSD-2-Clause
//! `capability_service`: requests for capabilities at run time (SPEC F-7). Serves `capability/requests`.
//!
//! Every request is put to `policy` and recorded in `axiom/log` before it is answered. Granting itself is not in
//! this release, so the best answer is [`ServiceError::NotSupported`].
#![no_std]
#![no_main]

use core::fmt::Write;

use partenza_interfaces::capability::{MAX_OBJECT, REQUEST, Request};
use partenza_interfaces::log::MAX_PAYLOAD;
use partenza_service::clients::{allowed, record};
use partenza_service::{Answered, Call, Code, Context, InfoText, Service, ServiceError, Text, serve};
use sel4_microkit::{Handler, protection_domain};

#[derive(Default)]
struct CapabilityService {
    permitted: bool,
    requests: u32,
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
                let permitted = self.permitted && allowed(context, "grant", object)?;
                let mut line = Text::<MAX_PAYLOAD>::new();
                let verdict = if permitted { "permitted" } else { "forbidden" };
                // Text never fails.
                let _ = write!(line, "{} asked for {object}: {verdict}", call.client());
                record(context, line.as_str())?;
                Err(if permitted { ServiceError::NotSupported } else { ServiceError::ForbiddenByPolicy }
                    .code())
            }
            _ => call.unknown(),
        }
    }

    fn describe(&self, _context: &Context, text: &mut InfoText) {
        let policy = if self.permitted { "permits" } else { "forbids" };
        // Text never fails.
        let _ = write!(
            text,
            "takes requests for capabilities, grants none yet; policy {policy} granting\n{} requests, all recorded in axiom/log",
            self.requests
        );
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(CapabilityService::default())
}
