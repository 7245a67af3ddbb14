// SPDX-License-Identifier: BSD-2-Clause
//! A sidecar that stands on the way to a log service (SPEC S-3): lets through what its arguments' clients write, refuses all
//! others, and counts both. Clients are known by their channels, so nobody can pretend to be another.
//!
//! It says `passed 3 of writer` and `refused stranger`.
#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::fmt::Write;

use partenza_service::{Answered, Call, Code, Context, InfoText, Level, Service, ServiceError, serve};
use partenza_test_services::APPEND;
use sel4_microkit::{Handler, protection_domain};

#[derive(Default)]
struct Guard {
    passed: u32,
    refused: u32,
}

impl Service for Guard {
    fn call(&mut self, context: &Context, call: &mut Call<'_>) -> Result<Answered, Code> {
        if call.label() != APPEND {
            return call.unknown();
        }
        let client = call.client();
        if !context.startup().args().any(|known| known == client) {
            self.refused += 1;
            context.log(Level::Warn, format_args!("refused {client}"));
            return Err(ServiceError::Denied.code());
        }
        let line: u32 = call.request()?;
        let kept: u32 = context.peer("log/store")?.ask(APPEND, &line)?;
        self.passed += 1;
        context.log(Level::Info, format_args!("passed {line} of {client}"));
        call.answer(&kept)
    }

    fn describe(&self, _context: &Context, text: &mut InfoText) {
        // Text never fails.
        let _ = write!(text, "{} lines passed, {} refused", self.passed, self.refused);
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Guard::default())
}
