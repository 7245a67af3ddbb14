// SPDX-License-Identifier: BSD-2-Clause
//! The states of the system and of each service, and the reasons for them.

use crate::spec::ServiceId;
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
    /// A service that the system cannot do without is lost for good: everything is being stopped in order (SPEC E-5).
    EmergencyStop,
    /// Everything is being stopped by force; then the panic module has its say.
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
    /// It serves, but something is wrong: a dependency is gone, it said that it is not well, or it floods.
    Degraded,
    /// It was not well for too long and was taken down.
    Unhealthy,
    /// It ran and died, or hung.
    Crashed,
    /// It waits out its back-off, then for what it requires.
    Restarting {
        until: Instant,
    },
    Stopping(StopPhase),
    /// It ended on request or by itself.
    Stopped,
    /// Its start failed, or it was given up.
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

    /// Whether nothing of it runs for long, and nothing that was decided starts it.
    pub const fn is_at_rest(self) -> bool {
        matches!(self, Self::Unhealthy | Self::Crashed | Self::Stopped | Self::Failed | Self::Disabled)
    }

    /// Whether it was asked to stop and has not.
    pub const fn is_stopping(self) -> bool {
        matches!(self, Self::Stopping(_))
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
    /// It did not answer a probe, or no heartbeat came (SPEC K-4).
    Hung,
    /// It said that it is not well (SPEC K-3).
    NotWell,
    /// This dependency gets a new incarnation, so it does too (SPEC L-5).
    RestartsWith(ServiceId),
    /// It is a sidecar, and its module stopped or restarts (SPEC S-3).
    SharesFateOf(ServiceId),
    /// Somebody who may asked for it.
    Requested,
    /// It is no part of the recovery set (SPEC Q-2).
    NotInRecoverySet,
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
    /// Its program has not been handed over (SPEC D-6).
    NotDelivered,
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

/// What the executor holds a service in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Blocked {
    #[default]
    No,
    /// It is over its request budget, until the period ends.
    Throttled,
    /// It called or looked up this server, which is not up.
    WaitingFor(ServiceId),
}
