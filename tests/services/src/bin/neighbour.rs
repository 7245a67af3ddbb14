// SPDX-License-Identifier: BSD-2-Clause
//! One of many in a row: calls the one before it once, before it says ready, and answers the one behind it.
#![no_std]
#![no_main]

use partenza_service::{Answered, Call, Code, Context, Level, Service, serve};
use partenza_test_services::COUNT;
use sel4_microkit::{Handler, protection_domain};

struct Neighbour {
    answered: u32,
}

impl Service for Neighbour {
    fn start(&mut self, context: &Context) -> Result<(), Code> {
        // The first of the row has nobody before it.
        if let Ok(before) = context.peer("test/neighbour") {
            let answer: u32 = before.get(COUNT)?;
            context.log(Level::Info, format_args!("called, answer {answer}"));
        }
        Ok(())
    }

    fn call(&mut self, context: &Context, call: &mut Call<'_>) -> Result<Answered, Code> {
        match call.label() {
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
    serve(Neighbour { answered: 0 })
}
