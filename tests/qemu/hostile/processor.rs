// SPDX-License-Identifier: BSD-2-Clause
//! Attacks on what the processor guards: instructions, addresses, the text, the stack.

use partenza_protocol::event::{Cause, Event, FaultKind};

use super::*;

/// Kind, cause and address of each of the culprit's faults.
fn faults(outcome: &Outcome) -> Vec<(FaultKind, Cause, u64)> {
    let culprit = outcome.log.id(CULPRIT);
    let of = |event: &Event<'static>| match event {
        Event::Crashed { service, fault } if *service == culprit => {
            Some((fault.kind, fault.cause, fault.address))
        }
        _ => None,
    };
    outcome.log.events().filter_map(of).collect()
}

/// Each fault that ends a life is told with what was tried in that life, and no attempt went by without one.
#[test]
fn privileged_instructions_are_faults() {
    let attack = Attack::new("instructions", "hostile", &["instructions"]).on(Kernel::Release);
    let outcome = attack.run("all of them", |log| has_said(log, "tried "));
    let tried = said(&outcome.log).iter().filter(|text| text.starts_with("tries ")).count();
    outcome.same(
        "how many it tried",
        said(&outcome.log).last().copied(),
        Some(format!("tried {tried}").as_str()),
    );
    let faults = faults(&outcome);
    outcome.same("faults", faults.len(), tried);
    outcome.must("none was allowed", !said(&outcome.log).iter().any(|text| text.ends_with("is allowed")));
    let invalid = faults.iter().filter(|(_, cause, _)| *cause == Cause::InvalidInstruction).count();
    let privileged = faults.iter().filter(|(_, cause, _)| *cause == Cause::PrivilegedInstruction).count();
    let foreign = faults.iter().filter(|(_, cause, _)| *cause == Cause::ForeignSyscall).count();
    outcome.same("invalid instructions and foreign system calls", (invalid, foreign), (1, 2));
    outcome.must(&format!("the others are told as what they are: {faults:?}"), privileged > 15);
}

/// The addresses that `hostile addresses` tries, and what becomes of each. This kernel keeps 32 bits of an address.
#[test]
fn what_others_have_cannot_be_reached() {
    let attack = Attack::new("addresses", "hostile", &["addresses"]);
    let outcome = attack.run("all of them", |log| has_said(log, "tried "));
    let null = |kind, address| (kind, Cause::NullPointer, address);
    let unmapped = |kind, address| (kind, Cause::Unmapped, address);
    use FaultKind::{VmRead, VmWrite};
    let expected = [
        null(VmRead, 0),
        null(VmWrite, 0xff8),
        unmapped(VmRead, 0x2000_0000),
        unmapped(VmWrite, 0x2000_0000),
        (VmWrite, Cause::WriteToReadOnly, 0x1800_0000),
        (VmWrite, Cause::WriteToReadOnly, 0x20_0000),
        unmapped(VmRead, 0x1000_1000),
        unmapped(VmRead, 0x40_0000),
        unmapped(VmRead, 0x80_0000),
        unmapped(VmRead, 0xfee0_0000),
        unmapped(VmWrite, 0xfec0_0000),
        unmapped(VmWrite, 0xfed0_0000),
    ];
    let faults = faults(&outcome);
    outcome.same("the faults in user memory", &faults[..expected.len()], &expected[..]);
    let tried = said(&outcome.log).iter().filter(|text| text.starts_with("tries ")).count();
    outcome.same("faults", faults.len(), tried);
    outcome.must("nothing was touched", !said(&outcome.log).iter().any(|text| text.ends_with("be touched")));
}

#[track_caller]
fn ends_in(name: &'static str, program: &str, args: &[&str], expected: (FaultKind, Cause)) {
    let attack = Attack::new(name, program, args).with(|culprit| culprit.restart("{policy: never}"));
    let outcome = attack.run("its fault", |log| log.fault(CULPRIT).is_some());
    let faults: Vec<_> = faults(&outcome).into_iter().map(|(kind, cause, _)| (kind, cause)).collect();
    outcome.same("its one fault", faults, vec![expected]);
}

#[test]
fn memory_ends_where_the_plan_says() {
    ends_in("exhaust", "hostile", &["exhaust"], (FaultKind::VmRead, Cause::Unmapped));
}

#[test]
fn an_invalid_instruction_is_contained() {
    ends_in(
        "ud2",
        "misbehave",
        &["fault-after-ready", "ud2"],
        (FaultKind::UserException, Cause::InvalidInstruction),
    );
}

#[test]
fn a_jump_to_nowhere_is_contained() {
    ends_in(
        "jump",
        "misbehave",
        &["fault-after-ready", "jump"],
        (FaultKind::VmExecute, Cause::JumpToUnmapped),
    );
}

#[test]
fn the_text_cannot_be_written() {
    ends_in(
        "text",
        "misbehave",
        &["fault-after-ready", "write-text"],
        (FaultKind::VmWrite, Cause::WriteToReadOnly),
    );
}

#[test]
fn a_stack_ends_at_its_guard() {
    ends_in(
        "stack",
        "misbehave",
        &["fault-after-ready", "stack-overflow"],
        (FaultKind::VmWrite, Cause::StackOverflow),
    );
}
