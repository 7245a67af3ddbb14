// SPDX-License-Identifier: BSD-2-Clause
//! The executor, the clock and the services around the machine. What it watches for is in `watch.rs`.

use partenza_lifecycle::*;

use super::Plan;
use super::model::{Answer, Model};

pub struct World<'a> {
    pub(super) plan: &'a Plan,
    pub machine: Machine<'a>,
    pub now: Instant,
    pub(super) models: Vec<Model>,
    pub(super) boot: BootState,
    /// Who served of each group after the last step.
    pub(super) servers: Vec<ServiceId>,
    pub(super) budget_ends: Option<Instant>,
    /// The same, whether reported or not.
    pub(super) layer_ends: Option<Instant>,
    pub(super) finished: Option<Ending>,
    pub(super) diagnosed: bool,
    pub(super) emergency: bool,
    /// One past the last service that was told to stop by the walk down.
    pub(super) walked_to: usize,
    /// Every restart of whatever service.
    pub(super) restarts: Vec<Instant>,
    /// Everything that came out, for the tests to look into.
    pub trace: Vec<Action>,
}

impl<'a> World<'a> {
    pub fn new(plan: &'a Plan, room: &'a mut super::Room) -> Self {
        let machine = Machine::new(plan.config(), room.storage()).expect("a good plan");
        let state = |there| if there { ServiceState::Pending } else { ServiceState::Disabled };
        let models = (0..plan.services.len()).map(|index| Model {
            state: state(plan.is_selected(index) && !plan.services[index].awaits_program),
            incomplete: plan.services[index].awaits_program,
            decided: !plan.boots(index),
            ..Model::default()
        });
        let serves = |id: &&ServiceId| machine.records()[usize::from(id.0)].serves();
        let servers = plan.groups().into_iter().map(|group| *group.iter().find(serves).expect("one serves"));
        Self {
            plan,
            servers: servers.collect(),
            machine,
            now: Instant::from_micros(1_000_000),
            models: models.collect(),
            boot: BootState::Initializing,
            budget_ends: None,
            layer_ends: None,
            finished: None,
            diagnosed: false,
            emergency: false,
            walked_to: plan.services.len(),
            restarts: vec![],
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
        let mut actions = vec![];
        self.machine.step(self.now, event, &mut |action| actions.push(action));
        self.watch(event, &actions);
        self.trace.extend(&actions);
        actions
    }

    /// Lets time pass, up to the next deadline at most, and ticks.
    pub fn pass(&mut self, micros: u64) -> Vec<Action> {
        let then = self.now.after(Duration::from_micros(micros));
        self.now = self.machine.next_deadline().map_or(then, |at| then.min(at.max(self.now)));
        self.step(Event::Tick)
    }

    /// Time passes in which no service can run.
    pub fn excuse(&mut self, span: Duration) {
        self.now = self.now.after(span);
        self.machine.excuse(span);
        for model in &mut self.models {
            if let (Some(until), Some(_)) = (&mut model.until, model.deadline) {
                *until = until.after(span);
            }
            let health = &mut model.health;
            for at in [&mut model.deadline, &mut health.due, &mut health.calm].into_iter().flatten() {
                *at = at.after(span);
            }
        }
        let told = self.machine.next_deadline();
        assert!(told.is_none_or(|at| at <= self.now) || told == self.deadline(), "nothing else is due");
    }

    /// Answers every open `Create` and `Destroy` with success, in service order, until none is open and no turn due.
    pub fn answer_all(&mut self) {
        for _ in 0..100 * self.models.len() + 100 {
            if let Some(event) = self.answer(0, true) {
                self.step(event);
            } else if self.has_turns() {
                self.step(Event::Tick);
            } else {
                return;
            }
        }
        panic!("turns without an end");
    }

    /// Whether the machine is due although no deadline is.
    pub fn has_turns(&self) -> bool {
        let due = self.machine.next_deadline().is_some_and(|at| at <= self.now);
        due && self.deadline().is_none_or(|at| at > self.now)
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
        if self.models[index].blocked != Blocked::No {
            return None;
        }
        match self.machine.state(service)? {
            ServiceState::Starting(StartPhase::AwaitingHello) => Some(Event::Hello(service)),
            ServiceState::Starting(StartPhase::AwaitingReady) => Some(Event::Ready(service)),
            ServiceState::Stopping(StopPhase::Preparing) => Some(Event::ReadyToStop(service)),
            ServiceState::Stopping(StopPhase::Stopping) => Some(Event::Stopped { service, code: 0 }),
            _ => self.report(index, true).filter(|_| self.models[index].health.asked),
        }
    }

    /// What the service says of its health, if it is its move.
    pub fn report(&self, index: usize, healthy: bool) -> Option<Event> {
        let (service, model) = (super::id(index), &self.models[index]);
        match self.plan.services[index].health.probe {
            Probe::Call if model.health.asked => {
                Some(Event::HealthReport { service, probe: model.probes, healthy })
            }
            Probe::Heartbeat if model.state.is_up() => Some(Event::Heartbeat { service, healthy }),
            _ => None,
        }
    }

    /// A client that runs needs a server; the executor asks only if that is not up, and names who serves.
    pub fn wait(&self, client: usize, server: usize) -> Option<Event> {
        let model = self.models.get(client)?;
        let runs = model.exists && model.resumed && model.blocked == Blocked::No;
        self.models.get(server)?;
        let server = self.machine.server_of(super::id(server));
        let needed = !self.models.get(usize::from(server.0))?.state.is_up();
        (runs && needed).then_some(Event::Waits { client: super::id(client), server })
    }

    /// Somebody asks; the executor answers to what it leads to.
    pub fn ask(&mut self, index: usize, request: Request) -> Verdict {
        let service = super::id(index);
        let actions = self.step(Event::Requested { service, request });
        self.answer_all();
        let mut verdicts = actions.iter().filter_map(|action| match action {
            Action::Notice(Notice::Answered { verdict, .. }) => Some(*verdict),
            _ => None,
        });
        verdicts.next_back().expect("an answer")
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

    /// A well-behaved executor and clock, and services that say nothing: boot and shutdown must end.
    pub fn settle(&mut self) {
        for _ in 0..500 * self.models.len() + 500 {
            self.answer_all();
            if matches!(self.boot, BootState::SupervisorMode | BootState::Finished(_)) {
                return;
            }
            self.now = self.now.max(self.machine.next_deadline().expect("something to wait for"));
            self.step(Event::Tick);
        }
        panic!("no end: {:?}", self.boot);
    }

    /// From now on everybody behaves: what was decided must be done after a while.
    pub fn rest(&mut self) {
        for _ in 0..500 * self.models.len() + 500 {
            self.answer_all();
            for index in 0..self.models.len() {
                if self.models[index].blocked == Blocked::Throttled {
                    self.step(Event::PeriodOver(super::id(index)));
                }
            }
            // Whose start or stop has no time at all is behaved before that is over.
            while (0..self.models.len()).any(|index| self.expected(index).is_some()) {
                (0..self.models.len()).for_each(|index| self.behave(index));
            }
            if self.is_at_rest() {
                return;
            }
            self.now = self.now.max(self.machine.next_deadline().expect("something to wait for"));
            if self.beat() {
                continue;
            }
            self.step(Event::Tick);
        }
        panic!("no rest");
    }

    /// Every heart beats.
    fn beat(&mut self) -> bool {
        let mut beaten = false;
        for index in 0..self.models.len() {
            let due = self.models[index].health.due.is_some_and(|due| due <= self.now);
            let call = self.plan.services[index].health.probe == Probe::Call;
            if let Some(event) = self.report(index, true).filter(|_| due && !call) {
                self.step(event);
                beaten = true;
            }
        }
        beaten
    }

    fn is_at_rest(&self) -> bool {
        let moving = |model: &Model| {
            model.state.is_starting()
                || matches!(model.state, ServiceState::Stopping(_) | ServiceState::Restarting { .. })
        };
        let due = self.machine.next_deadline().is_some_and(|at| at <= self.now);
        !due && !self.models.iter().any(moving)
    }
}
