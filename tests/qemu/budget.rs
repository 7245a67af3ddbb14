// SPDX-License-Identifier: BSD-2-Clause
//! What requests cost their sender (SPEC S-4), to the last one.

use partenza_protocol::error::SupervisorError;
use partenza_tests::image::Image;
use partenza_tests::machine::Machine;
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

/// Hello and ready, then each step and the line about it.
const BEFORE: u32 = 2;
const PLAIN: u32 = 1;
const LINE: u32 = 8;
const AUDIT: u32 = 64;

/// Whether it gets through its steps within so much, in one period.
fn is_enough(budget: u32, steps: &[&str]) -> bool {
    let last = Service::new("last", "script", 9).args(&["wait:20", "shutdown"]).priority(20).may("shutdown");
    let system = System::new("request-budget")
        .with(Service::new("asker", "script", 5).args(steps).may("audit").critical(false))
        .with(last)
        .config(&format!("overload: {{requests: {budget}, period: 10ms, restart_after: 0}}"));
    let outcome = Machine::new(&Image::of(Kernel::Release, "request-budget", &system)).run();
    outcome.must_have_ended();
    let said: Vec<String> = outcome.log.lines("asker").into_iter().map(|(_, text)| text.to_owned()).collect();
    // One that is over its budget waits, and goes on in the next period.
    outcome.same(
        "what it was answered",
        said,
        steps.iter().map(|step| format!("{step} answered ok")).collect(),
    );
    let degraded = format!("asker degraded {}", SupervisorError::Overload.code());
    !outcome.log.story(&["asker"]).contains(&degraded)
}

#[test]
fn an_audit_is_charged_as_much_as_many_questions() {
    let total = BEFORE + 2 * (AUDIT + LINE) + PLAIN + LINE;
    let steps = ["audit:asker", "audit:last", "uptime"];
    assert!(is_enough(total, &steps));
    assert!(!is_enough(total - 1, &steps));
}
