// SPDX-License-Identifier: BSD-2-Clause
//! What is watched for at every step: the invariants of the crate's documentation.
//!
//! The model is fed with the event, then with each action in order, and compared with the machine afterwards.

use partenza_lifecycle::*;

use super::id;
use super::model::{Answer, Model};
use super::table::kind;
use super::world::World;

/// A step, as it is watched.
pub(super) struct Step<'e> {
    pub(super) event: Event,
    /// The service whose deadline it is to serve.
    pub(super) due: Option<ServiceId>,
    pub(super) before: &'e [Model],
}

impl Step<'_> {
    /// Whether the event by itself is the end of the service's incarnation, or its deadline is.
    fn ends(&self, service: ServiceId) -> bool {
        let lets_go_on = matches!(self.event, Event::Hello(_) | Event::ReadyToStop(_))
            || matches!(self.event, Event::Requested { .. } | Event::Destroyed(_) | Event::Ready(_))
            || matches!(self.event, Event::Waits { .. } | Event::Throttled(_) | Event::PeriodOver(_));
        self.due == Some(service) || (self.event.service() == Some(service) && !lets_go_on)
    }

    fn was(&self, service: ServiceId) -> ServiceState {
        self.before[usize::from(service.0)].state
    }
}

impl World<'_> {
    pub(super) fn watch(&mut self, event: Event, actions: &[Action]) {
        let before = self.models.clone();
        let step = Step { event, due: self.due(event), before: &before };
        self.note_event(&step);
        for &action in actions {
            let ignored = matches!(
                action,
                Action::Notice(
                    Notice::Ignored { .. } | Notice::Answered { verdict: Verdict::Refused(_), .. }
                )
            );
            assert!(self.finished.is_none() || ignored, "nothing comes after the end: {action:?}");
            self.perform(action, &step);
        }
        // Who is held is not watched, even if it reports because its parent let it go on.
        self.models.iter_mut().filter(|m| m.blocked != Blocked::No).for_each(|m| m.health.due = None);
        self.check(&step, actions);
    }

    pub(super) fn alive(&self) -> bool {
        matches!(self.boot, BootState::BootingLayer(_) | BootState::SupervisorMode)
    }

    pub(super) fn model(&mut self, service: ServiceId) -> &mut Model {
        &mut self.models[usize::from(service.0)]
    }

    pub(super) fn spec(&self, service: ServiceId) -> &ServiceSpec {
        &self.plan.services[usize::from(service.0)]
    }

    /// The earliest deadline of all services.
    fn armed(&self) -> Option<(Instant, ServiceId)> {
        let armed = self.models.iter().enumerate();
        armed.filter_map(|(index, model)| Some((model.armed()?, id(index)))).min()
    }

    /// When the machine is to be stepped for a deadline.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.armed().map(|(at, _)| at).into_iter().chain(self.budget_ends).min()
    }

    fn due(&self, event: Event) -> Option<ServiceId> {
        let (at, service) = self.armed()?;
        (event == Event::Tick && at <= self.now).then_some(service)
    }

    /// What the event alone changes.
    fn note_event(&mut self, step: &Step<'_>) {
        let (now, alive) = (self.now, self.alive());
        if let Some(service) = step.due {
            self.note_due(service);
        }
        let Some(service) = step.event.service().filter(|s| usize::from(s.0) < self.models.len()) else {
            return;
        };
        let spec = *self.spec(service);
        let timeout = self.scaled(spec.health.timeout);
        let overload = self.plan.overload;
        let model = self.model(service);
        let up = model.state.is_up();
        match (step.event, model.answer_due) {
            (Event::Created(_) | Event::CreateFailed { .. }, Some(Answer::Create)) => model.answer_due = None,
            (Event::Destroyed(_), Some(Answer::Destroy)) => {
                model.answer_due = None;
                model.exists = false;
            }
            (Event::HealthReport { probe, healthy, .. }, _)
                if up && model.health.asked && probe == model.probes =>
            {
                model.note_report(&spec, now, healthy, timeout, alive);
            }
            (Event::Heartbeat { healthy, .. }, _) if up && spec.health.probe == Probe::Heartbeat => {
                model.note_report(&spec, now, healthy, timeout, alive);
            }
            (Event::Delivered(_), _) => model.incomplete = false,
            (Event::Throttled(_), _) if up || (model.state.is_starting() && model.resumed) => {
                self.note_block(service, Blocked::Throttled);
            }
            (Event::Flooded(_), _) if up => {
                model.health.floods += 1;
                if let Some(overload) = overload {
                    model.health.calm = alive.then_some(now.after(overload.calm));
                    if !alive {
                        model.health.due = None;
                    }
                }
            }
            _ => {}
        }
    }

    fn note_due(&mut self, service: ServiceId) {
        let (now, alive) = (self.now, self.alive());
        let model = self.model(service);
        if !model.state.is_up() {
            if matches!(model.state, ServiceState::Restarting { .. }) {
                model.deadline = None;
            }
        } else if !alive {
            (model.health.due, model.health.calm) = (None, None);
        } else if model.health.due.is_none_or(|at| at > now) {
            (model.health.floods, model.health.calm) = (0, None);
        }
    }

    fn perform(&mut self, action: Action, step: &Step<'_>) {
        match action {
            Action::Create(service) => self.create(service, step),
            Action::Resume(service) => self.resume(service, step),
            Action::Release(service) => self.released(service, step),
            Action::Destroy { service, scope } => self.destroy(service, scope, step),
            Action::Direct { service, directive } => self.direct(service, directive, step),
            Action::Diagnose { culprit } => {
                assert!(self.boot == BootState::BootFailed || self.emergency);
                let spec = self.spec(culprit);
                assert!(spec.critical || spec.restart.on_exhausted == OnExhausted::Panic);
                assert!(!self.diagnosed);
                self.diagnosed = true;
            }
            Action::Finish(ending) => {
                assert_eq!(self.boot, BootState::Finished(ending));
                self.finished = Some(ending);
            }
            Action::Notice(notice) => self.notice(notice, step),
        }
    }

    fn create(&mut self, service: ServiceId, step: &Step<'_>) {
        let index = usize::from(service.0);
        assert!(self.models.iter().all(|m| m.answer_due != Some(Answer::Create)), "two creations at once");
        if self.boot == BootState::Panic {
            assert_eq!(self.plan.panic_module, Some(service), "started at a panic");
            assert!(self.models.iter().all(|model| !model.exists), "shown before everything is gone");
        } else {
            self.check_start(service);
        }
        if let Some(at) = self.models[index].until.take() {
            assert!(at <= self.now, "restarted before its delay was over");
            self.check_restart(service);
        }
        for dep in self.plan.deps_of(service) {
            if dep.kind == DepKind::Sidecar && self.boot != BootState::Panic {
                let sidecar = self.model(dep.on);
                assert!(sidecar.served < sidecar.creates, "a module restarts with its sidecar");
                sidecar.served = sidecar.creates;
            }
        }
        let was = step.before[index].state;
        let model = self.model(service);
        assert!(!model.incomplete, "created without its program");
        assert!(!model.exists && model.answer_due.is_none(), "two incarnations at once after {was:?}");
        model.exists = true;
        model.resumed = false;
        model.creates += 1;
        model.answer_due = Some(Answer::Create);
        model.ready_at = None;
    }

    /// Whether the edge leads to who serves.
    pub(super) fn counts(&self, dep: &Dep) -> bool {
        !dep.shared || self.serves(dep.on)
    }

    fn serves(&self, service: ServiceId) -> bool {
        self.machine.records()[usize::from(service.0)].serves()
    }

    /// Of several providers exactly one serves: one that is up, if there is one. It stays the same until it is lost, or
    /// another is asked for (SPEC S-2).
    fn check_providers(&mut self, step: &Step<'_>) {
        for (group, members) in self.plan.groups().into_iter().enumerate() {
            let serving: Vec<ServiceId> = members.iter().copied().filter(|id| self.serves(*id)).collect();
            let [server] = serving[..] else { panic!("{serving:?} serve at once") };
            let was = core::mem::replace(&mut self.servers[group], server);
            let model = &self.models[usize::from(server.0)];
            let is_new = self.plan.boots(usize::from(server.0)) && !model.tried;
            let up = |id: ServiceId| self.models[usize::from(id.0)].state.is_up();
            assert!(members.iter().all(|id| self.machine.server_of(*id) == server));
            assert!(
                up(server) || is_new || !members.iter().any(|id| up(*id)),
                "nobody serves, and one could"
            );
            let lost = step.event == Event::Begin
                || !step.was(was).is_up()
                || !up(was)
                || step.event == Event::Created(was);
            assert!(
                server == was || model.wanted || model.wished || lost,
                "{was:?} serves no more for no reason"
            );
            for id in &members {
                let record = &self.machine.records()[usize::from(id.0)];
                let calm = matches!(record.state(), ServiceState::Pending) || record.state().is_at_rest();
                let model = &mut self.models[usize::from(id.0)];
                let done = *id == server && model.state.is_up() && !record.returns();
                model.wanted &= !done && (!calm || record.returns());
                let served = core::mem::replace(&mut model.has_served, false);
                // What its turn to serve led to may have ended that at once, or begun its next life in the same step.
                if served && (*id == server || !model.state.is_up() || record.returns()) {
                    model.wished = core::mem::replace(&mut model.wanted, false);
                }
                model.wished &= !calm || record.returns();
                model.returning = record.returns();
                assert!(
                    !model.wanted || !model.state.is_up() || *id == server,
                    "{id:?} is up, was asked to serve and does not"
                );
            }
        }
    }

    fn check_start(&self, service: ServiceId) {
        let index = usize::from(service.0);
        let spec = self.spec(service);
        assert!(self.alive(), "created while going down");
        let first = !self.models[index].decided;
        let is_open = |model: &Model| model.state.is_starting() || model.until.is_some() && !model.decided;
        for dep in self.plan.deps_of(service) {
            let on = &self.models[usize::from(dep.on.0)];
            if !self.counts(dep) {
                continue;
            }
            assert!(!is_open(on), "created before a dependency had an outcome");
            assert!(
                !self.plan.kind(dep).is_required() || on.state.is_up(),
                "created without what it requires"
            );
        }
        for (other, spec) in self.models.iter().zip(&self.plan.services) {
            let edges = &self.plan.deps[spec.deps.start as usize..][..usize::from(spec.deps.len)];
            let linked = edges
                .iter()
                .any(|dep| dep.on == service && self.counts(dep) && self.plan.kind(dep).restarts_dependent());
            let stands = other.exists && other.state != ServiceState::Disabled;
            assert!(!linked || !stands, "taken from under one that restarts with it");
        }
        if !first || !self.plan.boots(index) || self.models[index].until.is_some() {
            return;
        }
        assert_eq!(self.boot, BootState::BootingLayer(spec.layer), "created out of its layer's turn");
        for (other, (model, other_spec)) in self.models.iter().zip(&self.plan.services).enumerate() {
            let lower = other_spec.layer < spec.layer && self.plan.boots(other);
            assert!(!lower || model.decided, "a lower layer is not up");
        }
        let others = self.models.iter().enumerate().filter(|(i, m)| *i != index && m.state.is_starting());
        assert!(self.plan.parallel || others.count() == 0, "two starts at once in a strict sequence");
    }

    /// The limits of restarts, at the moment when one begins (SPEC E-6, L-1, L-4).
    fn check_restart(&mut self, service: ServiceId) {
        let spec = *self.spec(service);
        let now = self.now;
        let forever = spec.restart.on_exhausted == OnExhausted::RetryForever;
        let model = self.model(service);
        model.restarts.push(now);
        model.in_a_row += 1;
        model.begun = true;
        let recent = model.recent(now, spec.restart.window);
        assert!(forever || recent <= usize::from(spec.restart.max), "more restarts than its window has");
        if let BootState::BootingLayer(_) = self.boot {
            assert!(self.layer_ends.is_none_or(|end| now < end), "restarted over the layer's budget");
            let restarts = self.models[usize::from(service.0)].restarts.len();
            assert!(restarts <= usize::from(spec.restart.max), "restarted more often than a boot allows");
        }
        if let Some(storm) = self.plan.storm {
            let recent = self.restarts.iter().filter(|&&at| now.since(at) < storm.window).count();
            let hurried = self.models[usize::from(service.0)].hurried;
            assert!(spec.core || hurried || recent < usize::from(storm.restarts), "restarted in a storm");
        }
        self.restarts.push(now);
    }

    fn resume(&mut self, service: ServiceId, step: &Step<'_>) {
        assert_eq!(step.event, Event::Created(service));
        assert!(self.alive() || self.boot == BootState::Panic, "started while going down");
        assert!(self.plan.hold != Some(service) || self.boot == BootState::Panic, "held services do not run");
        let spec = *self.spec(service);
        let deadline = self.now.after(self.scaled(spec.startup_timeout));
        let model = self.model(service);
        assert!(model.exists && !model.resumed, "resumed twice or out of nothing");
        model.resumed = true;
        model.deadline = (spec.readiness != Readiness::None).then_some(deadline);
    }

    fn destroy(&mut self, service: ServiceId, scope: Scope, step: &Step<'_>) {
        let failed =
            step.was(service).is_starting() && step.ends(service) && step.event != Event::Created(service);
        assert_eq!(scope == Scope::Service, failed, "scope of {service:?} at {:?}", step.event);
        if !step.ends(service) {
            self.stop_in_order(service);
        }
        let model = self.model(service);
        assert!(model.exists, "destroyed out of nothing");
        assert_eq!(model.answer_due, None, "destroyed while the executor works on it");
        model.destroys += 1;
        model.blocked = Blocked::No;
        model.answer_due = Some(Answer::Destroy);
    }

    fn direct(&mut self, service: ServiceId, directive: Directive, step: &Step<'_>) {
        let spec = *self.spec(service);
        let now = self.now;
        assert_ne!(spec.readiness, Readiness::None, "asked on a channel that it has not");
        let timeout = match directive {
            Directive::Probe(number) => return self.probe(service, number, step),
            Directive::PrepareStop => {
                self.stop_in_order(service);
                spec.prepare_timeout
            }
            Directive::Stop => spec.stop_timeout,
        };
        let deadline = now.after(self.scaled(timeout));
        let model = self.model(service);
        assert!(model.exists && matches!(model.state, ServiceState::Stopping(_)));
        model.deadline = Some(deadline);
    }

    fn probe(&mut self, service: ServiceId, number: u32, step: &Step<'_>) {
        assert!(self.alive() && step.due == Some(service), "probed at no time");
        assert_eq!(self.spec(service).health.probe, Probe::Call);
        let deadline = self.now.after(self.scaled(self.spec(service).health.timeout));
        let now = self.now;
        let model = self.model(service);
        assert!(model.state.is_up() && !model.health.asked, "probed twice, or while it is not up");
        assert!(model.health.due.is_some_and(|at| at <= now), "probed too early");
        assert_eq!(number, model.probes + 1, "each probe has a number of its own");
        model.probes = number;
        model.health.asked = true;
        model.health.due = Some(deadline);
    }

    /// Sidecars stop after their module; when the system goes down all stop in reverse, one after the other.
    fn stop_in_order(&mut self, service: ServiceId) {
        let index = usize::from(service.0);
        for (other, model) in self.models.iter().enumerate() {
            let deps = self.plan.deps_of(id(other));
            let has = deps.iter().any(|dep| dep.on == service && dep.kind == DepKind::Sidecar);
            let held = model.state == ServiceState::Disabled && !model.resumed;
            let stands = model.exists && !held && self.boot != BootState::Panic;
            assert!(!has || !stands, "stopped before its module");
        }
        if self.alive() || (self.boot == BootState::Panic && self.plan.panic_module == Some(service)) {
            return;
        }
        assert!(index < self.walked_to, "stopped out of order");
        self.walked_to = index;
        for (i, model) in self.models.iter().enumerate().skip(index + 1) {
            assert!(!model.exists, "{i} stands while {index} is taken from under it");
        }
    }

    fn check(&mut self, step: &Step<'_>, actions: &[Action]) {
        self.check_providers(step);
        let event = step.event;
        let light = |action: &&Action| matches!(action, Action::Notice(_) | Action::Release(_));
        let heavy = actions.iter().filter(|action| !light(action)).count();
        assert!(heavy <= Machine::ACTIONS_PER_STEP, "{heavy} actions in one step");
        let most = Machine::actions_per_step(self.models.len());
        assert!(actions.len() <= most, "{} actions and notices in one step", actions.len());
        if actions.iter().any(|action| matches!(action, Action::Notice(Notice::Ignored { .. }))) {
            assert_eq!(actions.len(), 1, "ignored, and yet not without effect: {event:?}");
        }
        let answers = actions.iter().filter(|a| matches!(a, Action::Notice(Notice::Answered { .. }))).count();
        let ignored = actions.iter().any(|action| matches!(action, Action::Notice(Notice::Ignored { .. })));
        let asks = matches!(event, Event::Requested { .. } | Event::Waits { .. }) && !ignored;
        assert_eq!(answers, usize::from(asks), "one answer per request");
        self.check_waits();
        for (index, model) in self.models.iter().enumerate() {
            self.check_health(index, model);
        }
        let (told, deadline) = (self.machine.next_deadline(), self.deadline());
        let turns = told == Some(self.now) && self.alive() && deadline.is_none_or(|at| at > self.now);
        assert!(told == deadline || turns, "told {told:?}, armed {deadline:?} at {:?}", self.now);
        assert_eq!(self.machine.boot_state(), self.boot);
        for (record, model) in self.machine.records().iter().zip(&self.models) {
            assert_eq!(kind(record.state()), kind(model.state));
            assert_eq!(record.presence() != Presence::Absent, model.exists);
            assert_eq!(record.incarnation(), model.creates);
            assert_eq!(record.restarts() as usize, model.restarts.len());
        }
    }

    /// A service that is up is Running exactly if nothing is wrong, and not up any more when it was not well for long.
    fn check_health(&self, index: usize, model: &Model) {
        let mut deps = self.plan.deps_of(id(index)).iter().filter(|dep| self.plan.kind(dep).is_required());
        // Of several that will do, any one that is up is enough; but for the first start of the one that is waited for.
        let whole = deps.all(|dep| !self.counts(dep) || self.models[usize::from(dep.on.0)].state.is_up());
        let spec = &self.plan.services[index];
        let well = whole && !model.health.ailing && model.health.floods == 0;
        if model.state.is_up() {
            assert_eq!(model.state == ServiceState::Running, well, "{index} is {:?}", model.state);
            assert!(
                !model.exists || model.health.bad < spec.health.failure_threshold.max(1),
                "not well for long"
            );
        }
        assert!(!model.state.is_up() || model.exists, "{index} serves, and does not exist");
    }

    /// Whether all runs that critical services that are up require, and what that requires.
    pub fn has_all_that_is_needed(&self) -> bool {
        let up = |id: ServiceId| self.models[usize::from(id.0)].state.is_up();
        let mut needed: Vec<bool> = self.plan.services.iter().map(|spec| spec.critical).collect();
        // As often as there are services: a sidecar's module is needed as it is.
        let services = needed.len();
        for index in (0..services).flat_map(|_| (0..services).rev().map(id)) {
            let deps = self.plan.deps_of(index);
            let has_needed_sidecar =
                deps.iter().any(|dep| dep.kind == DepKind::Sidecar && needed[usize::from(dep.on.0)]);
            needed[usize::from(index.0)] |= has_needed_sidecar;
            if !needed[usize::from(index.0)] || !up(index) {
                continue;
            }
            for dep in deps.iter().filter(|dep| self.plan.kind(dep).is_required()) {
                if self.counts(dep) && !up(dep.on) {
                    return false;
                }
                needed[usize::from(dep.on.0)] = true;
            }
        }
        true
    }

    /// Everybody behaved for long enough: nothing hangs between two states, and nothing waits for what does not come.
    pub fn check_rest(&self) {
        match self.boot {
            BootState::SupervisorMode => {}
            BootState::Finished(ending) => {
                assert_eq!(self.finished, Some(ending));
                assert!(self.models.iter().all(|model| !model.exists), "something outlived the end");
            }
            other => panic!("rest in {other:?}"),
        }
        for (index, (record, model)) in self.machine.records().iter().zip(&self.models).enumerate() {
            assert!(!matches!(model.blocked, Blocked::WaitingFor(_)), "{index} waits for what does not come");
            let waits = matches!(record.reason(), Some(Reason::RestartsWith(_)));
            assert!(!waits || self.finished.is_some(), "{index} was stopped to be restarted, and was not");
            if self.boot == BootState::SupervisorMode && self.plan.boots(index) {
                assert!(model.decided, "forgotten by the boot");
            }
            let sidecar =
                self.plan.deps.iter().any(|dep| dep.on == id(index) && dep.kind == DepKind::Sidecar);
            let deferred = self.plan.services[index].start == StartMode::Deferred && !sidecar;
            if self.boot == BootState::SupervisorMode && deferred {
                assert!(model.state != ServiceState::Pending || model.asked_for, "put off for ever");
            }
            assert_eq!(model.creates - model.destroys, u32::from(model.exists));
        }
    }

    pub(super) fn scaled(&self, span: Duration) -> Duration {
        span.scaled(self.plan.timeout_scale_percent)
    }
}
