// SPDX-License-Identifier: BSD-2-Clause
//! What the lifecycle machine asks for is done here, at once; what came of it goes back as an event.

use partenza_lifecycle::{Action, Duration, Ending, Event as Life, Record, Scope};
use partenza_plan::ServiceId;
use partenza_protocol::event::Event;
use partenza_protocol::startup::Secrets;

use crate::service::make::NewIncarnation;
use crate::supervisor::state::Supervisor;
use crate::system::children::Moment;
use crate::system::ids::{life, plan_id};

/// A later start that lasts longer lets the event line flow.
const STALLED_START: Duration = Duration::from_millis(10);

impl Supervisor {
    /// What came of an action, or an event from outside. Goes into the machine in its turn.
    pub(super) fn answer(&mut self, event: Life) {
        // A step asks for at most `Machine::ACTIONS_PER_STEP` things, each answered once.
        assert!(self.answers.push_back(event).is_ok(), "more answers than one step can have");
    }

    pub(super) fn perform(&mut self, action: Action) {
        match action {
            Action::Create(id) => self.create(id),
            Action::Resume(id) => self.resume(id),
            Action::Destroy { service, scope } => self.destroy(service, scope),
            Action::Release(service) => self.services.release(plan_id(service)),
            Action::Direct { service, directive } => self.direct(service, directive),
            Action::Diagnose { culprit } => self.diagnose(culprit),
            Action::Notice(notice) => self.on_notice(notice),
            Action::Finish(ending) => self.finish(ending),
        }
    }

    fn create(&mut self, life: partenza_lifecycle::ServiceId) {
        let id = ServiceId(life.0);
        self.on_account_of(id);
        self.calls.unbind_calls_of(&mut self.services, id);
        let fresh = !self.services.entries[id.0 as usize].made.has_spaces();
        let now = self.services.clock.now();
        let secrets =
            Secrets { service: self.given.entropy.secret(), supervisor: self.given.entropy.secret() };
        let entry = &mut self.services.entries[id.0 as usize];
        entry.begin(secrets);
        let spawned = self.spawned.of(id);
        let new = NewIncarnation { incarnation: entry.incarnation, secrets, spawned };
        let journal = &mut self.services.journal;
        journal.record(now, Event::Starting { service: id, incarnation: new.incarnation });
        let outcome =
            self.services.executor.create(id, new, &mut entry.made, |granted| journal.record(now, granted));
        match outcome {
            Ok(()) => {
                let now = self.services.clock.now();
                entry.created = Some(now.as_micros());
                journal.record(now, Event::Created { service: id });
                if fresh {
                    self.calls.divert_calls_of(&mut self.services, id);
                    self.calls.place_provider(&mut self.services, id);
                    self.services.entries[id.0 as usize].has_kin = self.services.has_kin(id);
                }
                if self.services.entries[id.0 as usize].has_kin {
                    self.services.settle_kin(id, if fresh { Moment::MadeFresh } else { Moment::Made });
                }
                self.answer(Life::Created(life));
            }
            Err(error) => {
                self.services.blame(id, error);
                self.answer(Life::CreateFailed { service: life, code: error.code.0 });
            }
        }
    }

    fn resume(&mut self, life: partenza_lifecycle::ServiceId) {
        let id = ServiceId(life.0);
        self.on_account_of(id);
        match self.services.executor.resume(id) {
            Ok(()) => {
                let now = self.services.clock.now();
                let entry = &mut self.services.entries[id.0 as usize];
                entry.started = Some(now.as_micros());
                let has_kin = entry.has_kin;
                self.quiet_until = self.quiet_until.max(now.after(STALLED_START));
                if has_kin {
                    self.services.settle_kin(id, Moment::Resumed);
                }
            }
            Err(error) => {
                self.services.blame(id, error);
                self.answer(Life::Crashed(life));
            }
        }
    }

    fn destroy(&mut self, life: partenza_lifecycle::ServiceId, scope: Scope) {
        let id = ServiceId(life.0);
        self.on_account_of(id);
        self.outbox.drop_for(id);
        self.subscribers.remove(id);
        self.services.abandon_delivery(id);
        if self.given.parameters.boot.handover == Some(id)
            && let Some(console) = self.services.journal.console()
        {
            console.take_back();
        }
        let whole = scope == Scope::Service;
        let entry = &mut self.services.entries[id.0 as usize];
        entry.secrets = Secrets::NONE;
        entry.directive = None;
        let (rejected, live, has_kin) = (entry.rejected, entry.is_live(), entry.has_kin);
        let outcome = self.services.executor.destroy(id, whole, &mut entry.made);
        let returns = self.services.machine.record(life).is_some_and(Record::returns);
        if !returns {
            self.spawned.forget(id);
        }
        self.calls.release_callers(&mut self.services, id, returns);
        if has_kin {
            self.services.settle_kin(id, if live { Moment::Gone } else { Moment::GoneUnused });
        }
        if rejected > 0 {
            let event = Event::RejectedTotal { service: id, count: rejected };
            self.services.tell(event);
        }
        self.services.tell(Event::Revoked { service: id, whole });
        let outcome = outcome.and_then(|()| {
            if self.given.parameters.boot.verify_reclaim {
                let (bytes, slots) = self.services.executor.verify_reclaimed(id, whole)?;
                let event = Event::Reclaimed { service: id, bytes, slots, intact: true };
                self.services.tell(event);
            }
            Ok(())
        });
        if let Err(error) = outcome {
            self.services.blame(id, error);
            self.services.tell(Event::Reclaimed { service: id, bytes: 0, slots: 0, intact: false });
        }
        self.answer(Life::Destroyed(life));
    }

    /// With `verify`, at the very end: what outlived the incarnations is taken back, too, and proved to be whole.
    fn reclaim_everything(&mut self) {
        for index in 0..self.services.entries.len() {
            if self.services.entries[index].made.has_spaces() {
                self.destroy(life(ServiceId(index as u16)), Scope::Service);
                // The machine is at its end, and nobody waits for the line any more, so the ring would fill.
                self.answers.clear();
                self.services.journal.flush();
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
        self.services.entries[id.0 as usize].direct(directive);
        self.services.executor.signal(id);
    }

    fn finish(&mut self, ending: Ending) -> ! {
        if self.given.parameters.boot.verify_reclaim {
            self.reclaim_everything();
        }
        if let Some(tag) = self.asking {
            // It asked for this end, and nobody was left to wait for.
            self.services.journal.answer_host(tag, 0, &[]);
        }
        self.end(self.given.power.after(ending))
    }
}
