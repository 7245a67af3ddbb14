// SPDX-License-Identifier: BSD-2-Clause
//! Differences as JSON; the shape is documented in docs/analysis.md and stays.

use serde_json::{Value as Json, json};

use super::show::topic;
use super::{Change, Diff, Fate, Value};
use crate::JSON_FORMAT;

#[must_use]
pub fn json(diff: &Diff) -> Json {
    let services: Vec<Json> = diff
        .services
        .iter()
        .map(|service| {
            let fate = match service.fate {
                Fate::Added => "added",
                Fate::Removed => "removed",
                Fate::Changed => "changed",
            };
            json!({"name": service.name, "fate": fate, "changes": changes(&service.changes)})
        })
        .collect();
    let reach: Vec<Json> = diff
        .reach
        .iter()
        .map(|reach| json!({"from": reach.from, "to": reach.to, "gained": reach.gained, "path": reach.path}))
        .collect();
    json!({
        "format": JSON_FORMAT,
        "equal": diff.is_empty(),
        "system": changes(&diff.system),
        "order": diff.order.as_ref().map(|(from, to)| json!({"from": from, "to": to})),
        "services": services,
        "reach": reach,
        "memory": {"from": diff.totals.0.memory, "to": diff.totals.1.memory},
    })
}

fn changes(all: &[Change]) -> Json {
    let value = |value: &Option<Value>| match value {
        None => Json::Null,
        Some(Value::Text(text)) => json!(text),
        Some(Value::Bytes(number) | Value::Number(number)) => json!(number),
    };
    all.iter()
        .map(|change| {
            json!({
                "topic": topic(change.fact.topic),
                "what": change.fact.key,
                "from": value(&change.from),
                "to": value(&change.to),
            })
        })
        .collect()
}
