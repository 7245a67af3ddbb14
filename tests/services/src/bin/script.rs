// SPDX-License-Identifier: BSD-2-Clause
//! Does what its arguments say, one after the other, once it is ready: see [`partenza_test_services::steps`]. It says `told`
//! the first time that it is told of events.
#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use partenza_service::{Context, Level, Service, give_up, serve};
use partenza_test_services::steps::perform;
use sel4_microkit::{Handler, protection_domain};

#[derive(Default)]
struct Script {
    told: bool,
}

impl Service for Script {
    fn changed(&mut self, context: &Context, _sequence: u64) {
        // A line is an event too: once is enough.
        if !core::mem::replace(&mut self.told, true) {
            context.log(Level::Info, format_args!("told"));
        }
    }

    fn started(&mut self, context: &Context) {
        for step in context.startup().args() {
            if let Err(code) = perform(context, step) {
                give_up(context, code);
            }
        }
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Script::default())
}
