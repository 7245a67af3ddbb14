// SPDX-License-Identifier: BSD-2-Clause
//! How an event enters, and the table of what each event does in each state.
//!
//! A step has two halves. [`Machine::take`] applies the event to the one service it is about; `advance` then does
//! whatever the system's own state now allows (the next turn in `turn.rs`, the next start of the boot in `start.rs`,
//! the next stop in `stop.rs`). An event that has no place in the table changes nothing and is reported.

use crate::event::{Action, Event, Notice, Sink};
use crate::machine::Machine;
use crate::record::Presence;
use crate::spec::{Probe, ServiceId};
use crate::state::{Blocked, BootState, Reason, ServiceState, StartPhase, StopPhase};
use crate::time::Instant;

impl Machine<'_> {
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
}
