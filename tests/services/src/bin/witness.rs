// SPDX-License-Identifier: BSD-2-Clause
//! Counts the calls that it answers, and answers with the count; dies of the call after the last, if it has one.
#![no_std]
#![no_main]

use partenza_service::{Answered, Call, Code, Context, Level, Service, crash, serve};
use partenza_test_services::{COUNT, first_number};
use sel4_microkit::{Handler, protection_domain};

struct Witness {
    answered: u32,
    last: Option<u32>,
}

impl Service for Witness {
    fn start(&mut self, context: &Context) -> Result<(), Code> {
        self.last = first_number(context)?;
        Ok(())
    }

    fn call(&mut self, context: &Context, call: &mut Call<'_>) -> Result<Answered, Code> {
        match call.label() {
            COUNT if self.last == Some(self.answered) => crash(0),
            COUNT => {
                self.answered += 1;
                context.log(Level::Info, format_args!("answered {} for {}", self.answered, call.client()));
                call.answer(&self.answered)
            }
            _ => call.unknown(),
        }
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Witness { answered: 0, last: None })
}
