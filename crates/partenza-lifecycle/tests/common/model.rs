// SPDX-License-Identifier: BSD-2-Clause
//! What the watching executor knows of one service, from events, actions and notices alone, and what follows from it:
//! its deadlines, its health, its restarts.

use partenza_lifecycle::*;

#[derive(Clone, Debug, Default)]
pub struct Model {
    pub state: ServiceState,
    /// That came with it.
    pub reason: Option<Reason>,
    pub exists: bool,
    /// Its program has not come.
    pub incomplete: bool,
    pub resumed: bool,
    pub answer_due: Option<Answer>,
    /// Of a start, a directive to stop, a back-off.
    pub deadline: Option<Instant>,
    pub creates: u32,
    pub destroys: u32,
    /// It had its outcome in the boot.
    pub decided: bool,
    pub ready_at: Option<Instant>,
    pub health: HealthModel,
    /// What it is held in.
    pub blocked: Blocked,
    pub probes: u32,
    /// When it was restarted, ever.
    pub restarts: Vec<Instant>,
    /// Its last delay, since its last stable period, and whether the restart after it began.
    pub delay: Option<Duration>,
    pub begun: bool,
    /// Restarts that began since then.
    pub in_a_row: u16,
    pub until: Option<Instant>,
    /// Its delay was ended by a request.
    pub hurried: bool,
    /// It is asked to serve and was not up since.
    pub wanted: bool,
    /// It was up while it was asked to serve, in this step: so it served, whatever that led to.
    pub has_served: bool,
    /// It was asked to serve and may have served: the machine may know of something that ends it first, and keep the wish.
    pub wished: bool,
    /// Another incarnation is to follow, as of the last step.
    pub returning: bool,
    /// Its first start succeeded or failed.
    pub tried: bool,
    /// A request about it was accepted.
    pub asked_for: bool,
    /// Its incarnation when its module's last one was made.
    pub served: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    Create,
    Destroy,
}

#[derive(Clone, Debug, Default)]
pub struct HealthModel {
    pub due: Option<Instant>,
    pub asked: bool,
    pub bad: u16,
    pub good: u16,
    pub ailing: bool,
    pub floods: u16,
    pub calm: Option<Instant>,
}

impl Model {
    /// It is down, and not because nobody started it or because it was done.
    pub fn has_failed(&self) -> bool {
        let ended_well = self.reason == Some(Reason::Exited(0));
        match self.state {
            ServiceState::Stopped => !ended_well && matches!(self.reason, Some(Reason::Exited(_))),
            ServiceState::Restarting { .. } => !ended_well,
            ServiceState::Failed | ServiceState::Crashed | ServiceState::Unhealthy => true,
            _ => false,
        }
    }

    /// Its next deadline, whatever it is of.
    pub fn armed(&self) -> Option<Instant> {
        if self.state.is_up() {
            self.health.due.into_iter().chain(self.health.calm).min()
        } else {
            self.deadline
        }
    }

    /// Restarts that began less than `window` ago.
    pub fn recent(&self, now: Instant, window: Duration) -> usize {
        self.restarts.iter().filter(|&&at| now.since(at) < window).count()
    }

    /// After a stable period, whatever ended it, a new row of restarts begins.
    pub fn note_end(&mut self, spec: &RestartSpec, now: Instant) {
        if self.ready_at.is_some_and(|ready| now.since(ready) >= spec.window) {
            self.in_a_row = 0;
            self.delay = None;
        }
    }

    /// The delay that comes next, exactly (SPEC L-2).
    pub fn next_delay(&self, spec: &RestartSpec) -> Duration {
        let next = self.delay.map_or(spec.initial_delay.as_micros(), |last| {
            let percent = if self.begun { u64::from(spec.backoff_percent) } else { 100 };
            (last.as_micros() * percent).div_ceil(100)
        });
        Duration::from_micros(next.min(spec.max_delay.as_micros()))
    }

    pub fn note_delay(&mut self, spec: &RestartSpec, delay: Duration) {
        assert!(delay <= spec.max_delay, "the back-off is capped");
        assert!(self.delay.is_none_or(|last| last <= delay), "the back-off never shrinks within a row");
        self.delay = Some(delay);
        self.begun = false;
    }

    /// What is noted of a report that the machine has a use for. `alive`: nobody is probed any more without it.
    pub fn note_report(
        &mut self,
        spec: &ServiceSpec,
        now: Instant,
        healthy: bool,
        timeout: Duration,
        alive: bool,
    ) {
        let health = &mut self.health;
        let (limit, enough) = (spec.health.failure_threshold.max(1), spec.health.success_threshold.max(1));
        health.asked = false;
        if healthy {
            (health.bad, health.good) = (0, health.good + 1);
            health.ailing &= health.good < enough;
        } else {
            (health.bad, health.good) = (health.bad + 1, 0);
            health.ailing = true;
        }
        assert!(health.bad <= limit);
        let wait = match spec.health.probe {
            Probe::None => unreachable!("a report of a service that nobody asks"),
            Probe::Call => spec.health.interval,
            Probe::Heartbeat => Duration::from_micros(spec.health.interval.as_micros() + timeout.as_micros()),
        };
        health.due = alive.then_some(now.after(wait));
        if !alive {
            health.calm = None;
        }
    }
}
