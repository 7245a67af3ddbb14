// SPDX-License-Identifier: BSD-2-Clause
//! Init's own end is not silent (SPEC B-6): the last gasp tells what and where on the console, because with Init its
//! event line is gone, and ends the machine as configured.

use partenza_protocol::Code;
use partenza_protocol::error::InitError;
use partenza_protocol::event::Event;
use partenza_tests::image::Image;
use partenza_tests::machine::Machine;
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

fn ends_with(way: &str, code: Code) {
    for kernel in [Kernel::Debug, Kernel::Release] {
        let system = System::new("gasp").with(Service::new("only", "trivial", 2));
        let image = Image::of(kernel, &format!("gasp-{way}"), &system);
        let outcome = Machine::new(&image).parameter("last-gasp", way).run();
        outcome.same("QEMU's exit code", outcome.code, Some(0));
        let named = outcome.console.lines().any(|line| line.starts_with(&format!("{code} {}", code.text())));
        outcome.must(&format!("the console names {code}"), named);
        outcome.must("it tells how to report it", outcome.console.contains(code.hint()));
        let last_events = outcome.console.split("last events:").nth(1);
        outcome.must("it tells the last events", last_events.is_some_and(|text| text.contains("only ready")));
        outcome.must("Init does not go on", !outcome.log.has(&Event::Finished));
    }
}

#[test]
fn a_panic_of_init_is_told() {
    ends_with("panic", InitError::Panicked.code());
}

#[test]
fn a_fault_of_init_is_told() {
    ends_with("fault", InitError::Faulted.code());
}
