// SPDX-License-Identifier: BSD-2-Clause
//! The watching executor. What it asserts are the invariants of the crate's documentation.

use partenza_lifecycle::*;

use super::Plan;
use super::table::{boot_may_become, kind, may_become};

/// What the model knows of one service.
#[derive(Clone, Copy, Debug, Default)]
struct Model {
    state: ServiceState,
    exists: bool,
    resumed: bool,
    answer_due: Option<Answer>,
    deadline: Option<Instant>,
    creates: u32,
    destroys: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    Create,
    Destroy,
}

pub struct World<'a> {
    plan: &'a Plan,
    pub machine: Machine<'a>,
    pub now: Instant,
    models: Vec<Model>,
    boot: BootState,
    budget_ends: Option<Instant>,
    finished: Option<Ending>,
    diagnosed: bool,
    /// One past the last service that was told to stop by the walk down.
    walked_to: usize,
    /// Everything that came out, for the tests to look into.
    pub trace: Vec<Action>,
}

impl<'a> World<'a> {
    pub fn new(plan: &'a Plan, room: &'a mut super::Room) -> Self {
        let machine = Machine::new(plan.config(), room.storage()).expect("a good plan");
        Self {
            plan,
            machine,
            now: Instant::from_micros(1_000_000),
            models: vec![Model::default(); plan.services.len()],
            boot: BootState::Initializing,
            budget_ends: None,
            finished: None,
            diagnosed: false,
            walked_to: plan.services.len(),
            trace: vec![],
        }
    }

    pub fn state(&self, index: usize) -> ServiceState {
        self.models[index].state
    }

    pub fn boot(&self) -> BootState {
        self.boot
    }

    pub fn finished(&self) -> Option<Ending> {
        self.finished
    }

    /// Steps the machine and checks everything that came out of it. Returns the actions.
    pub fn step(&mut self, event: Event) -> Vec<Action> {
        let before = self.models.clone();
        let mut actions = vec![];
        self.machine.step(self.now, event, &mut |action| actions.push(action));
        self.note_answer(event);
        let due = self.due(&before, event);
        for &action in &actions {
            let ignored = matches!(action, Action::Notice(Notice::Ignored { .. }));
            assert!(self.finished.is_none() || ignored, "nothing comes after the end: {action:?}");
            self.perform(action, event, due);
        }
        self.check_step(event, &actions, due);
        self.trace.extend(&actions);
        actions
    }

    /// Lets time pass, up to the next deadline at most, and ticks.
    pub fn pass(&mut self, micros: u64) -> Vec<Action> {
        let then = self.now.after(Duration::from_micros(micros));
        self.now = self.machine.next_deadline().map_or(then, |at| then.min(at.max(self.now)));
        self.step(Event::Tick)
    }

    /// Answers every open `Create` and `Destroy` with success, in service order, until none is open.
    pub fn answer_all(&mut self) {
        while let Some(event) = self.answer(0, true) {
            self.step(event);
        }
    }

    /// The answer to the `nth` open action, counted round.
    pub fn answer(&self, nth: usize, well: bool) -> Option<Event> {
        let open: Vec<_> = (0..self.models.len()).filter(|&i| self.models[i].answer_due.is_some()).collect();
        let service = super::id(*open.get(nth % open.len().max(1))?);
        Some(match (self.models[usize::from(service.0)].answer_due?, well) {
            (Answer::Create, true) => Event::Created(service),
            (Answer::Create, false) => Event::CreateFailed { service, code: 7 },
            (Answer::Destroy, _) => Event::Destroyed(service),
        })
    }

    /// What a service that behaves does next, if it is its move.
    pub fn expected(&self, index: usize) -> Option<Event> {
        let service = super::id(index);
        match self.machine.state(service)? {
            ServiceState::Starting(StartPhase::AwaitingHello) => Some(Event::Hello(service)),
            ServiceState::Starting(StartPhase::AwaitingReady) => Some(Event::Ready(service)),
            ServiceState::Stopping(StopPhase::Preparing) => Some(Event::ReadyToStop(service)),
            ServiceState::Stopping(StopPhase::Stopping) => Some(Event::Stopped { service, code: 0 }),
            _ => None,
        }
    }

    /// Begins, and answers for the executor.
    pub fn begin(&mut self) {
        self.step(Event::Begin);
        self.answer_all();
    }

    /// The service behaves until it is no longer its move; the executor answers.
    pub fn behave(&mut self, index: usize) {
        while let Some(event) = self.expected(index) {
            self.step(event);
            self.answer_all();
        }
    }

    /// A whole boot in which every service behaves.
    pub fn boot_all(&mut self) {
        self.begin();
        for index in 0..self.models.len() {
            self.behave(index);
        }
    }

    /// One event, and the executor's answers to what it leads to.
    pub fn hit(&mut self, event: Event) {
        self.step(event);
        self.answer_all();
    }

    pub fn reason(&self, index: usize) -> Option<Reason> {
        self.machine.record(super::id(index)).and_then(Record::reason)
    }

    pub fn notices(&self) -> impl Iterator<Item = Notice> {
        self.trace.iter().filter_map(|action| match action {
            Action::Notice(notice) => Some(*notice),
            _ => None,
        })
    }

    /// What came out besides notices, from the `since`th action on.
    pub fn deeds(&self, since: usize) -> Vec<Action> {
        let heavy = |action: &&Action| !matches!(action, Action::Notice(_));
        self.trace[since..].iter().filter(heavy).copied().collect()
    }

    /// A well-behaved executor and clock, and services that say nothing: the system must come to rest.
    pub fn settle(&mut self) {
        for _ in 0..20 * self.models.len() + 20 {
            self.answer_all();
            let Some(at) = self.machine.next_deadline() else { return };
            self.now = self.now.max(at);
            self.step(Event::Tick);
        }
        panic!("no rest: {:?}", self.boot);
    }

    /// At rest: the boot is over one way or the other, and nothing hangs between two states.
    pub fn check_rest(&self) {
        match self.boot {
            BootState::SupervisorMode => {}
            BootState::Finished(ending) => {
                assert_eq!(self.finished, Some(ending));
                assert!(self.models.iter().all(|model| !model.exists), "something outlived the end");
            }
            other => panic!("rest in {other:?}"),
        }
        for (model, spec) in self.models.iter().zip(&self.plan.services) {
            assert!(!model.state.is_starting());
            assert!(!matches!(model.state, ServiceState::Stopping(_)));
            if self.boot == BootState::SupervisorMode && spec.start == StartMode::Eager {
                assert_ne!(model.state, ServiceState::Pending, "forgotten by the boot");
            }
            if model.creates > 0 && matches!(model.state, ServiceState::Failed) {
                assert_eq!(model.destroys, 1, "a failed start is destroyed once");
            }
            assert_eq!(model.creates - model.destroys, u32::from(model.exists));
        }
    }

    fn note_answer(&mut self, event: Event) {
        let Some(service) = event.service() else { return };
        let Some(model) = self.models.get_mut(usize::from(service.0)) else { return };
        match (event, model.answer_due) {
            (Event::Created(_) | Event::CreateFailed { .. }, Some(Answer::Create)) => model.answer_due = None,
            (Event::Destroyed(_), Some(Answer::Destroy)) => {
                model.answer_due = None;
                model.exists = false;
            }
            _ => {}
        }
    }

    /// The service whose deadline this step is to serve.
    fn due(&self, models: &[Model], event: Event) -> Option<ServiceId> {
        let armed = models.iter().enumerate().filter_map(|(i, model)| Some((model.deadline?, super::id(i))));
        let (at, service) = armed.min()?;
        (event == Event::Tick && at <= self.now).then_some(service)
    }

    fn perform(&mut self, action: Action, event: Event, due: Option<ServiceId>) {
        match action {
            Action::Create(service) => self.create(service),
            Action::Resume(service) => {
                assert_eq!(event, Event::Created(service));
                assert!(matches!(self.boot, BootState::BootingLayer(_)), "started while going down");
                assert_ne!(self.plan.hold, Some(service), "held services do not run");
                let spec = &self.plan.services[usize::from(service.0)];
                let deadline = self.now.after(self.scaled(spec.startup_timeout));
                let model = &mut self.models[usize::from(service.0)];
                assert!(model.exists && !model.resumed, "resumed twice or out of nothing");
                model.resumed = true;
                model.deadline = (spec.readiness != Readiness::None).then_some(deadline);
            }
            Action::Destroy { service, scope } => {
                let failed = self.models[usize::from(service.0)].state == ServiceState::Failed;
                assert_eq!(scope == Scope::Service, failed, "scope of {service:?} at {event:?}");
                if due != Some(service) && !ends(event, service) {
                    self.walk_to(service);
                }
                self.destroy(service);
            }
            Action::Direct { service, directive } => self.direct(service, directive),
            Action::Diagnose { culprit } => {
                assert_eq!(self.boot, BootState::BootFailed);
                assert!(self.plan.services[usize::from(culprit.0)].critical);
                assert!(!self.diagnosed);
                self.diagnosed = true;
            }
            Action::Finish(ending) => {
                assert_eq!(self.boot, BootState::Finished(ending));
                self.finished = Some(ending);
            }
            Action::Notice(notice) => self.notice(notice, event),
        }
    }

    fn create(&mut self, service: ServiceId) {
        let index = usize::from(service.0);
        let spec = &self.plan.services[index];
        assert_eq!(self.boot, BootState::BootingLayer(spec.layer), "created out of its layer's turn");
        assert_eq!(spec.start, StartMode::Eager);
        for dep in self.plan.deps_of(service) {
            let on = &self.models[usize::from(dep.on.0)];
            assert!(!on.state.is_starting(), "created before a dependency had an outcome");
            assert!(!dep.required || on.state.is_up(), "created without what it requires");
        }
        for (other, spec) in self.models.iter().zip(&self.plan.services) {
            assert_ne!(other.answer_due, Some(Answer::Create), "two creations at once");
            let lower = spec.layer < self.plan.services[index].layer && spec.start == StartMode::Eager;
            assert!(!lower || other.state != ServiceState::Pending, "a lower layer is not up");
            assert!(!lower || !other.state.is_starting(), "a lower layer is not up");
        }
        let others = self.models.iter().enumerate().filter(|(i, m)| *i != index && m.state.is_starting());
        assert!(self.plan.parallel || others.count() == 0, "two starts at once in a strict sequence");
        let model = &mut self.models[index];
        assert!(!model.exists && model.answer_due.is_none(), "two incarnations at once");
        model.exists = true;
        model.resumed = false;
        model.creates += 1;
        model.answer_due = Some(Answer::Create);
    }

    fn destroy(&mut self, service: ServiceId) {
        let model = &mut self.models[usize::from(service.0)];
        assert!(model.exists, "destroyed out of nothing");
        assert_eq!(model.answer_due, None, "destroyed while the executor works on it");
        model.destroys += 1;
        model.answer_due = Some(Answer::Destroy);
        model.deadline = None;
    }

    fn direct(&mut self, service: ServiceId, directive: Directive) {
        assert!(matches!(self.boot, BootState::ShuttingDown(_)));
        let spec = &self.plan.services[usize::from(service.0)];
        assert_ne!(spec.readiness, Readiness::None, "asked on a channel that it has not");
        let timeout = match directive {
            Directive::PrepareStop => {
                self.walk_to(service);
                spec.prepare_timeout
            }
            Directive::Stop => spec.stop_timeout,
        };
        let deadline = self.now.after(self.scaled(timeout));
        let model = &mut self.models[usize::from(service.0)];
        assert!(model.exists && matches!(model.state, ServiceState::Stopping(_)));
        model.deadline = Some(deadline);
    }

    /// The walk down goes one way, and everything that was behind is gone.
    fn walk_to(&mut self, service: ServiceId) {
        let index = usize::from(service.0);
        assert!(matches!(self.boot, BootState::ShuttingDown(_) | BootState::Panic));
        assert!(index < self.walked_to, "stopped out of order");
        self.walked_to = index;
        for (i, model) in self.models.iter().enumerate().skip(index + 1) {
            assert!(!model.exists, "{i} stands while {index} is taken from under it");
        }
    }

    fn notice(&mut self, notice: Notice, event: Event) {
        match notice {
            Notice::Boot { from, to } => {
                assert_eq!(from, self.boot);
                assert!(boot_may_become(from, to), "{from:?} -> {to:?}");
                assert!(to != BootState::Panic || self.diagnosed, "panic without diagnostics");
                self.boot = to;
                self.budget_ends = match to {
                    BootState::BootingLayer(number) => {
                        let spec = self.plan.layers.iter().find(|spec| spec.number == number);
                        let budget = spec.and_then(|spec| spec.budget);
                        budget.map(|budget| self.now.after(self.scaled(budget)))
                    }
                    _ => None,
                };
            }
            Notice::Service { service, from, to, reason } => {
                if let Some(Reason::DependencyNotRunning(on)) = reason {
                    assert!(self.plan.requires(service, on), "missing what it does not require");
                    assert!(!self.models[usize::from(on.0)].state.is_up(), "missing what runs");
                }
                let model = &mut self.models[usize::from(service.0)];
                assert_eq!(kind(from), kind(model.state), "a change that nobody was told of");
                assert!(may_become(from, to), "{from:?} -> {to:?}");
                if reason == Some(Reason::StartupTimeout) {
                    assert_eq!(event, Event::Tick);
                    assert!(model.deadline.is_some_and(|at| at <= self.now), "timed out too early");
                }
                model.state = to;
                if !to.is_starting() {
                    model.deadline = None;
                }
            }
            Notice::LayerOverBudget { .. } => {
                assert!(self.budget_ends.take().is_some_and(|end| end <= self.now), "within its budget");
            }
            Notice::StopForced { service, .. } => {
                let model = &self.models[usize::from(service.0)];
                assert!(model.deadline.is_some_and(|at| at <= self.now), "forced too early");
            }
            Notice::BootComplete { degraded, .. } => {
                let eager = self.models.iter().zip(&self.plan.services);
                let mut eager = eager.filter(|(_, spec)| spec.start == StartMode::Eager);
                assert_eq!(degraded, eager.any(|(model, _)| model.state != ServiceState::Running));
            }
            Notice::LayerUp { .. } | Notice::BootFailed { .. } | Notice::Ignored { .. } => {}
        }
    }

    fn check_step(&self, event: Event, actions: &[Action], due: Option<ServiceId>) {
        let heavy = actions.iter().filter(|action| !matches!(action, Action::Notice(_))).count();
        assert!(heavy <= Machine::ACTIONS_PER_STEP, "{heavy} actions in one step");
        if actions.iter().any(|action| matches!(action, Action::Notice(Notice::Ignored { .. }))) {
            assert_eq!(actions.len(), 1, "ignored, and yet not without effect: {event:?}");
        }
        if let Some(service) = due {
            let served = |action: &Action| matches!(action, Action::Notice(Notice::Service { service: s, .. }) if *s == service);
            assert!(actions.iter().any(served), "a due deadline was forgotten");
        } else if event == Event::Tick {
            let over = |action: &Action| matches!(action, Action::Notice(Notice::LayerOverBudget { .. }));
            assert!(actions.iter().all(over), "a tick without a due deadline did {actions:?}");
        }
        for (index, model) in self.models.iter().enumerate() {
            let mut deps = self.plan.deps_of(super::id(index)).iter().filter(|dep| dep.required);
            let whole = deps.all(|dep| self.models[usize::from(dep.on.0)].state.is_up());
            assert!(whole || model.state != ServiceState::Running, "{index} runs without what it requires");
        }
        let deadlines = self.models.iter().filter_map(|model| model.deadline);
        assert_eq!(self.machine.next_deadline(), deadlines.chain(self.budget_ends).min());
        assert_eq!(self.machine.boot_state(), self.boot);
        for (record, model) in self.machine.records().iter().zip(&self.models) {
            assert_eq!(kind(record.state()), kind(model.state));
            assert_eq!(record.presence() != Presence::Absent, model.exists);
            assert_eq!(record.incarnation(), model.creates);
        }
    }

    fn scaled(&self, span: Duration) -> Duration {
        span.scaled(self.plan.timeout_scale_percent)
    }
}

/// Whether the event by itself is the end of the service's incarnation.
fn ends(event: Event, service: ServiceId) -> bool {
    let lets_go_on = matches!(event, Event::Hello(_) | Event::Ready(_) | Event::ReadyToStop(_));
    event.service() == Some(service) && !lets_go_on
}
