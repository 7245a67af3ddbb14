// SPDX-License-Identifier: BSD-2-Clause
//! Differences as text: `+` gained, `-` lost, `~` changed.

use std::fmt::Write;

use super::{Change, Diff, Fate, Topic, Value};
use crate::text::{Cell, Paint, Table, Tone, count, size, size_change};

/// Ways that are gained or lost before the rest is only counted.
const MOST: usize = 40;

/// `from` and `to` are what the two sides are called.
#[must_use]
pub fn show(diff: &Diff, from: &str, to: &str, paint: Paint) -> String {
    let (old, new) = &diff.totals;
    let side = |services, memory| format!("{}, {}", count(services, "service"), size(memory));
    let mut out = format!("--- {from}  {}\n", side(diff.count.0, old.memory));
    let _ = write!(out, "+++ {to}  {}", side(diff.count.1, new.memory));
    if old.memory != new.memory {
        let _ = write!(out, " ({})", size_change(old.memory, new.memory));
    }
    out.push('\n');
    if diff.is_empty() {
        out.push_str("no difference\n");
        return out;
    }
    if !diff.system.is_empty() {
        let _ = write!(
            out,
            "\n{}\n{}",
            paint.paint(Tone::Strong, "~ the system"),
            changes(diff.system.iter().collect(), paint)
        );
    }
    if let Some((before, after)) = &diff.order {
        let head = paint.paint(Tone::Strong, "~ the boot order of what is in both");
        let _ = write!(out, "\n{head}\n    - {}\n    + {}\n", before.join(" "), after.join(" "));
    }
    for service in &diff.services {
        let (mark, tone) = match service.fate {
            Fate::Added => ('+', Tone::Good),
            Fate::Removed => ('-', Tone::Bad),
            Fate::Changed => ('~', Tone::Strong),
        };
        let head = paint.paint(tone, &format!("{mark} {}", service.name));
        let told: Vec<&Change> =
            service.changes.iter().filter(|c| service.fate == Fate::Changed || telling(c)).collect();
        let _ = write!(out, "\n{head}\n{}", changes(told, paint));
    }
    if !diff.reach.is_empty() {
        let _ = writeln!(out, "\n{}", paint.paint(Tone::Strong, "~ who reaches whom"));
        for reach in diff.reach.iter().take(MOST) {
            let (mark, tone) = if reach.gained { ('+', Tone::Good) } else { ('-', Tone::Bad) };
            let head = paint.paint(tone, &format!("{mark} {} reaches {}", reach.from, reach.to));
            let _ = writeln!(out, "    {head}: {}", reach.path);
        }
        if diff.reach.len() > MOST {
            let _ = writeln!(out, "    and {} more; --json has them all", diff.reach.len() - MOST);
        }
    }
    out
}

/// Of a service that is new or gone, what a reviewer asks first; JSON has the rest.
fn telling(change: &Change) -> bool {
    let key = change.fact.key.as_str();
    match change.fact.topic {
        Topic::Setting => ["version", "layer", "critical", "class", "priority", "start"].contains(&key),
        Topic::Memory => ["reserved", "slots"].contains(&key),
        Topic::Program => key == "file",
        Topic::Requires
        | Topic::Provides
        | Topic::Grant
        | Topic::Map
        | Topic::Operation
        | Topic::Argument
        | Topic::Region => true,
    }
}

fn changes(all: Vec<&Change>, paint: Paint) -> String {
    let mut table = Table::indented(4);
    for change in all {
        let (mark, tone) = match (&change.from, &change.to) {
            (None, _) => ("+", Tone::Good),
            (Some(_), None) => ("-", Tone::Bad),
            (Some(_), Some(_)) => ("~", Tone::Hot),
        };
        let value = match (&change.from, &change.to) {
            (Some(from), Some(to)) => between(from, to),
            (from, to) => from.as_ref().or(to.as_ref()).map(plain).unwrap_or_default(),
        };
        table.row([
            Cell::new(mark).tone(tone),
            Cell::new(topic(change.fact.topic)).tone(Tone::Faint),
            Cell::new(change.fact.key.as_str()),
            Cell::new(value),
        ]);
    }
    table.show(paint)
}

pub(super) const fn topic(topic: Topic) -> &'static str {
    match topic {
        Topic::Setting => "setting",
        Topic::Requires => "requires",
        Topic::Provides => "provides",
        Topic::Grant => "grant",
        Topic::Map => "map",
        Topic::Operation => "operation",
        Topic::Argument => "startup",
        Topic::Program => "program",
        Topic::Region => "region",
        Topic::Memory => "memory",
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Bytes(bytes) => size(*bytes),
        Value::Number(number) => number.to_string(),
    }
}

fn between(from: &Value, to: &Value) -> String {
    let arrow = format!("{} -> {}", plain(from), plain(to));
    match (from, to) {
        (Value::Bytes(from), Value::Bytes(to)) => format!("{arrow} ({})", size_change(*from, *to)),
        (Value::Number(from), Value::Number(to)) if to > from => format!("{arrow} (+{})", to - from),
        (Value::Number(from), Value::Number(to)) => format!("{arrow} (-{})", from - to),
        _ => arrow,
    }
}
