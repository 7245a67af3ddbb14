// SPDX-License-Identifier: BSD-2-Clause
//! The timer that wakes Init: the plan's, or what the machine has.

use partenza_protocol::error::BootError;
use partenza_protocol::event::Event;
use partenza_tests::image::Image;
use partenza_tests::machine::{Machine, Outcome};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

/// The last service waits on the processor; the first is not ready in time, which only a timer tells.
fn system() -> System {
    System::new("timers")
        .with(Service::new("late", "misbehave", 2).arg("never-ready").critical(false).startup_timeout("20ms"))
        .with(Service::new("end", "script", 9).args(&["wait:1", "shutdown"]).priority(20).may("shutdown"))
}

fn boot(name: &str, system: &System, hpet: &str) -> Outcome {
    let machine = Machine::new(&Image::of(Kernel::Release, name, system));
    machine.option("-machine", &format!("hpet={hpet}")).run()
}

fn no_hpet(outcome: &Outcome) -> bool {
    let code = BootError::NoHpet.code();
    outcome.log.events().any(|event| matches!(event, Event::InitError { code: told, .. } if *told == code))
}

#[test]
fn without_an_hpet_the_pit_wakes_init_and_that_is_told() {
    let outcome = boot("timers", &system(), "off");
    outcome.must_have_ended();
    outcome.must("it is told", no_hpet(&outcome));
    outcome.same("the late one", outcome.log.failure("late"), Some((BootError::StartupTimeout.code(), None)));
    let outcome = boot("timers", &system(), "on");
    outcome.must("with one nothing is told", !no_hpet(&outcome));
}

/// What a service holds is not taken from it.
#[test]
fn a_pit_that_a_service_holds_is_not_taken() {
    let ports = "<ioport id=\"0\" addr=\"0x40\" size=\"4\"/>";
    let holder = Service::new("holder", "trivial", 3).critical(false);
    let system = system().with(holder.holds("{ioport: timer}", "ioport: {timer: 0}", ports));
    let outcome = boot("timers-held", &system, "off");
    let code = BootError::NoTimer.code();
    outcome.must(&format!("the console names {code}"), outcome.console.contains(&format!("{code} ")));
    outcome.same("QEMU's exit code", outcome.code, Some(0));
}
