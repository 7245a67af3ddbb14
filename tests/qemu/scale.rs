// SPDX-License-Identifier: BSD-2-Clause
//! Many services: each calls the one before it, once, before it says ready, and every call is counted.

use std::fs;
use std::path::Path;
use std::time::Duration;

use partenza_protocol::event::Event;
use partenza_tests::image::Image;
use partenza_tests::machine::{Machine, Outcome};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::{self, Kernel};

/// Distinct programs.
const VARIANTS: usize = 10;
/// What `neighbour` says after its call, and which byte of it tells the variants apart.
const SAYS: &[u8] = b"called, answer ";
const MARK: usize = 6;

fn name(index: usize) -> String {
    format!("s{index:03}")
}

fn variant(index: usize) -> String {
    format!("neighbour-{}", index % VARIANTS)
}

/// Writes programs that differ in one loaded byte, which shows in what they say.
fn write_variants(dir: &Path, kernel: Kernel) {
    let original = fs::read(kernel.program("neighbour")).expect("it was just looked for");
    let at = original.windows(SAYS.len()).position(|window| window == SAYS);
    let at = at.expect("`neighbour` says what its documentation says");
    for index in 0..VARIANTS {
        let mut bytes = original.clone();
        bytes[at + MARK] = b'0' + index as u8;
        fs::write(dir.join(format!("{}.elf", variant(index))), bytes).expect("the folder was just made");
    }
}

/// Rows of `length` services. A caller stands below whom it calls, so a row is no longer than there are priorities.
fn rows(name_of_system: &str, services: usize, length: usize) -> System {
    let mut system = System::new(name_of_system);
    for index in 0..services {
        let priority = (250 - index % length) as u8;
        let service = Service::new(&name(index), &variant(index), 2).priority(priority);
        system = system.with(service.provides("test/neighbour"));
    }
    for index in (0..services).filter(|index| index % length > 0) {
        system = system.call(&name(index), &name(index - 1));
    }
    system
}

fn boot(title: &str, services: usize, length: usize, kernel: Kernel) -> (Outcome, Image) {
    let dir = tools::scratch(&format!("{title}-{}", kernel.name()));
    write_variants(&dir, kernel);
    rows(title, services, length).write(&dir).expect("the scratch folder takes files");
    let image = Image::pack(kernel, &dir, &dir.join("image.elf"));
    let outcome = Machine::new(&image).ends_after_boot().deadline(Duration::from_secs(120)).run();
    outcome.must_have_ended();
    outcome.same("running and failed", outcome.log.complete(), Some((services as u16, 0)));
    (outcome, image)
}

/// Each service that has one before it was answered, each that has one behind it was called, and nobody else.
fn every_call_is_counted(outcome: &Outcome, services: usize, length: usize) {
    let log = &outcome.log;
    for index in 0..services {
        let calls = index % length > 0;
        let is_called = (index + 1) % length > 0 && index + 1 < services;
        let mut expected = Vec::new();
        expected.extend(calls.then(|| format!("called{} answer 1", index % VARIANTS)));
        expected.extend(is_called.then(|| format!("answered 1 for {}", name(index + 1))));
        let said: Vec<&str> = log.lines(&name(index)).into_iter().map(|(_, text)| text).collect();
        let said: Vec<String> = said.into_iter().map(str::to_owned).collect();
        outcome.same(&format!("calls of {}", name(index)), said, expected);
    }
}

fn two_hundred(kernel: Kernel) {
    let (outcome, image) = boot("two-hundred", 200, 200, kernel);
    image.plan(|plan| outcome.same("distinct programs", plan.images.len(), VARIANTS));
    every_call_is_counted(&outcome, 200, 200);
}

#[test]
fn two_hundred_services_in_one_row_boot_and_every_call_is_counted_on_the_debug_kernel() {
    two_hundred(Kernel::Debug);
}

#[test]
fn two_hundred_services_in_one_row_boot_and_every_call_is_counted_on_the_release_kernel() {
    two_hundred(Kernel::Release);
}

/// More than one pool of address space identifiers has room for (SPEC O-3: 500 is the tested size).
#[test]
fn as_many_services_as_a_plan_holds_boot() {
    let services = partenza_plan::MAX_SERVICES;
    let (outcome, _) = boot("many", services, 64, Kernel::Release);
    every_call_is_counted(&outcome, services, 64);
    outcome.same("services that failed", outcome.log.count(|e| matches!(e, Event::Failed { .. })), 0);
}
