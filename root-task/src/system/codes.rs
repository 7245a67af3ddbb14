// SPDX-License-Identifier: BSD-2-Clause
//! What the lifecycle machine says, in the protocol's words: states, reasons, denials.

use partenza_lifecycle::{Denial, Reason, Refusal, StopPhase};
use partenza_plan::ServiceId;
use partenza_protocol::Code;
use partenza_protocol::error::{BootError, DeliveryError, LookupError, ShutdownError, SupervisorError};
use partenza_protocol::event::ServiceState;

use crate::system::ids::plan_id;

/// The protocol's name of a state of the machine.
#[must_use]
pub fn state(state: partenza_lifecycle::ServiceState) -> ServiceState {
    use partenza_lifecycle::ServiceState as State;
    match state {
        State::Pending => ServiceState::Pending,
        State::Starting(_) => ServiceState::Starting,
        State::Running => ServiceState::Running,
        State::Degraded => ServiceState::Degraded,
        State::Unhealthy => ServiceState::Unhealthy,
        State::Crashed => ServiceState::Crashed,
        State::Restarting { .. } => ServiceState::Restarting,
        State::Stopping(_) => ServiceState::Stopping,
        State::Stopped => ServiceState::Stopped,
        State::Failed => ServiceState::Failed,
        State::Disabled => ServiceState::Disabled,
    }
}

/// Code and culprit of a failure. What the executor noted about a creation is more exact than the machine's reason.
pub fn blame(reason: Reason, noted: Option<Code>) -> (Code, Option<ServiceId>) {
    match reason {
        Reason::CreateFailed(code) => (Code(code), None),
        Reason::StartupTimeout => {
            let abi = BootError::AbiMismatch.code();
            (if noted == Some(abi) { abi } else { BootError::StartupTimeout.code() }, None)
        }
        // The fault's own event came first and left its code.
        Reason::Crashed => (noted.unwrap_or(BootError::ServiceCrashed.code()), None),
        Reason::Hung => (SupervisorError::Hung.code(), None),
        Reason::NotWell => (SupervisorError::NotWell.code(), None),
        Reason::RestartsWith(on) | Reason::SharesFateOf(on) => {
            (SupervisorError::RestartsWith.code(), Some(plan_id(on)))
        }
        Reason::Requested => (SupervisorError::Requested.code(), None),
        Reason::NotInRecoverySet => (SupervisorError::NotInRecoverySet.code(), None),
        Reason::Exited(_) => (BootError::ServiceExited.code(), None),
        // Before it was ready or after: whoever counted its messages knows.
        Reason::Flooded => (noted.unwrap_or(SupervisorError::Overload.code()), None),
        Reason::ReadyRefused(Refusal::Name) => (BootError::NameMismatch.code(), None),
        Reason::ReadyRefused(Refusal::Version) => (BootError::VersionMismatch.code(), None),
        Reason::ReadyRefused(Refusal::Interface) => (BootError::InterfaceMismatch.code(), None),
        Reason::ReadyRefused(Refusal::Endpoint) => (BootError::EndpointMismatch.code(), None),
        Reason::DependencyNotRunning(on) => (BootError::DependencyNotRunning.code(), Some(plan_id(on))),
        Reason::Held => (BootError::Held.code(), None),
        Reason::NotDelivered => (DeliveryError::NotDelivered.code(), None),
        Reason::Shutdown => (SupervisorError::ShuttingDown.code(), None),
        Reason::StopTimeout(StopPhase::Preparing) => (ShutdownError::PrepareTimeout.code(), None),
        Reason::StopTimeout(StopPhase::Stopping) => (ShutdownError::StopTimeout.code(), None),
    }
}

/// Why a request is not done.
#[must_use]
pub fn denial_code(denial: Denial) -> Code {
    match denial {
        Denial::NoSuchService => SupervisorError::NoSuchService,
        Denial::Booting => SupervisorError::Booting,
        Denial::GoingDown => SupervisorError::ShuttingDown,
        Denial::Critical => SupervisorError::CriticalService,
        Denial::SidecarOf(_) => SupervisorError::Sidecar,
        Denial::Disabled => SupervisorError::DisabledService,
        Denial::Held => return BootError::Held.code(),
        Denial::NotDelivered => return DeliveryError::NotDelivered.code(),
        Denial::NotRunning => SupervisorError::NotRunning,
        Denial::DependencyNotRunning(_) => return BootError::DependencyNotRunning.code(),
        Denial::ClientStops => SupervisorError::Stopping,
        Denial::WaitsForClient => return LookupError::Circular.code(),
    }
    .code()
}
