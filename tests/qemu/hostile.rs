// SPDX-License-Identifier: BSD-2-Clause
//! A service that turns against the system once it runs (SPEC A-6, F-10, G-2, J-2): one attack, one case, and the same
//! judgement for each.
//!
//! A witness answers calls and counts them: ten before the culprit starts, twenty while it attacks, ten afterwards. What
//! must hold whatever the culprit does:
//! * the witness counted exactly those, and gave each caller the number that it had to get;
//! * nothing happened to anybody else, and the events blame nobody else;
//! * every CSpace holds what the plan gives it, asked of the kernel slot by slot, with types on the debug kernel;
//! * the system still goes down in order, and then the untypeds of every service can be retyped whole, with every slot
//!   empty.
//!
//! What the culprit is blamed for is the case's own.

#[path = "hostile/calls.rs"]
mod calls;
#[path = "hostile/cspace.rs"]
mod cspace;
#[path = "hostile/lives.rs"]
mod lives;
#[path = "hostile/messages.rs"]
mod messages;
#[path = "hostile/processor.rs"]
mod processor;

use partenza_protocol::Op;
use partenza_protocol::event::{Event, ServiceState};
use partenza_tests::image::Image;
use partenza_tests::log::Log;
use partenza_tests::machine::{Machine, Outcome, Running};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

const CULPRIT: &str = "culprit";
const WITNESS: &str = "witness";
/// Calls of each prober, and which number the first of them gets.
const PROBERS: [(&str, u32, u32); 3] = [("before", 10, 1), ("during", 20, 11), ("after", 10, 31)];
const CALLS: u32 = 40;
/// As often as an attack needs, and at once.
const PERSISTENT: &str =
    "{policy: on-failure, max: 100, window: 1h, initial_delay: 1ms, max_delay: 1ms, backoff: 1.0}";
/// The witness has a memory region of its own, where others may wish to look, and one that the culprit may read.
const SECRET: &str = "<map mr=\"secret\" vaddr=\"0x20_000_000\" perms=\"rw\"/>\
                      <map mr=\"shown\" vaddr=\"0x18_000_000\" perms=\"rw\"/>";
/// What one life of the culprit leaves to the next, and what it is shown.
const MEMO: &str = "<map mr=\"memo\" vaddr=\"0x10_000_000\" perms=\"rw\"/>\
                    <map mr=\"shown\" vaddr=\"0x18_000_000\" perms=\"r\"/>";
const ON_DEMAND: &str = "start: on-demand";
/// The witness has a line for each call, and all of them may come in one period.
const TALKATIVE: &str = "overload: {requests: 4000}";

/// An attack: who attacks whom, and on which kernel.
struct Attack {
    name: &'static str,
    kernel: Kernel,
    culprit: Service,
    /// It may call the witness.
    calls: bool,
    /// More of partenza.yaml.
    config: &'static str,
    /// Another service that it is free to harm, and which is its client.
    victim: Option<Service>,
}

impl Attack {
    /// `program` with these arguments, on the debug kernel, started when the boot is over, restarted as it likes.
    fn new(name: &'static str, program: &str, args: &[&str]) -> Self {
        let culprit = Service::new(CULPRIT, program, 6)
            .args(args)
            // Above the probers, below the witness.
            .priority(110)
            .restart(PERSISTENT)
            .manifest(ON_DEMAND)
            .critical(false)
            .holds("{memory: memo}, {memory: shown, rights: r}", "memory: {memo: memo, shown: shown}", MEMO);
        Self { name, kernel: Kernel::Debug, culprit, calls: false, config: "", victim: None }
    }

    fn on(mut self, kernel: Kernel) -> Self {
        self.kernel = kernel;
        self
    }

    /// Something about the culprit.
    fn with(mut self, change: impl FnOnce(Service) -> Service) -> Self {
        self.culprit = change(self.culprit);
        self
    }

    /// The culprit has a channel to the witness.
    fn calls_the_witness(mut self) -> Self {
        self.calls = true;
        self
    }

    fn config(mut self, line: &'static str) -> Self {
        self.config = line;
        self
    }

    /// A client of the culprit's, `hostile ask COUNT`.
    fn against(mut self, count: &str) -> Self {
        self.culprit = self.culprit.provides("test/hostage");
        let victim = Service::new("victim", "hostile", 7).args(&["ask", count]).priority(100);
        self.victim = Some(victim.manifest(ON_DEMAND).critical(false));
        self
    }

    fn with_victim(mut self, change: impl FnOnce(Service) -> Service) -> Self {
        self.victim = self.victim.map(change);
        self
    }

    fn system(&self) -> System {
        let witness = Service::new(WITNESS, "witness", 2).priority(150).provides("test/count").holds(
            "{memory: secret}, {memory: shown}",
            "memory: {secret: secret, shown: shown}",
            SECRET,
        );
        let mut system = System::new(&format!("hostile-{}", self.name))
            .region("memo", 0x1000)
            .region("secret", 0x1000)
            .region("shown", 0x1000)
            .with(witness);
        for (name, calls, first) in PROBERS {
            let prober = Service::new(name, "prober", 3)
                .args(&[&calls.to_string(), &first.to_string()])
                .critical(false);
            system = system.with(if name == "before" { prober } else { prober.manifest(ON_DEMAND) });
        }
        system = system.with(self.culprit.clone());
        for (name, ..) in PROBERS {
            system = system.call(name, WITNESS);
        }
        if !self.config.starts_with("overload") {
            system = system.config(TALKATIVE);
        }
        if !self.config.is_empty() {
            system = system.config(self.config);
        }
        if self.calls {
            system = system.call(CULPRIT, WITNESS);
        }
        if let Some(victim) = &self.victim {
            system = system.with(victim.clone()).call("victim", CULPRIT);
        }
        system
    }

    /// Boots, lets the culprit loose until `over`, judges. Gives what there is left to judge.
    #[track_caller]
    fn run(self, what: &str, over: impl Fn(&Log) -> bool) -> Outcome {
        self.run_with(what, over, |_| {})
    }

    /// As [`Attack::run`]; `then` is what the operator does about it.
    #[track_caller]
    fn run_with(self, what: &str, over: impl Fn(&Log) -> bool, then: impl FnOnce(&mut Running)) -> Outcome {
        let image = Image::of(self.kernel, &format!("hostile-{}", self.name), &self.system());
        let mut running = Machine::new(&image).parameter("verify", "on").start();
        running.change(Op::Start, CULPRIT);
        if self.victim.is_some() {
            running.wait_for("the culprit's ready", |log| log.is_ready(CULPRIT));
            running.change(Op::Start, "victim");
        }
        running.change(Op::Start, "during");
        running.wait_for(what, over);
        then(&mut running);
        running.wait_for("the calls while it attacks", |log| log.is_ready("during"));
        running.change(Op::Start, "after");
        running.wait_for("the calls afterwards", |log| log.is_ready("after"));
        let present = the_audit_equals_the_plan(&mut running, self.kernel);
        running.shut_down();
        let outcome = running.end();
        outcome.must_have_ended();
        outcome.must("there was something to audit", present > 10);
        the_witness_kept_count(&outcome);
        nobody_else_is_concerned(&outcome);
        everything_came_back(&outcome, &image);
        outcome
    }
}

/// Gives the number of capabilities that were found.
#[track_caller]
fn the_audit_equals_the_plan(running: &mut Running, kernel: Kernel) -> u32 {
    let mut present = 0;
    for name in running.log().names() {
        let Some(audit) = running.audit(name) else {
            let state = running.status(name, |status| status.state);
            assert!(matches!(state, ServiceState::Failed | ServiceState::Pending), "{name} is {state:?}");
            continue;
        };
        let wrong = (audit.missing, audit.wrong, audit.surplus);
        assert_eq!(wrong, (0, 0, 0), "{name}: {audit:?}\n{}", running.log());
        assert_eq!(audit.types, kernel == Kernel::Debug, "{name}");
        present += u32::from(audit.present);
    }
    present
}

#[track_caller]
fn the_witness_kept_count(outcome: &Outcome) {
    let log = &outcome.log;
    let end = log.position(|event| *event == Event::ShutdownBegun);
    let witness = log.id(WITNESS);
    let counted: Vec<&str> = log
        .events()
        .take(end.unwrap_or(0))
        .filter_map(|event| match event {
            Event::Message { service, text, .. } if *service == witness => Some(*text),
            _ => None,
        })
        .collect();
    let expected: Vec<String> = PROBERS
        .iter()
        .flat_map(|(name, calls, first)| {
            (*first..first + calls).map(move |n| format!("answered {n} for {name}"))
        })
        .collect();
    outcome.same("calls that were meant", expected.len(), CALLS as usize);
    outcome.must(&format!("the witness counted them: {counted:?}"), counted == expected);
    for (name, calls, first) in PROBERS {
        let said = log.lines(name).first().map(|(_, text)| *text);
        let answered = format!("answered {calls} of {calls}, {first} to {}", first + calls - 1);
        outcome.same("what a prober counted", said, Some(answered.as_str()));
    }
}

#[track_caller]
fn nobody_else_is_concerned(outcome: &Outcome) {
    let log = &outcome.log;
    for name in [WITNESS, "before", "during", "after"] {
        let life = ["starting 1", "ready", "stopping", "stopped"].map(|deed| format!("{name} {deed}"));
        outcome.same("what became of it", log.story(&[name]).as_slice(), &life[..]);
        outcome.must(&format!("nothing of {name} is ignored"), log.rejections(name).is_empty());
    }
    let wrong = log.count(|event| matches!(event, Event::AuditMismatch { .. } | Event::InitError { .. }));
    outcome.same("differences from the plan, and errors of Init's", wrong, 0);
}

/// SPEC L-7: whoever had a CSpace gave it back, and everything else.
#[track_caller]
fn everything_came_back(outcome: &Outcome, image: &Image) {
    let log = &outcome.log;
    let planned = image.plan(|plan| {
        let of = |service: &partenza_plan::Service<'_>| {
            let slots = service.slot_map(plan.image_of(service), &plan.regions);
            let bytes = (1u64 << service.service_untyped) + (1u64 << service.incarnation_untyped);
            (service.name.to_owned(), (bytes, slots.end - slots.cnode, true))
        };
        plan.services.iter().map(of).collect::<Vec<_>>()
    });
    for (name, whole) in planned {
        let id = log.id(&name);
        // The last one is of the whole service, those before are of its incarnations.
        let given = log.events().rev().find_map(|event| match event {
            Event::Reclaimed { service, bytes, slots, intact } if *service == id => {
                Some((*bytes, *slots, *intact))
            }
            _ => None,
        });
        outcome.same(&format!("what {name} gave back"), given, Some(whole));
    }
    let broken = log.count(|event| matches!(event, Event::Reclaimed { intact: false, .. }));
    outcome.same("services that did not come back whole", broken, 0);
}

/// The culprit's lines.
fn said(log: &Log) -> Vec<&'static str> {
    log.lines(CULPRIT).into_iter().map(|(_, text)| text).collect()
}

/// Whether the culprit has said something that begins so.
fn has_said(log: &Log, beginning: &str) -> bool {
    said(log).iter().any(|text| text.starts_with(beginning))
}

/// The culprit's incarnation number `n` is ready.
fn is_ready_again(log: &Log, n: usize) -> bool {
    let culprit = log.id(CULPRIT);
    log.count(|event| *event == Event::Ready { service: culprit }) >= n
}
