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
//! 1. A step is small: at most [`Machine::ACTIONS_PER_STEP`] actions besides notices, and
//!    [`Machine::actions_per_step`] with them. One `Create` is open at a
//!    time, one deadline is served per tick, a turn asks for one thing. What is left is due at once:
//!    [`Machine::next_deadline`] says so.
//! 2. Work over a boot is O(services + dependencies); timers are O(log n). 200 services cost each what 12 do.
//! 3. Time is a number that comes in. A deadline acts when a tick is stepped at or after it; an answer that is
//!    stepped before that tick counts. Time in which no service could run is excused ([`Machine::excuse`]).
//! 4. The index of a service is its place in the start order ([`Config`] says more). Stops go in reverse.
//! 5. What an event does is the table below. Where the table has nothing, nothing is changed and
//!    [`Notice::Ignored`] tells it (SPEC G-2). The machine trusts its executor to answer, and a service for nothing.
//! 6. Of several providers of what others require one *serves* at a time, and edges to the others count for nothing. Who
//!    serves is decided in the step in which it is lost or in which another comes up, so that nobody else has to ask.
//! 7. A state tells what is, an *aim* what was decided and is not done. Services with an aim have *turns*: first come,
//!    first served; a turn that has to wait is given again by what it waits for.
//!
//! # States of the system (SPEC E-1)
//! | state | event | next |
//! |---|---|---|
//! | `Initializing` | `Begin` | `BootingLayer(first)`, without services `BootComplete` |
//! | `BootingLayer(n)` | all eager services of n have had an outcome | the next layer's, after the last `BootComplete` |
//! | `BootingLayer(n)` | a critical service is given up; one is whose `on_exhausted` is `Panic` | `BootFailed` |
//! | `BootComplete` | at once | `SupervisorMode`; deferred services get the aim *start*, in plan order |
//! | `BootFailed` | at once, after `Diagnose` | `Panic` |
//! | `SupervisorMode` | a service is given up whose `on_exhausted` is `Panic` (SPEC E-5) | `EmergencyStop`, after `Diagnose` |
//! | `Initializing`, `BootingLayer(n)`, `SupervisorMode` | `ShutdownRequested(kind)` | `ShuttingDown(kind)` |
//! | `EmergencyStop` | the last service is destroyed | `Panic` |
//! | `Panic` | the last service is destroyed; then the panic module, if there is one | `Finished`, with `Finish` |
//! | `ShuttingDown(kind)` | the last service is destroyed | `Finished`, with `Finish` |
//!
//! # States of a service (SPEC I-3)
//! *Up* is Running or Degraded. *Turn* means, for the boot: its layer boots, no dependency is open, and, unless the
//! boot is parallel, nothing else is starting; for the aim *start*: nothing of it is left, its back-off is over, no
//! dependency is open, and nothing stands that restarts with it. *Walk* means: the system goes down and every service
//! behind it in the plan is gone. *Fails* is the table after this one.
//!
//! | state | event | next | actions |
//! |---|---|---|---|
//! | `Pending` | turn, every required dependency is up | `Starting(Creating)` | `Create` |
//! | `Pending` | boot turn, one is not | `Failed` (`DependencyNotRunning`, SPEC C-4) | |
//! | `Pending` | boot turn, one is held or not in the recovery set | `Disabled` (`DependencyNotRunning`) | |
//! | any at rest | turn of *start*, one is not up | what is missing gets the aim *start*, or `Failed` (`DependencyNotRunning`) | |
//! | `Restarting`, any at rest | turn of *start*, every required dependency is up | `Starting(Creating)` | `Create` |
//! | `Pending`, any at rest | turn to stop: a start that has not begun is called off | `Stopped`, `Disabled` | |
//! | `Starting(Creating)` | `Created` | `Starting(AwaitingHello)` for messages, `Starting(AwaitingReady)` for a signal, up without readiness | `Resume`; arms `startup_timeout` |
//! | `Starting(Creating)` | `Created`, to be held (SPEC B-4) | `Disabled` (`Held`) | |
//! | `Starting(Creating)` | `Created`, to be stopped, or the system goes down | as at the end of `Stopping` | `Destroy` incarnation |
//! | `Starting(Creating)` | `CreateFailed` | fails | `Destroy` service |
//! | `Starting(AwaitingHello)` | `Hello` | `Starting(AwaitingReady)` | |
//! | `Starting(AwaitingReady)` | `Ready` | up; arms the first probe or heartbeat | |
//! | `Starting(AwaitingReady)` | `ReadyRefused` (SPEC G-3) | fails | `Destroy` service |
//! | `Starting(Awaiting…)` | `Crashed`, `Stopped`, `Flooded`, deadline (SPEC G-4) | fails | `Destroy` service |
//! | up | a required dependency goes or comes, it is not well or well again, it floods or is calm | `Degraded` if anything of this is wrong, else `Running` | |
//! | up | deadline, to be probed (SPEC K-2) | unchanged | `Direct(Probe(n))`; arms `timeout` |
//! | up | `HealthReport` of the open probe, `Heartbeat`, good | unchanged; `success_threshold` in a row: well; arms the next | |
//! | up | the same, bad | not well; `failure_threshold` in a row: `Unhealthy` (`NotWell`), fails | `Destroy` incarnation |
//! | up | deadline, a probe or a heartbeat is due (SPEC K-4) | `Crashed` (`Hung`), fails | `Destroy` incarnation |
//! | up | `Flooded` | floods until `calm` passed without one; `restart_after` times: `Unhealthy` (`Flooded`), fails | `Destroy` incarnation |
//! | up | `Crashed` | `Crashed`, fails | `Destroy` incarnation |
//! | up | `Stopped`: it ended by itself | `Stopped` (`Exited`), fails unless its code is 0 and its policy not `Always` | `Destroy` incarnation |
//! | up | walk, or turn to stop, and it can be asked | `Stopping(Preparing)` | `Direct(PrepareStop)`; arms `prepare_timeout` |
//! | up, `Starting(Awaiting…)` | walk, or turn to stop, and it cannot be asked: no readiness, not ready, a panic | as at the end of `Stopping` | `Destroy` incarnation |
//! | `Stopping(Preparing)` | `ReadyToStop` | `Stopping(Stopping)` | `Direct(Stop)`; arms `stop_timeout` |
//! | `Stopping(…)` | `HealthReport` of its last probe, `Heartbeat` | unchanged | |
//! | `Stopping(…)` | `Stopped`, `Crashed` | `Stopped`, `Disabled` or `Failed`, as its aim is; `Stopped` when the system goes down | `Destroy` incarnation |
//! | `Stopping(…)` | deadline | the same (`StopTimeout`) | `StopForced`, `Destroy` incarnation |
//! | `Restarting` | deadline | turn of *start* | |
//! | `Restarting` | walk | `Stopped` (`Shutdown`) | |
//! | `Disabled` until its program comes (SPEC D-6) | `Delivered` | `Pending`, or `Disabled` (`NotInRecoverySet`) | |
//! | `Disabled` by hold | walk | `Disabled` | `Destroy` incarnation |
//! | up, `Stopping`, `Starting` | another serves from here on, and it restarts with who serves | aim *cycle* | |
//! | any, `Destroy` open | `Destroyed` | unchanged; who waited for this has its turn | |
//!
//! # What follows a failure (SPEC L)
//! Checked from the top. When the system goes down nothing follows, and a service that was to be stopped is stopped.
//!
//! | case | next |
//! |---|---|
//! | exit with code 0 after ready, policy not `Always` | `Stopped`; its sidecars stop |
//! | policy `Never` | given up, in the state in which it failed |
//! | `max` restarts within `window`, or in this boot | exhausted |
//! | the delay ends after the budget of the layer that boots (SPEC E-6) | exhausted |
//! | else | `Restarting { until }`, aim *start*; what restarts with it, and its sidecars, get the aim *cycle* |
//! | `Restarting`, its turn, but the layer's budget is over, or a storm is on and it is not core (SPEC L-4) | exhausted |
//! | exhausted | `RestartLimitReached`; `RetryForever`: `Restarting` after `max_delay`, during boot not before its end; else `Failed`, given up |
//! | given up | its sidecars stop, its module fails; `Panic`: see the states of the system; `Fallback`: that gets the aim *start* if it was never started or was stopped; one that requires this one is `Failed` |
//!
//! The first delay is `initial_delay`; each further one is `backoff_percent` of the last, rounded up, at most
//! `max_delay`; after one whose restart did not begin it is the same again. A service that was up for `window` begins anew,
//! whatever ended that; not during boot. A restart that a request hurries is not a storm's.
//!
//! # Requests (SPEC I-4)
//! Each is answered at once by [`Notice::Answered`]; the rest comes by turns. `Lookup` is the only one heard in boot. All
//! are refused while the service waits for its program.
//!
//! | request | of a service that is | becomes |
//! |---|---|---|
//! | `Start` | at rest | aim *start*, with what it requires, whatever stopped that; refused if a requirement is disabled |
//! | `Start` | `Restarting` | its back-off is over; limits stay |
//! | `Start` | to be stopped | aim *cycle* |
//! | `Lookup` | never started | aim *start*, with those that it requires and that were never started; of any other at rest: refused |
//! | `Serve` | the one that serves | who was asked for in its place, and is not up yet, is not any more |
//! | `Serve` | a provider that stands by | it serves in place of the one that does, at once if it is up; else aim *start*, and then |
//! | `Restart` | up | aim *cycle*: what restarts with it stops first; at rest as `Start`; refused if it is needed and something that it requires is not up |
//! | `Stop` | not at rest | aim *stop*, then `Stopped`; needed ones and sidecars refuse |
//! | `Disable` | not disabled | aim *disable*, then `Disabled`; needed ones and sidecars refuse |
//! | `Enable` | `Disabled`, but not held | `Pending` |
//!
//! *Needed* is what is critical, what a needed one requires, and what has a needed sidecar; a provider is not while another
//! of its group is up and is to be. One that never ran and cannot be started, because what it requires does not run, is
//! `Failed`, and no emergency.
//!
//! # Waits
//! `Waits { client, server }` is answered as a `Lookup` of the server. Unless it is refused the client is held, until
//! `Release`: its server is up, another serves, or it is not worth waiting for any more. Then the client asks again.
//! Refused besides: who is to stop (`ClientStops`), and who starts and is waited for by the server's start
//! (`WaitsForClient`). `Throttled` holds a service until `PeriodOver`. Who is held and told to stop is released first.
//! Who is held is not watched; its probe or heartbeat has its whole time again afterwards.
//!
//! # Invariants, each held by a property in `tests/properties.rs`
//! - A service is created only when every dependency that it requires is up; by the boot only in its layer's turn.
//! - A service that is up is Running exactly if all it requires is up, it is well and it does not flood.
//! - Of several providers exactly one serves. It is up if one of them is, but for the first start of the one that the
//!   boot begins with; and it serves until it is lost, or another is asked for and is up.
//! - A service that waits for its program is not created before that is there.
//! - Two incarnations of a service never exist at once.
//! - No deadline acts in a state that did not arm it, and none that is due is forgotten.
//! - Nothing that restarts with a service which serves it stands when that is created; each incarnation of a module has its own
//!   incarnation of its sidecars, which are stopped after it.
//! - The restarts of any window are at most `max`, in a boot in all, none begins over the layer's budget or, unless it
//!   is a core service, in a storm. Within a row the delay never shrinks; it is exactly what is planned.
//! - A probe is sent to a service that is up, when it is due, one at a time, each with its own number.
//! - A failed start is destroyed exactly once, with scope `Service`; everything else with scope `Incarnation`.
//! - What was created is destroyed before the end, dependents before what they require.
//! - Boot ends and shutdown ends, whatever the services do, as long as ticks come and the executor answers; when
//!   everybody behaves, what was decided is done: nothing waits for what does not come.
//! - Each request has one answer. None stops a critical service, and no sequence of them takes one down that is up, nor
//!   the system, while services behave and what critical services require is up.
//! - A provider that was asked for serves once it is up, whoever served meanwhile.
//! - Who is held waits for one that serves and is about to be up; nobody who is to stop is held; nobody who is held is
//!   found hung; and the graph of who waits for whose start has no circle.
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
mod layer;
mod machine;
mod queue;
mod record;
mod request;
mod restart;
mod serve;
mod setup;
mod spec;
mod start;
mod state;
mod step;
mod stop;
mod time;
mod timers;
mod turn;
mod wait;

pub use config::{Config, ConfigError};
pub use event::{Action, Denial, Directive, Event, Limit, Notice, Request, Scope, Sink, Verdict};
pub use machine::{Machine, Storage};
pub use record::{Presence, Record};
pub use setup::Dependent;
pub use spec::{
    Dep, DepKind, DepRange, HealthSpec, LayerSpec, OnExhausted, Overload, Policy, Probe, Provider, Readiness,
    RestartSpec, ServiceId, ServiceSpec, StartMode, Storm,
};
pub use state::{
    Blocked, BootState, Ending, Reason, Refusal, ServiceState, ShutdownKind, StartPhase, StopPhase,
};
pub use time::{Duration, Instant};
pub use timers::TimerCell;
