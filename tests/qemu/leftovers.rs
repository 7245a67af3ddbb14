// SPDX-License-Identifier: BSD-2-Clause
//! What came for a service while it was down (SPEC L-6): its next life neither hears of it nor is deaf because of it. Nor
//! has it what its predecessor asked for. And where a driver's interrupts go when there is none.
//!
//! The script goes last, so what it waits for has happened by the time it goes on; and the timer of `driver` is the
//! machine's, so it counts on while its driver is down.

use partenza_protocol::event::{BootState, Event};
use partenza_tests::image::Image;
use partenza_tests::log::Log;
use partenza_tests::machine::{Machine, Outcome};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

/// Back after a pause in which much can come.
const LATER: &str =
    "{policy: on-failure, max: 9, window: 1h, initial_delay: 30ms, max_delay: 30ms, backoff: 1.0}";
/// The interval timer: Init's is the HPET.
const TIMER: &str =
    "<ioport id=\"0\" addr=\"0x40\" size=\"4\"/><irq id=\"20\" pin=\"2\" vector=\"2\" trigger=\"edge\"/>";

fn script(steps: &[&str]) -> Service {
    let script = Service::new("script", "script", 9).args(steps).priority(20);
    ["start", "stop", "crash"].into_iter().fold(script, Service::may)
}

/// Each of `lives` is what one incarnation does, the last for all that follow. It does not listen while it waits for an
/// interrupt, so it is not asked twice to stop.
fn driver(lives: &[&str]) -> Service {
    Service::new("driver", "driver", 5)
        .args(lives)
        .priority(120)
        .critical(false)
        .manifest("shutdown: {prepare_timeout: 1ms, stop_timeout: 1ms}")
        .holds("{serial: timer}", "serial: {timer: {ioport: 0, irq: 20}}", TIMER)
}

/// Says who signals it.
fn listener() -> Service {
    Service::new("listener", "patient", 4).priority(150).critical(false).provides("test/signals")
}

/// Runs it until the script's line number `lines`; everybody holds what is planned then.
fn run(kernel: Kernel, name: &str, system: &System, lines: usize) -> Outcome {
    let mut machine = Machine::new(&Image::of(kernel, name, system)).parameter("verify", "on").start();
    machine.wait_for("the script's end", |log| {
        log.reached(BootState::SupervisorMode) && said(log, "script").len() >= lines
    });
    for name in machine.log().names().to_vec() {
        let audit = machine.audit(name).unwrap_or_else(|| panic!("no audit of {name}\n{}", machine.log()));
        assert_eq!((audit.missing, audit.wrong, audit.surplus), (0, 0, 0), "{name}\n{}", machine.log());
    }
    machine.shut_down();
    let outcome = machine.end();
    outcome.must_have_ended();
    let broken = outcome.log.count(|event| matches!(event, Event::Reclaimed { intact: false, .. }));
    outcome.same("what did not come back whole", broken, 0);
    outcome
}

fn said(log: &Log, name: &str) -> Vec<String> {
    log.lines(name).into_iter().map(|(_, text)| text.to_owned()).collect()
}

/// Its lives and what each said, in order: `2` where the second begins.
fn lives(log: &Log, name: &str) -> Vec<String> {
    let id = log.id(name);
    let told = |event: &Event<'static>| match event {
        Event::Starting { service, incarnation } if *service == id => Some(incarnation.0.to_string()),
        Event::Message { service, text, .. } if *service == id => Some((*text).to_owned()),
        _ => None,
    };
    log.events().filter_map(told).collect()
}

/// Crashed and in its pause, or stopped and started again: what was signalled meanwhile was for its predecessor.
#[test]
fn a_signal_that_came_while_a_service_was_down_is_not_for_its_next_life() {
    let steps = [
        "signal:test/signals",
        "crash:listener",
        "wait:5",
        "signal:test/signals",
        "wait:60",
        "signal:test/signals",
        "stop:listener",
        "signal:test/signals",
        "start:listener",
        "signal:test/signals",
    ];
    let system = System::new("signals")
        .with(listener().restart(LATER))
        .with(script(&steps))
        .call("script", "listener");
    for kernel in [Kernel::Debug, Kernel::Release] {
        let outcome = run(kernel, "signals", &system, 3);
        let by_script = "signalled by script";
        let expected = ["1", by_script, "2", by_script, "3", by_script];
        outcome.same(
            "what each life heard",
            lives(&outcome.log, "listener"),
            expected.map(str::to_owned).to_vec(),
        );
    }
}

/// The first life has it armed and dies; the interrupt comes in the pause. The next hears only those that it armed itself,
/// although it acknowledges nothing before it has heard something.
#[test]
fn an_interrupt_that_came_while_a_driver_was_down_is_neither_heard_nor_in_the_way() {
    let system = System::new("interrupts")
        .with(driver(&["hear:1,arm:10,crash", "hear:3,arm:10,crash", "hear:2"]).restart(LATER))
        .with(script(&["wait:200", "uptime"]));
    for kernel in [Kernel::Debug, Kernel::Release] {
        let outcome = run(kernel, "interrupts", &system, 1);
        let heard = "heard after 5 ms";
        let expected = ["1", heard, "2", heard, heard, heard, "3", heard, heard];
        outcome.same(
            "what each life heard",
            lives(&outcome.log, "driver"),
            expected.map(str::to_owned).to_vec(),
        );
    }
}

/// As often as it is stopped and started.
#[test]
fn a_driver_that_was_stopped_has_its_interrupt_back_when_it_is_started() {
    let steps = [
        "wait:40",
        "stop:driver",
        "wait:40",
        "start:driver",
        "wait:40",
        "stop:driver",
        "wait:40",
        "start:driver",
        "wait:40",
        "uptime",
    ];
    let system = System::new("driver-stopped").with(driver(&["hear:1,arm:10"])).with(script(&steps));
    let outcome = run(Kernel::Debug, "driver-stopped", &system, 5);
    let heard = "heard after 5 ms";
    let expected = ["1", heard, "2", heard, "3", heard];
    outcome.same("what each life heard", lives(&outcome.log, "driver"), expected.map(str::to_owned).to_vec());
}

/// Who holds the handler of an interrupt may have it sent to whom it may signal. When it is gone, given up, stopped, or in
/// its pause, it signals nobody any more (SPEC F-6).
#[test]
fn an_interrupt_of_a_driver_that_is_gone_goes_to_nobody() {
    let lent = |deeds: &str| format!("lend:test/signals,arm:20{deeds}");
    let (stays, dies) = (lent(""), lent(",crash"));
    let never = "{policy: never}";
    for (what, life, policy, steps, times) in [
        // As long as it lives it may.
        ("lives", &stays, never, &["wait:60", "uptime"][..], 1),
        ("given-up", &dies, never, &["wait:60", "uptime"], 0),
        ("paused", &dies, LATER, &["wait:25", "uptime"], 0),
        ("stopped", &stays, never, &["wait:5", "stop:driver", "wait:60"], 0),
    ] {
        let system = System::new("lent")
            .with(listener())
            .with(driver(&[life, "hear:1"]).restart(policy))
            .with(script(steps))
            .call("driver", "listener");
        let name = format!("lent-{what}");
        let outcome = run(Kernel::Release, &name, &system, 1);
        let signals = said(&outcome.log, "listener");
        outcome.same(what, signals, vec!["signalled by driver".to_owned(); times]);
    }
}

/// SPEC F-6, I-6: a life is told of events if it asked to be, not if one before it did.
#[test]
fn a_subscription_ends_with_the_life_that_asked_for_it() {
    let steps = [
        "spawn:worker=subscribe",
        "wait:1",
        "stop:worker",
        "wait:1",
        "spawn:worker=uptime",
        "wait:1",
        "crash:other",
        "wait:5",
        "uptime",
    ];
    let other = Service::new("other", "trivial", 4).critical(false);
    // It is probed, so that it asks again and again what there is.
    let worker = Service::new("worker", "script", 5).health("probe: call, interval: 1ms, timeout: 1ms");
    let worker = worker.manifest("start: on-demand");
    let system = System::new("subscription").with(other).with(worker).with(script(&steps).may("spawn"));
    let outcome = run(Kernel::Release, "subscription", &system, 5);
    let expected = ["1", "subscribe answered ok", "told", "2", "uptime answered ok"];
    outcome.same("what each life heard", lives(&outcome.log, "worker"), expected.map(str::to_owned).to_vec());
}

/// SPEC F-6: nor has it what that looked up, or was granted at run time.
#[test]
fn a_capability_that_was_collected_goes_with_the_life_that_collected_it() {
    let collect =
        ["lookup:test/count", "count", "grant:client=test/other", "count:test/other", "crash:client"];
    let steps = [&["count", "count:test/other"][..], &collect].concat();
    let once = "{policy: on-failure, max: 1, window: 1h, initial_delay: 1ms, max_delay: 1ms, backoff: 1.0}";
    let client = Service::new("client", "script", 9).args(&steps).priority(50).restart(once);
    let client = ["crash", "grant"].into_iter().fold(client, Service::may).critical(false);
    let witness = |name: &str| Service::new(name, "witness", 5).priority(150);
    let system = System::new("collected")
        .with(witness("server").provides("test/count"))
        .with(witness("other").provides("test/other"))
        .with(client)
        .call_with("client", "server", ", bind: lookup")
        .call_with("client", "other", ", bind: grant");
    for kernel in [Kernel::Debug, Kernel::Release] {
        let image = Image::of(kernel, "collected", &system);
        let outcome = Machine::new(&image).run_until("its second death", |log| {
            let crashed = |event: &Event<'_>| matches!(event, Event::Crashed { .. });
            log.count(crashed) == 2
        });
        let empty = "answered PZ-E0002";
        let life = |nth: u32| {
            let before = [format!("count {empty}"), format!("count:test/other {empty}")];
            let after = collect.map(|step| {
                let answer = if step.starts_with("count") { nth.to_string() } else { "ok".to_owned() };
                format!("{step} answered {answer}")
            });
            [vec![nth.to_string()], before.to_vec(), after.to_vec()].concat()
        };
        outcome.same("its lives", lives(&outcome.log, "client"), [life(1), life(2)].concat());
    }
}
