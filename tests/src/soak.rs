// SPDX-License-Identifier: BSD-2-Clause
//! `make soak`: restarts without end, in one run of the reference system (SPEC L-7).
//!
//! One service is restarted over and over by request. Then services die at random, any that is not core: the shell's
//! `crash`, asked for over the event line. Whoever has used up its restarts is started again by request. All the while
//! Init proves at the end of every incarnation that its memory can be had whole again and its slots are empty, and in
//! the end every event is accounted for: each incarnation, each death, each proof, without a gap in the numbers.
//!
//! Nobody of these dies while it works for a client. Who does is in [`calls`], in a run of its own.

mod calls;

use std::time::Duration;

use partenza_plan::Class;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::Event;
use partenza_protocol::{Code, Op, ServiceId};

use crate::ask::Request;
use crate::image::Image;
use crate::log::Log;
use crate::machine::{Machine, Running};
use crate::tools::Kernel;

pub use calls::{Calls, Tally};

/// Restarted by request: it has an interrupt, ports, and calls others.
const RESTARTED: &str = "network";

/// How much of it.
#[derive(Clone, Copy, Debug)]
pub struct Soak {
    pub restarts: u32,
    pub crashes: u32,
    /// Which services die, in which order. Not 0.
    pub seed: u64,
    /// How long it may take, on the host.
    pub deadline: Duration,
}

/// What it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub events: usize,
    /// In the machine, in microseconds.
    pub time: u64,
    /// Proofs that nothing was left behind.
    pub proofs: usize,
    /// Services that had used up their restarts and were started by request.
    pub revived: u32,
}

struct Run {
    machine: Running,
    /// Requests to restart, deaths asked for, and requests to start, by service.
    asked: Vec<[u32; 3]>,
    revived: u32,
}

impl Soak {
    /// Runs it.
    ///
    /// # Panics
    /// Something is lost, left behind or not accounted for.
    #[must_use]
    pub fn run(self, name: &str) -> Outcome {
        let image = Image::reference(Kernel::Release, name);
        let victims: Vec<&'static str> = image.plan(|plan| {
            let rest = plan.services.iter().filter(|service| service.class != Class::Core);
            rest.map(|service| &*service.name.to_owned().leak()).collect()
        });
        let machine = Machine::new(&image).parameter("quiet", "on").parameter("verify", "on");
        let mut machine = machine.deadline(self.deadline).start();
        machine.wait_for_the_boot();
        let services = machine.log().names().len();
        let mut run = Run { machine, asked: vec![[0; 3]; services], revived: 0 };
        for _ in 0..self.restarts {
            run.restart(RESTARTED);
        }
        let mut noise = self.seed;
        for _ in 0..self.crashes {
            run.crash(victims[(next(&mut noise) % victims.len() as u64) as usize]);
        }
        audit(&mut run.machine);
        run.finish()
    }
}

/// xorshift64.
fn next(noise: &mut u64) -> u64 {
    *noise ^= *noise << 13;
    *noise ^= *noise >> 7;
    *noise ^= *noise << 17;
    *noise
}

impl Run {
    fn ask(&mut self, op: Op, name: &str) -> Result<(), Code> {
        self.machine.ask(&Request::about(op, name)).accepted().map(drop)
    }

    /// Asks, and waits until something has come of it: the service is ready, or has failed.
    fn change(&mut self, op: Op, column: usize, name: &str) -> ServiceId {
        let seen = self.machine.log().records.len();
        let id = self.machine.log().id(name);
        if let Err(code) = self.ask(op, name) {
            panic!("`{} {name}` is refused: {code} {}\n{}", op.name(), code.text(), self.machine.log());
        }
        self.asked[usize::from(id.0)][column] += 1;
        let settled = |log: &Log| log.records[seen..].iter().any(|record| is_end(&record.event, id));
        self.machine.wait_for(&format!("what comes of `{} {name}`", op.name()), settled);
        id
    }

    fn restart(&mut self, name: &str) {
        self.change(Op::Restart, 0, name);
    }

    fn crash(&mut self, name: &str) {
        let seen = self.machine.log().records.len();
        let id = self.change(Op::Crash, 1, name);
        let log = self.machine.log();
        let exhausted = |event: &Event<'_>| matches!(event, Event::Failed { service, .. } if *service == id);
        if log.records[seen..].iter().any(|record| exhausted(&record.event)) {
            self.revived += 1;
            self.change(Op::Start, 2, name);
        }
    }

    fn finish(mut self) -> Outcome {
        let answer = self.machine.ask(&Request::plain(Op::Shutdown));
        assert!(answer.accepted().is_ok(), "the shutdown is refused");
        let outcome = self.machine.end();
        outcome.must_have_ended();
        let log = &outcome.log;
        for (index, [restarts, deaths, starts]) in self.asked.iter().enumerate() {
            let service = ServiceId(index as u16);
            account(log, service, *restarts, *deaths, *starts);
        }
        is_intact(log);
        let proofs = log.count(|event| matches!(event, Event::Reclaimed { intact: true, .. }));
        let time = log.records.last().map_or(0, |record| record.time);
        Outcome { events: log.records.len(), time, proofs, revived: self.revived }
    }
}

/// SPEC F-8: everybody holds what is planned.
fn audit(machine: &mut Running) {
    for name in machine.log().names().to_vec() {
        let audit = machine.audit(name);
        let sound = audit.is_some_and(|a| (a.missing, a.wrong, a.surplus, a.diverted) == (0, 0, 0, 0));
        assert!(sound, "{name} does not hold what is planned: {audit:?}");
    }
}

/// SPEC L-7.
fn is_intact(log: &Log) {
    let broken = log.count(|event| matches!(event, Event::Reclaimed { intact: false, .. }));
    assert_eq!(broken, 0, "incarnations that left something behind");
}

fn is_end(event: &Event<'_>, id: ServiceId) -> bool {
    matches!(event, Event::Ready { service } | Event::Failed { service, .. } if *service == id)
}

/// Every incarnation began for a reason that is known, was ready, ended, and left nothing.
fn account(log: &Log, id: ServiceId, restarts: u32, deaths: u32, starts: u32) {
    let name = log.name(id);
    let count = |wanted: &dyn Fn(&Event<'static>) -> bool| log.count(wanted) as u32;
    let crashed = count(&|event| matches!(event, Event::Crashed { service, .. } if *service == id));
    assert_eq!(crashed, deaths, "{name}: faults that nobody asked for");
    let again = count(&|event| matches!(event, Event::Restarting { service, .. } if *service == id));
    let failed = count(&|event| matches!(event, Event::Failed { service, .. } if *service == id));
    assert_eq!((again + failed, failed), (deaths, starts), "{name}: what followed its faults");
    let exhausted = SupervisorError::RetriesExhausted.code();
    let told = count(
        &|event| matches!(event, Event::RestartLimitReached { service, code, .. } if *service == id && *code == exhausted),
    );
    assert_eq!(told, failed, "{name}: limits that were told");
    let incarnations: Vec<u32> = log
        .events()
        .filter_map(|event| match event {
            Event::Starting { service, incarnation } if *service == id => Some(incarnation.0),
            _ => None,
        })
        .collect();
    let all = 1 + restarts + again + starts;
    assert!(
        incarnations.iter().copied().eq(1..=all),
        "{name}: incarnations {incarnations:?}, not 1 to {all}"
    );
    let revoked = |all_of_it| {
        count(
            &|event| matches!(event, Event::Revoked { service, whole } if *service == id && *whole == all_of_it),
        )
    };
    // At the end each service is taken back whole, which is proven once more.
    for (what, seen, expected) in [
        ("ready", count(&|event| *event == Event::Ready { service: id }), all),
        ("revoked", revoked(false), all),
        ("revoked as a whole", revoked(true), 1),
        (
            "proven to be gone",
            count(&|event| matches!(event, Event::Reclaimed { service, intact: true, .. } if *service == id)),
            all + 1,
        ),
    ] {
        assert_eq!(seen, expected, "{name}: incarnations that were {what}");
    }
}
