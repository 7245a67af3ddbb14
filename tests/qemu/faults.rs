// SPDX-License-Identifier: BSD-2-Clause
//! A service that was ready faults: decoded, its dependents told, the others untouched (SPEC J-1, J-2, L-9).

use partenza_protocol::Code;
use partenza_protocol::control::MAX_TEXT;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::{BootState, Cause, Event, FaultKind};
use partenza_tests::image::Image;
use partenza_tests::machine::{Machine, Outcome};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

fn system(name: &str, kind: &str, critical: bool) -> System {
    System::new(name)
        .with(Service::new("witness", "witness", 2).priority(150).provides("test/count"))
        // Goes first: it faults as soon as it was told that it is ready.
        .with(
            Service::new("culprit", "misbehave", 5)
                .args(&["fault-after-ready", kind])
                .critical(critical)
                .priority(110),
        )
        .with(Service::new("dependent", "trivial", 6).requires("culprit"))
        .with(Service::new("prober", "prober", 6).args(&["10", "1"]))
        .call("prober", "witness")
}

fn boot(name: &str, kind: &str, critical: bool, kernel: Kernel) -> Outcome {
    let image = Image::of(kernel, name, &system(name, kind, critical));
    let outcome = Machine::new(&image).ends_after_boot().parameter("verify", "on").run();
    outcome.must_have_ended();
    outcome.must("it was ready", outcome.log.is_ready("culprit"));
    outcome
}

fn is_reported(name: &str, kind: &str, expected: (FaultKind, Cause)) {
    for kernel in [Kernel::Debug, Kernel::Release] {
        let outcome = boot(&format!("after-ready-{name}"), kind, false, kernel);
        let log = &outcome.log;
        let Some(fault) = log.fault("culprit") else {
            return outcome.must("the fault is an event", false);
        };
        outcome.same("kind and cause", (fault.kind, fault.cause), expected);
        outcome.must("it is told where", fault.symbol.is_some_and(|(function, _)| !function.is_empty()));
        outcome.must("the registers are told", fault.registers.first() == Some(&fault.ip));
        outcome.must("the boot completes", log.reached(BootState::BootComplete));
        outcome.same("running and failed", log.complete(), Some((3, 1)));
        let (dependent, culprit) = (log.id("dependent"), log.id("culprit"));
        let code = SupervisorError::DependencyLost.code();
        let degraded = Event::Degraded { service: dependent, code, other: Some(culprit) };
        outcome.must("the dependent is degraded", log.has(&degraded));
        let revoked = Event::Revoked { service: culprit, whole: false };
        outcome.must("its incarnation is taken back", log.has(&revoked));
        let said: Vec<&str> = log.lines("prober").into_iter().map(|(_, text)| text).collect();
        outcome.same("what the prober counted", said, vec!["answered 10 of 10, 1 to 10"]);
    }
}

#[test]
fn a_null_write_after_ready_is_reported() {
    is_reported("null", "null-write", (FaultKind::VmWrite, Cause::NullPointer));
}

#[test]
fn a_panic_after_ready_is_reported() {
    is_reported("panic", "panic", (FaultKind::UserException, Cause::Panic));
}

/// What does not fit into a line of the log is its end, not all of it.
#[test]
fn the_beginning_of_a_long_panic_message_is_told() {
    let outcome = boot("after-ready-long-panic", "long-panic", false, Kernel::Debug);
    let lines = outcome.log.lines("culprit");
    let told = lines.iter().find(|(_, text)| text.starts_with("panicked at "));
    let Some((_, told)) = told else { return outcome.must("the panic is told", false) };
    outcome.must(&format!("with its message: {told}"), told.contains(": a message that is longer than"));
    outcome.same("as much of it as a line holds", told.len(), MAX_TEXT);
}

#[test]
fn a_stack_overflow_after_ready_is_reported() {
    is_reported("stack", "stack-overflow", (FaultKind::VmWrite, Cause::StackOverflow));
}

/// SPEC A-3: with the code that it gave, and not as the null pointer that carries it.
#[test]
fn a_service_that_gives_up_is_told_by_its_code() {
    let system = System::new("gives-up")
        .with(Service::new("culprit", "misbehave", 5).arg("an unknown kind").critical(false));
    for kernel in [Kernel::Debug, Kernel::Release] {
        let outcome = Machine::new(&Image::of(kernel, "gives-up", &system)).ends_after_boot().run();
        outcome.must_have_ended();
        let fault = outcome.log.fault("culprit");
        let seen = fault.map(|fault| (fault.kind, fault.cause, fault.gave_up()));
        // `ServiceError::BadArgument` of partenza-interfaces.
        let code = Code(714);
        outcome.same("the fault", seen, Some((FaultKind::VmWrite, Cause::GaveUp, Some(code))));
        outcome.same("why it failed", outcome.log.failure("culprit"), Some((code, None)));
    }
}

/// SPEC E-2 holds as long as the boot lasts.
#[test]
fn a_critical_service_that_dies_before_the_boot_is_complete_fails_it() {
    let outcome = boot("after-ready-critical", "null-write", true, Kernel::Release);
    let failure = Some((SupervisorError::Crashed.code(), Some("culprit")));
    outcome.same("what the boot failed of", outcome.log.boot_failure(), failure);
    outcome.must("it panics", outcome.log.reached(BootState::Panic));
}
