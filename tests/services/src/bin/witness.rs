// SPDX-License-Identifier: BSD-2-Clause
//! Counts the calls that it answers, and answers with the count.
#![no_std]
#![no_main]

use partenza_service::{Answered, Call, Code, Context, Level, Service, serve};
use partenza_test_services::COUNT;
use sel4_microkit::{Handler, protection_domain};

struct Witness {
    answered: u32,
}

impl Service for Witness {
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
    serve(Witness { answered: 0 })
}
