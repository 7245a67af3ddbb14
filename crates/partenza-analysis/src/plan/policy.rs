// SPDX-License-Identifier: BSD-2-Clause
//! The policy that holds for each service: what was written, and the defaults of its class for the rest (SPEC K, L).

use partenza_plan::policy::{Class, Health, OnExhausted, Probe, Restart, RestartPolicy};
use partenza_plan::{Service, Start};
use serde_json::{Value, json};

use super::Report;
use crate::text::{Cell, Paint, Table, Tone, time};

pub fn class_word(class: Class) -> &'static str {
    match class {
        Class::Core => "core",
        Class::System => "system",
        Class::Driver => "driver",
        Class::User => "user",
    }
}

fn policy_word(policy: RestartPolicy) -> &'static str {
    match policy {
        RestartPolicy::Always => "always",
        RestartPolicy::OnFailure => "on-failure",
        RestartPolicy::Never => "never",
    }
}

fn exhausted_word(exhausted: OnExhausted) -> &'static str {
    match exhausted {
        OnExhausted::Stop => "stop",
        OnExhausted::Panic => "panic",
        OnExhausted::RetryForever => "retry-forever",
        OnExhausted::Fallback => "fallback",
    }
}

fn probe_word(probe: Probe) -> &'static str {
    match probe {
        Probe::None => "none",
        Probe::Call => "call",
        Probe::Heartbeat => "heartbeat",
    }
}

/// `restart` of a service; times in microseconds.
pub fn restart_json(restart: &Restart) -> Value {
    json!({
        "policy": policy_word(restart.policy),
        "max": restart.max,
        "window_us": restart.window,
        "initial_delay_us": restart.initial_delay,
        "max_delay_us": restart.max_delay,
        "backoff_percent": restart.backoff_percent,
        "on_exhausted": exhausted_word(restart.on_exhausted),
    })
}

/// `health` of a service; null where nobody asks.
pub fn health_json(health: &Health) -> Value {
    if health.probe == Probe::None {
        return Value::Null;
    }
    json!({
        "probe": probe_word(health.probe),
        "interval_us": health.interval,
        "timeout_us": health.timeout,
        "failure_threshold": health.failure_threshold,
        "success_threshold": health.success_threshold,
    })
}

/// The table for people.
pub fn show(report: &Report<'_, '_>, paint: Paint) -> String {
    let mut table = Table::indented(2);
    table.head(&["service", "class", "restarts", "delays", "when exhausted", "health", "stops within"], &[]);
    for id in report.ids() {
        let service = report.plan().service(id);
        let fallback = service.fallback.map(|id| report.names.service(id));
        table.row([
            Cell::new(service.name),
            Cell::new(class_word(service.class)).tone(Tone::Faint),
            Cell::new(restarts(&service.restart)),
            Cell::new(delays(&service.restart)),
            Cell::new(exhausted(service, fallback)),
            Cell::new(health(&service.health)),
            Cell::new(format!("{} + {}", time(service.prepare_timeout), time(service.stop_timeout))),
        ]);
    }
    table.show(paint)
}

fn restarts(restart: &Restart) -> String {
    match restart.policy {
        RestartPolicy::Never => "never".to_owned(),
        policy => format!("{}, {} in {}", policy_word(policy), restart.max, time(restart.window)),
    }
}

fn delays(restart: &Restart) -> String {
    if restart.policy == RestartPolicy::Never {
        return String::new();
    }
    let factor = f64::from(restart.backoff_percent) / 100.0;
    format!("{} x{factor} to {}", time(restart.initial_delay), time(restart.max_delay))
}

fn exhausted(service: &Service<'_>, fallback: Option<&str>) -> String {
    match (service.restart.policy, service.restart.on_exhausted, fallback) {
        (_, OnExhausted::Fallback, Some(name)) => format!("fallback {name}"),
        (RestartPolicy::Never, ..) if service.start == Start::Eager => "stays down".to_owned(),
        (RestartPolicy::Never, ..) => String::new(),
        (_, other, _) => exhausted_word(other).to_owned(),
    }
}

fn health(health: &Health) -> String {
    if health.probe == Probe::None {
        return "not asked".to_owned();
    }
    format!(
        "{} every {}, within {}; {} bad, {} good",
        probe_word(health.probe),
        time(health.interval),
        time(health.timeout),
        health.failure_threshold,
        health.success_threshold
    )
}
