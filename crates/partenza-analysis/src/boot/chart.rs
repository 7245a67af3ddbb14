// SPDX-License-Identifier: BSD-2-Clause
//! The boot chart: a bar for each service, layers as bands, budgets as marks, the critical chain in its own colour.
//!
//! Numbers stand in a column of their own at the right, names in one at the left: no text lies on a bar.

use super::chain::{Chain, Link};
use super::timeline::{Attempt, Outcome, Release, Timeline, Track};
use crate::draw::svg::{self, Anchor, Svg, number};
use crate::text::{count, millis, time};

const MARGIN: f64 = 24.0;
const ROW: f64 = 22.0;
const BAR: f64 = 12.0;
/// A band's own line above its rows.
const HEAD: f64 = 24.0;
const SPACE: f64 = 8.0;
const CHART: f64 = 820.0;
const TOP: f64 = 96.0;

struct Axis {
    left: f64,
    end: u64,
    /// Where the numbers end.
    right: f64,
}

impl Axis {
    fn x(&self, time: u64) -> f64 {
        self.left + CHART * time.min(self.end) as f64 / self.end as f64
    }
}

/// A band of rows.
struct Band {
    title: String,
    note: String,
    over: bool,
    /// The layer's own time, and its budget's end.
    span: Option<(u64, u64, Option<u64>)>,
    services: Vec<usize>,
}

/// The picture.
#[must_use]
pub fn chart(timeline: &Timeline) -> String {
    let chain = Chain::of(timeline);
    let names = timeline.services.iter().map(|track| svg::name_width(&track.name));
    let gutter = names.fold(svg::name_width("kernel and Init"), f64::max) + 34.0;
    let (left, end) = (MARGIN + gutter, end(timeline));
    let bands = bands(timeline);
    let notes = bands.iter().map(|band| svg::width(&band.note)).chain([svg::width("did not begin")]);
    let numbers = notes.fold(96.0, f64::max) + 24.0;
    let axis = Axis { left, end, right: left + CHART + numbers - 12.0 };
    let width = left + CHART + numbers + MARGIN;
    let mut svg = Svg::new();
    let title = format!("Boot of {}", if timeline.system.is_empty() { "a system" } else { &timeline.system });
    svg.text("h t", (MARGIN, MARGIN + 14.0), Anchor::Start, &title);
    svg.text("m", (MARGIN, MARGIN + 32.0), Anchor::Start, &subtitle(timeline));
    let rows: usize = bands.iter().map(|band| band.services.len()).sum();
    let bottom = TOP + ROW + SPACE + bands.len() as f64 * (HEAD + SPACE + 4.0) + rows as f64 * ROW;
    let mut y = TOP + ROW + SPACE;
    let mut places = vec![None; timeline.services.len()];
    for band in &bands {
        let height = HEAD + ROW * band.services.len() as f64 + 4.0;
        draw_band(&mut svg, &axis, band, (y, height), width - 2.0 * MARGIN);
        for (at, service) in band.services.iter().enumerate() {
            places[*service] = Some(y + HEAD + ROW * at as f64);
        }
        y += height + SPACE;
    }
    grid(&mut svg, &axis, bottom);
    let first = timeline.layers.first().map_or(timeline.last, |layer| layer.begin);
    init_row(&mut svg, &axis, timeline.handed_over, first);
    for (service, track) in timeline.services.iter().enumerate() {
        if let Some(y) = places[service] {
            row(&mut svg, &axis, &chain, (service, track), y);
        }
    }
    links(&mut svg, &axis, &chain, &places);
    if let Some(end) = &timeline.end {
        svg.line(
            if end.complete { "axis thick" } else { "budget thick" },
            (axis.x(end.time), TOP - 4.0),
            (axis.x(end.time), bottom),
        );
    }
    let below = legend(&mut svg, (timeline, &axis), bottom + 22.0, width);
    svg.finish(width, below + MARGIN, &title)
}

/// The right end of the axis: the boot's end, and starts that follow on its heels.
fn end(timeline: &Timeline) -> u64 {
    let over = timeline.end.as_ref().map_or(timeline.last, |end| end.time);
    let starts = timeline.services.iter().filter_map(|track| track.attempts.first());
    let near = starts.filter(|attempt| attempt.starting <= over + over / 2);
    near.filter_map(Attempt::settled).filter(|at| *at <= over * 2).fold(over, u64::max).max(1)
}

fn subtitle(timeline: &Timeline) -> String {
    let services = count(timeline.services.len(), "service");
    let how = match &timeline.end {
        Some(end) if end.complete => format!("complete {} after the kernel handed over", millis(end.time)),
        Some(end) => format!("{}, {} after the kernel handed over", end.text, millis(end.time)),
        None => "not over in these events".to_owned(),
    };
    let lost = if timeline.lost > 0 {
        format!("; {} lost", count(timeline.lost as usize, "event"))
    } else {
        String::new()
    };
    format!("{services}; {how}{lost}")
}

fn bands(timeline: &Timeline) -> Vec<Band> {
    let mut numbers: Vec<u8> = timeline.services.iter().map(|track| track.layer).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.into_iter().map(|number| band(timeline, number)).collect()
}

fn band(timeline: &Timeline, layer: u8) -> Band {
    let services = timeline.services.iter().enumerate();
    let services = services.filter(|(_, track)| track.layer == layer).map(|(at, _)| at).collect();
    let title = format!("layer {layer}");
    let Some(span) = timeline.layers.iter().find(|span| span.number == layer) else {
        return Band { title, note: "did not begin".to_owned(), over: false, span: None, services };
    };
    let until = span.end.unwrap_or(timeline.last);
    let took = until.saturating_sub(span.begin);
    let over = span.budget.is_some_and(|budget| took > budget);
    let note = match span.budget {
        Some(budget) if budget > 0 => format!("{} of {}", millis(took), time(budget)),
        Some(_) | None => millis(took),
    };
    Band { title, note, over, span: Some((span.begin, until, span.budget.map(|b| span.begin + b))), services }
}

fn draw_band(svg: &mut Svg, axis: &Axis, band: &Band, (y, height): (f64, f64), width: f64) {
    svg.rect("band", (MARGIN, y), (width, height), 6.0);
    svg.text("b t", (MARGIN + 12.0, y + 16.0), Anchor::Start, &band.title);
    let class = if band.over { "b bad-t" } else { "m" };
    svg.text(class, (MARGIN + width - 12.0, y + 16.0), Anchor::End, &band.note);
    let Some((begin, end, budget)) = band.span else { return };
    let (left, right) = (axis.x(begin), axis.x(end));
    svg.rect("band2", (left, y + 4.0), ((right - left).max(1.0), height - 8.0), 3.0);
    if let Some(budget) = budget.filter(|budget| *budget <= axis.end) {
        svg.line("budget dash", (axis.x(budget), y + 2.0), (axis.x(budget), y + height - 2.0));
    }
}

/// Lines at round times, at most ten of them.
fn grid(svg: &mut Svg, axis: &Axis, bottom: f64) {
    let steps = (0..).flat_map(|power| [1u64, 2, 5].map(|digit| digit * 10u64.pow(power)));
    let step = steps.take(54).find(|step| axis.end / step <= 10).unwrap_or(axis.end);
    let mut at = 0;
    while at <= axis.end {
        let x = axis.x(at);
        svg.line("grid", (x, TOP - 4.0), (x, bottom));
        // The last one's label would touch the column of numbers.
        svg.text("m", (x, TOP - 10.0), Anchor::Middle, &time(at));
        at += step;
    }
    svg.text("m", (axis.right, TOP - 10.0), Anchor::End, "to ready");
}

fn init_row(svg: &mut Svg, axis: &Axis, handed_over: u64, first: u64) {
    let y = TOP + (ROW - BAR) / 2.0;
    svg.text("n t", (axis.left - 12.0, y + BAR - 2.0), Anchor::End, "kernel and Init");
    svg.rect("make-hot", (axis.x(0), y), (axis.x(handed_over) - axis.x(0), BAR), 1.5);
    svg.rect("start-hot", (axis.x(handed_over), y), (axis.x(first) - axis.x(handed_over), BAR), 1.5);
    svg.text("hot-t", (axis.right, y + BAR - 2.0), Anchor::End, &millis(first));
}

fn row(svg: &mut Svg, axis: &Axis, chain: &Chain, (service, track): (usize, &Track), y: f64) {
    let bar = y + (ROW - BAR) / 2.0;
    svg.titled(&tooltip(track));
    if track.critical {
        svg.rect("critical", (axis.left - 6.0, bar), (3.0, BAR), 1.5);
    }
    svg.text("n t", (axis.left - 12.0, bar + BAR - 2.0), Anchor::End, &track.name);
    for (at, attempt) in track.attempts.iter().enumerate().filter(|(_, a)| a.starting <= axis.end) {
        let link = chain.links.iter().find(|link| (link.service, link.attempt) == (service, at));
        attempt_bars(svg, axis, attempt, link, bar);
        if let (Some(created), Some(timeout)) = (attempt.created, track.timeout)
            && created + timeout <= axis.end
        {
            let x = axis.x(created + timeout);
            svg.line("budget", (x, bar - 2.0), (x, bar + BAR + 2.0));
        }
    }
    let (class, text) = outcome(track, chain.links.iter().any(|l| l.service == service && !l.built_only));
    svg.text(class, (axis.right, bar + BAR - 2.0), Anchor::End, &text);
    svg.end();
}

fn attempt_bars(svg: &mut Svg, axis: &Axis, attempt: &Attempt, link: Option<&Link>, y: f64) {
    let piece = |svg: &mut Svg, class: &str, from: u64, to: u64, thin: f64| {
        let (x, end) = (axis.x(from), axis.x(to));
        svg.rect(
            class,
            (x, y + thin),
            ((end - x).max(0.8), BAR - 2.0 * thin),
            if thin > 0.0 { 0.0 } else { 1.5 },
        );
    };
    let died = attempt.end.as_ref().map(|(time, _)| *time);
    if let Some(ready) = attempt.ready {
        piece(svg, "runs", ready, died.unwrap_or(axis.end), 3.5);
    }
    let built = attempt.created.or(died).unwrap_or(axis.end);
    piece(svg, if link.is_some() { "make-hot" } else { "make" }, attempt.starting, built, 0.0);
    if let Some(created) = attempt.created {
        let until = attempt.settled().unwrap_or(axis.end);
        let hot = link.is_some_and(|link| !link.built_only);
        piece(svg, if hot { "start-hot" } else { "start" }, created, until, 0.0);
    }
    if let Some(time) = died.filter(|time| *time <= axis.end) {
        svg.rect("fail", (axis.x(time) - 1.5, y - 2.0), (3.0, BAR + 4.0), 1.0);
    }
}

fn outcome(track: &Track, hot: bool) -> (&'static str, String) {
    let Some(attempt) = track.attempts.first() else { return ("m", "not started".to_owned()) };
    match (&attempt.end, attempt.created.zip(attempt.ready)) {
        (_, Some((created, ready))) => {
            (if hot { "hot-t" } else { "m" }, millis(ready.saturating_sub(created)))
        }
        (Some((_, Outcome::Failed(code))), None) => ("bad-t", format!("failed {code}")),
        (Some((_, Outcome::Crashed)), None) => ("bad-t", "crashed".to_owned()),
        (Some((_, Outcome::Stopped)), None) => ("bad-t", "stopped".to_owned()),
        (None, None) => ("m", "not ready".to_owned()),
    }
}

fn tooltip(track: &Track) -> String {
    let mut text = format!("{} {}", track.name, track.version);
    for attempt in &track.attempts {
        let at = |time: Option<u64>| time.map_or("-".to_owned(), millis);
        text.push_str(&format!(
            "; build from {}, created {}, ready {}",
            millis(attempt.starting),
            at(attempt.created),
            at(attempt.ready)
        ));
    }
    text
}

/// What released each link of the chain.
fn links(svg: &mut Svg, axis: &Axis, chain: &Chain, places: &[Option<f64>]) {
    for pair in chain.links.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        let (Some(from), Some(to)) = (places[before.service], places[after.service]) else { continue };
        if before.service == after.service || before.until > axis.end {
            continue;
        }
        let (x, start) = (axis.x(before.until), axis.x(after.starting));
        let half = (ROW + BAR) / 2.0;
        let (y, end) = if to > from {
            (from + half, to + (ROW - BAR) / 2.0)
        } else {
            (from + (ROW - BAR) / 2.0, to + half)
        };
        let class = if matches!(after.released, Release::Layer(_)) { "w hot dash" } else { "w hot" };
        svg.path(
            class,
            &format!(
                "M{} {}V{}H{}V{}",
                number(x),
                number(y),
                number(f64::midpoint(y, end)),
                number(start),
                number(end)
            ),
        );
    }
}

/// Lays the legend out in as many lines as it needs; gives the last one's y.
fn legend(svg: &mut Svg, (timeline, axis): (&Timeline, &Axis), mut y: f64, width: f64) -> f64 {
    let mut x = MARGIN;
    let layers = timeline.layers.iter().filter_map(|layer| Some(layer.begin + layer.budget?));
    let starts = timeline
        .services
        .iter()
        .flat_map(|track| track.attempts.iter().filter_map(|a| Some(a.created? + track.timeout?)));
    let budgets = layers.chain(starts).any(|end| end <= axis.end);
    let entries: [(&[&str], &str); 6] = [
        (&["make", "make-hot"], "Init builds it"),
        (&["start", "start-hot"], "it starts, until ready"),
        (&["runs"], "it runs"),
        (&["start-hot"], "the critical chain"),
        (&["critical"], "critical: without it no boot"),
        (&["budget"], "the end of a budget"),
    ];
    for (classes, words) in entries.into_iter().filter(|(classes, _)| budgets || classes[0] != "budget") {
        let text = svg::width(words);
        if x + 34.0 + text > width - MARGIN {
            x = MARGIN;
            y += 18.0;
        }
        for (at, class) in classes.iter().enumerate() {
            match *class {
                "budget" => svg.line(class, (x + 12.0, y - 11.0), (x + 12.0, y + 2.0)),
                "critical" => svg.rect(class, (x + 11.0, y - 10.0), (3.0, 12.0), 1.5),
                class => {
                    let part = 24.0 / classes.len() as f64;
                    svg.rect(class, (x + part * at as f64, y - 9.0), (part, 10.0), 1.5);
                }
            }
        }
        svg.text("m", (x + 30.0, y), Anchor::Start, words);
        x += 34.0 + text + 16.0;
    }
    y
}
