// SPDX-License-Identifier: BSD-2-Clause
//! `blame` and `critical-chain` as JSON; the shapes are documented in docs/analysis.md and stay.

use serde_json::{Value, json};

use super::chain::Chain;
use super::show::ranked;
use super::timeline::{Outcome, Release, Timeline};
use crate::JSON_FORMAT;

fn end(timeline: &Timeline) -> Value {
    json!(timeline.end.as_ref().map(|end| {
        json!({
            "time_us": end.time,
            "complete": end.complete,
            "text": end.text,
            "culprit": end.culprit.map(|at| &timeline.services[at].name),
        })
    }))
}

/// Services by the time from created to ready.
#[must_use]
pub fn blame_json(timeline: &Timeline) -> Value {
    let services: Vec<Value> = ranked(timeline)
        .into_iter()
        .map(|row| {
            let track = &timeline.services[row.service];
            let first = track.attempts.first();
            let outcome = first.and_then(|attempt| attempt.end.as_ref()).map(|(_, outcome)| match outcome {
                Outcome::Failed(code) => format!("failed {code}"),
                Outcome::Crashed => "crashed".to_owned(),
                Outcome::Stopped => "stopped".to_owned(),
            });
            json!({
                "name": track.name,
                "layer": track.layer,
                "starting_us": first.map(|attempt| attempt.starting),
                "created_us": first.and_then(|attempt| attempt.created),
                "ready_us": first.and_then(|attempt| attempt.ready),
                "took_us": row.took,
                "build_us": row.built,
                "ended": outcome,
            })
        })
        .collect();
    shape(timeline, "services", services)
}

/// What every shape says of the boot, and its rows under `key`.
fn shape(timeline: &Timeline, key: &str, rows: Vec<Value>) -> Value {
    let mut shape = json!({
        "format": JSON_FORMAT,
        "system": timeline.system,
        "end": end(timeline),
        "lost_events": timeline.lost,
    });
    shape[key] = Value::Array(rows);
    shape
}

/// The critical chain, first link first.
#[must_use]
pub fn chain_json(timeline: &Timeline) -> Value {
    let name = |at: usize| timeline.services[at].name.as_str();
    let links: Vec<Value> = Chain::of(timeline)
        .links
        .iter()
        .map(|link| {
            let released = match link.released {
                Release::Layer(number) => json!({"by": "layer", "layer": number}),
                Release::Ready(at) => json!({"by": "ready", "service": name(at)}),
                Release::Failed(at) => json!({"by": "failed", "service": name(at)}),
                Release::Built(at) => json!({"by": "built", "service": name(at)}),
                Release::Again => json!({"by": "restart"}),
                Release::Booted => json!({"by": "boot-complete"}),
                Release::Unknown => Value::Null,
            };
            json!({
                "name": name(link.service),
                "starting_us": link.starting,
                "created_us": link.created,
                "until_us": link.until,
                "built_only": link.built_only,
                "released": released,
            })
        })
        .collect();
    shape(timeline, "chain", links)
}
