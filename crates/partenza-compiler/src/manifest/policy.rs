// SPDX-License-Identifier: BSD-2-Clause
//! What a manifest says about keeping its service alive (SPEC K-1, L-1), and what holds where it says nothing.

use partenza_plan::policy::{OnExhausted, Probe, RestartPolicy};
use partenza_plan::{Class, Readiness, Start};

use crate::source::Span;

/// The words of `class`.
pub const CLASSES: &[(&str, Class)] =
    &[("core", Class::Core), ("system", Class::System), ("driver", Class::Driver), ("user", Class::User)];

/// The words of `start`.
pub const STARTS: &[(&str, Start)] =
    &[("eager", Start::Eager), ("deferred", Start::Deferred), ("on-demand", Start::OnDemand)];

/// The words of `readiness`.
pub const READINESS: &[(&str, Readiness)] =
    &[("message", Readiness::Message), ("signal", Readiness::Signal), ("none", Readiness::None)];

/// The words of `health.probe`.
pub const PROBES: &[(&str, Probe)] =
    &[("call", Probe::Call), ("heartbeat", Probe::Heartbeat), ("none", Probe::None)];

/// The words of `restart.policy`.
pub const POLICIES: &[(&str, RestartPolicy)] = &[
    ("always", RestartPolicy::Always),
    ("on-failure", RestartPolicy::OnFailure),
    ("on-crash", RestartPolicy::OnFailure),
    ("never", RestartPolicy::Never),
];

/// The words of `restart.on_exhausted`.
pub const EXHAUSTED: &[(&str, OnExhausted)] = &[
    ("stop", OnExhausted::Stop),
    ("panic", OnExhausted::Panic),
    ("retry-forever", OnExhausted::RetryForever),
    ("fallback", OnExhausted::Fallback),
];

/// The word of a class.
#[must_use]
pub fn class_word(class: Class) -> &'static str {
    CLASSES.iter().find(|(_, other)| *other == class).map_or("", |(word, _)| word)
}

/// The word of a way to start.
#[must_use]
pub fn start_word(start: Start) -> &'static str {
    STARTS.iter().find(|(_, other)| *other == start).map_or("", |(word, _)| word)
}

/// `health`, as written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Health {
    pub probe: Option<Probe>,
    /// Microseconds, as is `timeout`.
    pub interval: Option<u64>,
    pub timeout: Option<u64>,
    pub failure_threshold: Option<u8>,
    pub success_threshold: Option<u8>,
    /// Where `probe` stands.
    pub span: Option<Span>,
}

impl Health {
    const INTERVAL: u64 = 5_000_000;
    const TIMEOUT: u64 = 1_000_000;
    const FAILURES: u8 = 3;
    const SUCCESSES: u8 = 2;

    /// With everything that was left out.
    #[must_use]
    pub fn resolve(&self) -> partenza_plan::Health {
        match self.probe {
            None | Some(Probe::None) => partenza_plan::Health::NONE,
            Some(probe) => {
                let interval = self.interval.or(self.timeout.map(|t| t.max(Self::INTERVAL)));
                let interval = interval.unwrap_or(Self::INTERVAL);
                partenza_plan::Health {
                    probe,
                    interval,
                    timeout: self.timeout.unwrap_or(Self::TIMEOUT.min(interval)),
                    failure_threshold: self.failure_threshold.unwrap_or(Self::FAILURES),
                    success_threshold: self.success_threshold.unwrap_or(Self::SUCCESSES),
                }
            }
        }
    }
}

/// `restart`, as written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Restart {
    pub policy: Option<RestartPolicy>,
    pub max: Option<u16>,
    /// Microseconds, as are the delays.
    pub window: Option<u64>,
    pub initial_delay: Option<u64>,
    pub max_delay: Option<u64>,
    pub backoff_percent: Option<u32>,
    pub on_exhausted: Option<OnExhausted>,
    /// Where `on_exhausted` stands.
    pub span: Option<Span>,
}

impl Restart {
    /// With the defaults of its class (SPEC L-3). A fallback that is named is used (SPEC L-8).
    #[must_use]
    pub fn resolve(&self, class: Class, has_fallback: bool) -> partenza_plan::Restart {
        let defaults = partenza_plan::Restart::of(class);
        let exhausted = if has_fallback { OnExhausted::Fallback } else { defaults.on_exhausted };
        let initial_delay = self.initial_delay.unwrap_or(defaults.initial_delay);
        partenza_plan::Restart {
            policy: self.policy.unwrap_or(defaults.policy),
            max: self.max.unwrap_or(defaults.max),
            window: self.window.unwrap_or(defaults.window),
            initial_delay,
            max_delay: self.max_delay.unwrap_or(defaults.max_delay.max(initial_delay)),
            backoff_percent: self.backoff_percent.unwrap_or(defaults.backoff_percent),
            on_exhausted: self.on_exhausted.unwrap_or(exhausted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_comes_from_the_class() {
        let none = Restart::default();
        for (class, max, window, backoff, end) in [
            (Class::Core, 3, 60, 200, OnExhausted::Panic),
            (Class::System, 5, 120, 150, OnExhausted::Stop),
            (Class::Driver, 5, 60, 200, OnExhausted::Stop),
            (Class::User, 10, 300, 150, OnExhausted::Stop),
        ] {
            let found = none.resolve(class, false);
            assert_eq!((found.max, found.window, found.backoff_percent), (max, window * 1_000_000, backoff));
            assert_eq!(found.on_exhausted, end);
        }
        assert_eq!(none.resolve(Class::Core, true).on_exhausted, OnExhausted::Fallback);
        let some = Restart { max: Some(1), on_exhausted: Some(OnExhausted::Stop), ..none };
        let found = some.resolve(Class::Core, true);
        assert_eq!((found.max, found.on_exhausted, found.window), (1, OnExhausted::Stop, 60_000_000));
        let slow = Restart { initial_delay: Some(9_000_000), ..none };
        assert_eq!(slow.resolve(Class::User, false).max_delay, 9_000_000);
    }

    #[test]
    fn who_names_no_probe_is_not_probed() {
        assert_eq!(Health::default().resolve(), partenza_plan::Health::NONE);
        let call = Health { probe: Some(Probe::Call), ..Health::default() }.resolve();
        assert_eq!((call.interval, call.timeout, call.failure_threshold), (5_000_000, 1_000_000, 3));
        let often = Health { probe: Some(Probe::Call), interval: Some(200_000), ..Health::default() };
        assert_eq!(often.resolve().timeout, 200_000, "an answer is due before the next probe");
    }
}
