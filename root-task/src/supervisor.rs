// SPDX-License-Identifier: BSD-2-Clause
//! The one loop: Init while it boots, the Supervisor afterwards (SPEC B-3, E, I-1).
//!
//! Rules it lives by:
//! * It receives, replies and signals. It never sends to, calls, or waits for one service (SPEC A-6).
//! * The lifecycle machine decides, this file does: actions are performed at once, and what came of them goes back as
//!   events, until there is nothing left to do.
//! * Who speaks is told by the badge, which Init minted, never by what the message says (SPEC G-2).
//! * Nothing is allocated after the boot. Every step is bounded.
//! * A turn receives at most one message and serves a few deadlines; how deadlines and messages take turns, and when
//!   everybody else runs, is in `pace.rs`.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use core::fmt::Write;

use partenza_lifecycle::{
    Action, Denial, Duration, Event as Life, Instant, Machine, Record, Request, Scope, Verdict,
};
use partenza_plan::archived::Plan;
use partenza_plan::symbols::Symbols;
use partenza_plan::{AtEnd, ServiceId};
use partenza_protocol::control::{Level, MAX_TEXT};
use partenza_protocol::error::{BootError, SupervisorError};
use partenza_protocol::event::{BootState, Event};
use partenza_protocol::startup::Secrets;
use partenza_protocol::text::Text;
use partenza_protocol::{Badge, Sender};
use sel4::{RecvWithMRs, cap};

use crate::account::Accounts;
use crate::attempts::Attempts;
use crate::callers::Callers;
use crate::children::Moment;
use crate::clock::{Clock, Timer};
use crate::cspace::{CSpace, own};
use crate::entropy::Entropy;
use crate::executor::{Birth, Executor};
use crate::faults;
use crate::former::Former;
use crate::journal::Journal;
use crate::lifecycle::life;
use crate::mailbox::{Inbox, Outbox};
use crate::notices::plan_id;
use crate::pace::{self, Pace};
use crate::parameters::Parameters;
use crate::power::Power;
use crate::providers::Servers;
use crate::refused::Refused;
use crate::services::Entry;
use crate::spawn::SpawnedList;
use crate::subscribers::Subscribers;

/// Sources at Init's own notification.
pub const TIMER_SOURCE: u32 = 0;
pub const EVENTS_SOURCE: u32 = 1;

/// A boot that lasts longer, in microseconds, lets the event line flow while it goes on.
pub const STALLED: Instant = Instant::from_micros(100_000);
/// So does a later start.
const STALLED_START: Duration = Duration::from_millis(10);
/// Answers of one step that can be open at once.
const MAX_ANSWERS: usize = 16;

pub struct Supervisor {
    pub plan: &'static Plan,
    pub archive: partenza_plan::archive::Archive<'static>,
    pub parameters: Parameters,
    pub cspace: CSpace,
    pub machine: Machine<'static>,
    pub entries: Box<[Entry]>,
    pub executor: Executor,
    pub callers: Callers,
    /// When services that are over their request budget go on; `None` while there is none.
    pub period_ends: Option<Instant>,
    pub servers: Servers,
    pub former: Former,
    pub subscribers: Subscribers,
    pub spawned: SpawnedList,
    pub journal: Journal,
    pub clock: Clock,
    pub timer: Timer,
    pub entropy: Entropy,
    pub power: Power,
    pub accounts: Option<Accounts>,
    pub boot_state: BootState,
    /// Until then the event line keeps quiet: something starts, and each byte costs as much as a system call.
    pub quiet_until: Instant,
    /// Microseconds from hand-over to BootComplete.
    pub complete: Option<u64>,
    pub actions: VecDeque<Action>,
    pub answers: heapless::Deque<Life, MAX_ANSWERS>,
    pub armed: Option<Instant>,
    pub pace: Pace,
    pub inbox: Inbox,
    pub outbox: Outbox,
    /// What the machine said to the request that is being handled.
    pub verdict: Option<Verdict>,
    /// The host's request that is being handled.
    pub asking: Option<u8>,
    /// `None`: this system has no recovery boots.
    pub attempts: Option<Attempts>,
}

impl Supervisor {
    /// Boots the system and supervises it. Never returns.
    pub fn run(&mut self) -> ! {
        self.begin_with_nobody();
        self.pace.went_on(self.clock.now());
        self.feed(Life::Begin);
        loop {
            let message = self.next_message();
            if let Some(message) = &message {
                self.on_message(message);
            }
            self.serve_deadlines(message.is_none());
            self.tell_subscribers();
        }
    }

    /// Serves what is due, within the bounds of a turn. `quiet`: nobody waits to be received who could have answered.
    fn serve_deadlines(&mut self, quiet: bool) {
        let began = self.clock.now();
        if self.period_ends.is_some_and(|end| end <= began) {
            self.end_period();
        }
        if self.former.look.is_some_and(|at| at <= began) {
            self.settle_all();
        }
        if self.pace.pauses(began) {
            return;
        }
        let mut now = began;
        for _ in 0..pace::DEADLINES_PER_TURN {
            // One tick serves one deadline.
            let due = self.machine.next_deadline().is_some_and(|deadline| deadline <= now);
            if !due || now.since(began) >= pace::LONG || (!quiet && self.machine.blames_at(now)) {
                return;
            }
            self.feed(Life::Tick);
            now = self.clock.now();
        }
    }

    /// One event into the machine, and all that follows from it.
    pub fn feed(&mut self, event: Life) {
        self.answer(event);
        while let Some(event) = self.answers.pop_front() {
            let before = self.machine.boot_state();
            if let Some(accounts) = &mut self.accounts {
                accounts.settle();
            }
            let actions = &mut self.actions;
            self.machine.step(self.clock.now(), event, &mut |action| actions.push_back(action));
            if let Some(accounts) = self.accounts.as_mut().filter(|_| self.machine.boot_state() != before) {
                // The end of a layer or of the boot is not what the last service to be ready costs.
                accounts.skip();
            }
            while let Some(action) = self.actions.pop_front() {
                self.perform(action);
            }
        }
    }

    /// Asks for a change of a service (SPEC I-4): the machine answers at once, what follows comes as events.
    ///
    /// # Errors
    /// Why it is not done.
    pub(crate) fn request(&mut self, id: ServiceId, request: Request) -> Result<(), Denial> {
        self.verdict = None;
        self.feed(Life::Requested { service: life(id), request });
        match self.verdict.take() {
            Some(Verdict::Refused(denial)) => Err(denial),
            Some(Verdict::Accepted | Verdict::Already) | None => Ok(()),
        }
    }

    fn answer(&mut self, event: Life) {
        // A step asks for at most `Machine::ACTIONS_PER_STEP` things, each answered once.
        assert!(self.answers.push_back(event).is_ok(), "more answers than one step can have");
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Create(id) => self.create(id),
            Action::Resume(id) => self.resume(id),
            Action::Destroy { service, scope } => self.destroy(service, scope),
            Action::Release(service) => self.release(plan_id(service)),
            Action::Direct { service, directive } => self.direct(service, directive),
            Action::Diagnose { culprit } => self.diagnose(culprit),
            Action::Notice(notice) => self.on_notice(notice),
            Action::Finish(ending) => self.finish(ending),
        }
    }

    fn create(&mut self, life: partenza_lifecycle::ServiceId) {
        let id = ServiceId(life.0);
        self.on_account_of(id);
        self.unbind_calls_of(id);
        let fresh = !self.entries[id.0 as usize].made.has_spaces();
        let now = self.clock.now();
        let secrets = Secrets { service: self.entropy.secret(), supervisor: self.entropy.secret() };
        let entry = &mut self.entries[id.0 as usize];
        entry.begin(secrets);
        let spawned = Self::spawned_with(&self.spawned, id);
        let birth = Birth { incarnation: entry.incarnation, secrets, spawned };
        let journal = &mut self.journal;
        journal.record(now, Event::Starting { service: id, incarnation: birth.incarnation });
        let outcome =
            self.executor.create(id, birth, &mut entry.made, |granted| journal.record(now, granted));
        match outcome {
            Ok(()) => {
                let now = self.clock.now();
                entry.created = Some(now.as_micros());
                journal.record(now, Event::Created { service: id });
                if fresh {
                    self.divert_calls_of(id);
                    self.place_provider(id);
                    self.entries[id.0 as usize].has_kin = self.has_kin(id);
                }
                if self.entries[id.0 as usize].has_kin {
                    self.settle_kin(id, if fresh { Moment::MadeFresh } else { Moment::Made });
                }
                self.answer(Life::Created(life));
            }
            Err(refused) => {
                self.blame(id, refused);
                self.answer(Life::CreateFailed { service: life, code: refused.code.0 });
            }
        }
    }

    fn resume(&mut self, life: partenza_lifecycle::ServiceId) {
        let id = ServiceId(life.0);
        self.on_account_of(id);
        match self.executor.resume(id) {
            Ok(()) => {
                let now = self.clock.now();
                let entry = &mut self.entries[id.0 as usize];
                entry.started = Some(now.as_micros());
                let has_kin = entry.has_kin;
                self.quiet_until = self.quiet_until.max(now.after(STALLED_START));
                if has_kin {
                    self.settle_kin(id, Moment::Resumed);
                }
            }
            Err(refused) => {
                self.blame(id, refused);
                self.answer(Life::Crashed(life));
            }
        }
    }

    fn destroy(&mut self, life: partenza_lifecycle::ServiceId, scope: Scope) {
        let id = ServiceId(life.0);
        self.on_account_of(id);
        self.outbox.drop_for(id);
        self.subscribers.remove(id);
        self.abandon_delivery(id);
        if self.parameters.boot.handover == Some(id)
            && let Some(console) = self.journal.console()
        {
            console.take_back();
        }
        let whole = scope == Scope::Service;
        let entry = &mut self.entries[id.0 as usize];
        entry.secrets = Secrets::NONE;
        entry.directive = None;
        let (rejected, live, has_kin) = (entry.rejected, entry.is_live(), entry.has_kin);
        let outcome = self.executor.destroy(id, whole, &mut entry.made);
        let returns = self.machine.record(life).is_some_and(Record::returns);
        if !returns {
            self.forget_spawn(id);
        }
        self.release_callers(id, returns);
        if has_kin {
            self.settle_kin(id, if live { Moment::Gone } else { Moment::GoneUnused });
        }
        if rejected > 0 {
            let event = Event::RejectedTotal { service: id, count: rejected };
            self.tell(event);
        }
        self.tell(Event::Revoked { service: id, whole });
        let outcome = outcome.and_then(|()| {
            if self.parameters.boot.verify_reclaim {
                let (bytes, slots) = self.executor.verify_reclaimed(id, whole)?;
                let event = Event::Reclaimed { service: id, bytes, slots, intact: true };
                self.tell(event);
            }
            Ok(())
        });
        if let Err(refused) = outcome {
            self.blame(id, refused);
            self.tell(Event::Reclaimed { service: id, bytes: 0, slots: 0, intact: false });
        }
        self.answer(Life::Destroyed(life));
    }

    /// With `verify`, at the very end: what outlived the incarnations is taken back, too, and proved to be whole.
    fn reclaim_everything(&mut self) {
        for index in 0..self.entries.len() {
            if self.entries[index].made.has_spaces() {
                self.destroy(life(ServiceId(index as u16)), Scope::Service);
                // The machine is at its end, and nobody waits for the line any more, so the ring would fill.
                self.answers.clear();
                self.journal.flush();
            }
        }
    }

    fn direct(&mut self, life: partenza_lifecycle::ServiceId, directive: partenza_lifecycle::Directive) {
        let id = ServiceId(life.0);
        let directive = match directive {
            partenza_lifecycle::Directive::Probe(number) => {
                partenza_protocol::control::Directive::Probe(number)
            }
            partenza_lifecycle::Directive::PrepareStop => partenza_protocol::control::Directive::PrepareStop,
            partenza_lifecycle::Directive::Stop => partenza_protocol::control::Directive::Stop,
        };
        self.entries[id.0 as usize].direct(directive);
        self.executor.signal(id);
    }

    pub(crate) fn blame(&mut self, id: ServiceId, refused: Refused) {
        let entry = &mut self.entries[id.0 as usize];
        entry.last_error = Some(refused.code);
        entry.detail = refused.detail;
    }

    fn finish(&mut self, ending: partenza_lifecycle::Ending) -> ! {
        if self.parameters.boot.verify_reclaim {
            self.reclaim_everything();
        }
        if let Some(tag) = self.asking {
            // It asked for this end, and nobody was left to wait for.
            self.journal.answer_host(tag, 0, &[]);
        }
        self.end(self.power.after(ending))
    }

    /// The end: every thread is stopped first, because a machine that halts, or cannot be switched off, stays on.
    pub(crate) fn end(&mut self, at_end: AtEnd) -> ! {
        self.tell(Event::Finished);
        self.journal.flush();
        self.suspend_everybody();
        self.power.finish(at_end)
    }

    /// Nobody but Init, and who tells of its end, runs any more.
    pub(crate) fn suspend_everybody(&self) {
        for (id, entry) in (0..).map(ServiceId).zip(&self.entries) {
            if entry.made.runs() {
                // It is the end: there is nobody to tell.
                let _ = self.executor.suspend(id);
            }
        }
    }

    /// Keeps an event of now. Not inlined: it is told in many places.
    #[inline(never)]
    pub(crate) fn tell(&mut self, event: Event<'static>) {
        self.journal.record(self.clock.now(), event);
    }

    #[inline]
    pub fn on_account_of(&mut self, id: ServiceId) {
        if let Some(accounts) = &mut self.accounts {
            accounts.switch(Some(id));
        }
    }

    /// The boot is over, one way or the other.
    pub fn is_settled(&self) -> bool {
        !matches!(self.boot_state, BootState::Initializing | BootState::BootingLayer(_))
    }

    /// Nothing starts any more.
    pub fn is_going_down(&self) -> bool {
        self.is_settled() && !matches!(self.boot_state, BootState::BootComplete | BootState::SupervisorMode)
    }

    fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let flow = (now < self.quiet_until).then_some(self.quiet_until);
        let others = [flow, self.period_ends, self.former.look, self.journal.next_look()];
        self.machine.next_deadline().into_iter().chain(others.into_iter().flatten()).min()
    }

    /// The next message or signal, answering whoever is owed an answer; `None`: a deadline is due, and nobody waits who is
    /// to be heard first. What is decided here is decided by one reading of the clock.
    fn next_message(&mut self) -> Option<RecvWithMRs> {
        let now = self.clock.now();
        if now >= self.quiet_until || self.journal.pressing() {
            self.journal.start_flow();
        }
        self.journal.pump_console(now);
        if let Some(worked) = self.pace.worked_long(now) {
            if let Some(accounts) = &mut self.accounts {
                accounts.settle();
            }
            self.machine.excuse(worked);
            if let Some(accounts) = &mut self.accounts {
                // It is done for all, and is not what the service of the moment costs.
                accounts.skip();
            }
        }
        let deadline = self.pace.not_before(self.next_deadline(now));
        let endpoint: cap::Endpoint = self.cspace.cap(own::ENDPOINT);
        if deadline.is_some_and(|deadline| deadline <= now) {
            if !self.pace.may_receive(self.entries.len()) {
                return None;
            }
            if let Some((info, words)) = self.outbox.take() {
                sel4::reply_with_mrs(info, words);
            }
            let message = endpoint.nb_recv_with_mrs(());
            return self.pace.received(message.badge != 0).then_some(message);
        }
        if deadline != self.armed {
            match deadline {
                Some(deadline) => self.timer.arm(now, deadline),
                None => self.timer.rest(),
            }
            self.armed = deadline;
        }
        let message = match self.outbox.take() {
            Some((info, words)) => endpoint.reply_recv_with_mrs(info, words, ()),
            None => endpoint.recv_with_mrs(()),
        };
        let woke = self.clock.now();
        if let Some(stood_still) = self.pace.woke(now, deadline, woke) {
            self.machine.excuse(stood_still);
        }
        Some(message)
    }

    fn on_message(&mut self, message: &RecvWithMRs) {
        match Badge(message.badge).sender() {
            Sender::Control(id) if self.knows(id) => {
                if let Some(accounts) = &mut self.accounts {
                    accounts.arrived(id);
                }
                self.inbox.fill(message, self.entries[id.0 as usize].incarnation);
                self.on_control(id, message.info);
            }
            Sender::Fault(id) if self.knows(id) => {
                let fault = sel4::with_ipc_buffer(|buffer| sel4::Fault::from_recv(buffer, message));
                self.on_fault(id, fault);
            }
            Sender::DeadServer { service, channel } if self.knows(service) => {
                self.inbox.fill(message, self.entries[service.0 as usize].incarnation);
                self.on_call_to_the_dead(service, channel);
            }
            Sender::Notification(sources) => self.on_signals(sources),
            // Init minted no such badge, so there is nobody to blame or to answer.
            Sender::Control(_) | Sender::Fault(_) | Sender::DeadServer { .. } | Sender::Unknown => {}
        }
    }

    fn knows(&self, id: ServiceId) -> bool {
        (id.0 as usize) < self.entries.len()
    }

    fn on_signals(&mut self, sources: u32) {
        // An edge that comes while the interrupt is masked is lost, so it is let in again before its source is served.
        if sources & (1 << TIMER_SOURCE) != 0 {
            self.acknowledge(own::TIMER_IRQ);
            self.armed = None;
        }
        if sources & (1 << EVENTS_SOURCE) != 0 {
            self.acknowledge(own::EVENTS_IRQ);
            self.on_line();
        }
    }

    fn acknowledge(&self, slot: crate::cspace::Slot) {
        // The handler is Init's own; there is nothing that could refuse this.
        let _ = self.cspace.cap::<sel4::cap_type::IrqHandler>(slot).irq_handler_ack();
    }

    /// SPEC J: a service faulted. The kernel keeps it where it is until it is destroyed.
    fn on_fault(&mut self, id: ServiceId, fault: Option<sel4::Fault>) {
        if let Some(accounts) = &mut self.accounts {
            accounts.failed(id);
        }
        let service = self.plan.service(id);
        let image = self.plan.image_of(service);
        let table = image.symbols.as_ref();
        let table = table.and_then(|range| self.archive.range(range.0.into(), range.1.into()));
        let registers = self.executor.registers(id).ok();
        if let Some(panic) =
            registers.as_ref().and_then(|r| faults::panic(r, image, self.executor.store.holder(image)))
        {
            let mut text = Text::<MAX_TEXT>::new();
            // Its end is cut where it does not fit.
            let _ = write!(text, "panicked at {}:{}: {}", panic.file, panic.line, panic.message);
            let line = Event::Message { service: id, level: Level::Error, text: text.as_str() };
            self.journal.quote(self.clock.now(), &line);
        }
        let fault = faults::describe(fault, registers.as_ref(), service, image, table.map(Symbols));
        let entry = &mut self.entries[id.0 as usize];
        entry.last_error = Some(match (fault.gave_up(), entry.ready) {
            (Some(code), _) => code,
            (None, Some(_)) => SupervisorError::Crashed.code(),
            (None, None) => BootError::ServiceCrashed.code(),
        });
        self.tell(Event::Crashed { service: id, fault });
        self.feed(Life::Crashed(life(id)));
    }
}
