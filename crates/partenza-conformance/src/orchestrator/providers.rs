// SPDX-License-Identifier: BSD-2-Clause
//! Two providers of one interface, one who looks them up, one who wants to be told, one who floods.

use partenza_lab::ask::Request;
use partenza_lab::log::Log;
use partenza_lab::machine::Running;
use partenza_lab::system::{Service, System};
use partenza_protocol::error::{LookupError, SupervisorError};
use partenza_protocol::event::Event;
use partenza_protocol::request::{Found, Grant, Lookup, Release, Revoke, Switch};
use partenza_protocol::{Op, decode};

use super::items::Item;
use super::stage::{Stage, Stop, ends_well, in_order, is_up};
use crate::sheet::Sheet;

pub const ITEMS: &[Item] = &[Item::F7, Item::I6, Item::S2, Item::S4, Item::S5];

const INTERFACE: &str = "test/count";
const ONCE: &str =
    "{policy: on-failure, max: 1, window: 60s, initial_delay: 1ms, max_delay: 1ms, backoff: 1.0}";

fn system() -> System {
    let provider = |name| Service::new(name, "witness", 5).priority(150).provides(INTERFACE).critical(false);
    System::new("providers")
        .with(provider("first"))
        .with(provider("second"))
        .with(
            Service::new("client", "script", 6)
                .args(&["wait:20", "counts:100", "wait:20", "counts:100"])
                .requires_interface(INTERFACE)
                .priority(50),
        )
        .with(Service::new("listener", "script", 6).args(&["subscribe"]).priority(60))
        .with(Service::new("other", "witness", 5).priority(150).provides("test/other").critical(false))
        .with(Service::new("flooder", "script", 7).args(&["flood:40000"]).priority(120).restart(ONCE))
        .with(Service::new("guest", "trivial", 6))
        .call_with("guest", "other", ", bind: grant")
        .repeated_call("client", "first")
        .repeated_call("client", "second")
        .config("providers: {test/count: [first, second]}")
        // A provider has a line for each call, and a hundred of them come at once.
        .config("overload: {requests: 4000}")
}

fn lines(log: &Log, name: &str) -> Vec<&'static str> {
    let lines = log.find(name).map(|_| log.lines(name)).unwrap_or_default();
    lines.into_iter().map(|(_, text)| text).collect()
}

pub fn play(stage: &Stage<'_>, sheet: &mut Sheet<Item>) -> Result<(), Stop> {
    let mut running = stage.machine("providers", &system())?.start()?;
    running.wait_for("the boot", is_up)?;
    running.wait_for("calls to the first", |log| lines(log, "first").len() > 10)?;
    let switch = Switch { interface: INTERFACE, provider: "second" };
    let accepted = running.request(&Request::with(Op::Switch, &switch))?.accepted().map(drop);
    running.wait_for("the end of the client's calls", |log| lines(log, "client").len() == 2)?;
    let log = running.log().clone();
    let (first, second) = (lines(&log, "first").len(), lines(&log, "second").len());
    let all = lines(&log, "client") == ["counts:100 answered 100"; 2];
    sheet.aspect(
        Item::S2,
        accepted.is_ok() && all && first + second == 200 && second > 0,
        format!("200 calls over a switch: {first} were answered by the one, {second} by the other"),
    );
    let degraded = log.story(&["client"]).iter().filter(|deed| deed.starts_with("client degraded")).count();
    sheet.aspect(
        Item::S2,
        degraded == 0,
        "the client, which requires the interface, was Running all the time",
    );
    let release = |major| Release { major, minor: 0, patch: 0 };
    for (interface, at_least, expected) in [
        (INTERFACE, 1, Ok("second")),
        (INTERFACE, 2, Err(LookupError::NotFound.code())),
        ("test/nothing", 0, Err(LookupError::NotFound.code())),
    ] {
        let lookup = Lookup { interface, at_least: release(at_least), below: None };
        let answer = running.request(&Request::with(Op::Lookup, &lookup))?;
        let found =
            answer.accepted().map(|bytes| decode::<Found<'_>>(bytes).map_or("", |found| found.provider));
        let seen = found.map_or_else(|code| code.to_string(), str::to_owned);
        sheet.aspect(Item::S5, found == expected, format!("{interface} from {at_least} on: {seen}"));
    }
    grants(&mut running, sheet)?;
    running.wait_for("the end of the one that floods", |log| {
        log.story(&["flooder"]).iter().any(|deed| deed.starts_with("flooder unhealthy"))
    })?;
    let code = SupervisorError::Overload.code();
    let wanted = [
        format!("flooder degraded {code}"),
        format!("flooder unhealthy {code}"),
        "flooder restarting".to_owned(),
    ];
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let story = running.log().story(&["flooder"]);
    sheet.aspect(Item::S4, in_order(&story, &wanted), format!("flooder, once ready: {}", wanted.join(", ")));
    let told = lines(running.log(), "listener");
    sheet.aspect(Item::I6, told.contains(&"told"), format!("a subscriber: {}", told.join(", ")));
    let switched = running.log().count(|event| matches!(event, Event::Switched { .. }));
    sheet.aspect(Item::S2, switched == 1, "the switch is an event");
    let _ = running.order(Op::Shutdown)?;
    ends_well(&running.end(), sheet);
    Ok(())
}

/// SPEC F-7: `guest` may be given one call, and gets it when somebody who may asks for it.
fn grants(running: &mut Running, sheet: &mut Sheet<Item>) -> Result<(), Stop> {
    let ask = |running: &mut Running, op: Op, client: &str, interface: &str| -> Result<bool, Stop> {
        let request = match op {
            Op::Grant => Request::with(op, &Grant { client, interface }),
            _ => Request::with(op, &Revoke { client: Some(client), interface }),
        };
        Ok(running.request(&request)?.accepted().is_ok())
    };
    let guest = running.log().find("guest");
    let from = running.log().records.len();
    let granted = ask(running, Op::Grant, "guest", "test/other")?;
    let clean = running.audit("guest")?.is_some_and(|audit| audit.missing + audit.wrong + audit.surplus == 0);
    let revoked = ask(running, Op::Revoke, "guest", "test/other")?;
    let events = running.log().events().skip(from);
    let told = events.filter(|event| match event {
        Event::Granted { service, .. } | Event::Withdrawn { service, .. } => Some(*service) == guest,
        _ => false,
    });
    let told = told.count();
    sheet.aspect(
        Item::F7,
        granted && clean && revoked && told == 2,
        "granted and revoked, each an event, the audit clean",
    );
    let other = ask(running, Op::Grant, "guest", INTERFACE)?;
    sheet.aspect(Item::F7, !other, "what the plan does not foresee was refused");
    Ok(())
}
