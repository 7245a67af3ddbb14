// SPDX-License-Identifier: BSD-2-Clause
//! Attacks with capabilities: whatever a service does with what it was given, it has that and no more (SPEC F-10).

use partenza_protocol::event::{Cause, Event, FaultKind};

use super::*;

/// Ports and interrupt of the PC's interval timer: Init's timer is the HPET. Not the RTC, which runs by the host's clock:
/// with its interrupts QEMU now and then raised a general protection fault at an instruction that can raise none.
const PIT: &str =
    "<ioport id=\"0\" addr=\"0x40\" size=\"4\"/><irq id=\"20\" pin=\"2\" vector=\"2\" trigger=\"edge\"/>";

fn driver(name: &'static str, args: &[&str]) -> Attack {
    let pit = |culprit: Service| culprit.holds("{serial: pit}", "serial: {pit: {ioport: 0, irq: 20}}", PIT);
    Attack::new(name, "hostile", args).on(Kernel::Release).with(pit)
}

/// Only the interrupt handler (158) and the ports (394) do something when they are told to, and a peer's notification (10)
/// is signalled by whatever it is called with.
#[test]
fn no_invocation_does_more_than_was_granted() {
    let outcome =
        driver("walk", &["walk"]).calls_the_witness().run("all of them", |log| has_said(log, "made "));
    let line = said(&outcome.log).first().copied().unwrap_or_default();
    let (made, done) = line.split_once(" invocations, done on").unwrap_or_default();
    let made: u32 = made.trim_start_matches("made ").parse().unwrap_or(0);
    outcome.must(&format!("there were many: {line}"), made > 50_000);
    outcome.same("slots that did something", done, " 10 158 394");
}

/// Of two CPtrs in turn a message is the sender's end: its fault endpoint speaks of its fault, and behind the last slot
/// the kernel reports a fault for each blocking send.
#[test]
fn messages_to_every_slot_reach_nobody_else() {
    let outcome = driver("slots", &["slots"]).run("all of them", |log| has_said(log, "tried "));
    let culprit = outcome.log.id(CULPRIT);
    let kinds = |wanted: FaultKind| {
        outcome.log.count(|event| {
            matches!(event, Event::Crashed { service, fault } if *service == culprit && fault.kind == wanted)
        })
    };
    outcome.same("forged faults", kinds(FaultKind::Other), 1);
    let missing = kinds(FaultKind::Capability);
    outcome.same("slots that are none, of those that were tried so", missing, (4096 - 512) / 128);
    let blamed = outcome.log.fault(CULPRIT).map(|fault| fault.cause);
    outcome.must("it is blamed", matches!(blamed, Some(Cause::MissingCapability | Cause::Unknown)));
}

#[test]
fn rights_do_not_grow_and_capabilities_do_not_travel() {
    let outcome = driver("mint", &["mint"]).calls_the_witness().run("all attempts", |log| {
        has_said(log, "") && said(log).iter().any(|text| text.ends_with("were done"))
    });
    outcome.must("something is told of it", !outcome.log.rejections(CULPRIT).is_empty());
    // Signals to the witness's notification, which it may send, one for each message.
    let done = said(&outcome.log).first().copied().unwrap_or_default();
    outcome.same("what it could do", done, "21 were done");
}

#[test]
fn what_was_given_cannot_be_revoked_by_its_holder() {
    let outcome = driver("revoke", &["revoke"])
        .calls_the_witness()
        .run("all attempts", |log| said(log).iter().any(|text| text.ends_with("were done")));
    let done = said(&outcome.log).first().copied().unwrap_or_default();
    outcome.same("what it could do", done, "18 were done");
}

/// Exactly the range of system.xml, of 65,536.
#[test]
fn a_driver_reaches_its_own_ports_and_no_other() {
    let outcome = driver("ports", &["ports"]).run("all of them", |log| has_said(log, "could read "));
    outcome.same("what it could read", said(&outcome.log), vec!["could read 4, 0x40 to 0x43"]);
}

/// A driver may unhook its interrupt, from itself. The next life of it must hear again (SPEC L-6).
#[test]
fn an_interrupt_that_was_unhooked_comes_to_the_next_life() {
    for kernel in [Kernel::Debug, Kernel::Release] {
        let outcome = driver("alarm", &["alarm", "2"]).on(kernel).run("three lives with interrupts", |log| {
            said(log).iter().filter(|text| **text == "unhooked").count() >= 3
        });
        let heard = said(&outcome.log);
        let expected = ["heard 2", "unhooked"].into_iter().cycle();
        outcome.must(&format!("{heard:?}"), heard.iter().copied().eq(expected.take(heard.len())));
    }
}
