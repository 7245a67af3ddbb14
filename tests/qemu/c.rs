// SPDX-License-Identifier: BSD-2-Clause
//! Services in C (SPEC S-10): one on the documented header does all that one in Rust does, and a protection domain that
//! knows only the Microkit's API runs as it is.

use std::fs;

use partenza_protocol::event::{Cause, Event, ServiceState};
use partenza_protocol::{Incarnation, Op};
use partenza_tests::image::Image;
use partenza_tests::machine::{Machine, Running};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::{self, Kernel};

const RESTART: &str = "{policy: on-failure, max: 3, window: 60s, initial_delay: 1ms, max_delay: 1ms}";

fn system() -> System {
    let tally = Service::new("tally", "tally", 2)
        .priority(150)
        .provides("test/count")
        .health("probe: call, interval: 20ms, timeout: 10ms, failure_threshold: 1")
        .restart(RESTART);
    System::new("c")
        .with(tally)
        .with(Service::new("before", "prober", 3).args(&["10", "1"]))
        .call("before", "tally")
}

/// State, incarnation, and messages sent.
fn status(running: &mut Running) -> (ServiceState, Incarnation, u32) {
    running.status("tally", |status| (status.state, status.incarnation, status.messages))
}

fn is_first_class(kernel: Kernel) {
    let image = Image::of(kernel, "c", &system());
    let mut running = Machine::new(&image).start();
    running.wait_for_the_boot();
    let (state, incarnation, early) = status(&mut running);
    assert_eq!((state, incarnation), (ServiceState::Running, Incarnation(1)), "{}", running.log());

    // Each probe is at least two messages: what is there, and the report.
    let mut later = early;
    while later < early + 20 {
        (_, _, later) = status(&mut running);
    }

    let audit = running.audit("tally").expect("it runs");
    assert_eq!((audit.missing, audit.wrong, audit.surplus), (0, 0, 0), "{audit:?}");
    assert_eq!(audit.types, kernel == Kernel::Debug);

    running.change(Op::Crash, "tally");
    let tally = running.log().id("tally");
    running
        .wait_for("its second life", |log| log.count(|event| *event == Event::Ready { service: tally }) == 2);
    assert_eq!(status(&mut running).1, Incarnation(2));
    running.shut_down();
    let outcome = running.end();
    outcome.must_have_ended();

    let log = &outcome.log;
    let lines = |name: &str| -> Vec<&str> { log.lines(name).into_iter().map(|(_, text)| text).collect() };
    outcome.same("what the prober counted", lines("before")[0], "answered 10 of 10, 1 to 10");
    let told = lines("tally");
    outcome.same("its first word", told.first(), Some(&"answered 1 for before"));
    // The prober's last round comes to the second life, which counts from one: after its first answer it has seen enough.
    outcome.same("its last word", told.last(), Some(&"answered 1 in all"));
    let Some(fault) = log.fault("tally") else { return outcome.must("the fault is an event", false) };
    outcome.same("the cause", fault.cause, Cause::NullPointer);
    let symbol = fault.symbol.map_or("", |(name, _)| name);
    outcome.must(&format!("it is told where: {symbol:?}"), symbol == "microkit_internal_crash");
    let stopped = Event::Stopped { service: tally, forced: false };
    outcome.must("it stopped in order", log.has(&stopped));
    let unwell = |event: &Event<'_>| matches!(event, Event::Unhealthy { .. } | Event::Degraded { .. });
    outcome.same("times it was not well", log.count(unwell), 0);
    outcome.must("nothing of it was ignored", log.rejections("tally").is_empty());
}

#[test]
fn a_service_on_the_header_is_like_any_other() {
    for kernel in [Kernel::Debug, Kernel::Release] {
        is_first_class(kernel);
    }
}

const PLAIN: &str = r#"<system>
  <protection_domain name="server" priority="150"><program_image path="plain.elf"/></protection_domain>
  <protection_domain name="client" priority="100"><program_image path="plain.elf"/></protection_domain>
  <channel><end pd="client" id="1" pp="true"/><end pd="server" id="0"/></channel>
</system>
"#;

/// `server` has nothing but the system description. `client` says ready when its call was answered right and its signal
/// with a signal: all of it over functions of <microkit.h>.
#[test]
fn a_protection_domain_of_the_microkit_runs_as_it_is() {
    for kernel in [Kernel::Debug, Kernel::Release] {
        let dir = tools::scratch(&format!("c-plain-{}", kernel.name()));
        fs::create_dir(dir.join("manifests")).expect("the folder was just made");
        let manifest = "partenza: \"1.0\"\nid: client\nversion: 0.1.0\nentrypoint: plain.elf\nlayer: 3\n\
                        readiness: signal\ncapabilities: {required: [{call: test/add}]}\n";
        let config = "partenza: \"1.0\"\nsystem: plain\nservices:\n  server: {layer: 2}\n  client:\n    \
                      supervisor_channel: 2\n    grants: {call: {test/add: 1}}\n";
        for (name, text) in
            [("system.xml", PLAIN), ("manifests/client.yaml", manifest), ("partenza.yaml", config)]
        {
            fs::write(dir.join(name), text).expect("the folder was just made");
        }
        let image = Image::pack(kernel, &dir, &dir.join("image.elf"));
        let outcome = Machine::new(&image).ends_after_boot().run();
        outcome.must_have_ended();
        outcome.same("running and failed", outcome.log.complete(), Some((2, 0)));
        outcome.must("the client is ready", outcome.log.is_ready("client"));
        outcome.must("nothing was ignored", outcome.log.rejections("client").is_empty());
    }
}
