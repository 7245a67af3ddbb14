// SPDX-License-Identifier: BSD-2-Clause
//! The machine itself: what it holds, how an event enters, and the table of what each event does in each state.
//!
//! A step has two halves. [`Machine::take`] applies the event to the one service it is about; `advance` then does
//! whatever the system's own state now allows (the next turn in `turn.rs`, the next start of the boot in `start.rs`,
//! the next stop in `stop.rs`). An event that has no place in the table changes nothing and is reported.

use crate::config::{Config, ConfigError};
use crate::event::{Action, Event, Notice, Sink};
use crate::queue::Queue;
use crate::record::{Need, Presence, Record, Ring};
use crate::serve::appoint;
use crate::spec::{Dep, DepKind, Probe, ServiceId};
use crate::start::Layer;
use crate::state::{BootState, Reason, ServiceState, StartPhase, StopPhase};
use crate::time::{Duration, Instant};
use crate::timers::{TimerCell, Timers};
use crate::wait::Blocked;

/// A reverse edge; the caller provides one per edge of [`Config::deps`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Dependent {
    pub(crate) service: ServiceId,
    pub(crate) kind: DepKind,
    pub(crate) shared: bool,
}

/// What the machine works in. Longer slices than needed are fine.
#[derive(Debug)]
pub struct Storage<'a> {
    /// One per service.
    pub records: &'a mut [Record],
    /// One per service.
    pub timers: &'a mut [TimerCell],
    /// One per dependency that a service names.
    pub dependents: &'a mut [Dependent],
    /// [`Config::history_len`]: when the restarts were that still count.
    pub history: &'a mut [Instant],
}

/// Boot, supervision and shutdown of one system. See the crate's documentation.
#[derive(Debug)]
pub struct Machine<'a> {
    pub(crate) config: Config<'a>,
    pub(crate) records: &'a mut [Record],
    pub(crate) dependents: &'a [Dependent],
    pub(crate) timers: Timers<'a>,
    pub(crate) history: &'a mut [Instant],
    pub(crate) now: Instant,
    pub(crate) boot: BootState,
    pub(crate) boot_began: Instant,
    pub(crate) layer: Layer,
    /// Boot: the first service of the layer that had no turn yet. After it: the first that may be a deferred one
    /// without its turn. Going down: one past the next to stop.
    pub(crate) cursor: u16,
    /// Services that the boot's cursor passed while they waited for a dependency.
    pub(crate) boot_turns: Queue,
    /// Services that have an aim.
    pub(crate) turns: Queue,
    /// `Create` is asked for and not answered. One at a time: it is the executor that works then.
    pub(crate) creating: Option<ServiceId>,
    /// How many services are in `Starting`.
    pub(crate) starting: u16,
    /// How many clients wait for a server.
    pub(crate) waiting: u16,
    /// Something came to wait for another since the clients that wait were looked at last.
    pub(crate) longer_waits: bool,
    /// The last restarts of all services (SPEC L-4).
    pub(crate) storm: Ring,
    pub(crate) storming: bool,
    /// The panic module had its start.
    pub(crate) shown: bool,
}

impl<'a> Machine<'a> {
    /// At most this many actions that are neither notices nor releases come out of one step.
    pub const ACTIONS_PER_STEP: usize = 4;

    /// At most this many actions, notices included, come out of one step: a change of state is told to every dependent, and
    /// each of those may have a change of its own to tell.
    pub const fn actions_per_step(services: usize) -> usize {
        3 * services + 16 * Self::ACTIONS_PER_STEP
    }

    /// A machine in `Initializing`, with the reverse edges computed. O(services + edges).
    pub fn new(config: Config<'a>, storage: Storage<'a>) -> Result<Self, ConfigError> {
        config.check()?;
        let count = config.services.len();
        let edges: usize = config.services.iter().map(|spec| usize::from(spec.deps.len)).sum();
        let Storage { records, timers, dependents, history } = storage;
        let records = records.get_mut(..count).ok_or(ConfigError::Storage)?;
        let timers = timers.get_mut(..count).ok_or(ConfigError::Storage)?;
        let dependents = dependents.get_mut(..edges).ok_or(ConfigError::Storage)?;
        let history = history.get_mut(..config.history_len()).ok_or(ConfigError::Storage)?;
        let storm = Ring { capacity: config.storm.map_or(0, |storm| storm.restarts), ..Ring::default() };
        prepare(&config, records, u32::from(storm.capacity));
        appoint(&config, records)?;
        reverse(&config, records, dependents)?;
        mark_needed(&config, records);
        Ok(Self {
            config,
            records,
            dependents,
            timers: Timers::new(timers),
            history,
            now: Instant::default(),
            boot: BootState::Initializing,
            boot_began: Instant::default(),
            layer: Layer::default(),
            cursor: 0,
            boot_turns: Queue::default(),
            turns: Queue::default(),
            creating: None,
            starting: 0,
            waiting: 0,
            longer_waits: false,
            storm,
            storming: false,
            shown: false,
        })
    }

    /// When to step with [`Event::Tick`] at the latest; it may already be past, as one tick serves one deadline, and
    /// a few turns. O(1).
    pub fn next_deadline(&self) -> Option<Instant> {
        let service = self.timers.first().map(|(at, _)| at);
        let first = match (service, self.layer.report_at) {
            (Some(service), Some(report)) => Some(service.min(report)),
            (service, report) => service.or(report),
        };
        if self.has_turns() { Some(first.map_or(self.now, |first| first.min(self.now))) } else { first }
    }

    /// For `span` no service could run, because the executor worked or the whole machine stood still. None of them is to
    /// blame for that: every deadline of a service is that much later. The budget of a layer is not: what the executor
    /// does is part of a boot. O(services).
    pub fn excuse(&mut self, span: Duration) {
        self.timers.delay_all(span);
        for service in self.config.ids() {
            let armed = self.timers.is_armed(service);
            let record = &mut self.records[service.index()];
            for at in [&mut record.health.due, &mut record.health.calm].into_iter().flatten() {
                *at = at.after(span);
            }
            // One that waits for more than its delay is not armed any more.
            if let ServiceState::Restarting { until } = &mut record.state
                && armed
            {
                *until = until.after(span);
            }
        }
    }

    /// Whether a tick at `now` would hold against a service that it was not heard of: its start, its stop, its probe or
    /// its heartbeat is overdue. What waits to be received may say otherwise.
    pub fn blames_at(&self, now: Instant) -> bool {
        let Some((_, service)) = self.timers.first().filter(|(at, _)| *at <= now) else { return false };
        let record = &self.records[service.index()];
        match record.state {
            ServiceState::Starting(_) | ServiceState::Stopping(_) => true,
            ServiceState::Running | ServiceState::Degraded => {
                let answers =
                    record.health.asked || self.config.spec(service).health.probe == Probe::Heartbeat;
                answers && record.health.due.is_some_and(|due| due <= now)
            }
            _ => false,
        }
    }

    pub fn boot_state(&self) -> BootState {
        self.boot
    }

    /// The record of a service; `None` if there is no such service.
    pub fn record(&self, service: ServiceId) -> Option<&Record> {
        self.records.get(service.index())
    }

    /// All records, in plan order.
    pub fn records(&self) -> &[Record] {
        self.records
    }

    /// The state of a service; `None` if there is no such service.
    pub fn state(&self, service: ServiceId) -> Option<ServiceState> {
        self.record(service).map(Record::state)
    }

    /// One event in, its actions out, in the order in which they are to be performed.
    ///
    /// `now` never goes back: an earlier one than before counts as the same.
    pub fn step(&mut self, now: Instant, event: Event, sink: &mut dyn Sink) {
        self.now = self.now.max(now);
        if self.take(event, sink) {
            self.advance(sink);
        } else {
            self.ignore(event, sink);
        }
    }

    /// Applies an event. `false`: it has no place here, and nothing was changed.
    fn take(&mut self, event: Event, sink: &mut dyn Sink) -> bool {
        match event {
            Event::Tick => {
                self.tick(sink);
                true
            }
            Event::Begin => self.begin(sink),
            Event::ShutdownRequested(kind) => self.begin_shutdown(kind, sink),
            Event::Requested { service, request } => {
                self.requested(service, request, sink);
                true
            }
            Event::Waits { client, server } => self.waits(client, server, sink),
            Event::Created(service)
            | Event::CreateFailed { service, .. }
            | Event::Destroyed(service)
            | Event::Hello(service)
            | Event::Ready(service)
            | Event::ReadyRefused { service, .. }
            | Event::Crashed(service)
            | Event::Flooded(service)
            | Event::Throttled(service)
            | Event::PeriodOver(service)
            | Event::HealthReport { service, .. }
            | Event::Heartbeat { service, .. }
            | Event::ReadyToStop(service)
            | Event::Delivered(service)
            | Event::Stopped { service, .. } => {
                service.index() < self.records.len() && self.take_for(service, event, sink)
            }
        }
    }

    /// The table of the crate's documentation, row by row.
    fn take_for(&mut self, service: ServiceId, event: Event, sink: &mut dyn Sink) -> bool {
        use ServiceState::{Degraded, Disabled, Running, Starting, Stopping};
        use StartPhase::{AwaitingHello, AwaitingReady, Creating};
        let record = &self.records[service.index()];
        match (record.state, event) {
            (_, Event::Destroyed(_)) if record.presence == Presence::Leaving => {
                self.destroyed(service);
            }

            (Starting(Creating), Event::Created(_)) => self.created(service, sink),
            (Starting(Creating), Event::CreateFailed { code, .. }) => {
                self.start_failed(service, Reason::CreateFailed(code), sink);
            }

            (Starting(AwaitingHello), Event::Hello(_)) => {
                self.records[service.index()].state = Starting(AwaitingReady);
            }
            (Starting(AwaitingReady), Event::Ready(_)) => self.ready(service, sink),
            (Starting(AwaitingReady), Event::ReadyRefused { refusal, .. }) => {
                self.start_failed(service, Reason::ReadyRefused(refusal), sink);
            }
            (Starting(AwaitingHello | AwaitingReady), Event::Crashed(_)) => {
                self.start_failed(service, Reason::Crashed, sink);
            }
            (Starting(AwaitingHello | AwaitingReady), Event::Flooded(_)) => {
                self.start_failed(service, Reason::Flooded, sink);
            }
            (Starting(AwaitingHello | AwaitingReady), Event::Stopped { code, .. }) => {
                self.start_failed(service, Reason::Exited(code), sink);
            }

            (Running | Degraded, Event::Flooded(_)) => self.flooded(service, sink),
            (Starting(AwaitingHello | AwaitingReady) | Running | Degraded, Event::Throttled(_)) => {
                self.block(service, Blocked::Throttled);
            }
            (_, Event::PeriodOver(_)) if record.blocked == Blocked::Throttled => self.release(service, sink),
            (Running | Degraded, Event::HealthReport { probe, healthy, .. })
                if record.health.asked && record.probe == probe =>
            {
                self.reported(service, healthy, sink);
            }
            (Running | Degraded, Event::Heartbeat { healthy, .. })
                if self.config.spec(service).health.probe == Probe::Heartbeat =>
            {
                self.reported(service, healthy, sink);
            }
            // It was asked before it was told to stop, or reports as it always does: no offence.
            (Stopping(_), Event::HealthReport { probe, .. }) if record.probe == probe => {}
            (Stopping(_), Event::Heartbeat { .. })
                if self.config.spec(service).health.probe == Probe::Heartbeat => {}

            (Running | Degraded, Event::Crashed(_)) => {
                self.lost(service, ServiceState::Crashed, Reason::Crashed, sink);
            }
            (Running | Degraded, Event::Stopped { code, .. }) => {
                self.lost(service, ServiceState::Stopped, Reason::Exited(code), sink);
            }

            (Stopping(StopPhase::Preparing), Event::ReadyToStop(_)) => self.prepared(service, sink),
            (Stopping(_), Event::Stopped { .. }) => self.stopped(service, Reason::Shutdown, sink),
            (Stopping(_), Event::Crashed(_)) => self.stopped(service, Reason::Crashed, sink),

            (Disabled, Event::Delivered(_))
                if record.reason == Some(Reason::NotDelivered) && self.is_alive() =>
            {
                self.delivered(service, sink);
            }

            _ => return false,
        }
        true
    }

    /// Serves at most one service's deadline, so that a step stays small; the rest is still due afterwards.
    #[cold]
    fn tick(&mut self, sink: &mut dyn Sink) {
        self.check_budget(sink);
        let Some((deadline, service)) = self.timers.first() else { return };
        if deadline > self.now {
            return;
        }
        match self.records[service.index()].state {
            ServiceState::Starting(_) => self.start_failed(service, Reason::StartupTimeout, sink),
            ServiceState::Stopping(phase) => self.stop_timed_out(service, phase, sink),
            ServiceState::Running | ServiceState::Degraded => self.health_due(service, sink),
            ServiceState::Restarting { .. } => {
                self.timers.disarm(service);
                self.turns.push(self.records, service);
            }
            // No other state arms a deadline, and leaving a state disarms it.
            ServiceState::Pending
            | ServiceState::Unhealthy
            | ServiceState::Crashed
            | ServiceState::Stopped
            | ServiceState::Failed
            | ServiceState::Disabled => unreachable!("a deadline outlived the state that armed it"),
        }
    }

    /// Does what the system's state now allows.
    fn advance(&mut self, sink: &mut dyn Sink) {
        self.advance_turns(sink);
        self.advance_boot(sink);
        if self.boot == BootState::BootFailed {
            self.go_down(BootState::Panic, sink);
        }
        self.advance_stop(sink);
        self.advance_waits(sink);
    }

    #[cold]
    fn ignore(&mut self, event: Event, sink: &mut dyn Sink) {
        let record = event.service().and_then(|service| self.records.get_mut(service.index()));
        let state = record.map(|record| {
            record.ignored = record.ignored.saturating_add(1);
            record.state
        });
        sink.action(Action::Notice(Notice::Ignored { event, state }));
    }

    pub(crate) fn enter_boot(&mut self, to: BootState, sink: &mut dyn Sink) {
        let from = core::mem::replace(&mut self.boot, to);
        sink.action(Action::Notice(Notice::Boot { from, to }));
    }
}

/// Resets the records, and gives each its part of the history behind the storm guard's.
fn prepare(config: &Config<'_>, records: &mut [Record], mut history: u32) {
    for (service, record) in config.ids().zip(records) {
        let capacity = config.spec(service).restart.remembered();
        let boots = config.boots(service);
        *record = Record {
            open: boots,
            decided: !boots,
            ring: Ring { start: history, capacity, ..Ring::default() },
            ..Record::default()
        };
        history += u32::from(capacity);
        let awaits_program = config.spec(service).awaits_program;
        if awaits_program || !config.is_selected(service) {
            record.state = ServiceState::Disabled;
            let reason = if awaits_program { Reason::NotDelivered } else { Reason::NotInRecoverySet };
            record.reason = Some(reason);
        }
    }
}

/// What a critical service requires is needed, what that requires, and what has a needed sidecar.
fn mark_needed(config: &Config<'_>, records: &mut [Record]) {
    // A dependency comes before its dependent, so one walk from the last service to the first finds all but what a module
    // requires whose sidecar turns out to be needed later in the walk.
    while raise_needs(config, records) {}
}

/// One walk. `true`: something is needed that was not, or more.
fn raise_needs(config: &Config<'_>, records: &mut [Record]) -> bool {
    let mut raised = false;
    for service in config.ids().rev() {
        let deps = config.deps_of(service);
        let is_needed =
            |dep: &Dep| dep.kind == DepKind::Sidecar && records[dep.on.index()].need != Need::None;
        if config.spec(service).critical || deps.iter().any(is_needed) {
            raised |= records[service.index()].raise_need(Need::Itself);
        }
        if records[service.index()].need == Need::None {
            continue;
        }
        for dep in deps.iter().filter(|dep| config.kind(dep).is_required()) {
            let need = if dep.shared { Need::AnyProvider } else { Need::Itself };
            raised |= records[dep.on.index()].raise_need(need);
        }
    }
    raised
}

/// Turns the edges round by counting sort: the dependents of one service lie together, in plan order. Counts, by
/// the way, the dependencies whose start has to have an outcome first: those that the boot starts.
fn reverse(
    config: &Config<'_>,
    records: &mut [Record],
    dependents: &mut [Dependent],
) -> Result<(), ConfigError> {
    for service in config.ids() {
        for dep in config.deps_of(service) {
            let on = &mut records[dep.on.index()];
            on.dependents_end += 1;
            if on.open && !(dep.shared && on.stands_by) {
                records[service.index()].unsettled += 1;
            }
        }
    }
    let mut start = 0;
    for record in records.iter_mut() {
        let count = core::mem::replace(&mut record.dependents_end, start);
        start += count;
    }
    for service in config.ids() {
        for dep in config.deps_of(service) {
            let end = &mut records[dep.on.index()].dependents_end;
            dependents[*end as usize] = Dependent { service, kind: config.kind(dep), shared: dep.shared };
            *end += 1;
        }
    }
    let mut start = 0;
    for (service, record) in config.ids().zip(records) {
        let edges = &dependents[start..record.dependents_end as usize];
        start = record.dependents_end as usize;
        if edges.iter().filter(|edge| edge.kind == DepKind::Sidecar).count() > 1 {
            return Err(ConfigError::Sidecar(service));
        }
    }
    Ok(())
}
