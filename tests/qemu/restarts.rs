// SPDX-License-Identifier: BSD-2-Clause
//! Services that fail and are started again (SPEC K-4, L): how often, after which pause, what is left behind.

use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::{BootState, Event};
use partenza_tests::image::Image;
use partenza_tests::log::Log;
use partenza_tests::machine::{Machine, Outcome};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

/// A culprit that faults as soon as it is ready, and a witness with its prober beside it.
fn system(name: &str, restart: &str) -> System {
    System::new(name)
        .with(Service::new("witness", "witness", 2).priority(150).provides("test/count"))
        .with(
            Service::new("culprit", "misbehave", 5)
                .args(&["fault-after-ready", "null-write"])
                .priority(110)
                .restart(restart),
        )
        .with(Service::new("prober", "prober", 6).args(&["10", "1"]))
        .call("prober", "witness")
}

fn given_up(log: &Log) -> Option<u16> {
    log.events().find_map(|event| match event {
        Event::RestartLimitReached { restarts, .. } => Some(*restarts),
        _ => None,
    })
}

fn run(name: &str, restart: &str, kernel: Kernel) -> Outcome {
    let image = Image::of(kernel, name, &system(name, restart));
    let machine = Machine::new(&image).parameter("verify", "on");
    machine.run_until("the limit and the boot's end", |log| {
        given_up(log).is_some() && log.reached(BootState::SupervisorMode)
    })
}

#[test]
fn a_service_is_restarted_as_often_as_it_may_be_and_after_growing_pauses() {
    let policy =
        "{policy: on-failure, max: 4, window: 60s, initial_delay: 10ms, max_delay: 25ms, backoff: 2.0}";
    for kernel in [Kernel::Debug, Kernel::Release] {
        let outcome = run("restart-limit", policy, kernel);
        let log = &outcome.log;
        outcome.same("restarts before it is given up", given_up(log), Some(4));
        let pauses: Vec<u64> = log
            .events()
            .filter_map(|event| match event {
                // The machine rounds nothing away: a pause is at most a step's time short of what is planned.
                Event::Restarting { delay, .. } => Some(delay.div_ceil(1000)),
                _ => None,
            })
            .collect();
        outcome.same("pauses in ms", pauses, vec![10, 20, 25, 25]);
        let culprit = log.id("culprit");
        let incarnations: Vec<u32> = log
            .events()
            .filter_map(|event| match event {
                Event::Starting { service, incarnation } if *service == culprit => Some(incarnation.0),
                _ => None,
            })
            .collect();
        outcome.same("incarnations", incarnations, vec![1, 2, 3, 4, 5]);
        let crashed =
            log.count(|event| matches!(event, Event::Crashed { service, .. } if *service == culprit));
        outcome.same("faults", crashed, 5);
        let code = SupervisorError::RetriesExhausted.code();
        let limit = Event::RestartLimitReached { service: culprit, restarts: 4, code };
        outcome.must("it is told which limit", log.has(&limit));
        let said: Vec<&str> = log.lines("prober").into_iter().map(|(_, text)| text).collect();
        outcome.same("what the prober counted", said, vec!["answered 10 of 10, 1 to 10"]);
    }
}

/// A short form of `make soak`: nothing may be lost from one incarnation to the next, or one of these would be the
/// last that could be made.
#[test]
fn two_hundred_restarts_leave_nothing_behind() {
    let policy =
        "{policy: on-failure, max: 200, window: 1h, initial_delay: 1ms, max_delay: 1ms, backoff: 1.0}";
    let outcome = run("restart-soak", policy, Kernel::Release);
    let log = &outcome.log;
    outcome.same("restarts before it is given up", given_up(log), Some(200));
    let culprit = log.id("culprit");
    let ready = log.count(|event| matches!(event, Event::Ready { service } if *service == culprit));
    outcome.same("times it was ready", ready, 201);
    outcome.must("no record is missing", log.whole().is_ok());
}

/// The most that a manifest can say, for several services: Init has memory for what it must remember.
#[test]
fn many_restarts_to_remember_fit() {
    let service =
        |name: &str| Service::new(name, "trivial", 5).restart("{policy: on-failure, max: 65535, window: 1h}");
    let system =
        ["a", "b", "c"].iter().fold(System::new("many-restarts"), |system, name| system.with(service(name)));
    let outcome = Machine::new(&Image::of(Kernel::Release, "many-restarts", &system)).ends_after_boot().run();
    outcome.must_have_ended();
    outcome.same("running and failed", outcome.log.complete(), Some((3, 0)));
}
