// SPDX-License-Identifier: BSD-2-Clause
//! One service breaks a rule, three times over: not critical, critical, and on both kernels where it matters.
//!
//! Beside the culprit a witness answers calls and counts them: ten before the culprit starts, twenty while it
//! misbehaves, ten afterwards. The probers that call it know which number each call must get (SPEC J-2).

use partenza_protocol::Code;
use partenza_protocol::error::{BootError, SupervisorError};
use partenza_protocol::event::{BootState, Cause, Event, FaultKind, Rejection};
use partenza_tests::image::Image;
use partenza_tests::machine::{Machine, Outcome};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

const CULPRIT: &str = "culprit";
const DEPENDENT: &str = "dependent";

/// Calls of each prober, and which number the first of them gets.
const BEFORE: (&str, u32, u32) = ("before", 10, 1);
const DURING: (&str, u32, u32) = ("during", 20, 11);
const AFTER: (&str, u32, u32) = ("after", 10, 31);

/// What becomes of the culprit.
enum Fate {
    /// Its start fails.
    Fails(BootError),
    /// It faults before it is ready, in a function whose name holds one of these, whichever the compiler left.
    Faults(FaultKind, Cause, &'static [&'static str]),
    /// It starts all the same.
    Runs,
}
use Fate::{Fails, Faults, Runs};

struct Case {
    /// Of `misbehave`, the mode and what it takes.
    args: &'static [&'static str],
    fate: Fate,
    /// The first messages of it that are ignored.
    ignored: &'static [Rejection],
}

fn prober(name: &str, layer: u8, (_, calls, first): (&str, u32, u32)) -> Service {
    Service::new(name, "prober", layer).arg(&calls.to_string()).arg(&first.to_string())
}

fn system(case: &Case, critical: bool, kernel: Kernel) -> System {
    let culprit = Service::new(CULPRIT, "misbehave", 6)
        .args(case.args)
        .critical(critical)
        // Above the probers: it goes first, until it is stopped or has nothing more to do.
        .priority(110)
        .startup_timeout("200ms");
    System::new(&format!("misbehaviour-{}", kernel.name()))
        .with(Service::new("witness", "witness", 2).priority(150).provides("test/count"))
        .with(prober(BEFORE.0, 5, BEFORE))
        .with(culprit)
        .with(prober(DURING.0, 6, DURING))
        .with(Service::new(DEPENDENT, "trivial", 7).requires(CULPRIT))
        .with(prober(AFTER.0, 8, AFTER))
        .call(BEFORE.0, "witness")
        .call(DURING.0, "witness")
        .call(AFTER.0, "witness")
}

fn boot(case: &Case, name: &str, critical: bool, kernel: Kernel) -> (Outcome, Image) {
    let kind = if critical { "critical" } else { "tolerated" };
    let image = Image::of(kernel, &format!("{name}-{kind}"), &system(case, critical, kernel));
    let outcome = Machine::new(&image).ends_after_boot().parameter("verify", "on").run();
    (outcome, image)
}

/// SPEC E-4: the rest boots, and what needs the culprit says why it does not.
fn tolerated(case: &Case, name: &str, kernel: Kernel) {
    let (outcome, image) = boot(case, name, false, kernel);
    outcome.must_have_ended();
    outcome.must("the boot completes", outcome.log.reached(BootState::BootComplete));
    the_culprit_is_named(&outcome, case);
    for prober in [BEFORE, DURING, AFTER] {
        the_witness_kept_count(&outcome, prober);
    }
    let log = &outcome.log;
    match code_of(case) {
        None => {
            outcome.same("running and failed", log.complete(), Some((6, 0)));
            outcome.same("failed starts", log.count(|e| matches!(e, Event::Failed { .. })), 0);
        }
        Some(_) => {
            let blamed = Some((BootError::DependencyNotRunning.code(), Some(CULPRIT)));
            outcome.same("running and failed", log.complete(), Some((4, 2)));
            outcome.same("what the dependent says", log.failure(DEPENDENT), blamed);
            nothing_is_left(&outcome, &image);
        }
    }
}

/// SPEC E-2, E-3: the boot fails, naming the culprit, and the machine ends as configured.
fn fatal(case: &Case, name: &str, kernel: Kernel) {
    let (outcome, image) = boot(case, name, true, kernel);
    outcome.must_have_ended();
    the_culprit_is_named(&outcome, case);
    the_witness_kept_count(&outcome, BEFORE);
    let Some(code) = code_of(case) else { panic!("a service that runs fails no boot") };
    let log = &outcome.log;
    outcome.same("what the boot failed of", log.boot_failure(), Some((code, Some(CULPRIT))));
    outcome.must("it panics", log.reached(BootState::Panic));
    outcome.must("it never completes", !log.reached(BootState::BootComplete));
    let started = log.id(AFTER.0);
    let starts = log.count(|e| matches!(e, Event::Starting { service, .. } if *service == started));
    outcome.same("starts of the next layer", starts, 0);
    nothing_is_left(&outcome, &image);
}

fn code_of(case: &Case) -> Option<Code> {
    match case.fate {
        Fails(error) => Some(error.code()),
        Faults(..) => Some(BootError::ServiceCrashed.code()),
        Runs => None,
    }
}

fn the_culprit_is_named(outcome: &Outcome, case: &Case) {
    let log = &outcome.log;
    outcome.same("why the culprit failed", log.failure(CULPRIT), code_of(case).map(|code| (code, None)));
    outcome.same("whether it was ever ready", log.is_ready(CULPRIT), matches!(case.fate, Runs));
    let ignored = log.rejections(CULPRIT);
    let first = &ignored[..ignored.len().min(case.ignored.len())];
    outcome.same("what of it was ignored", first, case.ignored);
    match case.fate {
        Faults(kind, cause, functions) => {
            let Some(fault) = log.fault(CULPRIT) else {
                return outcome.must("the fault is an event", false);
            };
            outcome.same("kind of the fault", fault.kind, kind);
            outcome.same("cause of the fault", fault.cause, cause);
            let symbol = fault.symbol.map_or("", |(name, _)| name);
            let known = functions.is_empty() || functions.iter().any(|function| symbol.contains(function));
            outcome.must(&format!("it happened in one of {functions:?}: {symbol:?}"), known);
            outcome.must("its registers are told", fault.registers.first() == Some(&fault.ip));
        }
        Fails(_) | Runs => outcome.must("it did not fault", log.fault(CULPRIT).is_none()),
    }
}

/// The prober saw exactly the numbers that it should have.
fn the_witness_kept_count(outcome: &Outcome, (name, calls, first): (&str, u32, u32)) {
    let said: Vec<&str> = outcome.log.lines(name).into_iter().map(|(_, text)| text).collect();
    let last = first + calls - 1;
    let expected = format!("answered {calls} of {calls}, {first} to {last}");
    outcome.same("what the prober counted", said.as_slice(), &[expected.as_str()][..]);
    let counted = outcome.log.lines("witness").iter().filter(|(_, text)| text.ends_with(name)).count();
    outcome.same("what the witness counted", counted, calls as usize);
}

/// SPEC D-3: what the culprit took came back whole, which Init proved by retyping it.
fn nothing_is_left(outcome: &Outcome, image: &Image) {
    let planned = image.plan(|plan| {
        let service = plan.services.iter().find(|service| service.name == CULPRIT);
        let service = service.expect("the culprit is planned");
        let slots = service.slot_map(plan.image_of(service), &plan.regions);
        let bytes = (1u64 << service.service_untyped) + (1u64 << service.incarnation_untyped);
        (bytes, slots.end - slots.cnode, true)
    });
    outcome.same("bytes and slots that came back", outcome.log.reclaimed(CULPRIT), Some(planned));
    let broken = outcome.log.count(|event| matches!(event, Event::Reclaimed { intact: false, .. }));
    outcome.same("services that did not come back whole", broken, 0);
}

macro_rules! cases {
    ($($name:ident: [$($arg:literal),+] => $fate:expr, ignoring [$($why:expr),*];)*) => {$(
        mod $name {
            use super::*;

            const CASE: Case = Case { args: &[$($arg),+], fate: $fate, ignored: &[$($why),*] };

            #[test]
            fn is_contained() {
                tolerated(&CASE, stringify!($name), Kernel::Release);
            }

            #[test]
            fn fails_the_boot_if_critical() {
                if !matches!(CASE.fate, Runs) {
                    fatal(&CASE, stringify!($name), Kernel::Debug);
                }
            }
        }
    )*};
}

cases! {
    silence: ["silent"] => Fails(BootError::StartupTimeout), ignoring [];
    no_ready: ["never-ready"] => Fails(BootError::StartupTimeout), ignoring [];
    an_endless_loop: ["spin"] => Fails(BootError::StartupTimeout), ignoring [];
    an_early_exit: ["exit"] => Fails(BootError::ServiceExited), ignoring [];
    another_services_name: ["wrong-name", "witness"] => Fails(BootError::NameMismatch), ignoring [];
    a_wrong_version: ["wrong-version"] => Fails(BootError::VersionMismatch), ignoring [];
    a_wrong_interface: ["wrong-interface"] => Fails(BootError::InterfaceMismatch), ignoring [];
    another_abi: ["wrong-abi"] => Fails(BootError::AbiMismatch), ignoring [Rejection::WrongAbi];
    a_wrong_secret: ["wrong-secret"] => Fails(BootError::StartupTimeout),
        ignoring [Rejection::WrongSecret, Rejection::BeforeHello];
    ready_without_hello: ["ready-without-hello"] => Fails(BootError::StartupTimeout),
        ignoring [Rejection::BeforeHello];
    a_flood: ["flood"] => Fails(BootError::Flooded), ignoring [];
    a_null_write: ["fault", "null-write"] => Faults(FaultKind::VmWrite, Cause::NullPointer, &["crash", "faults::fault"]), ignoring [];
    a_null_read: ["fault", "null-read"] => Faults(FaultKind::VmRead, Cause::NullPointer, &["faults::fault"]), ignoring [];
    a_panic: ["fault", "panic"] => Faults(FaultKind::UserException, Cause::Panic, &["unwind"]), ignoring [];
    an_invalid_instruction: ["fault", "ud2"] =>
        Faults(FaultKind::UserException, Cause::InvalidInstruction, &["faults::fault"]), ignoring [];
    a_stack_overflow: ["fault", "stack-overflow"] =>
        Faults(FaultKind::VmWrite, Cause::StackOverflow, &["overflow"]), ignoring [];
    a_write_to_text: ["fault", "write-text"] =>
        Faults(FaultKind::VmWrite, Cause::WriteToReadOnly, &["faults::fault"]), ignoring [];
    a_wild_jump: ["fault", "jump"] => Faults(FaultKind::VmExecute, Cause::JumpToUnmapped, &[]), ignoring [];
    a_division_by_zero: ["fault", "divide"] =>
        Faults(FaultKind::UserException, Cause::DivideByZero, &["faults::fault"]), ignoring [];
    a_privileged_instruction: ["fault", "privileged"] =>
        Faults(FaultKind::UserException, Cause::PrivilegedInstruction, &["faults::fault"]), ignoring [];
    an_unknown_system_call: ["fault", "unknown-syscall"] =>
        Faults(FaultKind::UnknownSyscall, Cause::ForeignSyscall, &["faults::fault"]), ignoring [];
    a_missing_capability: ["fault", "missing-cap"] =>
        Faults(FaultKind::Capability, Cause::MissingCapability, &[]), ignoring [];
    a_second_hello: ["hello-twice"] => Runs, ignoring [Rejection::Duplicate];
    a_second_ready: ["ready-twice"] => Runs, ignoring [Rejection::Duplicate];
    a_forgery: ["forge", "during"] => Runs,
        ignoring [Rejection::UnknownOperation(5), Rejection::Late, Rejection::BeforeHello, Rejection::Duplicate];
    garbage: ["garbage"] => Runs, ignoring [];
    overreach: ["overreach"] => Runs, ignoring [Rejection::Denied];
}

/// SPEC I-4: every operation that changes something is refused to whoever was not granted it.
#[test]
fn ungranted_operations_are_refused_one_by_one() {
    let case = Case { args: &["overreach"], fate: Runs, ignored: &[Rejection::Denied] };
    let (outcome, _) = boot(&case, "ungranted", false, Kernel::Debug);
    outcome.must_have_ended();
    let said = outcome.log.lines(CULPRIT);
    let denied = format!("answered {}", SupervisorError::Denied.code());
    outcome.must("it tried some", said.len() > 3);
    outcome.must("each was denied", said.iter().all(|(_, text)| text.ends_with(&denied)));
}
