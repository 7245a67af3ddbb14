// SPDX-License-Identifier: BSD-2-Clause
//! What goes into the machine and what comes out of it.
//!
//! The executor performs the actions of a step in order, each at once, and then feeds the answers back as events.
//! Two actions are always answered: `Create` by `Created` or `CreateFailed`, `Destroy` by `Destroyed`. A notice asks
//! for nothing; its time is the `now` of the step that gave it.

use crate::spec::ServiceId;
use crate::state::{BootState, Ending, Reason, Refusal, ServiceState, ShutdownKind, StopPhase};
use crate::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The plan is read and its storage bound: start the system. Once.
    Begin,
    /// The clock was read. A tick without a due deadline does nothing.
    Tick,
    ShutdownRequested(ShutdownKind),
    /// Somebody who may asks something of a service. Always answered in the same step, by [`Notice::Answered`].
    Requested {
        service: ServiceId,
        request: Request,
    },
    /// Answer to `Create`: everything exists and is granted, nothing has run.
    Created(ServiceId),
    /// Answer to `Create`. What was made so far stays until the `Destroy` that follows.
    CreateFailed {
        service: ServiceId,
        code: u16,
    },
    /// Answer to `Destroy`.
    Destroyed(ServiceId),
    /// The handshake came, with the right secret (SPEC G-2 is checked by the executor).
    Hello(ServiceId),
    /// Ready came, and matches the plan.
    Ready(ServiceId),
    /// Ready came, authentic, and does not match the plan (SPEC G-3).
    ReadyRefused {
        service: ServiceId,
        refusal: Refusal,
    },
    /// A fault.
    Crashed(ServiceId),
    /// The executor's request budget for this service is exceeded. Once per budget period at most (SPEC S-4).
    Flooded(ServiceId),
    /// It is over its request budget and is held (see [`crate::Blocked`]).
    Throttled(ServiceId),
    /// The period is over in which it was held.
    PeriodOver(ServiceId),
    /// The client called or looked up a server that is not up. Answered in the same step, by [`Notice::Answered`] for a
    /// [`Request::Lookup`] of the server; unless that refuses, the client is held until `Release`, which may be among the
    /// actions of the same step.
    Waits {
        client: ServiceId,
        server: ServiceId,
    },
    /// Answer to the directive `Probe` with this number (SPEC K-2).
    HealthReport {
        service: ServiceId,
        probe: u32,
        healthy: bool,
    },
    /// A report that nobody asked for, of a service that is watched by its heartbeats.
    Heartbeat {
        service: ServiceId,
        healthy: bool,
    },
    /// Answer to the directive `PrepareStop`.
    ReadyToStop(ServiceId),
    /// The program that the service waited for is there, whole (SPEC D-6).
    Delivered(ServiceId),
    /// Answer to the directive `Stop`; without one, the service ends by itself.
    Stopped {
        service: ServiceId,
        code: i32,
    },
}

impl Event {
    /// The service it is about.
    pub const fn service(&self) -> Option<ServiceId> {
        match *self {
            Self::Begin | Self::Tick | Self::ShutdownRequested(_) => None,
            Self::Requested { service, .. }
            | Self::HealthReport { service, .. }
            | Self::Heartbeat { service, .. }
            | Self::Created(service)
            | Self::CreateFailed { service, .. }
            | Self::Destroyed(service)
            | Self::Hello(service)
            | Self::Ready(service)
            | Self::ReadyRefused { service, .. }
            | Self::Crashed(service)
            | Self::Flooded(service)
            | Self::Throttled(service)
            | Self::PeriodOver(service)
            | Self::Waits { client: service, .. }
            | Self::ReadyToStop(service)
            | Self::Delivered(service)
            | Self::Stopped { service, .. } => Some(service),
        }
    }
}

/// What can be asked of a service (SPEC I-4). Who may ask what is the executor's to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    /// Start it, and before it what it requires, whatever stopped either; a back-off ends at once.
    Start,
    /// Stop it in order; a pending restart is called off.
    Stop,
    /// Stop it in order and start it again, as those that restart with it.
    Restart,
    /// Let it serve in place of the provider that does; if it is not up, start it, and let it serve then (SPEC S-2).
    Serve,
    /// Let it be started again. Starts nothing.
    Enable,
    /// Stop it in order and refuse to start it.
    Disable,
    /// Somebody needs it now: start it if it was never started (SPEC C-6). The only one that is heard during boot.
    Lookup,
}

/// The answer to a [`Request`]. How what was accepted went is told by notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    Accepted,
    /// There is nothing to do: it is so, or on its way there.
    Already,
    Refused(Denial),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Denial {
    NoSuchService,
    /// The boot is not over.
    Booting,
    /// The system goes down.
    GoingDown,
    /// The system cannot do without it (SPEC I-4).
    Critical,
    /// It is this one's sidecar: ask that (SPEC S-3).
    SidecarOf(ServiceId),
    Disabled,
    /// A boot parameter holds it (SPEC B-4).
    Held,
    /// Its program has not been handed over (SPEC D-6).
    NotDelivered,
    /// It was stopped or has failed; to look it up does not start it.
    NotRunning,
    /// It requires this one, which is disabled.
    DependencyNotRunning(ServiceId),
    /// Who asks is to stop, and waits for nobody any more.
    ClientStops,
    /// Who asks is starting, and the start that it asks for waits for that.
    WaitsForClient,
}

/// Which of the limits left no restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Its own, of restarts within a window (SPEC L-1).
    Retries,
    /// The budget of the layer that boots (SPEC E-6).
    LayerBudget,
    /// The system's (SPEC L-4).
    Storm,
}

/// How much goes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Thread and writable pages: what a restart makes anew.
    Incarnation,
    /// All that was ever made for the service (SPEC D-3).
    Service,
}

/// What a service gets to hear when it asks what there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Directive {
    /// Answer with a health report of this number (SPEC K-2).
    Probe(u32),
    PrepareStop,
    Stop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Make its objects, load it, grant its capabilities (SPEC D-1), do not let it run.
    Create(ServiceId),
    /// Let it run.
    Resume(ServiceId),
    /// Let it go on: it repeats the system call that it was held in. Not answered, and not counted by
    /// [`crate::Machine::ACTIONS_PER_STEP`]: a server that comes up has all that wait for it released at once.
    Release(ServiceId),
    /// Take back what `scope` says, also after a `Create` that failed half-way.
    Destroy {
        service: ServiceId,
        scope: Scope,
    },
    /// Signal the service and keep the directive for when it asks.
    Direct {
        service: ServiceId,
        directive: Directive,
    },
    /// Dump what helps to find out why the system goes down (SPEC E-3, E-5), before it does.
    Diagnose {
        culprit: ServiceId,
    },
    Notice(Notice),
    /// Every service is gone: end. Once, and the last action of all.
    Finish(Ending),
}

/// What happened, for the event log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Notice {
    Boot {
        from: BootState,
        to: BootState,
    },
    /// A change of state; changes of phase within `Starting` and `Stopping` are not reported.
    Service {
        service: ServiceId,
        from: ServiceState,
        to: ServiceState,
        reason: Option<Reason>,
    },
    /// Every service of the layer runs or has failed.
    LayerUp {
        layer: u8,
        took: Duration,
    },
    /// Its budget is over and the layer is not up (SPEC R-1).
    LayerOverBudget {
        layer: u8,
        budget: Duration,
    },
    /// `degraded`: not every eager service runs as it should (SPEC E-4). Each service is in exactly one of the counts.
    BootComplete {
        took: Duration,
        degraded: bool,
        /// Running or Degraded.
        up: u16,
        /// Not up, and nothing went wrong: not started yet, disabled, held, or ended as it may.
        waiting: u16,
        /// Not up because it failed, or because what it requires did. One that restarts is among them.
        failed: u16,
    },
    BootFailed {
        culprit: ServiceId,
        reason: Reason,
    },
    /// The service is lost for good and the system cannot do without it (SPEC E-5).
    Emergency {
        culprit: ServiceId,
        reason: Reason,
    },
    Answered {
        service: ServiceId,
        request: Request,
        verdict: Verdict,
    },
    /// No restart is left to the service (SPEC I-6). What follows is its `on_exhausted`.
    RestartLimitReached {
        service: ServiceId,
        /// That began since its last stable period.
        restarts: u16,
        limit: Limit,
    },
    FallbackStarted {
        service: ServiceId,
        fallback: ServiceId,
    },
    /// A storm of restarts begins (SPEC L-4).
    Storm,
    /// The service did not answer and is stopped by force (SPEC M-1).
    StopForced {
        service: ServiceId,
        phase: StopPhase,
    },
    /// Late, duplicate or impossible: nothing was changed. `state` is that of the event's service.
    Ignored {
        event: Event,
        state: Option<ServiceState>,
    },
}

/// Receives the actions of a step, in order.
pub trait Sink {
    fn action(&mut self, action: Action);
}

impl<F: FnMut(Action)> Sink for F {
    fn action(&mut self, action: Action) {
        self(action);
    }
}
