// SPDX-License-Identifier: BSD-2-Clause
//! `blame` and `critical-chain` as text.

use std::fmt::Write;

use super::chain::{Chain, Link};
use super::timeline::{Outcome, Release, Timeline};
use crate::text::{Cell, Paint, Table, Tone, count, millis};

/// A service's first start as `blame` sorts it.
pub(super) struct Blame {
    pub service: usize,
    pub built: Option<u64>,
    /// From created to settled; `None` if it never was.
    pub took: Option<u64>,
}

/// Services by the time from created to ready, longest first.
pub(super) fn ranked(timeline: &Timeline) -> Vec<Blame> {
    let mut all: Vec<Blame> = timeline
        .services
        .iter()
        .enumerate()
        .filter_map(|(service, track)| {
            let attempt = track.attempts.first()?;
            let built = attempt.created.map(|created| created.saturating_sub(attempt.starting));
            let took = attempt.created.zip(attempt.settled()).map(|(from, to)| to.saturating_sub(from));
            Some(Blame { service, built, took })
        })
        .collect();
    all.sort_by_key(|blame| (std::cmp::Reverse(blame.took), blame.service));
    all
}

/// Services by the time that each took to become ready.
#[must_use]
pub fn blame(timeline: &Timeline, paint: Paint) -> String {
    let chain = Chain::of(timeline);
    let mut table = Table::indented(2);
    table.head(&["created to ready", "to build", "service", ""], &[0, 1]);
    for row in ranked(timeline) {
        let track = &timeline.services[row.service];
        let hot = chain.links.iter().any(|link| link.service == row.service && !link.built_only);
        let note = match track.attempts.first().and_then(|attempt| attempt.end.as_ref()) {
            Some((_, Outcome::Failed(code))) => Cell::new(format!("failed {code}")).tone(Tone::Bad),
            Some((_, Outcome::Crashed)) => Cell::new("crashed").tone(Tone::Bad),
            Some((_, Outcome::Stopped)) | None if hot => Cell::new("on the critical chain").tone(Tone::Faint),
            Some((_, Outcome::Stopped)) | None => Cell::new(""),
        };
        table.row([
            Cell::right(row.took.map_or("-".to_owned(), millis)).tone(if hot {
                Tone::Hot
            } else {
                Tone::Normal
            }),
            Cell::right(row.built.map_or("-".to_owned(), millis)).tone(Tone::Faint),
            Cell::new(track.name.clone()),
            note,
        ]);
    }
    let idle = timeline.services.iter().filter(|track| track.attempts.is_empty()).count();
    let mut out = table.show(paint);
    if idle > 0 {
        let _ = writeln!(out, "  {} did not start", count(idle, "service"));
    }
    lost(timeline, &mut out);
    out
}

/// The chain, its end first, as systemd's users know it.
#[must_use]
pub fn critical_chain(timeline: &Timeline, paint: Paint) -> String {
    let chain = Chain::of(timeline);
    let mut out = String::new();
    match &timeline.end {
        Some(end) if end.complete => {
            let _ = writeln!(out, "{} @{}", paint.paint(Tone::Strong, "boot complete"), millis(end.time));
        }
        Some(end) => {
            let _ = writeln!(out, "{} @{}", paint.paint(Tone::Bad, &end.text), millis(end.time));
        }
        None => {
            let _ =
                writeln!(out, "the boot is not over in these events; the last is @{}", millis(timeline.last));
        }
    }
    let mut depth = 0;
    let mut step = |text: &str| {
        let _ = writeln!(out, "{}{} {text}", "  ".repeat(depth), paint.paint(Tone::Faint, "└─"));
        depth += 1;
    };
    for link in chain.links.iter().rev() {
        step(&describe(timeline, link, paint));
        if let Release::Layer(number) = link.released
            && let Some(layer) = timeline.layers.iter().find(|layer| layer.number == number)
        {
            step(&format!(
                "{} @{}",
                paint.paint(Tone::Faint, &format!("layer {number}")),
                millis(layer.begin)
            ));
        }
    }
    if let Some(first) = timeline.layers.first() {
        step(&format!(
            "{} @{} +{}",
            paint.paint(Tone::Faint, "Init"),
            millis(timeline.handed_over),
            millis(first.begin.saturating_sub(timeline.handed_over))
        ));
    }
    lost(timeline, &mut out);
    out
}

fn describe(timeline: &Timeline, link: &Link, paint: Paint) -> String {
    let track = &timeline.services[link.service];
    let took = format!("+{}", millis(link.until.saturating_sub(link.starting)));
    let name = paint.paint(Tone::Strong, &track.name);
    let took = paint.paint(Tone::Hot, &took);
    let note = if link.built_only {
        " (built; the next waited for Init)".to_owned()
    } else {
        let built = link.created.map(|created| created.saturating_sub(link.starting));
        built.map_or(String::new(), |built| format!(" ({} to build)", millis(built)))
    };
    format!("{name} @{} {took}{note}", millis(link.starting))
}

fn lost(timeline: &Timeline, out: &mut String) {
    if timeline.lost > 0 {
        let _ = writeln!(
            out,
            "{} lost: what is told here may not be whole",
            count(timeline.lost as usize, "event")
        );
    }
}
