// SPDX-License-Identifier: BSD-2-Clause
//! What the Supervisor keeps, for the files beside; nobody else reaches its fields.

use alloc::collections::VecDeque;

use partenza_lifecycle::{Action, Event as Life, Instant, Verdict};
use partenza_plan::ServiceId;
use partenza_plan::archive::Archive;
use partenza_protocol::Code;
use partenza_protocol::event::BootState;
use sel4::{MessageInfo, Word};

use crate::calls::state::Calls;
use crate::machine::boot_attempts::Attempts;
use crate::machine::clock::Timer;
use crate::machine::entropy::Entropy;
use crate::machine::power::Power;
use crate::objects::cspace::CSpace;
use crate::service::arguments::SpawnedList;
use crate::supervisor::accounts::Accounts;
use crate::supervisor::mailbox::{Inbox, Outbox};
use crate::supervisor::pace::Pace;
use crate::supervisor::subscribers::Subscribers;
use crate::system::parameters::Parameters;
use crate::system::services::Services;

/// Sources at Init's own notification.
pub const TIMER_SOURCE: u32 = 0;
pub const EVENTS_SOURCE: u32 = 1;

/// A boot that lasts longer, in microseconds, lets the event line flow while it goes on.
const STALLED: Instant = Instant::from_micros(100_000);
/// Answers of one step that can be open at once.
const MAX_ANSWERS: usize = 16;

/// What the Supervisor is given by Init.
pub struct Given {
    pub archive: Archive<'static>,
    pub parameters: Parameters,
    pub cspace: CSpace,
    pub timer: Timer,
    pub entropy: Entropy,
    pub power: Power,
    pub accounts: Option<Accounts>,
    /// `None`: this system has no recovery boots.
    pub attempts: Option<Attempts>,
}

pub struct Supervisor {
    pub(super) services: Services,
    pub(super) calls: Calls,
    pub(super) given: Given,
    pub(super) subscribers: Subscribers,
    pub(super) spawned: SpawnedList,
    /// When services that are over their request budget go on; `None` while there is none.
    pub(super) period_ends: Option<Instant>,
    pub(super) boot_state: BootState,
    /// Until then the event line keeps quiet: something starts, and each byte costs as much as a system call.
    pub(super) quiet_until: Instant,
    /// Microseconds from hand-over to BootComplete.
    pub(super) complete: Option<u64>,
    pub(super) actions: VecDeque<Action>,
    pub(super) answers: heapless::Deque<Life, MAX_ANSWERS>,
    pub(super) armed: Option<Instant>,
    pub(super) pace: Pace,
    pub(super) inbox: Inbox,
    pub(super) outbox: Outbox,
    /// What the machine said to the request that is being handled.
    pub(super) verdict: Option<Verdict>,
    /// The host's request that is being handled.
    pub(super) asking: Option<u8>,
}

impl Supervisor {
    #[must_use]
    pub fn new(services: Services, calls: Calls, given: Given) -> Self {
        // One step may tell every dependent, fail a chain, and change what eight turns change.
        let actions = partenza_lifecycle::Machine::actions_per_step(services.entries.len());
        Self {
            services,
            calls,
            given,
            subscribers: Subscribers::default(),
            spawned: SpawnedList::default(),
            period_ends: None,
            boot_state: BootState::Initializing,
            quiet_until: STALLED,
            complete: None,
            actions: VecDeque::with_capacity(actions),
            answers: heapless::Deque::new(),
            armed: None,
            pace: Pace::default(),
            inbox: Inbox::new(),
            outbox: Outbox::new(),
            verdict: None,
            asking: None,
        }
    }

    #[must_use]
    pub fn services(&self) -> &Services {
        &self.services
    }

    pub fn services_mut(&mut self) -> &mut Services {
        &mut self.services
    }

    #[must_use]
    pub fn given(&self) -> &Given {
        &self.given
    }

    /// Where `make bench` keeps its accounts.
    pub fn accounts(&mut self) -> Option<&mut Accounts> {
        self.given.accounts.as_mut()
    }

    #[inline]
    pub fn on_account_of(&mut self, id: ServiceId) {
        if let Some(accounts) = &mut self.given.accounts {
            accounts.switch(Some(id));
        }
    }

    /// The boot is over, one way or the other.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !matches!(self.boot_state, BootState::Initializing | BootState::BootingLayer(_))
    }

    /// Nothing starts any more.
    #[must_use]
    pub fn is_going_down(&self) -> bool {
        self.is_settled() && !matches!(self.boot_state, BootState::BootComplete | BootState::SupervisorMode)
    }

    /// Whether the incarnation is there that sent the message which is being handled. What follows from a message can be
    /// its end, and at once the beginning of another.
    pub(super) fn asks_still(&self, id: ServiceId) -> bool {
        let entry = &self.services.entries[id.0 as usize];
        entry.made.runs() && entry.incarnation == self.inbox.incarnation
    }

    /// Answers the message that is being handled, with so many bytes of the outbox, if its sender is still there.
    pub(super) fn reply(&mut self, id: ServiceId, code: Code, bytes: usize) {
        if self.asks_still(id) {
            let words = bytes.div_ceil(size_of::<Word>());
            self.outbox.put(id, MessageInfo::new(u64::from(code.0), 0, 0, words));
        }
    }
}
