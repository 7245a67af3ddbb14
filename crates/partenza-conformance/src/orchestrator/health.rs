// SPDX-License-Identifier: BSD-2-Clause
//! Services that are probed: well, not well for a while, not well, hanging; and one that spins above all the others.

use partenza_lab::log::Log;
use partenza_lab::system::{Service, System};
use partenza_protocol::Op;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::{Event, Rejection};

use super::items::Item;
use super::stage::{Stage, Stop, ends_well, in_order, is_up, micros};
use crate::sheet::Sheet;

pub const ITEMS: &[Item] = &[Item::A6, Item::I2, Item::I4, Item::K1, Item::K2, Item::K3, Item::K4, Item::M1];

const PROBED: &str = "probe: call, interval: 10ms, timeout: 5ms, failure_threshold: 3, success_threshold: 2";
/// Microseconds of an interval and a timeout of these.
const INTERVAL: u64 = 10_000;
const TIMEOUT: u64 = 5_000;
const ONCE: &str =
    "{policy: on-failure, max: 1, window: 60s, initial_delay: 1ms, max_delay: 1ms, backoff: 1.0}";

fn probed(name: &str, letters: &str) -> Service {
    Service::new(name, "patient", 5).arg(&format!("health={letters}")).health(PROBED).restart(ONCE)
}

fn system() -> System {
    System::new("health")
        .with(probed("well", "g"))
        .with(probed("ailing", "gbgg"))
        .with(probed("ill", "gbbbg"))
        .with(probed("hanging", "h").priority(90))
        .with(Service::new("overreach", "misbehave", 6).arg("overreach"))
        .with(Service::new("quiet", "trivial", 6))
        .with(Service::new("deaf", "misbehave", 7).arg("deaf").manifest("shutdown: {prepare_timeout: 20ms}"))
        .with(
            Service::new("spinner", "patient", 7)
                .arg("after=spin")
                .priority(200)
                .manifest("start: on-demand"),
        )
}

pub fn play(stage: &Stage<'_>, sheet: &mut Sheet<Item>) -> Result<(), Stop> {
    let mut running = stage.machine("health", &system())?.start()?;
    running.wait_for("the boot", is_up)?;
    let said = running.status("well", |status| status.messages)?;
    let begin = running.uptime()?;
    running.wait_for("the end of the one that hangs", |log| {
        log.find("hanging").is_some_and(|id| {
            log.events().any(|e| matches!(e, Event::Unhealthy { service, .. } if *service == id))
        })
    })?;
    running
        .wait_for("the recovery of one", |log| log.events().any(|e| matches!(e, Event::Recovered { .. })))?;
    while running.uptime()?.zip(begin).is_some_and(|(now, begin)| now < begin + 20 * INTERVAL) {}
    let more = running.status("well", |status| status.messages)?;
    let time = running.uptime()?.zip(begin).map_or(0, |(now, begin)| now - begin);
    let reports = more.zip(said).map_or(0, |(more, said)| u64::from(more.saturating_sub(said)));
    // A probe is at least a question what there is, and the report.
    let expected = time / INTERVAL;
    sheet.aspect(
        Item::K1,
        reports >= expected,
        format!("{reports} messages of a service that is probed {expected} times"),
    );
    sheet.aspect(Item::K2, reports >= expected, "it is asked, and reports");
    let log = running.log().clone();
    thresholds(&log, sheet);
    hangs(&log, sheet);
    permissions(&log, sheet);
    // From here on one spins above everybody but the Supervisor.
    let started = running.ask(Op::Start, "spinner")?;
    running.wait_for("the one that spins", |log| {
        log.find("spinner").is_some_and(|service| log.has(&Event::Ready { service }))
    })?;
    let answered = running.uptime()?.is_some() && running.status("well", |_| ())?.is_some();
    sheet.aspect(
        Item::A6,
        started.is_ok() && answered,
        "a service of priority 200 spins, and requests are answered",
    );
    sheet.aspect(Item::I2, answered, "messages, signals and the timer, with a service spinning");
    let stopped = running.ask(Op::Stop, "spinner")?;
    running.wait_for("its end", |log| {
        log.find("spinner").is_some_and(|id| {
            log.events().any(|e| matches!(e, Event::Stopped { service, .. } if *service == id))
        })
    })?;
    let forced = running.log().story(&["spinner"]).last().cloned();
    sheet.aspect(
        Item::A6,
        stopped.is_ok() && forced.as_deref() == Some("spinner stopped by force"),
        "it is stopped by force",
    );
    let _ = running.order(Op::Shutdown)?;
    let outcome = running.end();
    // Not one that is probed: how long the other spun is the host's to say.
    let story = outcome.log.story(&["deaf", "quiet"]);
    sheet.aspect(
        Item::M1,
        in_order(&story, &["deaf stopped by force", "quiet stopped"]),
        "who does not answer is forced, and the rest goes on",
    );
    ends_well(&outcome, sheet);
    Ok(())
}

fn thresholds(log: &Log, sheet: &mut Sheet<Item>) {
    let not_well = SupervisorError::NotWell.code();
    let ailing = log.story(&["ailing"]);
    let wanted = [format!("ailing degraded {not_well}"), "ailing recovered".to_owned()];
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    sheet.aspect(
        Item::K3,
        in_order(&ailing, &wanted) && !ailing.iter().any(|deed| deed.contains("unhealthy")),
        ailing.join(", "),
    );
    let ill = log.story(&["ill"]);
    let wanted = [
        format!("ill degraded {not_well}"),
        format!("ill unhealthy {not_well}"),
        "ill restarting".to_owned(),
        "ill starting 2".to_owned(),
        "ill ready".to_owned(),
    ];
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    sheet.aspect(Item::K3, in_order(&ill, &wanted), ill.join(", "));
}

fn hangs(log: &Log, sheet: &mut Sheet<Item>) {
    let Some(id) = log.find("hanging") else { return sheet.fail(Item::K4, "the service was not registered") };
    let ready = log.time(|event| *event == Event::Ready { service: id });
    let hung = SupervisorError::Hung.code();
    let found =
        log.time(|e| matches!(e, Event::Unhealthy { service, code } if *service == id && *code == hung));
    let after = found.zip(ready).map(|(found, ready)| found - ready);
    let limit = INTERVAL + TIMEOUT;
    sheet.aspect(
        Item::K4,
        after.is_some_and(|us| us <= limit + TIMEOUT),
        format!("found {} after ready, with {limit} us of interval and timeout", micros(after)),
    );
}

/// SPEC I-4: the other half, who was not granted it.
fn permissions(log: &Log, sheet: &mut Sheet<Item>) {
    let denied = format!("answered {}", SupervisorError::Denied.code());
    let lines = log.find("overreach").map(|_| log.lines("overreach")).unwrap_or_default();
    let all = lines.len() > 3 && lines.iter().all(|(_, text)| text.ends_with(&denied));
    let told = log.find("overreach").is_some() && log.rejections("overreach").contains(&Rejection::Denied);
    sheet.aspect(Item::I4, all && told, format!("{} ungranted operations were refused", lines.len()));
}
