// SPDX-License-Identifier: BSD-2-Clause
//! The service table: what the Supervisor knows of each service besides the plan and the lifecycle machine's record.

use partenza_protocol::control::Directive;
use partenza_protocol::event::Rejection;
use partenza_protocol::startup::Secrets;
use partenza_protocol::{Code, Incarnation};

use crate::service::make::Made;

/// Messages that a service may send before it is ready.
pub const MAX_BEFORE_READY: u32 = 64;
/// Rejections of one incarnation that are logged; more are only counted.
const LOGGED_REJECTIONS: u32 = 8;

/// Where the faults of a service that has a parent go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Faults {
    #[default]
    Parent,
    /// The parent has no incarnation.
    Supervisor,
    /// Here, too: the parent passed one on, of which the kernel has not told again.
    PassedOn,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub made: Made,
    pub incarnation: Incarnation,
    /// Of this incarnation; zero while there is none.
    pub secrets: Secrets,
    /// It proved that it read its startup page.
    pub greeted: bool,
    pub reported: bool,
    pub messages: u32,
    pub rejected: u32,
    /// What it has asked of the Supervisor in this period (SPEC S-4).
    pub period: u64,
    pub spent: u32,
    /// It has a parent or children (SPEC J-3); known once it has a CSpace.
    pub has_kin: bool,
    /// Of one that has a parent: where its CPtr for faults leads. Lasts as long as its CSpace.
    pub faults: Faults,
    pub last_error: Option<Code>,
    /// The kernel's number behind `last_error`.
    pub detail: u32,
    /// What it gets to hear when it asks.
    pub directive: Option<Directive>,
    /// Microseconds since hand-over.
    pub created: Option<u64>,
    pub started: Option<u64>,
    pub ready: Option<u64>,
}

const fn pressure(directive: Directive) -> u8 {
    match directive {
        Directive::Nothing | Directive::Changed(_) => 0,
        Directive::Probe(_) => 1,
        Directive::Crash => 2,
        Directive::PrepareStop => 3,
        Directive::Stop => 4,
    }
}

impl Default for Entry {
    fn default() -> Self {
        Self {
            made: Made::default(),
            incarnation: Incarnation(0),
            secrets: Secrets::NONE,
            greeted: false,
            reported: false,
            messages: 0,
            rejected: 0,
            period: 0,
            spent: 0,
            has_kin: false,
            faults: Faults::Parent,
            last_error: None,
            detail: 0,
            directive: None,
            created: None,
            started: None,
            ready: None,
        }
    }
}

impl Entry {
    /// A new incarnation begins.
    pub fn begin(&mut self, secrets: Secrets) {
        *self = Self {
            made: self.made,
            incarnation: Incarnation(self.incarnation.0.wrapping_add(1)),
            secrets,
            has_kin: self.has_kin,
            faults: self.faults,
            last_error: self.last_error,
            ..Self::default()
        };
    }

    /// Keeps what it is to hear when it asks. What it has not fetched yet gives way to nothing that presses less: who is to
    /// stop is neither crashed nor probed any more, and who is to crash is not probed.
    pub fn direct(&mut self, directive: Directive) {
        if self.directive.is_none_or(|kept| pressure(kept) <= pressure(directive)) {
            self.directive = Some(directive);
        }
    }

    /// There is an incarnation, and it was let run.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.made.runs() && self.started.is_some()
    }

    /// Counts an ignored message; what to log about it, if anything.
    pub fn reject(&mut self, why: Rejection) -> Option<Rejection> {
        self.rejected = self.rejected.saturating_add(1);
        match self.rejected {
            n if n < LOGGED_REJECTIONS => Some(why),
            LOGGED_REJECTIONS => Some(Rejection::Muted),
            _ => None,
        }
    }
}
