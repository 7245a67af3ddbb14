// SPDX-License-Identifier: BSD-2-Clause
//! What goes into the machine and what comes out of it.
//!
//! The executor performs the actions of a step in order, each at once, and then feeds the answers back as events.
//! Two actions are always answered: `Create` by `Created` or `CreateFailed`, `Destroy` by `Destroyed`. A notice asks
//! for nothing; its time is the `now` of the step that gave it.

use crate::config::ServiceId;
use crate::state::{BootState, Ending, Reason, Refusal, ServiceState, ShutdownKind, StopPhase};
use crate::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The plan is read and its storage bound: start the system. Once.
    Begin,
    /// The clock was read. A tick without a due deadline does nothing.
    Tick,
    ShutdownRequested(ShutdownKind),
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
    /// The executor's request budget for this service is exceeded.
    Flooded(ServiceId),
    /// Answer to the directive `PrepareStop`.
    ReadyToStop(ServiceId),
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
            Self::Created(service)
            | Self::CreateFailed { service, .. }
            | Self::Destroyed(service)
            | Self::Hello(service)
            | Self::Ready(service)
            | Self::ReadyRefused { service, .. }
            | Self::Crashed(service)
            | Self::Flooded(service)
            | Self::ReadyToStop(service)
            | Self::Stopped { service, .. } => Some(service),
        }
    }
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
    PrepareStop,
    Stop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Make its objects, load it, grant its capabilities (SPEC D-1), do not let it run.
    Create(ServiceId),
    /// Let it run.
    Resume(ServiceId),
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
    /// Dump what helps to find out why the boot failed (SPEC E-3), before it is taken down.
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
    /// `degraded`: not every eager service runs as it should (SPEC E-4).
    BootComplete {
        took: Duration,
        degraded: bool,
    },
    BootFailed {
        culprit: ServiceId,
        reason: Reason,
    },
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
