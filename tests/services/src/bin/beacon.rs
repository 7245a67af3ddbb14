// SPDX-License-Identifier: BSD-2-Clause
//! Says on a UART of its own that it still runs: a dot every millisecond, for ever.
#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use partenza_service::{Context, Ports, Service, give_up, serve};
use partenza_test_services::wait;
use sel4_microkit::{Handler, protection_domain};

const BASE: u16 = 0x3f8;

struct Beacon;

impl Service for Beacon {
    fn started(&mut self, context: &Context) {
        let ended = Ports::find(BASE).and_then(|ports| {
            loop {
                ports.write8(0, b'.')?;
                wait(1);
            }
        });
        let Err::<core::convert::Infallible, _>(code) = ended;
        give_up(context, code)
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Beacon)
}
