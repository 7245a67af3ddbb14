// SPDX-License-Identifier: BSD-2-Clause
//! Services that wait for another to start (SPEC C-6), when that start is called off: they are answered, never left
//! waiting (SPEC J-4).
//!
//! `server` is started by whoever calls it or looks it up, and requires `base`, which never gets ready. So the client is
//! made to wait while there is nothing of the server but the intention to start it. It may also wait for `base` itself,
//! which is there and serves nobody.

use partenza_protocol::error::{LookupError, SupervisorError};
use partenza_protocol::event::{BootState, Event};
use partenza_protocol::{Code, Op};
use partenza_tests::image::Image;
use partenza_tests::log::Log;
use partenza_tests::machine::{Machine, Running};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

const SOON: &str = "shutdown: {prepare_timeout: 20ms, stop_timeout: 20ms}";

/// While it spins an hour is an hour; a machine with nothing to do would skip it.
fn idler() -> Service {
    Service::new("idler", "patient", 4).arg("after=spin").priority(10).critical(false).manifest(SOON)
}

/// The client takes `step`, and another one of the same kind after it.
fn system(name: &str, step: &str) -> System {
    let absent = |service: Service| service.manifest("start: on-demand").critical(false).priority(150);
    let base = Service::new("base", "misbehave", 5).arg("mute").startup_timeout("1h");
    let server = Service::new("server", "witness", 5).provides("test/count").requires("base");
    let client = Service::new("client", "script", 9).args(&[step, step]).priority(50);
    let bind = if step.starts_with("count") { "" } else { ", bind: lookup" };
    System::new(name)
        .with(idler())
        .with(absent(base.provides("test/base")))
        .with(absent(server))
        .with(client.manifest(SOON))
        .call_with("client", "server", bind)
        .call_with("client", "base", bind)
}

/// Boots it to where the client waits.
fn waits(name: &str, step: &str) -> Running {
    let image = Image::of(Kernel::Release, name, &system(name, step));
    let mut machine = Machine::new(&image).parameter("verify", "on").start();
    machine.wait_for("the start of what the server requires", |log| {
        log.reached(BootState::SupervisorMode) && !log.story(&["base"]).is_empty()
    });
    // What made `base` start has the client wait, before anything else is heard.
    assert!(said(&machine.log()).is_empty());
    machine
}

fn said(log: &Log) -> Vec<String> {
    log.lines("client").into_iter().map(|(_, text)| text.to_owned()).collect()
}

/// What the client is to have said: twice the same.
fn answers(step: &str, code: Code) -> Vec<String> {
    vec![format!("{step} answered {code}"); 2]
}

/// Who else it is called off by: the operator, with the server itself or with what it requires.
#[test]
fn who_waits_for_a_start_that_is_called_off_is_answered() {
    let (down, gone) = (SupervisorError::ServerDown.code(), LookupError::NotRunning.code());
    let disabled = SupervisorError::DisabledService.code();
    for (op, of, called, looked_up) in [
        (Op::Stop, "server", down, gone),
        (Op::Disable, "server", down, disabled),
        (Op::Stop, "base", down, gone),
        (Op::Disable, "base", down, gone),
    ] {
        for (step, code) in [("count", called), ("lookup:test/count", looked_up)] {
            let mut machine = waits("waiting-called-off", step);
            machine.change(op, of);
            machine.wait_for(&format!("the answer to `{step}` after `{} {of}`", op.name()), |log| {
                said(log).len() == 2
            });
            assert_eq!(said(&machine.log()), answers(step, code), "{} {of}\n{}", op.name(), machine.log());
            machine.shut_down();
            let outcome = machine.end();
            outcome.must_have_ended();
            let (service, code) = (outcome.log.id(of), SupervisorError::Requested.code());
            let disabled = outcome.log.has(&Event::Disabled { service, code, other: None });
            outcome.same("whether it is told as disabled", disabled, op == Op::Disable);
            let failed = |e: &Event<'_>| matches!(e, Event::Failed { service: id, .. } if *id == service);
            outcome.same("and as failed", outcome.log.count(failed), 0);
        }
    }
}

/// SPEC M-1: who is asked to stop can do so.
#[test]
fn who_waits_for_a_start_when_the_system_goes_down_is_answered_and_stops_when_it_is_asked() {
    let (down, going) = (SupervisorError::ServerDown.code(), SupervisorError::ShuttingDown.code());
    for (step, code) in [
        ("count", down),
        ("lookup:test/count", going),
        ("count:test/base", down),
        ("lookup:test/base", going),
    ] {
        let mut machine = waits("waiting-shutdown", step);
        machine.shut_down();
        let outcome = machine.end();
        outcome.must_have_ended();
        outcome.same("what the client was answered", said(&outcome.log), answers(step, code));
        let client = outcome.log.id("client");
        let stopped = Event::Stopped { service: client, forced: false };
        outcome.must("it stops when it is asked", outcome.log.has(&stopped));
    }
}

/// Boots it to where the client waits for the next incarnation of `server`, which comes in an hour.
fn waits_for_a_restart(name: &str) -> Running {
    let later = "{policy: on-failure, max: 3, window: 1h, initial_delay: 1h, max_delay: 1h}";
    let server = Service::new("server", "witness", 5).arg("0").priority(150).provides("test/count");
    let client = Service::new("client", "script", 9).args(&["count", "count"]).priority(50);
    let system = System::new(name)
        .with(idler())
        .with(server.restart(later).critical(false))
        .with(client.manifest(SOON))
        .repeated_call("client", "server");
    let mut machine = Machine::new(&Image::of(Kernel::Release, name, &system)).start();
    machine.wait_for("the call that is to be made again", |log| {
        let released = |log: &Log| Event::Released {
            service: log.id("client"),
            server: log.id("server"),
            repeated: true,
        };
        log.reached(BootState::SupervisorMode) && log.has(&released(log))
    });
    machine
}

/// SPEC J-4: its call was to be made again to a next incarnation, which is called off.
#[test]
fn who_waits_for_a_restart_that_is_called_off_is_answered() {
    let down = SupervisorError::ServerDown.code();
    for op in [Op::Stop, Op::Disable] {
        let mut machine = waits_for_a_restart("waiting-restart-off");
        machine.change(op, "server");
        machine.wait_for("the answers", |log| said(log).len() == 2);
        assert_eq!(said(&machine.log()), answers("count", down), "{}\n{}", op.name(), machine.log());
        machine.shut_down();
        machine.end().must_have_ended();
    }
}

/// SPEC M-1: the same when the system goes down.
#[test]
fn who_waits_for_a_restart_when_the_system_goes_down_is_answered_and_stops_when_it_is_asked() {
    let mut machine = waits_for_a_restart("waiting-restart");
    machine.shut_down();
    let outcome = machine.end();
    outcome.must_have_ended();
    let down = SupervisorError::ServerDown.code();
    outcome.same("what the client was answered", said(&outcome.log), answers("count", down));
    let stopped = Event::Stopped { service: outcome.log.id("client"), forced: false };
    outcome.must("it stops when it is asked", outcome.log.has(&stopped));
}
