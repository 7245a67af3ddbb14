// SPDX-License-Identifier: BSD-2-Clause
//! As small as a service can be that lives for five milliseconds. Its fault tells when it was ready and when it died,
//! by the TSC in two registers: so a restart is timed from outside, and nothing else is said or done.
#![no_std]
#![no_main]

use core::arch::asm;

use partenza_service::{Context, Service, serve};
use partenza_test_services::{tsc, wait};
use sel4_microkit::{Handler, protection_domain};

struct Mayfly;

impl Service for Mayfly {
    fn started(&mut self, _context: &Context) {
        let ready = tsc();
        // Until the event line has said what there is to say.
        wait(5);
        let died = tsc();
        // SAFETY: page 0 is never mapped; faults.
        unsafe {
            asm!("mov byte ptr [0], 0", in("r12") ready, in("r13") died, options(nostack));
        }
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Mayfly)
}
