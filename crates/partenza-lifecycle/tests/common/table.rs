// SPDX-License-Identifier: BSD-2-Clause
//! Which changes of state there are, written down a second time, apart from the machine.

use partenza_lifecycle::*;

/// The state without its phase.
pub fn kind(state: ServiceState) -> core::mem::Discriminant<ServiceState> {
    core::mem::discriminant(&state)
}

pub fn may_become(from: ServiceState, to: ServiceState) -> bool {
    use ServiceState::*;
    match from {
        Pending => matches!(to, Starting(StartPhase::Creating) | Failed | Disabled),
        Starting(_) => matches!(to, Running | Degraded | Failed | Stopped | Disabled),
        Running => matches!(to, Degraded | Crashed | Stopped | Stopping(StopPhase::Preparing)),
        Degraded => matches!(to, Crashed | Stopped | Stopping(StopPhase::Preparing)),
        Stopping(_) => matches!(to, Stopped),
        Unhealthy | Restarting { .. } | Crashed | Stopped | Failed | Disabled => false,
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
        SupervisorMode => matches!(to, ShuttingDown(_)),
        BootFailed => to == Panic,
        Panic => to == Finished(Ending::Panic),
        ShuttingDown(kind) => to == Finished(kind.into()),
        Finished(_) => false,
    }
}
