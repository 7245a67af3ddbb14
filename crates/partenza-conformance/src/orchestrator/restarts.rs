// SPDX-License-Identifier: BSD-2-Clause
//! Services that die: who starts again, after which pause, who is told, who stands in; and what happens when no restart is
//! left.

use partenza_lab::log::Log;
use partenza_lab::machine::Running;
use partenza_lab::system::{Service, System};
use partenza_protocol::Op;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::{BootState, Event};

use super::items::Item;
use super::stage::{Stage, Stop, ends_well, in_order, is_up};
use crate::sheet::Sheet;

pub const ITEMS: &[Item] =
    &[Item::A3, Item::J3, Item::J4, Item::L1, Item::L2, Item::L5, Item::L6, Item::L8, Item::L9, Item::S3];
pub const LIMIT_ITEMS: &[Item] = &[Item::E5, Item::E6, Item::L4];

const ONCE: &str =
    "{policy: on-failure, max: 3, window: 60s, initial_delay: 5ms, max_delay: 5ms, backoff: 1.0}";

fn policy(max: u32, then: &str) -> String {
    format!(
        "{{policy: on-failure, max: {max}, window: 60s, initial_delay: 10ms, max_delay: 25ms, backoff: 2.0{then}}}"
    )
}

/// Its parent lets it go on after the first, passes the second on, and dies of the third.
const WARD: [&str; 3] = ["fault:ud2@1", "fault:null-write@1", "fault:jump@2"];

fn system() -> System {
    System::new("restarts")
        .with(
            Service::new("server", "witness", 2)
                .arg("5")
                .priority(150)
                .provides("test/count")
                .critical(false)
                .restart(ONCE),
        )
        .with(Service::new("base", "trivial", 5).restart(ONCE))
        .with(
            Service::new("mortal", "patient", 5)
                .arg("after=crash")
                .priority(60)
                .restart(&policy(4, ""))
                .manifest("fallback: spare"),
        )
        .with(Service::new("spare", "trivial", 5).manifest("start: on-demand"))
        .with(Service::new("never", "patient", 5).arg("after=crash").priority(60))
        .with(Service::new("module", "trivial", 5).manifest("sidecars: [sidecar]"))
        .with(Service::new("sidecar", "trivial", 5))
        .with(Service::new("warden", "parent", 5).priority(120).restart(ONCE).arg("gpx"))
        .with(Service::new("ward", "child", 6).inside("warden", 1).restart(ONCE).args(&WARD))
        .with(Service::new("user", "trivial", 6).requires("base"))
        .with(Service::new("follower", "trivial", 6).restarts_with("base"))
        .with(Service::new("inside", "prober", 6).args(&["10", "1"]))
        .with(Service::new("late", "prober", 7).args(&["3", "1"]).manifest("start: on-demand"))
        .call("inside", "server")
        .call("late", "server")
}

pub fn play(stage: &Stage<'_>, sheet: &mut Sheet<Item>) -> Result<(), Stop> {
    let mut running = stage.machine("restarts", &system())?.start()?;
    running.wait_for("the boot", is_up)?;
    let ready = |name: &'static str, times: usize| {
        move |log: &Log| {
            log.find(name).is_some_and(|id| log.count(|e| *e == Event::Ready { service: id }) >= times)
        }
    };
    let told = running.ask(Op::Crash, "base")?;
    if let Err(code) = told {
        sheet.fail(Item::L5, format!("`crash` was refused: {code}"));
    }
    for (name, times) in
        [("spare", 1), ("server", 2), ("base", 2), ("follower", 2), ("warden", 2), ("ward", 3)]
    {
        running.wait_for(&format!("`{name}`, ready for the {times}. time"), ready(name, times))?;
    }
    running.wait_for("the recovery of `user`", |log| {
        log.story(&["user"]).iter().any(|deed| deed == "user recovered")
    })?;
    late(&mut running, sheet)?;
    let restarted = running.ask(Op::Restart, "module")?;
    running.wait_for("the module again", ready("module", 2))?;
    let _ = running.order(Op::Shutdown)?;
    let outcome = running.end();
    let log = &outcome.log;
    pauses(log, sheet);
    dependents(log, sheet);
    callers(log, sheet);
    family(log, sheet);
    sheet.aspect(
        Item::S3,
        restarted.is_ok() && accompanied(log),
        log.story(&["module", "sidecar"]).join(", "),
    );
    let never = log.story(&["never"]);
    let stays = never.iter().any(|deed| deed == "never crashed")
        && !never.iter().any(|deed| deed == "never starting 2");
    sheet.aspect(Item::L1, stays, format!("`policy: never`: {}", never.join(", ")));
    ends_well(&outcome, sheet);
    Ok(())
}

/// Starts somebody who counts from 1: that is what the next incarnation of the server answers first.
fn late(running: &mut Running, sheet: &mut Sheet<Item>) -> Result<(), Stop> {
    let started = running.ask(Op::Start, "late")?;
    running.wait_for("the late caller", |log| log.find("late").is_some() && !log.lines("late").is_empty())?;
    let lines = running.log().lines("late");
    let said = lines.first().map_or("", |(_, text)| *text);
    sheet.aspect(
        Item::L6,
        started.is_ok() && said == "answered 3 of 3, 1 to 3",
        format!("a server that counts begins again: {said}"),
    );
    Ok(())
}

fn pauses(log: &Log, sheet: &mut Sheet<Item>) {
    let id = log.find("mortal");
    let pauses: Vec<u64> = log
        .events()
        .filter_map(|event| match event {
            Event::Restarting { service, delay, .. } if Some(*service) == id => Some(delay.div_ceil(1000)),
            _ => None,
        })
        .collect();
    sheet.aspect(Item::L2, pauses == [10, 20, 25, 25], format!("{pauses:?} ms, of 10 by 2.0 to 25"));
    let limit = log.events().find_map(|event| match event {
        Event::RestartLimitReached { service, restarts, .. } if Some(*service) == id => Some(*restarts),
        _ => None,
    });
    sheet.aspect(
        Item::L1,
        limit == Some(4),
        format!("`max: 4`: given up after {} restarts", limit.unwrap_or(0)),
    );
    let story = log.story(&["mortal", "spare"]);
    sheet.aspect(
        Item::L8,
        in_order(&story, &["mortal replaced by spare", "spare starting 1", "spare ready"]),
        "`spare` stands in for `mortal`",
    );
}

fn dependents(log: &Log, sheet: &mut Sheet<Item>) {
    let lost = format!("user degraded {} base", SupervisorError::DependencyLost.code());
    let story = log.story(&["base", "user"]);
    let told = in_order(&story, &["base crashed", &lost, "base ready", "user recovered"]);
    for item in [Item::L9, Item::A3] {
        sheet.aspect(item, told, "while `base` is gone, `user` is degraded, and recovers");
    }
    sheet.aspect(Item::L5, told, "a dependent is told");
    let story = log.story(&["base", "follower"]);
    let wanted = [
        "base crashed",
        "follower stopping",
        "follower stopped",
        "base starting 2",
        "base ready",
        "follower starting 2",
        "follower ready",
    ];
    sheet.aspect(
        Item::L5,
        in_order(&story, &wanted),
        "with `restart-with` it stops first, and starts afterwards",
    );
}

fn callers(log: &Log, sheet: &mut Sheet<Item>) {
    let down = SupervisorError::ServerDown.code();
    let lines = log.find("inside").map(|_| log.lines("inside")).unwrap_or_default();
    let said = lines.first().map_or("", |(_, text)| *text);
    let right = said == format!("answered 5 of 10, 1 to 5: then {down}");
    sheet.aspect(Item::J4, right, format!("a client in its sixth call: {said}"));
    let released = log.count(|event| matches!(event, Event::Released { repeated: false, .. }));
    sheet.aspect(Item::J4, released > 0, "its call was ended");
}

fn family(log: &Log, sheet: &mut Sheet<Item>) {
    let said = |name: &str| -> Vec<&'static str> {
        log.find(name).map_or_else(Vec::new, |_| log.lines(name).into_iter().map(|(_, text)| text).collect())
    };
    let heard = said("warden");
    let first = heard == ["child 1 fault 3: g", "child 1 fault 5: p", "child 1 fault 5: x"];
    sheet.aspect(Item::J3, first, format!("what a parent heard of its child: {}", heard.join(", ")));
    let went_on = said("ward").first() == Some(&"went on after ud2");
    sheet.aspect(Item::J3, went_on, "what it answers goes on");
    let story = log.story(&["warden", "ward"]);
    let told = in_order(&story, &["ward crashed", "ward starting 2", "warden crashed", "ward crashed"]);
    sheet.aspect(Item::J3, told, "what it passes on, or leaves behind, is a crash like any");
}

fn accompanied(log: &Log) -> bool {
    let story = log.story(&["module", "sidecar"]);
    let begin = ["sidecar starting 1", "sidecar ready", "module starting 1", "module ready"];
    let again = ["module stopping", "module stopped", "module starting 2", "module ready"];
    let end = ["module stopping", "module stopped", "sidecar stopping", "sidecar stopped"];
    story.get(..4).is_some_and(|first| first == begin)
        && in_order(&story, &again)
        && story.len() > 4
        && story[story.len() - 4..] == end
}

/// A storm, an emergency, a restart while the boot waits.
pub fn limits(stage: &Stage<'_>, sheet: &mut Sheet<Item>) -> Result<(), Stop> {
    let restless =
        "{policy: on-failure, max: 100, window: 60s, initial_delay: 1ms, max_delay: 1ms, backoff: 1.0}";
    let storm = System::new("storm")
        .with(Service::new("restless", "patient", 5).arg("after=2:crash").priority(60).restart(restless))
        .config("storm: {restarts: 6, window: 10s}");
    let mut running = stage.machine("storm", &storm)?.start()?;
    running.wait_for("the storm's end", |log| {
        log.events().any(|e| matches!(e, Event::RestartLimitReached { .. }))
    })?;
    let log = running.log();
    let guard = SupervisorError::StormGuard.code();
    let code = log.events().find_map(|event| match event {
        Event::RestartLimitReached { code, restarts, .. } => Some((*code, *restarts)),
        _ => None,
    });
    let seen = code.map_or_else(
        || "it goes on for ever".to_owned(),
        |(code, restarts)| format!("six restarts in 10 s are allowed: {code} after {restarts}"),
    );
    let broken =
        log.has(&Event::Storm) && code.is_some_and(|(code, restarts)| code == guard && restarts <= 7);
    sheet.aspect(Item::L4, broken, seen);
    drop(running);
    let emergency = System::new("emergency")
        .with(
            Service::new("mortal", "patient", 5)
                .arg("after=2:crash")
                .priority(60)
                .restart(&policy(1, ", on_exhausted: panic")),
        )
        .with(Service::new("other", "trivial", 6));
    let outcome = stage.machine("emergency", &emergency)?.run()?;
    let log = &outcome.log;
    let told = log.events().any(|e| matches!(e, Event::Emergency { .. }));
    let ordered = log.reached(BootState::EmergencyStop) && log.reached(BootState::Panic);
    let story = log.story(&["mortal", "other"]);
    let stopped = story.last().is_some_and(|deed| deed == "other stopped");
    sheet.aspect(Item::E5, told && ordered && stopped && outcome.code == Some(0), story.join(", "));
    ends_well(&outcome, sheet);
    let again = System::new("again")
        .with(Service::new("second-try", "patient", 2).arg("start=crash,ok").restart(&policy(2, "")))
        .with(Service::new("user", "trivial", 3).requires("second-try"));
    let outcome = stage.machine("again", &again)?.ends_after_boot().run()?;
    let complete = outcome.log.complete();
    sheet.aspect(Item::E6, complete == Some((2, 0)), outcome.log.story(&["second-try", "user"]).join(", "));
    ends_well(&outcome, sheet);
    Ok(())
}
