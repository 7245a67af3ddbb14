// SPDX-License-Identifier: BSD-2-Clause
//! What the plan says of one service: its edges, how it says that it is ready and well, what follows when it fails.
//!
//! Every number comes from the plan: the defaults by class (SPEC L-3) are the compiler's. `Default` gives the plain
//! service of SPEC O-2: eager, no readiness, no probe, never restarted.

use crate::time::Duration;

/// A service, by its place in the plan's start order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId(pub u16);

impl ServiceId {
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// When a service is started (SPEC C-6). Only `Eager` ones are part of the boot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StartMode {
    /// In its layer, during boot.
    #[default]
    Eager,
    /// After the boot is complete, in plan order.
    Deferred,
    /// When first looked up, asked for, or needed: by another that starts after the boot, or as a fallback.
    OnDemand,
}

/// How a service says that it is ready (SPEC G-1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Readiness {
    /// It does not: it counts as running from its first instruction, and has no channel on which to be asked to stop.
    #[default]
    None,
    /// By a notification.
    Signal,
    /// By a handshake and a `ServiceReady` message.
    Message,
}

/// What an edge of the dependency graph means. Each kind means what the one before it means, and more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DepKind {
    /// It orders the start, nothing else.
    #[default]
    Optional,
    /// The service is not started without it (SPEC C-4), and Degraded when it is gone (SPEC L-9).
    Required,
    /// The service is stopped before it is started anew, and started again after (SPEC L-5).
    RestartWith,
    /// It is the service's sidecar: it also stops after the service, and each restarts with the other (SPEC S-3).
    Sidecar,
}

impl DepKind {
    pub const fn is_required(self) -> bool {
        !matches!(self, Self::Optional)
    }

    /// Whether a new incarnation of the dependency takes a new one of the dependent.
    pub const fn restarts_dependent(self) -> bool {
        matches!(self, Self::RestartWith | Self::Sidecar)
    }
}

/// One edge of the dependency graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Dep {
    pub on: ServiceId,
    pub kind: DepKind,
    /// In a recovery boot it is [`DepKind::Optional`] (SPEC Q-2).
    pub soft: bool,
    /// Any provider of the group to which `on` belongs will do (SPEC S-2). There is such an edge to each of them, and it
    /// counts while that one serves.
    pub shared: bool,
}

/// A service of which, or of others of its group, others may require what one at a time serves (SPEC S-2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Provider {
    pub group: u16,
    pub service: ServiceId,
}

impl Dep {
    pub const fn optional(on: ServiceId) -> Self {
        Self { on, kind: DepKind::Optional, soft: false, shared: false }
    }

    pub const fn required(on: ServiceId) -> Self {
        Self { on, kind: DepKind::Required, soft: false, shared: false }
    }
}

/// A service's part of the shared slice [`crate::Config::deps`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DepRange {
    pub start: u32,
    pub len: u16,
}

/// Who speaks first (SPEC K-1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Probe {
    /// Nobody asks.
    #[default]
    None,
    /// The Supervisor asks, the service answers.
    Call,
    /// The service reports unasked.
    Heartbeat,
}

/// How a service shows that it is well (SPEC K-1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct HealthSpec {
    pub probe: Probe,
    /// From ready or from an answer to the next probe; for heartbeats, the longest time between two.
    pub interval: Duration,
    /// How long after a probe, or after a heartbeat was due, silence is a hang (SPEC K-4).
    pub timeout: Duration,
    /// So many bad answers in a row, and it is Unhealthy; 0 counts as 1.
    pub failure_threshold: u16,
    /// So many good answers in a row, and a Degraded one is Running again; 0 counts as 1.
    pub success_threshold: u16,
}

/// Which ends are followed by a restart (SPEC L-1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Policy {
    /// None: the first failure is the last.
    #[default]
    Never,
    /// Every one but an exit with code 0.
    OnFailure,
    /// Every one, also an exit with code 0.
    Always,
}

/// What follows when no restart is left (SPEC L-1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnExhausted {
    /// The service stays down.
    #[default]
    Stop,
    /// The system goes down in order, and ends as a panic (SPEC E-5).
    Panic,
    /// On, one restart every `max_delay`.
    RetryForever,
    /// [`ServiceSpec::fallback`] is started (SPEC L-8).
    Fallback,
}

/// What follows a failure (SPEC L).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RestartSpec {
    pub policy: Policy,
    /// At most so many restarts within any `window`.
    pub max: u16,
    /// Also the stable period: a service that failed after being up for so long starts over with `initial_delay`.
    pub window: Duration,
    pub initial_delay: Duration,
    pub max_delay: Duration,
    /// Each delay is so many hundredths of the one before it, rounded up.
    pub backoff_percent: u32,
    pub on_exhausted: OnExhausted,
}

impl Default for RestartSpec {
    fn default() -> Self {
        Self {
            policy: Policy::Never,
            max: 0,
            window: Duration::ZERO,
            initial_delay: Duration::ZERO,
            max_delay: Duration::ZERO,
            backoff_percent: 100,
            on_exhausted: OnExhausted::Stop,
        }
    }
}

impl RestartSpec {
    /// Restarts to be remembered.
    pub(crate) const fn remembered(&self) -> u16 {
        match self.policy {
            Policy::Never => 0,
            Policy::OnFailure | Policy::Always => self.max,
        }
    }

    /// The delay after one of `last` (SPEC L-2).
    pub(crate) fn grown(&self, last: Duration) -> Duration {
        last.grown(self.backoff_percent).min(self.max_delay)
    }

    pub(crate) fn first_delay(&self) -> Duration {
        self.initial_delay.min(self.max_delay)
    }
}

/// One service, as planned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ServiceSpec {
    pub layer: u8,
    /// Its failure during boot is the boot's failure (SPEC E-2); it is not stopped on request (SPEC I-4).
    pub critical: bool,
    /// It is restarted even in a storm (SPEC L-4).
    pub core: bool,
    pub start: StartMode,
    /// Its program is handed over after the boot (SPEC D-6); only services on demand wait for theirs.
    pub awaits_program: bool,
    pub deps: DepRange,
    pub readiness: Readiness,
    /// From the first instruction to ready.
    pub startup_timeout: Duration,
    /// From the directive `PrepareStop` to its answer.
    pub prepare_timeout: Duration,
    /// From the directive `Stop` to its answer.
    pub stop_timeout: Duration,
    pub health: HealthSpec,
    pub restart: RestartSpec,
    /// Started when this one's retries are exhausted (SPEC L-8).
    pub fallback: Option<ServiceId>,
}

/// What is said of a layer as a whole. A layer that is not listed has no budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LayerSpec {
    pub number: u8,
    /// Exceeding it is reported (SPEC R-1), and nothing is restarted any more while the layer boots (SPEC E-6).
    pub budget: Option<Duration>,
}

/// So many restarts of whatever services within `window` are a storm (SPEC L-4): until it is over, a service that is
/// not core is given up instead of restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Storm {
    pub restarts: u16,
    pub window: Duration,
}

/// What follows when a service exceeds its budget of requests (SPEC S-4). Without it, the first excess makes it
/// Degraded and the others change nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Overload {
    /// At so many excesses it is taken down as Unhealthy; 0: never.
    pub restart_after: u16,
    /// So long after the last excess all of them are forgotten.
    pub calm: Duration,
}
