// SPDX-License-Identifier: BSD-2-Clause
//! Boots that fail until one recovers (SPEC ). The machine is really reset: what one boot knows of the last is
//! what its CMOS RAM kept.

use partenza_protocol::Code;
use partenza_protocol::error::{BootError, SupervisorError};
use partenza_protocol::event::{BootState, Event};
use partenza_tests::command::Commanded;
use partenza_tests::image::Image;
use partenza_tests::log::Log;
use partenza_tests::machine::{Machine, Outcome};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

/// `broken` fails every boot. `shell` requires it, but not in a recovery boot, and asks for a reboot there.
fn system() -> System {
    System::new("recovery")
        .with(Service::new("base", "trivial", 2))
        .with(Service::new("broken", "patient", 3).arg("start=crash").requires("base"))
        .with(Service::new("left-out", "trivial", 5))
        .with(
            Service::new("shell", "script", 7)
                .requires("broken")
                .requires("base")
                .args(&["wait:5", "reboot"])
                .priority(50)
                .may("reboot"),
        )
        .boot("max_attempts: 3")
        .config("recovery: {services: [base, shell], soften: [shell->broken]}")
}

fn machine(name: &str, system: &System) -> Machine {
    let image = Image::of(Kernel::Release, name, system);
    Machine::new(&image).reboots().parameter("on-failure", "reboot")
}

/// How often boots failed before, why, of whom, and whether this one recovers.
fn told(boot: &Log) -> Option<(u8, Option<Code>, Option<&'static str>, bool)> {
    boot.events().find_map(|event| match event {
        Event::FailedBoots { count, code, culprit, recovers } => {
            Some((*count, *code, culprit.map(|id| boot.name(id)), *recovers))
        }
        _ => None,
    })
}

fn boots(outcome: &Outcome) -> Vec<Log> {
    let boots = outcome.log.boots();
    for boot in &boots[..boots.len() - 1] {
        outcome.same("the event line", boot.whole(), Ok(()));
        outcome.same("the last event", boot.events().next_back(), Some(&Event::Finished));
    }
    boots
}

/// A boot, once it has failed or is complete.
fn nth(log: &Log, index: usize) -> Option<Log> {
    let boot = log.boots().into_iter().nth(index)?;
    (boot.reached(BootState::Panic) || boot.reached(BootState::SupervisorMode)).then_some(boot)
}

#[test]
fn the_boot_after_too_many_failures_is_a_recovery_boot_and_the_next_is_none() {
    let outcome = machine("recovery", &system()).run_until("the sixth boot", |log| nth(log, 5).is_some());
    let boots = boots(&outcome);
    let crashed = Some(BootError::ServiceCrashed.code());
    // Three fail, and each tells of those before it.
    for (index, boot) in boots[..3].iter().enumerate() {
        outcome.same("what the boot failed of", boot.boot_failure(), crashed.zip(Some(Some("broken"))));
        let before = (index > 0).then_some((index as u8, crashed, Some("broken"), false));
        outcome.same("what it tells of those before", told(boot), before);
    }
    let recovery = &boots[3];
    outcome.same("what the recovery boot tells", told(recovery), Some((3, crashed, Some("broken"), true)));
    let story = recovery.story(&["base", "broken", "left-out", "shell"]);
    let expected = [
        "base starting 1",
        "base ready",
        "shell starting 1",
        "shell ready",
        "shell stopping",
        "shell stopped",
        "base stopping",
        "base stopped",
    ];
    outcome.same("whom it starts", story, expected.map(str::to_owned).to_vec());
    // It completed, so the next is a boot like the first, and the one after that has one failure to tell of.
    outcome.same("what the next boot tells", told(&boots[4]), None);
    outcome.same("what that failed of", boots[4].boot_failure(), crashed.zip(Some(Some("broken"))));
    outcome.same("what comes after it", told(&boots[5]), Some((1, crashed, Some("broken"), false)));
}

/// SPEC Q-1: who is asked for the end of a boot has not failed. Each of these boots is reset before it is complete.
#[test]
fn a_boot_that_is_called_off_is_no_failed_one() {
    let system = System::new("recovery-called-off")
        .with(Service::new("asker", "script", 2).args(&["reboot"]).priority(50).may("reboot"))
        .with(Service::new("slow", "misbehave", 3).arg("silent").critical(false))
        .boot("max_attempts: 2")
        .config("recovery: {services: [asker]}");
    let machine = machine("recovery-called-off", &system);
    let outcome = machine.run_until("the fourth boot's end", |log| {
        log.boots().get(3).is_some_and(|boot| boot.reached(BootState::ShuttingDown))
    });
    for boot in boots(&outcome) {
        outcome.same("what it tells", told(&boot), None);
        outcome.same("whether it was complete", boot.complete(), None);
    }
}

/// A system that boots and is lost; `lost` says of what its service dies.
fn lost(name: &str, args: &[&str], health: &str) -> Vec<Log> {
    let system = System::new(name)
        .with(Service::new("base", "trivial", 2))
        .with(
            Service::new("mortal", "patient", 5)
                .args(args)
                .priority(60)
                .health(health)
                .restart("{policy: on-failure, max: 0, window: 1m, on_exhausted: panic}"),
        )
        .boot("max_attempts: 2")
        .config("recovery: {services: [base]}");
    let outcome = machine(name, &system).run_until("the third boot", |log| nth(log, 2).is_some());
    let boots = boots(&outcome);
    outcome.same("what the first tells", told(&boots[0]), None);
    for boot in &boots[..2] {
        outcome.must("it completes, and is lost", boot.complete() == Some((2, 0)));
        outcome.must("in an emergency", boot.reached(BootState::EmergencyStop));
    }
    boots
}

/// SPEC E-5: one that is lost soon after its boot, over and over, comes to a recovery boot.
#[test]
fn a_system_that_is_lost_soon_after_each_boot_recovers() {
    let boots = lost("recovery-soon", &["after=5:crash"], "probe: none");
    let crashed = Some(SupervisorError::Crashed.code());
    for (index, recovers) in [(1, false), (2, true)] {
        assert_eq!(
            told(&boots[index]),
            Some((index as u8, crashed, Some("mortal"), recovers)),
            "boot {index}"
        );
    }
}

/// One that ran for a while did boot: losing it is the first failure of a new row, however often that happens.
#[test]
fn a_system_that_is_lost_later_is_no_failed_boot() {
    let boots = lost("recovery-later", &["health=x"], "probe: call, interval: 11m");
    let crashed = Some(SupervisorError::Crashed.code());
    for boot in &boots[1..] {
        assert_eq!(told(boot), Some((1, crashed, Some("mortal"), false)));
    }
}

/// Whoever waits for the boot is told, and whoever asks for one that is left out.
#[test]
fn a_recovery_boot_is_told_to_who_waits_for_it() {
    let system = System::new("recovery-commands")
        .with(Service::new("base", "trivial", 2))
        .with(Service::new("left-out", "trivial", 5))
        .boot("max_attempts: 3")
        .config("recovery: {services: [base]}");
    let machine = Commanded::start(
        &Image::of(Kernel::Release, "recovery-commands", &system),
        &["--param", "recovery=on"],
    );
    let (code, said) = machine.boots();
    let words = "recovery boot complete after";
    assert_eq!((code, said.contains(words), said.contains("PZ-E0425")), (Some(1), true, true), "{said}");
    let (_, said) = machine.says(&["status", "left-out"]);
    assert!(said.contains("Disabled") && said.contains("PZ-E0425"), "{said}");
    machine.shut_down();
}

/// Without a number of attempts there are no recovery boots, and none is asked for by a parameter of the machine.
#[test]
fn a_recovery_boot_can_be_asked_for_and_refused() {
    let system = system();
    let asked = machine("recovery-asked", &system)
        .parameter("recovery", "on")
        .run_until("the first boot", |log| nth(log, 0).is_some());
    asked.same("running and failed", asked.log.complete(), Some((2, 0)));
    let refused = machine("recovery-refused", &system)
        .parameter("recovery", "off")
        .run_until("the fifth boot", |log| nth(log, 4).is_some());
    let boots = boots(&refused);
    let told = told(&boots[4]).map(|(count, _, _, recovers)| (count, recovers));
    refused.same("what the fifth tells", told, Some((4, false)));
    refused.must("it fails like the others", boots[4].reached(BootState::BootFailed));
}
