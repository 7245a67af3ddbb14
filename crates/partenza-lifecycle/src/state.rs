// SPDX-License-Identifier: BSD-2-Clause
//! The states of the system and of each service, the reasons for them, and the record kept per service.

use crate::config::ServiceId;
use crate::time::Instant;

/// Where the system is (SPEC E-1). The machine is born when the plan has been read, so in `Initializing`;
/// `KernelHandoff` is its caller's, before there is a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BootState {
    KernelHandoff,
    Initializing,
    BootingLayer(u8),
    BootComplete,
    SupervisorMode,
    BootFailed,
    /// Everything is being stopped by force.
    Panic,
    /// Everything is being stopped in order (SPEC M-1).
    ShuttingDown(ShutdownKind),
    /// [`crate::Action::Finish`] was given; nothing changes any more.
    Finished(Ending),
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ShutdownKind {
    PowerOff,
    Reboot,
    Halt,
}

/// What to do with the machine once every service is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    PowerOff,
    Reboot,
    Halt,
    /// Halt or reboot, as configured for a failed boot (SPEC E-3).
    Panic,
}

impl From<ShutdownKind> for Ending {
    fn from(kind: ShutdownKind) -> Self {
        match kind {
            ShutdownKind::PowerOff => Ending::PowerOff,
            ShutdownKind::Reboot => Ending::Reboot,
            ShutdownKind::Halt => Ending::Halt,
        }
    }
}

/// The state of a service (SPEC I-3), with the phase of the two that take several steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ServiceState {
    /// Not started yet.
    #[default]
    Pending,
    Starting(StartPhase),
    Running,
    /// It serves, but something is amiss: a dependency is gone, or it floods.
    Degraded,
    Unhealthy,
    /// It ran and died.
    Crashed,
    /// It waits out its back-off.
    Restarting {
        until: Instant,
    },
    Stopping(StopPhase),
    /// It ended on request or by itself.
    Stopped,
    /// Its start failed.
    Failed,
    /// It is kept from running on purpose.
    Disabled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StartPhase {
    /// `Create` was asked of the executor and is not answered.
    Creating,
    /// It runs; its handshake is due.
    AwaitingHello,
    /// It runs; its ready signal or message is due.
    AwaitingReady,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StopPhase {
    /// `PrepareStop` was directed; `ReadyToStop` is due.
    Preparing,
    /// `Stop` was directed; `Stopped` is due.
    Stopping,
}

impl ServiceState {
    /// Whether dependents may count on the service. A degraded one still serves.
    pub const fn is_up(self) -> bool {
        matches!(self, Self::Running | Self::Degraded)
    }

    /// Whether the outcome of the start is open.
    pub const fn is_starting(self) -> bool {
        matches!(self, Self::Starting(_))
    }
}

/// Why a service is in the state it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The executor could not make it; its own code says why (SPEC D-3).
    CreateFailed(u16),
    /// It was not ready at its deadline (SPEC G-4).
    StartupTimeout,
    /// It faulted.
    Crashed,
    /// It ended without being asked to, with this code.
    Exited(i32),
    /// It spent more of the Supervisor's time than it may.
    Flooded,
    /// What it claimed to be is not what the plan says (SPEC G-3).
    ReadyRefused(Refusal),
    /// This required dependency does not run (SPEC C-4).
    DependencyNotRunning(ServiceId),
    /// A boot parameter holds it (SPEC B-4).
    Held,
    /// The system goes down.
    Shutdown,
    /// It did not answer this directive in time and was stopped by force (SPEC M-1).
    StopTimeout(StopPhase),
}

/// What in a `ServiceReady` did not match the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    Name,
    Version,
    Interface,
    Endpoint,
}

/// Whether anything made for a service exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Presence {
    #[default]
    Absent,
    /// From `Create` on, also while it is being answered.
    Present,
    /// `Destroy` was asked of the executor and is not answered.
    Leaving,
}

/// What the machine keeps per service. The caller provides one per service, any value; [`crate::Machine::new`]
/// resets them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Record {
    pub(crate) state: ServiceState,
    pub(crate) reason: Option<Reason>,
    pub(crate) presence: Presence,
    pub(crate) incarnation: u32,
    pub(crate) ignored: u32,
    pub(crate) asked: Option<Instant>,
    pub(crate) started: Option<Instant>,
    pub(crate) ready: Option<Instant>,
    /// Dependencies of either kind whose own start has no outcome yet.
    pub(crate) unsettled: u16,
    /// End of this service's part of the reverse edges; it begins where the previous one ends.
    pub(crate) dependents_end: u32,
    /// The next in the queue of unblocked services, while it is in that queue.
    pub(crate) next_unblocked: Option<ServiceId>,
}

impl Record {
    pub fn state(&self) -> ServiceState {
        self.state
    }

    /// Why it is in this state, where there is more to say than the state's name.
    pub fn reason(&self) -> Option<Reason> {
        self.reason
    }

    pub fn presence(&self) -> Presence {
        self.presence
    }

    /// 0 before the first `Create`, then counting.
    pub fn incarnation(&self) -> u32 {
        self.incarnation
    }

    /// How many events of this service came in a state that has no use for them (SPEC G-2).
    pub fn ignored(&self) -> u32 {
        self.ignored
    }

    /// When this incarnation's `Create` was asked for.
    pub fn asked(&self) -> Option<Instant> {
        self.asked
    }

    /// When this incarnation was resumed.
    pub fn started(&self) -> Option<Instant> {
        self.started
    }

    /// When this incarnation became ready.
    pub fn ready(&self) -> Option<Instant> {
        self.ready
    }
}
