// SPDX-License-Identifier: BSD-2-Clause
//! Drivers with interrupts of their own, under load (SPEC F-4, L-4): the kernel stays whole, and so does whoever has
//! nothing to do with it.
//!
//! The load comes from two devices beside Init's timer, the real-time clock and the interval timer, because only an interrupt
//! that is pending while another one is handled takes the kernel's way of resetting its stack.

use std::time::Duration;

use partenza_protocol::Op;
use partenza_protocol::event::{BootState, Event};
use partenza_tests::guest::{Guest, kernel_symbol};
use partenza_tests::image::Image;
use partenza_tests::log::Log;
use partenza_tests::machine::{Machine, Outcome};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

/// The fastest clock: 8192 interrupts a second.
const CLOCK: &str = "rtc=3";
/// 9943 interrupts a second.
const TIMER: &str = "pit=120";
const KERNELS: [Kernel; 2] = [Kernel::Debug, Kernel::Release];
const GATES: usize = 256;
/// Bytes of a gate of the interrupt table, and where its type is.
const GATE: usize = 16;
const GATE_TYPE: usize = 5;

/// A driver of the clock. `trigger` is its line's.
fn clock(args: &[&str], trigger: &str) -> Service {
    let line = format!(
        "<ioport id=\"0\" addr=\"0x70\" size=\"2\"/><irq id=\"20\" pin=\"8\" vector=\"3\" trigger=\"{trigger}\"/>"
    );
    Service::new("clock", "ticker", 5).args(args).priority(120).critical(false).holds(
        "{serial: clock}",
        "serial: {clock: {ioport: 0, irq: 20}}",
        &line,
    )
}

/// A driver of the interval timer.
fn timer(args: &[&str]) -> Service {
    let line =
        "<ioport id=\"0\" addr=\"0x40\" size=\"4\"/><irq id=\"20\" pin=\"2\" vector=\"2\" trigger=\"edge\"/>";
    Service::new("timer", "ticker", 5).args(args).priority(110).critical(false).holds(
        "{serial: timer}",
        "serial: {timer: {ioport: 0, irq: 20}}",
        line,
    )
}

fn said(log: &Log, name: &str, text: &str) -> bool {
    log.lines(name).iter().any(|(_, line)| *line == text)
}

/// Entries that are no gates of interrupts.
fn broken(table: &[u8]) -> Vec<usize> {
    // Present, and an interrupt gate of any privilege.
    let whole = |gate: &[u8]| gate[GATE_TYPE] & 0x9f == 0x8e;
    (0..GATES).filter(|at| !whole(&table[at * GATE..][..GATE])).collect()
}

/// The kernel's interrupt table is what it was before 4,000 interrupts of one device and some 5,000 of another.
#[test]
fn the_interrupt_table_is_the_same_after_a_load_of_interrupts() {
    for kernel in KERNELS {
        let system = System::new("interrupt-load")
            .with(clock(&[CLOCK, "say=4000"], "edge").manifest("start: on-demand"))
            .with(timer(&[TIMER, "say=4000"]).manifest("start: on-demand"));
        let image = Image::of(kernel, "interrupt-load", &system);
        let (machine, guest) = Guest::of(Machine::new(&image).deadline(Duration::from_secs(150)));
        let mut machine = machine.start();
        machine.wait_for_the_boot();
        let table = || guest.kernel_memory(kernel, "x86KSidt", GATES * GATE);
        let before = table();
        assert_eq!(broken(&before), Vec::<usize>::new(), "the table is read where it is");
        machine.change(Op::Start, "clock");
        machine.change(Op::Start, "timer");
        machine.wait_for("both devices' interrupts", |log| {
            said(log, "clock", "heard 4000") && said(log, "timer", "heard 4000")
        });
        let after = table();
        let differs: Vec<usize> =
            (0..GATES).filter(|at| before[at * GATE..][..GATE] != after[at * GATE..][..GATE]).collect();
        assert_eq!(differs, Vec::<usize>::new(), "gates of the {} kernel that changed", kernel.name());
        machine.shut_down();
        machine.end().must_have_ended();
    }
}

/// What the kernel relies on when it resets its stack, as it was linked.
#[test]
fn the_kernels_stack_is_aligned_to_its_size() {
    for kernel in KERNELS {
        let (address, size) = kernel_symbol(kernel, "kernel_stack_alloc");
        assert_eq!((address % 4096, size), (0, 4096), "{}: {address:#x}", kernel.name());
    }
}

fn is_crash_of(log: &Log, name: &str) -> impl Fn(&Event<'static>) -> bool {
    let id = log.id(name);
    move |event| matches!(event, Event::Crashed { service, .. } if *service == id)
}

/// Each life hears its third interrupt and dies of it, with the device's line asserted. The next is heard all the same.
#[test]
fn a_driver_is_restarted_five_hundred_times_under_load() {
    let policy =
        "{policy: on-failure, max: 500, window: 1h, initial_delay: 1ms, max_delay: 1ms, backoff: 1.0}";
    for kernel in KERNELS {
        let system = System::new("interrupt-restarts")
            .with(clock(&[CLOCK, "crash=3"], "edge").restart(policy))
            .with(timer(&[TIMER, "say=1000"]));
        let image = Image::of(kernel, "interrupt-restarts", &system);
        let machine = Machine::new(&image).deadline(Duration::from_secs(200));
        let limit = |log: &Log| log.count(|event| matches!(event, Event::RestartLimitReached { .. }));
        let outcome = machine
            .run_until("the last restart", |log| limit(log) > 0 && log.reached(BootState::SupervisorMode));
        let log = &outcome.log;
        outcome.same("deaths of the driver", log.count(is_crash_of(log, "clock")), 501);
        outcome.same("deaths of its neighbour", log.count(is_crash_of(log, "timer")), 0);
        outcome.must("its neighbour is served", said(log, "timer", "heard 1000"));
        outcome.same("the event line", log.whole(), Ok(()));
    }
}

fn hears(name: &str, system: &System, lines: &[(&str, &str)]) -> Outcome {
    let machine = Machine::new(&Image::of(Kernel::Release, name, system));
    machine.run_until("what the drivers hear", |log| {
        log.reached(BootState::SupervisorMode) && lines.iter().all(|(service, text)| said(log, service, text))
    })
}

/// An edge that comes while the line is masked is gone, and the device holds its line: whoever serves it after the
/// acknowledgement loses nothing but what came in between.
#[test]
fn a_line_that_is_masked_for_many_periods_goes_on() {
    let system = System::new("interrupt-masked")
        .with(clock(&[CLOCK, "masked=20", "say=100"], "edge"))
        .with(timer(&[TIMER, "say=1000"]).priority(130));
    let outcome = hears(
        "interrupt-masked",
        &system,
        &[("clock", "heard 20 masked"), ("clock", "heard 100"), ("timer", "heard 1000")],
    );
    outcome.same("deaths", outcome.log.count(|event| matches!(event, Event::Crashed { .. })), 0);
}

/// Neither starves the other, nor whoever shares their priority and computes.
#[test]
fn drivers_of_one_priority_are_all_heard() {
    let system = System::new("interrupt-priority")
        .with(clock(&[CLOCK, "say=1000"], "edge").priority(120))
        .with(timer(&[TIMER, "say=1000"]).priority(120));
    let outcome = hears("interrupt-priority", &system, &[("clock", "heard 1000"), ("timer", "heard 1000")]);
    let heard = |name: &str| {
        let id = outcome.log.id(name);
        outcome.log.time(|event| matches!(event, Event::Message { service, .. } if *service == id))
    };
    // 1000 interrupts take 122 ms of the one device and 101 ms of the other.
    let (clock, timer) = (heard("clock").unwrap_or(0), heard("timer").unwrap_or(0));
    outcome.must(
        &format!("neither waits for the other: {clock} and {timer} us"),
        clock.abs_diff(timer) < 100_000,
    );
}

/// A level-triggered line that nobody takes down interrupts without end. It costs those of lower priority their time, not
/// those above, and not the Supervisor, who stops it.
#[test]
fn a_storm_of_interrupts_ends_when_its_driver_is_stopped() {
    for kernel in KERNELS {
        let system = System::new("interrupt-storm")
            .with(clock(&[CLOCK, "deaf", "say=5000"], "level").manifest("start: on-demand"))
            .with(Service::new("above", "witness", 4).priority(150).provides("test/count"))
            .with(timer(&[TIMER, "say=4000"]).priority(140));
        let image = Image::of(kernel, "interrupt-storm", &system);
        let mut machine = Machine::new(&image).deadline(Duration::from_secs(150)).start();
        machine.change(Op::Start, "clock");
        machine.wait_for("the storm", |log| said(log, "clock", "heard 5000"));
        machine.wait_for("who is above it", |log| said(log, "timer", "heard 4000"));
        machine.change(Op::Stop, "clock");
        machine.wait_for("its driver's end", |log| {
            log.has(&Event::Stopped { service: log.id("clock"), forced: false })
        });
        machine.change(Op::Restart, "timer");
        machine.shut_down();
        machine.end().must_have_ended();
    }
}
