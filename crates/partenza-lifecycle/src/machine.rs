// SPDX-License-Identifier: BSD-2-Clause
//! The machine itself: what it holds, how it begins, and what can be asked of it. What an event does is in `step.rs`.

use crate::config::{Config, ConfigError};
use crate::event::{Action, Notice, Sink};
use crate::layer::Layer;
use crate::queue::Queue;
use crate::record::{Record, Ring};
use crate::setup::{Dependent, appoint, mark_needed, prepare, reverse};
use crate::spec::{Probe, ServiceId};
use crate::state::{BootState, ServiceState};
use crate::time::{Duration, Instant};
use crate::timers::{TimerCell, Timers};

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

    pub(crate) fn enter_boot(&mut self, to: BootState, sink: &mut dyn Sink) {
        let from = core::mem::replace(&mut self.boot, to);
        sink.action(Action::Notice(Notice::Boot { from, to }));
    }
}
