// SPDX-License-Identifier: BSD-2-Clause
//! Which changes of state there are, written down a second time, apart from the machine.

use partenza_lifecycle::*;

/// The state without its phase.
pub fn kind(state: ServiceState) -> core::mem::Discriminant<ServiceState> {
    core::mem::discriminant(&state)
}

pub fn may_become(from: ServiceState, to: ServiceState) -> bool {
    use ServiceState::*;
    const ASKED: ServiceState = Stopping(StopPhase::Preparing);
    const CREATING: ServiceState = Starting(StartPhase::Creating);
    match from {
        Pending => to == CREATING || matches!(to, Failed | Stopped | Disabled),
        Starting(_) => matches!(to, Running | Degraded | Failed | Stopped | Disabled | Restarting { .. }),
        Running => to == ASKED || matches!(to, Degraded | Crashed | Unhealthy | Stopped | Disabled | Failed),
        Degraded => to == ASKED || matches!(to, Running | Crashed | Unhealthy | Stopped | Disabled | Failed),
        Stopping(_) => matches!(to, Stopped | Disabled | Failed),
        Restarting { .. } => to == CREATING || matches!(to, Restarting { .. } | Failed | Stopped | Disabled),
        Crashed | Unhealthy => {
            to == CREATING || matches!(to, Restarting { .. } | Failed | Stopped | Disabled)
        }
        Stopped => to == CREATING || matches!(to, Restarting { .. } | Failed | Stopped | Disabled),
        Failed => to == CREATING || matches!(to, Failed | Stopped | Disabled),
        Disabled => to == Pending,
    }
}

pub fn boot_may_become(from: BootState, to: BootState) -> bool {
    use BootState::*;
    match from {
        KernelHandoff => false,
        Initializing => matches!(to, BootingLayer(_) | BootComplete | ShuttingDown(_)),
        BootingLayer(n) => match to {
            BootingLayer(next) => next > n,
            _ => matches!(to, BootComplete | BootFailed | ShuttingDown(_)),
        },
        BootComplete => to == SupervisorMode,
        SupervisorMode => matches!(to, ShuttingDown(_) | EmergencyStop),
        BootFailed => to == Panic,
        EmergencyStop => to == Panic,
        Panic => to == Finished(Ending::Panic),
        ShuttingDown(kind) => to == Finished(kind.into()),
        Finished(_) => false,
    }
}
