// SPDX-License-Identifier: BSD-2-Clause
//! Parents and children (SPEC J-3): a parent gets its children's faults first and does with them what it likes; what it
//! does not handle comes to the Supervisor, and nothing that a parent or a child does makes a fault wait for nobody.

use std::fs;

use partenza_protocol::Op;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::{CapKind, Event, Fault, FaultKind, Rejection, ServiceState};
use partenza_tests::image::Image;
use partenza_tests::log::Log;
use partenza_tests::machine::{Machine, Outcome, Running};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::{self, Kernel};

const RESTART: &str =
    "{policy: on-failure, max: 1000, window: 1h, initial_delay: 1ms, max_delay: 1ms, backoff: 1.0}";

fn parent(args: &[&str]) -> Service {
    Service::new("parent", "parent", 5).priority(120).restart(RESTART).args(args)
}

fn child(args: &[&str]) -> Service {
    Service::new("child", "child", 6).inside("parent", 1).restart(RESTART).args(args)
}

fn family(name: &str, parent: Service, child: Service) -> System {
    System::new(name).budget(5, "1m").budget(6, "1m").with(parent).with(child)
}

fn said(log: &Log, name: &str) -> Vec<&'static str> {
    log.lines(name).into_iter().map(|(_, text)| text).collect()
}

fn incarnations(log: &Log, name: &str) -> usize {
    let id = log.id(name);
    log.count(|event| matches!(event, Event::Starting { service, .. } if *service == id))
}

fn crashes(log: &Log, name: &str) -> usize {
    let id = log.id(name);
    log.count(|event| matches!(event, Event::Crashed { service, .. } if *service == id))
}

fn faults(log: &Log, name: &str) -> Vec<Fault<'static>> {
    let id = log.id(name);
    let fault = |event: &Event<'static>| match event {
        Event::Crashed { service, fault } if *service == id => Some(fault.clone()),
        _ => None,
    };
    log.events().filter_map(fault).collect()
}

/// Says that it has done everything, in its last life.
fn is_done(log: &Log) -> bool {
    log.find("child").is_some() && said(log, "child").contains(&"done")
}

/// Boots, waits, audits everybody who has a CSpace, and shuts down.
fn boot(kernel: Kernel, system: &System, name: &str, what: &str, wanted: impl Fn(&Log) -> bool) -> Outcome {
    let image = Image::of(kernel, name, system);
    let mut running = Machine::new(&image).parameter("verify", "on").start();
    running.wait_for(what, wanted);
    audits(&mut running, kernel);
    running.shut_down();
    let outcome = running.end();
    outcome.must_have_ended();
    let broken = |event: &Event<'_>| matches!(event, Event::Reclaimed { intact: false, .. });
    outcome.same("incarnations that left something behind", outcome.log.count(broken), 0);
    outcome
}

fn audits(running: &mut Running, kernel: Kernel) {
    for name in running.log().names().to_vec() {
        let Some(audit) = running.audit(name) else { continue };
        assert_eq!((audit.missing, audit.wrong, audit.surplus), (0, 0, 0), "{name}: {audit:?}");
        assert_eq!(audit.types, kernel == Kernel::Debug, "{name}");
    }
}

#[test]
fn a_parent_handles_a_fault_and_the_child_goes_on() {
    for (kernel, letters, how) in [(Kernel::Debug, "g", "an answer"), (Kernel::Release, "r", "registers")] {
        let system = family("handled", parent(&[letters]), child(&["fault:ud2", "fault:ud2"]));
        let name = format!("handled-{letters}");
        let outcome = boot(kernel, &system, &name, how, is_done);
        let log = &outcome.log;
        outcome.same("the child", said(log, "child"), vec!["went on after ud2", "went on after ud2", "done"]);
        let told = format!("child 1 fault 3: {letters}");
        outcome.same("the parent", said(log, "parent"), vec![told.as_str(), told.as_str()]);
        outcome.same("crashes", crashes(log, "child"), 0);
        outcome.same("rejections", log.rejections("parent"), vec![]);
        let (service, kind) = (log.id("parent"), CapKind::Thread);
        outcome.must("the thread is granted", log.has(&Event::Granted { service, kind, cptr: 203 }));
    }
}

/// Each kind of fault, passed on, and the same of a service without a parent: what is told must be the same, because the
/// kernel tells it.
#[test]
fn what_a_parent_passes_on_is_handled_like_any_fault() {
    const KINDS: [&str; 12] = [
        "null-write",
        "null-read",
        "panic",
        "ud2",
        "stack-overflow",
        "write-text",
        "jump",
        "divide",
        "privileged",
        "breakpoint",
        "unknown-syscall",
        "missing-cap",
    ];
    let steps: Vec<String> = (1..).zip(KINDS).map(|(life, kind)| format!("fault:{kind}@{life}")).collect();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    for kernel in [Kernel::Debug, Kernel::Release] {
        let alone = Service::new("alone", "child", 6).restart(RESTART).args(&steps);
        let system = family("passed-on", parent(&["p"]), child(&steps)).with(alone);
        let outcome = boot(kernel, &system, "passed-on", "the last life of both", |log| {
            is_done(log) && said(log, "alone").contains(&"done")
        });
        let log = &outcome.log;
        let (passed, direct) = (faults(log, "child"), faults(log, "alone"));
        outcome.same("faults", passed.len(), KINDS.len());
        for (kind, (passed, direct)) in KINDS.iter().zip(passed.into_iter().zip(direct)) {
            outcome.same(kind, passed, direct);
        }
        outcome.same("what the parent was told", said(log, "parent").len(), KINDS.len());
        outcome.same("rejections", log.rejections("parent"), vec![]);
        outcome.same("parents", incarnations(log, "parent"), 1);
        let withdrawn = Event::Withdrawn { service: log.id("parent"), cptr: 203 };
        // One for each life, the last at the shutdown.
        let lives = KINDS.len() + 1;
        outcome.same("threads that went", log.count(|event| *event == withdrawn), lives);
    }
}

/// In its hand, because it dies of handling it; in its queue, because it dies of something else before it looks.
#[test]
fn a_fault_that_a_parent_leaves_behind_comes_to_the_supervisor() {
    let in_hand =
        family("in-hand", parent(&["x,p"]), child(&["fault:ud2@1", "wait:5@2", "fault:null-write@2"]));
    let busy = parent(&["p", "wait:20@1", "crash@1"]).priority(90);
    let queued = family("queued", busy, child(&["fault:ud2@1", "wait:50@2", "fault:null-write@2"]));
    for (name, system, told) in [("in-hand", in_hand, 2), ("queued", queued, 1)] {
        for kernel in [Kernel::Debug, Kernel::Release] {
            let outcome = boot(kernel, &system, name, "the third life", is_done);
            let log = &outcome.log;
            outcome.same("crashes of the parent", crashes(log, "parent"), 1);
            let kinds: Vec<FaultKind> = faults(log, "child").iter().map(|fault| fault.kind).collect();
            outcome.same("crashes of the child", kinds, vec![FaultKind::UserException, FaultKind::VmWrite]);
            // The second fault went to the parent's second life.
            let heard = said(log, "parent");
            outcome.same("what parents were told", heard.len(), told);
            outcome.same("the last", heard.last(), Some(&"child 1 fault 5: p"));
            outcome.same("rejections", log.rejections("parent"), vec![]);
        }
    }
}

/// A parent that does not run, for whatever reason, hears nothing; when it runs again it does.
#[test]
fn faults_go_to_the_supervisor_while_the_parent_does_not_run() {
    for kernel in [Kernel::Debug, Kernel::Release] {
        let system = family(
            "stopped-parent",
            parent(&["p"]),
            child(&["wait:100@1", "fault:ud2@1", "wait:200@2", "fault:null-write@2"]),
        );
        let image = Image::of(kernel, "stopped-parent", &system);
        let mut running = Machine::new(&image).start();
        running.wait_for("the family", |log| log.find("child").is_some() && log.is_ready("child"));
        running.change(Op::Stop, "parent");
        running.wait_for("the first fault", |log| crashes(log, "child") == 1);
        let diverted = running.audit("child").map(|audit| audit.diverted);
        assert_eq!(diverted, Some(1), "{}", running.log());
        running.change(Op::Start, "parent");
        running.wait_for("the second fault", |log| crashes(log, "child") == 2);
        running.wait_for("the third life", is_done);
        audits(&mut running, kernel);
        running.shut_down();
        let outcome = running.end();
        outcome.must_have_ended();
        outcome.same("what the parent was told", said(&outcome.log, "parent"), vec!["child 1 fault 5: p"]);
    }
}

#[test]
fn a_child_of_a_parent_that_never_ran_has_the_supervisor() {
    let parent = parent(&["p"]).manifest("start: on-demand");
    let child = child(&["fault:ud2@1"]).manifest("start: on-demand");
    let starter = Service::new("starter", "script", 7).may("start").arg("start:child");
    let system = family("orphan", parent, child).with(starter);
    let outcome = boot(Kernel::Debug, &system, "orphan", "the second life", is_done);
    outcome.same("crashes", crashes(&outcome.log, "child"), 1);
    outcome.same("lives of the parent", incarnations(&outcome.log, "parent"), 0);
}

/// SPEC G-2: of what is not its child, of a child that waits, twice of one fault; and nothing of it harms anybody.
#[test]
fn a_parent_cannot_make_faults_up() {
    let hostile = parent(&["t", "wait:30", "claim:0", "claim:1", "claim:255", "grab:1"]);
    let quiet = child(&[]);
    // It faults once, and its parent passes that on twice.
    let second = Service::new("second", "child", 6)
        .inside("parent", 2)
        .restart(RESTART)
        .priority(80)
        .args(&["fault:ud2@1"]);
    let other = Service::new("other", "child", 6).restart(RESTART);
    let system = family("hostile-parent", hostile.priority(90), quiet).with(second).with(other);
    for kernel in [Kernel::Debug, Kernel::Release] {
        let outcome = boot(kernel, &system, "hostile-parent", "all of it", |log| {
            log.find("second").is_some() && said(log, "second").contains(&"done")
        });
        let log = &outcome.log;
        let (denied, state) = (SupervisorError::Denied.code(), SupervisorError::OutOfState.code());
        let heard = said(log, "parent");
        let expected = [
            format!("claim:0 answered {denied}"),
            format!("claim:1 answered {state}"),
            format!("claim:255 answered {denied}"),
            "grab: 0 were done".to_owned(),
            "child 2 fault 3: t".to_owned(),
            "claim:2 answered ok".to_owned(),
        ];
        outcome.same("what it was answered", heard, expected.iter().map(String::as_str).collect());
        use Rejection::{Denied, Duplicate, NotFaulted};
        let rejected = vec![Denied, NotFaulted, Denied, Duplicate];
        outcome.same("what was ignored", log.rejections("parent"), rejected);
        for (name, lives) in [("child", 1), ("second", 2), ("other", 1), ("parent", 1)] {
            outcome.same(name, incarnations(log, name), lives);
        }
    }
}

/// Who speaks on its own fault capability is heard by its parent as if it had faulted. What it stands in decides: a call
/// is made again and comes to the Supervisor, who takes it for what it pretends to be; of a mere message nothing is left
/// once the child speaks, and its next fault goes to the parent as before.
#[test]
fn a_child_that_makes_faults_up_harms_itself_alone() {
    for kernel in [Kernel::Debug, Kernel::Release] {
        let steps = ["forge:send@1", "tell@1", "fault:ud2@1", "forge:call@2"];
        let system = family("forger", parent(&["p"]), child(&steps));
        let outcome = boot(kernel, &system, "forger", "the third life", is_done);
        let log = &outcome.log;
        let heard = ["child 1 fault 5: p", "child 1 fault 3: p", "child 1 fault 5: p"];
        outcome.same("what the parent was told", said(log, "parent"), heard.to_vec());
        outcome.same("what it was ignored for", log.rejections("parent"), vec![Rejection::NotFaulted]);
        let kinds: Vec<FaultKind> = faults(log, "child").iter().map(|fault| fault.kind).collect();
        outcome.same("crashes of the child", kinds, vec![FaultKind::UserException, FaultKind::VmRead]);
        outcome.same("lives of the parent", incarnations(log, "parent"), 1);
    }
}

/// As with the Microkit: what a parent does not answer stands. It is a hang, and found as one.
#[test]
fn a_child_that_its_parent_lets_stand_is_found_by_its_probe() {
    let probed =
        child(&["fault:ud2@1"]).health("probe: call, interval: 20ms, timeout: 10ms, failure_threshold: 1");
    let system = family("stands", parent(&["s"]), probed);
    let outcome = boot(Kernel::Debug, &system, "stands", "the second life", is_done);
    let log = &outcome.log;
    outcome.same("crashes", crashes(log, "child"), 0);
    let service = log.id("child");
    outcome.must(
        "it is not well",
        log.count(|e| matches!(e, Event::Unhealthy { service: id, .. } if *id == service)) == 1,
    );
}

/// The parent dies before, the child faults while it is down; the next fault goes to its second life.
#[test]
fn a_child_that_faults_while_its_parent_restarts_is_handled_at_once() {
    let slow = "{policy: on-failure, max: 3, window: 1h, initial_delay: 50ms, max_delay: 50ms}";
    let parent = parent(&["p", "wait:5@1", "crash@1"]).priority(90).restart(slow);
    let child = child(&["wait:2@1"]).priority(80);
    // It waits until its parent is gone, busy at a lower priority.
    let steps = ["wait:2@1", "wait:10@1", "fault:ud2@1", "wait:100@2", "fault:null-write@2"];
    let child = steps.iter().skip(1).fold(child, |child, step| child.arg(step));
    let system = family("between", parent, child);
    let outcome = boot(Kernel::Release, &system, "between", "the third life", is_done);
    let log = &outcome.log;
    let story = log.story(&["parent", "child"]);
    let position = |what: &str, nth: usize| {
        story.iter().enumerate().filter(|(_, deed)| deed.starts_with(what)).nth(nth).map(|(at, _)| at)
    };
    let order = [
        position("parent crashed", 0),
        position("child crashed", 0),
        position("parent starting 2", 0),
        position("child crashed", 1),
    ];
    outcome.must(&format!("in this order: {order:?} of {story:#?}"), order.is_sorted() && order[0].is_some());
    outcome.same("what the parent was told", said(log, "parent"), vec!["child 1 fault 5: p"]);
}

/// Every fifth fault is its parent's end as well.
#[test]
fn a_hundred_restarts_of_a_family_leave_nothing_behind() {
    let limited = RESTART.replace("max: 1000", "max: 100, on_exhausted: stop");
    let child = child(&["fault:ud2"]).restart(&limited);
    let system = family("hundred", parent(&["ppppx"]), child);
    let outcome = boot(Kernel::Release, &system, "hundred", "the end of the child", |log| {
        log.find("child").is_some_and(|service| {
            log.count(
                |event| matches!(event, Event::RestartLimitReached { service: id, .. } if *id == service),
            ) > 0
        })
    });
    let log = &outcome.log;
    outcome.same("crashes of the child", crashes(log, "child"), 101);
    outcome.same("crashes of the parent", crashes(log, "parent"), 20);
    outcome.same("rejections", log.rejections("parent"), vec![]);
    let parent = log.id("parent");
    let given = log
        .count(|e| matches!(e, Event::Granted { service, kind: CapKind::Thread, .. } if *service == parent));
    let taken = log.count(|e| matches!(e, Event::Withdrawn { service, .. } if *service == parent));
    outcome.same("threads given and taken", (given, taken), (101, 101));
}

/// SPEC S-4: a parent that lets its throttled child go on lets it run into its budget again, and no call is lost.
#[test]
fn a_throttled_child_stays_throttled() {
    // It runs while the child may not.
    let parent = parent(&["p", "resumes:1=40"]).priority(70);
    let child = Service::new("child", "script", 6).inside("parent", 1).priority(80).args(&["flood:600"]);
    let system = family("throttled", parent, child)
        .config("overload: {requests: 100, period: 10ms, restart_after: 100, calm: 10ms}");
    let outcome = boot(Kernel::Release, &system, "throttled", "the flood's end", |log| {
        log.find("child").is_some() && !said(log, "child").is_empty()
    });
    outcome.same("the child", said(&outcome.log, "child"), vec!["flood:600 answered 600"]);
    outcome.same("lives", incarnations(&outcome.log, "child"), 1);
}

/// A breakpoint, too, which is over when the processor tells of it.
#[test]
fn a_parent_in_c_passes_faults_on() {
    let parent = Service::new("parent", "warden", 5).priority(120);
    let system = family("warden", parent, child(&["fault:null-write@1", "fault:breakpoint@2"]));
    for kernel in [Kernel::Debug, Kernel::Release] {
        let outcome = boot(kernel, &system, "warden", "the third life", is_done);
        let log = &outcome.log;
        outcome.same("what the parent said", said(log, "parent"), vec!["child 1 faulted"; 2]);
        let kinds: Vec<FaultKind> = faults(log, "child").iter().map(|fault| fault.kind).collect();
        outcome.same("crashes of the child", kinds, vec![FaultKind::VmWrite, FaultKind::UserException]);
        outcome.same("rejections", log.rejections("parent"), vec![]);
    }
}

const KIN: &str = r#"<system>
  <protection_domain name="parent" priority="150"><program_image path="kin.elf"/>
    <protection_domain name="child" priority="100" id="7" setvar_id="kin"><program_image path="kin.elf"/></protection_domain>
  </protection_domain>
  <channel><end pd="child" id="1"/><end pd="parent" id="1"/></channel>
</system>
"#;

/// The parent is ready when its child faulted, was started again by it, notified, and was stopped.
#[test]
fn a_family_of_the_microkit_runs_as_it_is() {
    for kernel in [Kernel::Debug, Kernel::Release] {
        let dir = tools::scratch(&format!("kin-{}", kernel.name()));
        fs::create_dir(dir.join("manifests")).expect("the folder was just made");
        let manifest = "partenza: \"1.0\"\nid: parent\nversion: 0.1.0\nentrypoint: kin.elf\nlayer: 3\n\
                        readiness: signal\ncapabilities: {required: [{child-control: kin}, {notify: kin}]}\n";
        let config = "partenza: \"1.0\"\nsystem: kin\nservices:\n  child: {layer: 3}\n  parent:\n    \
                      supervisor_channel: 2\n    grants: {child-control: {kin: child}, notify: {kin: 1}}\n";
        for (name, text) in
            [("system.xml", KIN), ("manifests/parent.yaml", manifest), ("partenza.yaml", config)]
        {
            fs::write(dir.join(name), text).expect("the folder was just made");
        }
        let image = Image::pack(kernel, &dir, &dir.join("image.elf"));
        let outcome = Machine::new(&image).ends_after_boot().run();
        outcome.must_have_ended();
        outcome.same("running and failed", outcome.log.complete(), Some((2, 0)));
        outcome.must("the parent is ready", outcome.log.is_ready("parent"));
        outcome.same("crashes of the child", crashes(&outcome.log, "child"), 0);
        outcome.must("nothing was ignored", outcome.log.rejections("parent").is_empty());
    }
}

/// SPEC B-4: what is held does not run, even for its parent, which does not hold its thread.
#[test]
fn a_held_child_is_not_its_parents_to_start() {
    let parent = parent(&["p", "resume:1"]).restart("{policy: never}");
    let system = family("held-child", parent, child(&[])).boot("parameters: {hold: child}");
    let image = Image::of(Kernel::Release, "held-child", &system);
    let mut running = Machine::new(&image).start();
    running.wait_for("the parent's end", |log| log.find("parent").is_some() && crashes(log, "parent") == 1);
    let state = running.status("child", |status| status.state);
    let outcome = running.switch_off();
    outcome.must(&format!("{state}"), state != ServiceState::Running);
    outcome.must("the child said nothing", said(&outcome.log, "child").is_empty());
}
