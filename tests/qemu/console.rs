// SPDX-License-Identifier: BSD-2-Clause
//! The console: text costs its text. One that nobody reads holds up neither the Supervisor nor the end.

use partenza_tests::image::Image;
use partenza_tests::machine::{Machine, Outcome};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

/// One that writes lines without end, and one above it that sees how long others had the processor at most: the ticks
/// of the longest pause, and of all, in half a second.
fn pauses(name: &str, noise: &str, machine: impl FnOnce(Machine) -> Machine) -> (Outcome, u64, u64) {
    let noisy = Service::new("noisy", "script", 5).args(&[noise]).priority(100).critical(false);
    let watch = Service::new("watch", "script", 9).args(&["wait:30", "watch:500", "shutdown"]).priority(50);
    let system = System::new(name)
        .with(noisy.manifest("start: deferred"))
        .with(watch.may("shutdown").manifest("shutdown: {prepare_timeout: 20ms}"))
        .config("overload: {restart_after: 0}");
    let outcome = machine(Machine::new(&Image::of(Kernel::Debug, name, &system))).run();
    outcome.must_have_ended();
    let (longest, total) = outcome
        .log
        .lines("watch")
        .into_iter()
        .find_map(|(_, text)| {
            let (longest, rest) = text.strip_prefix("watch:500 lost ")?.split_once(" at most, ")?;
            Some((longest.parse().ok()?, rest.split(' ').next()?.parse().ok()?))
        })
        .unwrap_or_else(|| panic!("it does not say what it lost\n{outcome}"));
    (outcome, longest, total)
}

/// One service within its budget takes two percent (docs/policy/storm.md); the console takes one more, whoever writes.
#[test]
fn lines_within_the_budget_take_about_as_much_as_is_said() {
    let (outcome, _, total) = pauses("console-lines", "lines:100000", |machine| machine);
    outcome.must(&format!("{total} of 500,000,000 ticks are at most 4 percent"), total <= 20_000_000);
}

/// A line cost 10,000,000 instructions before, at the highest priority.
#[test]
fn a_console_that_nobody_reads_holds_nobody_up() {
    let (outcome, longest, total) =
        pauses("console-unread", "lines:100000", Machine::nobody_reads_the_console);
    outcome.must(&format!("nobody waits longer than for a whole budget: {longest}"), longest <= 4_000_000);
    outcome.must(&format!("{total} of 500,000,000 ticks are at most 4 percent"), total <= 20_000_000);
}
