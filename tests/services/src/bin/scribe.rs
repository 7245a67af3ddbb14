// SPDX-License-Identifier: BSD-2-Clause
//! A log service: keeps the numbers of lines and says `kept 3 of writer`; dies of the line after the last, if it has one.
#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use partenza_service::{Answered, Call, Code, Context, Level, Service, crash, serve};
use partenza_test_services::{APPEND, first_number};
use sel4_microkit::{Handler, protection_domain};

#[derive(Default)]
struct Scribe {
    kept: u32,
    last: Option<u32>,
}

impl Service for Scribe {
    fn start(&mut self, context: &Context) -> Result<(), Code> {
        self.last = first_number(context)?;
        Ok(())
    }

    fn call(&mut self, context: &Context, call: &mut Call<'_>) -> Result<Answered, Code> {
        match call.label() {
            APPEND if self.last == Some(self.kept) => crash(0),
            APPEND => {
                let line: u32 = call.request()?;
                self.kept += 1;
                context.log(Level::Info, format_args!("kept {line} of {}", call.client()));
                call.answer(&self.kept)
            }
            _ => call.unknown(),
        }
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Scribe::default())
}
