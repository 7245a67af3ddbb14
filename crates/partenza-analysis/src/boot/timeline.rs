// SPDX-License-Identifier: BSD-2-Clause
//! From event lines to the life of each service: when Init began to build it, had built it, when it was ready.
//!
//! The lines are those of `partenza run --events json` and `partenza decode`: JSON objects with `time_us`, `event` and
//! the event's fields, services by name. Unknown events are passed over, so a newer system's boot can be read too.
//!
//! Why a start began when it did is in the order of events: the Supervisor begins a start in the same step as whatever
//! released it, so the last event before it that settles something is the cause.

use partenza_plan::Plan;
use serde_json::Value;

/// Times beyond this (35 years) are taken to be this: sums of what a record says stay numbers.
const LATEST: u64 = 1 << 50;

/// The boot of one system. Times are microseconds since the kernel handed over.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    pub system: String,
    /// In the plan's order, as they registered.
    pub services: Vec<Track>,
    /// In the order in which they began.
    pub layers: Vec<LayerSpan>,
    /// Init has the machine and its plan.
    pub handed_over: u64,
    pub end: Option<End>,
    /// The last event.
    pub last: u64,
    /// Events that were lost on the way here.
    pub lost: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    pub time: u64,
    pub complete: bool,
    /// In words.
    pub text: String,
    /// The service whose fault it was, if the boot failed for one.
    pub culprit: Option<usize>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LayerSpan {
    pub number: u8,
    pub begin: u64,
    pub end: Option<u64>,
    pub budget: Option<u64>,
    /// The service whose start was settled last.
    pub last: Option<usize>,
}

/// A service.
#[derive(Clone, Debug, Default)]
pub struct Track {
    pub name: String,
    pub version: String,
    pub layer: u8,
    pub critical: bool,
    /// Its startup timeout, if a plan told.
    pub timeout: Option<u64>,
    /// Its starts, first to last.
    pub attempts: Vec<Attempt>,
}

/// One start of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Init begins to build it.
    pub starting: u64,
    /// Everything is made; its first instruction follows.
    pub created: Option<u64>,
    pub ready: Option<u64>,
    pub end: Option<(u64, Outcome)>,
    pub released: Release,
}

/// How an incarnation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Failed(String),
    Crashed,
    Stopped,
}

/// What a start waited for last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// Its layer's begin.
    Layer(u8),
    /// A service that became ready.
    Ready(usize),
    /// A service whose start failed.
    Failed(usize),
    /// Init was busy building another.
    Built(usize),
    /// An earlier incarnation of itself.
    Again,
    /// The boot was over.
    Booted,
    Unknown,
}

/// The line at which the events stop making sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadEvents {
    /// From 1.
    pub line: usize,
    pub why: String,
}

impl Attempt {
    /// When it was ready, or was not to be.
    #[must_use]
    pub fn settled(&self) -> Option<u64> {
        self.ready.or(self.end.as_ref().map(|(time, _)| *time))
    }
}

impl Timeline {
    /// Reads event lines; blank ones are passed over.
    ///
    /// # Errors
    /// A line is no JSON object, or speaks of a service that was not registered.
    pub fn read<'l>(lines: impl IntoIterator<Item = &'l str>) -> Result<Self, BadEvents> {
        let mut reader = Reader::default();
        for (at, line) in lines.into_iter().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let bad = |why: String| BadEvents { line: at + 1, why };
            let event: Value =
                serde_json::from_str(line).map_err(|error| bad(format!("no JSON: {error}")))?;
            reader.take(&event).map_err(bad)?;
        }
        Ok(reader.finish())
    }

    /// Reads events that are JSON already.
    ///
    /// # Errors
    /// As [`Timeline::read`]; the line is the number of the event.
    pub fn of<'v>(events: impl IntoIterator<Item = &'v Value>) -> Result<Self, BadEvents> {
        let mut reader = Reader::default();
        for (at, event) in events.into_iter().enumerate() {
            reader.take(event).map_err(|why| BadEvents { line: at + 1, why })?;
        }
        Ok(reader.finish())
    }

    /// Adds the budgets of the plan that was booted, by name.
    pub fn add_budgets(&mut self, plan: &Plan<'_>) {
        for layer in &mut self.layers {
            let planned = plan.layers.iter().find(|planned| planned.number == layer.number);
            let budget = planned.and_then(|planned| planned.budget).or(layer.budget);
            layer.budget = budget.map(|budget| budget.min(LATEST));
        }
        let percent = u128::from(plan.boot.timeout_percent);
        for track in &mut self.services {
            let planned = plan.services.iter().find(|service| service.name == track.name);
            let scaled = planned.map(|s| u128::from(s.startup_timeout) * percent / 100);
            track.timeout = scaled.map(|micros| micros.min(LATEST.into()) as u64);
        }
    }

    /// Whether there is anything to draw.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.services.is_empty()
    }
}

#[derive(Default)]
struct Reader {
    timeline: Timeline,
    /// What was settled last.
    last: Option<Release>,
    /// The service whose start was settled last.
    settled: Option<usize>,
}

fn text<'v>(event: &'v Value, field: &str) -> &'v str {
    event[field].as_str().unwrap_or("")
}

impl Reader {
    fn take(&mut self, event: &Value) -> Result<(), String> {
        if !event.is_object() {
            return Err("an event is a JSON object".to_owned());
        }
        let time = event["time_us"].as_u64().unwrap_or(self.timeline.last).min(LATEST);
        self.timeline.last = self.timeline.last.max(time);
        match text(event, "event") {
            "Plan" => {
                // A machine that reboots begins again.
                *self = Self::default();
                self.timeline.system = text(event, "system").to_owned();
                self.timeline.handed_over = time;
                self.timeline.last = time;
            }
            "Registered" => self.timeline.services.push(Track {
                name: text(event, "service").to_owned(),
                version: text(event, "version").to_owned(),
                layer: event["layer"].as_u64().and_then(|n| u8::try_from(n).ok()).unwrap_or(0),
                critical: event["critical"].as_bool().unwrap_or(false),
                ..Track::default()
            }),
            "State" => self.state(time, text(event, "state")),
            "LayerUp" => self.layer_up(time),
            "OverBudget" => {
                if let Some(layer) = self.timeline.layers.last_mut() {
                    layer.budget = event["budget"].as_u64().map(|budget| budget.min(LATEST));
                }
            }
            "Starting" => self.starting(time, self.service(event)?),
            "Created" => {
                let at = self.service(event)?;
                if let Some(attempt) = self.attempt(at) {
                    attempt.created.get_or_insert(time);
                }
                self.last = Some(Release::Built(at));
            }
            "Ready" => {
                let at = self.service(event)?;
                if let Some(attempt) = self.attempt(at) {
                    attempt.ready.get_or_insert(time);
                }
                self.settle(at, Release::Ready(at));
            }
            // Held, or waiting for one that is: the boot goes on without it.
            "Failed" | "Disabled" => {
                let at = self.service(event)?;
                let why = text(event, "code").to_owned();
                self.ended(at, time, Outcome::Failed(why));
                self.settle(at, Release::Failed(at));
            }
            "Crashed" => self.ended(self.service(event)?, time, Outcome::Crashed),
            "Stopped" => self.ended(self.service(event)?, time, Outcome::Stopped),
            "BootComplete" => {
                self.layer_up(time);
                self.end(time, true, event, None);
            }
            "BootFailed" => {
                let culprit = self.position(text(event, "culprit"));
                self.end(time, false, event, culprit);
            }
            "InitError" => self.end(time, false, event, None),
            "Lost" => self.timeline.lost += event["count"].as_u64().unwrap_or(0),
            _ => {}
        }
        Ok(())
    }

    fn state(&mut self, time: u64, state: &str) {
        let layer = state.strip_prefix("BootingLayer(").and_then(|rest| rest.strip_suffix(')'));
        if let Some(number) = layer.and_then(|text| text.parse().ok()) {
            self.layer_up(time);
            self.timeline.layers.push(LayerSpan { number, begin: time, ..LayerSpan::default() });
            self.last = Some(Release::Layer(number));
            self.settled = None;
        }
    }

    fn layer_up(&mut self, time: u64) {
        let settled = self.settled;
        if let Some(layer) = self.timeline.layers.last_mut().filter(|layer| layer.end.is_none()) {
            layer.end = Some(time);
            layer.last = settled;
        }
    }

    fn starting(&mut self, time: u64, at: usize) {
        let booted = self.timeline.end.is_some();
        let track = &mut self.timeline.services[at];
        let released = match (track.attempts.is_empty(), booted) {
            (false, _) => Release::Again,
            (true, true) => Release::Booted,
            (true, false) => self.last.unwrap_or(Release::Unknown),
        };
        track.attempts.push(Attempt { starting: time, created: None, ready: None, end: None, released });
    }

    fn settle(&mut self, at: usize, release: Release) {
        self.last = Some(release);
        self.settled = Some(at);
    }

    fn ended(&mut self, at: usize, time: u64, outcome: Outcome) {
        if let Some(attempt) = self.attempt(at) {
            attempt.end.get_or_insert((time, outcome));
        }
    }

    fn end(&mut self, time: u64, complete: bool, event: &Value, culprit: Option<usize>) {
        let text = text(event, "text").to_owned();
        self.timeline.end.get_or_insert(End { time, complete, text, culprit });
    }

    fn attempt(&mut self, at: usize) -> Option<&mut Attempt> {
        self.timeline.services[at].attempts.last_mut()
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.timeline.services.iter().position(|track| track.name == name)
    }

    fn service(&self, event: &Value) -> Result<usize, String> {
        let name = text(event, "service");
        self.position(name).ok_or_else(|| format!("`{name}` was not registered before"))
    }

    fn finish(self) -> Timeline {
        let mut timeline = self.timeline;
        // A layer that never came up was ended by what ended the boot.
        if let Some(layer) = timeline.layers.last_mut()
            && layer.end.is_none()
        {
            layer.last = self.settled;
        }
        timeline
    }
}
