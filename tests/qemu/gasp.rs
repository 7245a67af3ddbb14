// SPDX-License-Identifier: BSD-2-Clause
//! Init's own end is not silent (SPEC B-6): the last gasp tells what and where on the console and on the event line, stops
//! the services, and ends the machine as configured.

use std::thread::sleep;
use std::time::Duration;

use partenza_protocol::Code;
use partenza_protocol::error::InitError;
use partenza_protocol::event::Event;
use partenza_tests::image::Image;
use partenza_tests::machine::{Machine, Outcome};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

fn run(kernel: Kernel, way: &str, system: &System) -> Outcome {
    let image = Image::of(kernel, &format!("gasp-{way}"), system);
    let outcome = Machine::new(&image).parameter("last-gasp", way).run();
    outcome.same("QEMU's exit code", outcome.code, Some(0));
    outcome.must("Init does not go on", !outcome.log.has(&Event::Finished));
    outcome
}

fn only() -> System {
    System::new("gasp").with(Service::new("only", "trivial", 2))
}

fn told_host(outcome: &Outcome, code: Code) -> bool {
    outcome.log.events().any(|event| matches!(event, Event::InitError { code: told, .. } if *told == code))
}

fn ends_with(way: &str, code: Code, why: &str) {
    for kernel in [Kernel::Debug, Kernel::Release] {
        let outcome = run(kernel, way, &only());
        let named = outcome.console.lines().any(|line| line.starts_with(&format!("{code} {}", code.text())));
        outcome.must(&format!("the console names {code}"), named);
        outcome.must(&format!("it tells why: {why}"), outcome.console.contains(why));
        outcome.must("it tells how to report it", outcome.console.contains(code.hint()));
        let last_events = outcome.console.split("last events:").nth(1);
        outcome.must("it tells the last events", last_events.is_some_and(|text| text.contains("only ready")));
        outcome.must("the event line tells it", told_host(&outcome, code));
    }
}

#[test]
fn a_panic_of_init_is_told() {
    ends_with("panic", InitError::Panicked.code(), "asked for by the boot parameter last-gasp");
}

#[test]
fn a_fault_of_init_is_told() {
    ends_with("fault", InitError::Faulted.code(), "fault 5 at 0x");
}

/// A user exception is told by its number: 6 is an instruction that is none.
#[test]
fn an_exception_of_init_is_told_by_its_number() {
    ends_with("exception", InitError::Faulted.code(), ", exception 0x6");
}

#[test]
fn a_write_to_the_archive_is_a_fault_of_init() {
    ends_with("archive", InitError::Faulted.code(), "fault 5 at 0x");
}

/// The text is lost, the machine is not.
#[test]
fn a_panic_of_who_tells_of_it_ends_the_machine_as_configured() {
    run(Kernel::Release, "twice", &only());
}

/// A device without a console is told of on the event line, and goes off or on as configured.
#[test]
fn without_a_console_the_host_is_told() {
    let outcome = run(Kernel::Release, "panic", &only().config("console: {uart: none}"));
    outcome.must("the event line tells it", told_host(&outcome, InitError::Panicked.code()));
    outcome.must("nothing is said on COM1", !outcome.console.contains("PZ-E"));
}

/// A service that says, on a UART of its own, that it still runs.
fn with_beacon() -> System {
    let ports = "<ioport id=\"0\" addr=\"0x3f8\" size=\"8\"/>";
    let beacon = Service::new("beacon", "beacon", 5).priority(20).critical(false).holds(
        "{ioport: port}",
        "ioport: {port: 0}",
        ports,
    );
    System::new("halt").with(beacon).config("console: {uart: none}")
}

#[track_caller]
fn halts(name: &str, parameters: &[(&str, &str)], wanted: impl Fn(&Event<'_>) -> bool) {
    let mut machine = Machine::new(&Image::of(Kernel::Release, name, &with_beacon()));
    for (name, value) in parameters {
        machine = machine.parameter(name, value);
    }
    let mut running = machine.start();
    running.wait_for("the end", |log| log.events().any(&wanted));
    // What was on its way has arrived then.
    sleep(Duration::from_millis(300));
    let said = running.console().len();
    sleep(Duration::from_millis(300));
    let outcome = running.switch_off();
    outcome.same("what it says after the end", outcome.console.len() - said, 0);
}

#[test]
fn services_stop_when_init_is_gone_and_the_machine_halts() {
    halts("halt-gasp", &[("last-gasp", "panic"), ("on-failure", "halt")], |event| {
        matches!(event, Event::InitError { .. })
    });
}

#[test]
fn services_stop_when_the_machine_halts_after_the_boot() {
    halts("halt-boot", &[("after-boot", "halt")], |event| *event == Event::Finished);
}
