// SPDX-License-Identifier: BSD-2-Clause
//! What the Supervisor costs while it supervises: an answer, doing nothing, being on time.
//!
//! All of it is seen from outside. A service times its requests by the TSC. When nothing happens, a service that looks
//! at the TSC without pause sees who else had the processor: the kernel's own tick takes it for 330 instructions, and a
//! wake of the Supervisor, with nothing to do, for 1,700. And a service that spins above all others is taken down by a
//! deadline of the Supervisor's, whose event tells when that was: no later than where nobody spins.

use partenza_protocol::event::Event;

use super::target::Target;
use crate::image::Image;
use crate::machine::{Machine, Outcome};
use crate::system::{Service, System};
use crate::tools::Kernel;

const ANSWER: u64 = 5_000;
/// Less than a wake of the Supervisor, more than a tick of the kernel.
const IDLE: u64 = 1_000;
/// Microseconds.
const LATE: u64 = 10;
/// Requests that are timed.
const REQUESTS: [&str; 2] = ["uptime", "status:trivial"];
/// Milliseconds in which nothing happens.
const QUIET: u64 = 500;
/// Milliseconds after which a service that is not ready is taken down.
const STARTUP: u64 = 20;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Supervisor {
    /// The request, and the instructions that the slowest of ten took.
    pub answers: Vec<(&'static str, u64)>,
    /// Of a quiet time: the longest that others had the processor, and how long in all.
    pub longest: u64,
    pub lost: u64,
    /// Microseconds by which a deadline was later under a service that spins at priority 254 than under one that waits.
    pub late: u64,
}

/// Boots two systems.
///
/// # Panics
/// They do not do what they should.
#[must_use]
pub fn measure() -> Supervisor {
    let (answers, longest, lost) = answers();
    let late = late("spin").saturating_sub(late("never-ready"));
    Supervisor { answers, longest, lost, late }
}

fn run(system: &System, name: &str) -> Outcome {
    let machine = Machine::new(&Image::of(Kernel::Release, name, system)).parameter("quiet", "on");
    let outcome = machine.run();
    outcome.must_have_ended();
    outcome
}

fn script(steps: &[&str]) -> Service {
    Service::new("script", "script", 3).args(steps).priority(50).may("shutdown")
}

fn answers() -> (Vec<(&'static str, u64)>, u64, u64) {
    // After each pause the event line has said what there was to say.
    let mut steps = vec!["wait:20".to_owned()];
    for request in REQUESTS {
        steps.extend([format!("time:{request}"), "wait:20".to_owned()]);
    }
    steps.extend([format!("watch:{QUIET}"), "shutdown".to_owned()]);
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let system =
        System::new("bench-answers").with(Service::new("trivial", "trivial", 2)).with(script(&steps));
    let outcome = run(&system, "bench-answers");
    let most = |request: &str| number(&outcome, &format!("time:{request} took "), " to ").1;
    let answers = REQUESTS.map(|request| (request, most(request))).to_vec();
    let (longest, lost) = number(&outcome, &format!("watch:{QUIET} lost "), " at most, ");
    (answers, longest, lost)
}

/// The numbers before and after `between` in what the script says after `begin`.
fn number(outcome: &Outcome, begin: &str, between: &str) -> (u64, u64) {
    let lines = outcome.log.lines("script");
    let read = |text: &str| {
        let (first, second) = text.strip_prefix(begin)?.split_once(between)?;
        Some((first.parse().ok()?, second.split(' ').next()?.parse().ok()?))
    };
    let found = lines.into_iter().find_map(|(_, text)| read(text));
    found.unwrap_or_else(|| panic!("the script does not say `{begin}`\n{outcome}"))
}

/// Microseconds over its time after which a service is taken down that is not ready then; `how` it spends that time.
fn late(how: &str) -> u64 {
    let slow =
        Service::new("slow", "misbehave", 5).arg(how).priority(254).startup_timeout(&format!("{STARTUP}ms"));
    let name = format!("bench-late-{how}");
    let outcome = run(&System::new(&name).with(slow).with(script(&["wait:50", "shutdown"])), &name);
    let service = outcome.log.id("slow");
    let created = outcome.log.time(|event| *event == Event::Created { service });
    let failed =
        outcome.log.time(|event| matches!(event, Event::Failed { service: id, .. } if *id == service));
    let took = created.zip(failed).map(|(created, failed)| failed - created);
    took.unwrap_or_else(|| panic!("it is not taken down\n{outcome}")) - STARTUP * 1_000
}

/// What was measured, against the targets.
#[must_use]
pub fn targets(supervisor: &Supervisor) -> Vec<Target> {
    let mut targets: Vec<Target> = supervisor
        .answers
        .iter()
        .map(|(request, measured)| Target {
            what: format!("instructions of the request `{request}` and its answer, at most, of ten"),
            limit: ANSWER,
            measured: *measured,
        })
        .collect();
    targets.push(Target {
        what: format!("instructions at once in which nothing happens, of {QUIET} ms, at most"),
        limit: IDLE,
        measured: supervisor.longest,
    });
    targets.push(Target {
        what: "microseconds that a service spinning at priority 254 delays a deadline".to_owned(),
        limit: LATE,
        measured: supervisor.late,
    });
    targets
}
