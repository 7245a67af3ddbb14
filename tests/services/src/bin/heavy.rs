// SPDX-License-Identifier: BSD-2-Clause
//! A service with 100 MiB of zeroed memory, so that making it takes the Supervisor long.
//!
//! Each argument is a pause in milliseconds, one for each incarnation: after it the service touches address 0. An
//! incarnation without a pause of its own runs on.
#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::hint::black_box;
use core::sync::atomic::{AtomicU8, Ordering};

use partenza_service::{Code, Context, Service, ServiceError, crash, give_up, serve};
use partenza_test_services::wait;
use sel4_microkit::{Handler, protection_domain};

const SIZE: usize = 100 << 20;

/// Atomic, so that it is writable memory; zero, so that it takes no room in the file.
static MEMORY: [AtomicU8; SIZE] = [const { AtomicU8::new(0) }; SIZE];

struct Heavy;

impl Service for Heavy {
    fn start(&mut self, _context: &Context) -> Result<(), Code> {
        // Without this the compiler keeps only what is used.
        black_box(&MEMORY)[SIZE / 2].store(1, Ordering::Relaxed);
        Ok(())
    }

    fn started(&mut self, context: &Context) {
        let mut args = context.startup().args();
        let nth = context.incarnation().0.saturating_sub(1) as usize;
        if let Some(pause) = args.nth(nth) {
            let bad = |_| give_up(context, ServiceError::BadArgument.code());
            wait(pause.parse().unwrap_or_else(bad));
            crash(0);
        }
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Heavy)
}
