// SPDX-License-Identifier: BSD-2-Clause
//! Boot, supervision and shutdown as one pure state machine.
//!
//! The machine decides, its caller (the executor) does: `(now, Event)` goes in, [`Action`]s come out, and what came
//! of them goes in as the next events. Nothing here knows seL4, allocates, blocks or reads a clock, so what it
//! decides is the same in every run and can be tried out on a host.
//!
//! ```text
//! loop {
//!     while there are answers, or machine.next_deadline() <= clock.now() {
//!         machine.step(clock.now(), answer or Event::Tick, &mut executor);   // performs, queues answers
//!     }
//!     wait for a message, a signal, a fault, or machine.next_deadline()
//! }
//! ```
//!
//! # Rules
//! 1. A step is small: at most [`Machine::ACTIONS_PER_STEP`] actions besides notices. One `Create` is open at a
//!    time, one deadline is served per tick, services are stopped one by one.
//! 2. Work over a boot is O(services + dependencies); timers are O(log n). 200 services cost each what 12 do.
//! 3. Time is a number that comes in. A deadline acts when a tick is stepped at or after it; an answer that is
//!    stepped before that tick counts.
//! 4. The index of a service is its place in the start order ([`Config`] says more). Stops go in reverse.
//! 5. What an event does is the table below. Where the table has nothing, nothing is changed and
//!    [`Notice::Ignored`] tells it (SPEC G-2). The machine trusts its executor to answer, and a service for nothing.
//!
//! # States of the system (SPEC E-1)
//! | state | event | next |
//! |---|---|---|
//! | `Initializing` | `Begin` | `BootingLayer(first)`, without services `BootComplete` |
//! | `BootingLayer(n)` | all eager services of n have an outcome | the next layer's, after the last `BootComplete` |
//! | `BootingLayer(n)` | a critical service fails or dies | `BootFailed` |
//! | `BootComplete` | at once | `SupervisorMode` |
//! | `BootFailed` | at once, after `Diagnose` | `Panic` |
//! | `Initializing`, `BootingLayer(n)`, `SupervisorMode` | `ShutdownRequested(kind)` | `ShuttingDown(kind)` |
//! | `ShuttingDown(kind)`, `Panic` | the last service is destroyed | `Finished`, with `Finish` |
//!
//! # States of a service (SPEC I-3)
//! *Turn* means: its layer boots, its dependencies have an outcome, and, unless the boot is parallel, nothing else
//! is starting. *Walk* means: the system goes down and every service behind it in the plan is gone.
//!
//! | state | event | next | actions |
//! |---|---|---|---|
//! | `Pending` | turn, every required dependency is up | `Starting(Creating)` | `Create` |
//! | `Pending` | turn, one is not | `Failed` (`DependencyNotRunning`, SPEC C-4) | |
//! | `Pending` | turn, one is held back | `Disabled` (`DependencyNotRunning`) | |
//! | `Starting(Creating)` | `Created` | `Starting(AwaitingHello)` for messages, `Starting(AwaitingReady)` for a signal, `Running` or `Degraded` without readiness | `Resume`; arms `startup_timeout` |
//! | `Starting(Creating)` | `Created`, to be held (SPEC B-4) | `Disabled` (`Held`) | |
//! | `Starting(Creating)` | `Created`, the system goes down | `Stopped` (`Shutdown`) | `Destroy` incarnation |
//! | `Starting(Creating)` | `CreateFailed` | `Failed` | `Destroy` service |
//! | `Starting(AwaitingHello)` | `Hello` | `Starting(AwaitingReady)` | |
//! | `Starting(AwaitingReady)` | `Ready` | `Running`; `Degraded` if a required dependency died meanwhile (SPEC L-9) | |
//! | `Starting(AwaitingReady)` | `ReadyRefused` (SPEC G-3) | `Failed` | `Destroy` service |
//! | `Starting(Awaiting…)` | `Crashed`, `Stopped`, `Flooded`, deadline (SPEC G-4) | `Failed` | `Destroy` service |
//! | `Starting(Awaiting…)` | walk | `Stopped` (`Shutdown`) | `Destroy` incarnation |
//! | `Running` | `Flooded`; a required dependency is lost | `Degraded` | |
//! | `Running`, `Degraded` | `Crashed` | `Crashed` | `Destroy` incarnation |
//! | `Running`, `Degraded` | `Stopped`: it ended by itself | `Stopped` (`Exited`) | `Destroy` incarnation |
//! | `Running`, `Degraded` | walk, it can be asked | `Stopping(Preparing)` | `Direct(PrepareStop)`; arms `prepare_timeout` |
//! | `Running`, `Degraded` | walk, no readiness or a panic | `Stopped` (`Shutdown`) | `Destroy` incarnation |
//! | `Stopping(Preparing)` | `ReadyToStop` | `Stopping(Stopping)` | `Direct(Stop)`; arms `stop_timeout` |
//! | `Stopping(…)` | `Stopped`, `Crashed` | `Stopped` | `Destroy` incarnation |
//! | `Stopping(…)` | deadline | `Stopped` (`StopTimeout`) | `StopForced`, `Destroy` incarnation |
//! | `Disabled` by hold | walk | `Disabled` | `Destroy` incarnation |
//! | any, `Destroy` open | `Destroyed` | unchanged | |
//!
//! `Unhealthy` and `Restarting` are named by SPEC I-3 and entered by nothing yet: probes and restarts extend the
//! table by rows, use the same one deadline per service, and come back through the turn of `Pending`.
//!
//! # Invariants, each held by a property in `tests/properties.rs`
//! - A service is created only when every dependency that it requires is up, and only in its layer's turn.
//! - Two incarnations of a service never exist at once.
//! - No deadline acts in a state that did not arm it, and none that is due is forgotten.
//! - Every `Create` ends in a settled state; a failed start is destroyed exactly once, with scope `Service`.
//! - What was created is destroyed before the end, dependents before what they require.
//! - Boot ends and shutdown ends, whatever the services do, as long as ticks come and the executor answers.
//! - An ignored event has no other effect. The same events give the same actions.
//!
//! `mutants/run.py` breaks each of them on purpose and expects the properties to notice.
#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_debug_implementations)]

#[cfg(test)]
extern crate std;

mod change;
mod config;
mod event;
mod health;
mod machine;
mod queue;
mod record;
mod request;
mod restart;
mod spec;
mod start;
mod state;
mod stop;
mod time;
mod timers;
mod turn;

pub use config::{Config, ConfigError};
pub use event::{Action, Denial, Directive, Event, Limit, Notice, Request, Scope, Sink, Verdict};
pub use machine::{Dependent, Machine, Storage};
pub use record::{Presence, Record};
pub use spec::{
    Dep, DepKind, DepRange, HealthSpec, LayerSpec, OnExhausted, Overload, Policy, Probe, Readiness,
    RestartSpec, ServiceId, ServiceSpec, StartMode, Storm,
};
pub use state::{BootState, Ending, Reason, Refusal, ServiceState, ShutdownKind, StartPhase, StopPhase};
pub use time::{Duration, Instant};
pub use timers::TimerCell;
