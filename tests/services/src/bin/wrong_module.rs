// SPDX-License-Identifier: BSD-2-Clause
//! A module that breaks one clause of the conformance tool, and no other; `patient` breaks more of them. Its first argument
//! names how:
//!
//! | mode | does |
//! |---|---|
//! | `wrong-channel` | ready as serving on channel 17, and nothing provided |
//! | `deaf-to-callers` | an endless loop in place of the answer to a call |
//! | `falls-to-callers` | touches address 0 when it is called |
#![no_std]
#![no_main]

use partenza_protocol::Op;
use partenza_protocol::control::{Provided, ServiceReady};
use partenza_service::{Answered, Call, Code, Context, Service, ServiceError, crash, serve};
use partenza_test_services::spin;
use sel4_microkit::{Handler, protection_domain};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    WrongChannel,
    DeafToCallers,
    FallsToCallers,
}

struct Wrong {
    mode: Option<Mode>,
}

impl Service for Wrong {
    fn start(&mut self, context: &Context) -> Result<(), Code> {
        self.mode = match context.startup().args().next() {
            Some("wrong-channel") => Some(Mode::WrongChannel),
            Some("deaf-to-callers") => Some(Mode::DeafToCallers),
            Some("falls-to-callers") => Some(Mode::FallsToCallers),
            _ => return Err(ServiceError::BadArgument.code()),
        };
        if self.mode != Some(Mode::WrongChannel) {
            return Ok(());
        }
        let (name, version) = (context.name(), context.startup().version());
        let ready = ServiceReady { name, endpoint: Some(17), version, provides: &[] as &[Provided<'_>] };
        context.supervisor().tell(Op::Ready.label(), &ready)
    }

    fn call(&mut self, _context: &Context, call: &mut Call<'_>) -> Result<Answered, Code> {
        match self.mode {
            Some(Mode::DeafToCallers) => spin(),
            Some(Mode::FallsToCallers) => crash(0),
            Some(Mode::WrongChannel) | None => call.unknown(),
        }
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Wrong { mode: None })
}
