// SPDX-License-Identifier: BSD-2-Clause
//! What the machine keeps per service.
//!
//! Besides its state a service has an [`Aim`]: what is still to become of it. States tell what is, aims what was
//! decided; a turn (`turn.rs`) brings the one to the other as soon as everything around the service allows it.

use crate::spec::ServiceId;
use crate::state::{Blocked, Reason, ServiceState};
use crate::time::{Duration, Instant};

/// Whether anything made for a service exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Presence {
    #[default]
    Absent,
    /// From `Create` on, also while it is being answered.
    Present,
    /// `Destroy` was asked of the executor and is not answered.
    Leaving,
}

/// Whether the critical services can do without a service; what is needed more comes later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    #[default]
    None,
    /// They need it, or another of its group of providers.
    AnyProvider,
    /// It is critical, or one that is needed requires it.
    Itself,
}

/// What is to become of a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Aim {
    /// What it is.
    #[default]
    Keep,
    /// To be created once it may.
    Start,
    /// To be stopped, then started.
    Cycle,
    /// To be stopped because it lost what it cannot be without, and to count as failed.
    Fail,
    Stop,
    /// To be stopped and not to be started.
    Disable,
}

impl Aim {
    /// Whether the service as it runs now is to end.
    pub(crate) const fn is_end(self) -> bool {
        !matches!(self, Self::Keep | Self::Start)
    }
}

/// How a service that is up shows itself; begins anew with every incarnation.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Health {
    /// The next probe, or the end of the wait for an answer or a heartbeat.
    pub(crate) due: Option<Instant>,
    /// A probe is out.
    pub(crate) asked: bool,
    /// Bad answers since the last good one.
    pub(crate) bad: u16,
    /// Good answers since the last bad one, counted while `ailing`.
    pub(crate) good: u16,
    /// It was not well, and not well for long enough since.
    pub(crate) ailing: bool,
    /// Excesses of its request budget since it was calm.
    pub(crate) floods: u16,
    pub(crate) calm: Option<Instant>,
}

/// The last restarts of a service, or of the system: a ring in the shared history.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ring {
    pub(crate) start: u32,
    pub(crate) capacity: u16,
    pub(crate) len: u16,
    /// The oldest, once the ring is full.
    pub(crate) head: u16,
}

impl Ring {
    /// Whether one more restart at `now` would be more than fit in `window`.
    pub(crate) fn is_full(&self, history: &[Instant], now: Instant, window: Duration) -> bool {
        if self.len < self.capacity {
            return false;
        }
        let oldest = history[self.start as usize..][..usize::from(self.capacity)].get(usize::from(self.head));
        oldest.is_none_or(|&oldest| now.since(oldest) < window)
    }

    pub(crate) fn push(&mut self, history: &mut [Instant], now: Instant) {
        if self.capacity == 0 {
            return;
        }
        let place = if self.len < self.capacity { self.len } else { self.head };
        history[self.start as usize + usize::from(place)] = now;
        if self.len < self.capacity {
            self.len += 1;
        } else {
            self.head = (self.head + 1) % self.capacity;
        }
    }
}

/// What the machine keeps per service. The caller provides one per service, any value; [`crate::Machine::new`]
/// resets them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Record {
    pub(crate) state: ServiceState,
    pub(crate) reason: Option<Reason>,
    pub(crate) presence: Presence,
    pub(crate) aim: Aim,
    /// Why it has that aim.
    pub(crate) why: Option<Reason>,
    /// Its start was asked for by name, so what it requires is started even if it was stopped or has failed.
    pub(crate) deliberate: bool,
    /// It, or what becomes of it, is worth waiting for: its dependents have no turn meanwhile.
    pub(crate) open: bool,
    /// Its part of the boot is done.
    pub(crate) decided: bool,
    /// Of those that may serve in its place ([`crate::Config::providers`]).
    pub(crate) group: Option<u16>,
    /// Another of its group serves.
    pub(crate) stands_by: bool,
    /// It is asked to serve and is not up yet.
    pub(crate) wanted: bool,
    /// Whether a critical service starts without it.
    pub(crate) need: Need,
    /// It is in a queue; `next` is the one behind it there.
    pub(crate) queued: bool,
    pub(crate) next: Option<ServiceId>,
    /// Dependencies of either kind that are open.
    pub(crate) unsettled: u16,
    /// End of this service's part of the reverse edges; it begins where the previous one ends.
    pub(crate) dependents_end: u32,
    pub(crate) incarnation: u32,
    pub(crate) ignored: u32,
    pub(crate) asked: Option<Instant>,
    pub(crate) started: Option<Instant>,
    pub(crate) ready: Option<Instant>,
    pub(crate) health: Health,
    pub(crate) blocked: Blocked,
    /// Scratch of the search for circles.
    pub(crate) marked: bool,
    /// Of the last probe; never starts over, so that a late answer is known as such.
    pub(crate) probe: u32,
    pub(crate) restarts: u32,
    /// Restarts that began since the last stable period (SPEC L-2).
    pub(crate) in_a_row: u16,
    /// The last delay since then, and whether its restart has not begun: then the next one is as long.
    pub(crate) delay: Option<Duration>,
    pub(crate) held_back: bool,
    /// Its retries are exhausted and it goes on retrying: not worth waiting for.
    pub(crate) forlorn: bool,
    /// It waits for one that is forlorn, and is as little worth waiting for.
    pub(crate) patient: bool,
    pub(crate) ring: Ring,
    pub(crate) last_failure: Option<Reason>,
}

impl Record {
    /// `true`: that is more than before.
    pub(crate) fn raise_need(&mut self, need: Need) -> bool {
        let raised = need > self.need;
        self.need = self.need.max(need);
        raised
    }

    pub fn state(&self) -> ServiceState {
        self.state
    }

    /// Why it is in this state, where there is more to say than the state's name.
    pub fn reason(&self) -> Option<Reason> {
        self.reason
    }

    pub fn presence(&self) -> Presence {
        self.presence
    }

    /// Whether what it provides is its to serve, and not another's (SPEC S-2).
    pub fn serves(&self) -> bool {
        !self.stands_by
    }

    /// Whether it is well, and how many bad reports came since the last good one; `None` before the first report.
    pub fn health(&self) -> Option<(bool, u16)> {
        let health = &self.health;
        let reported = self.state.is_up() && (health.ailing || health.good > 0);
        reported.then_some((!health.ailing, health.bad))
    }

    /// Whether it starts, or is about to, and is worth waiting for.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// What the executor holds it in.
    pub fn blocked(&self) -> Blocked {
        self.blocked
    }

    /// 0 before the first `Create`, then counting.
    pub fn incarnation(&self) -> u32 {
        self.incarnation
    }

    /// How many events of this service came in a state that has no use for them (SPEC G-2).
    pub fn ignored(&self) -> u32 {
        self.ignored
    }

    /// When this incarnation's `Create` was asked for.
    pub fn asked(&self) -> Option<Instant> {
        self.asked
    }

    /// When this incarnation was resumed.
    pub fn started(&self) -> Option<Instant> {
        self.started
    }

    /// When this incarnation became ready.
    pub fn ready(&self) -> Option<Instant> {
        self.ready
    }

    /// Restarts after failures, all of them; those asked for or shared with another do not count.
    pub fn restarts(&self) -> u32 {
        self.restarts
    }

    /// Why it failed last, however well it may be now (SPEC I-5).
    pub fn last_failure(&self) -> Option<Reason> {
        self.last_failure
    }

    /// Whether it is down because it failed, or because what it requires did; also while it waits for its restart. What
    /// waits for its start, is kept from it on purpose, or ended as it may, has not failed.
    pub fn has_failed(&self) -> bool {
        match self.state {
            ServiceState::Failed | ServiceState::Crashed | ServiceState::Unhealthy => true,
            ServiceState::Restarting { .. } => self.reason != Some(Reason::Exited(0)),
            ServiceState::Stopped => matches!(self.reason, Some(Reason::Exited(code)) if code != 0),
            ServiceState::Pending
            | ServiceState::Starting(_)
            | ServiceState::Running
            | ServiceState::Degraded
            | ServiceState::Stopping(_)
            | ServiceState::Disabled => false,
        }
    }

    /// Whether another incarnation is to follow without anybody's asking: those who wait for the service may go on.
    pub fn returns(&self) -> bool {
        matches!(self.state, ServiceState::Restarting { .. }) || matches!(self.aim, Aim::Start | Aim::Cycle)
    }

    /// Whether something of it runs. What is held was made and never ran.
    #[inline]
    fn runs(&self) -> bool {
        self.presence == Presence::Present && self.state != ServiceState::Disabled
    }

    /// Whether another that goes, or gets a new incarnation, would be taken from under it.
    pub(crate) fn stands(&self) -> bool {
        self.runs() || self.presence == Presence::Leaving
    }

    /// Whether nothing of it runs and nothing is to become of it.
    pub(crate) fn rests(&self) -> bool {
        self.aim == Aim::Keep && !self.runs() && !matches!(self.state, ServiceState::Restarting { .. })
    }
}
