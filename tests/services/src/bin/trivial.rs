// SPDX-License-Identifier: BSD-2-Clause
//! Says hello and ready, and answers what every service answers. The bench measures this one: two read-only pages at
//! most and one page of data.
#![no_std]
#![no_main]

use partenza_service::{Service, serve};
use sel4_microkit::{Handler, protection_domain};

struct Trivial;

impl Service for Trivial {}

#[protection_domain]
fn init() -> impl Handler {
    serve(Trivial)
}
