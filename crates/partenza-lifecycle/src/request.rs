// SPDX-License-Identifier: BSD-2-Clause
//! What others ask of a service at run time (SPEC I-4). Each request is answered at once; what it leads to comes by
//! turns, like everything else.

use crate::event::{Action, Denial, Notice, Request, Sink, Verdict};
use crate::machine::Machine;
use crate::record::{Aim, Need};
use crate::setup::Dependent;
use crate::spec::{Dep, DepKind, ServiceId};
use crate::state::{BootState, Reason, ServiceState};

impl Machine<'_> {
    #[cold]
    pub(crate) fn requested(&mut self, service: ServiceId, request: Request, sink: &mut dyn Sink) {
        let verdict = match self.judge(service, request) {
            Ok(verdict) => verdict,
            Err(denial) => Verdict::Refused(denial),
        };
        sink.action(Action::Notice(Notice::Answered { service, request, verdict }));
        if verdict == Verdict::Accepted {
            self.carry_out(service, request, sink);
        }
    }

    pub(crate) fn judge(&self, service: ServiceId, request: Request) -> Result<Verdict, Denial> {
        let record = self.records.get(service.index()).ok_or(Denial::NoSuchService)?;
        match self.boot {
            BootState::SupervisorMode => {}
            BootState::BootingLayer(_) if request == Request::Lookup => {}
            BootState::KernelHandoff
            | BootState::Initializing
            | BootState::BootingLayer(_)
            | BootState::BootComplete => return Err(Denial::Booting),
            _ => return Err(Denial::GoingDown),
        }
        match record.reason.filter(|_| record.state == ServiceState::Disabled) {
            Some(Reason::Held) => return Err(Denial::Held),
            Some(Reason::NotDelivered) => return Err(Denial::NotDelivered),
            _ => {}
        }
        if record.state == ServiceState::Disabled || record.aim == Aim::Disable {
            return match request {
                Request::Enable => Ok(Verdict::Accepted),
                Request::Disable => Ok(Verdict::Already),
                Request::Start | Request::Stop | Request::Restart | Request::Serve | Request::Lookup => {
                    Err(Denial::Disabled)
                }
            };
        }
        match request {
            Request::Enable => Ok(Verdict::Already),
            Request::Lookup => self.judge_lookup(service),
            Request::Start => {
                self.refuse_sidecar(service)?;
                self.judge_start(service)
            }
            // It goes on, also if another was asked for that is not up yet.
            Request::Serve if !record.stands_by => {
                let called_off = self.another_is_wanted(service);
                Ok(if called_off { Verdict::Accepted } else { Verdict::Already })
            }
            Request::Serve if record.state.is_up() => Ok(Verdict::Accepted),
            Request::Serve => {
                self.refuse_sidecar(service)?;
                self.judge_start(service).map(|_| Verdict::Accepted)
            }
            Request::Restart => {
                self.refuse_sidecar(service)?;
                if !record.state.is_up() {
                    return self.judge_start(service);
                }
                // It would stop, and could not start again.
                match self.missing(service).filter(|_| self.is_needed(service)) {
                    Some(missing) => Err(Denial::DependencyNotRunning(missing)),
                    None => Ok(Verdict::Accepted),
                }
            }
            Request::Stop | Request::Disable => {
                self.refuse_sidecar(service)?;
                if self.is_irreplaceable(service) {
                    return Err(Denial::Critical);
                }
                let down = record.aim == Aim::Stop || record.rests();
                Ok(if request == Request::Stop && down { Verdict::Already } else { Verdict::Accepted })
            }
        }
    }

    /// Whether a critical service could not start without it.
    fn is_needed(&self, service: ServiceId) -> bool {
        self.records[service.index()].need != Need::None
    }

    /// The same, and there is nothing in its place: of several providers another is up, and is to be.
    fn is_irreplaceable(&self, service: ServiceId) -> bool {
        match self.records[service.index()].need {
            Need::None => false,
            Need::AnyProvider => !self.has_substitute(service),
            Need::Itself => true,
        }
    }

    fn judge_lookup(&self, service: ServiceId) -> Result<Verdict, Denial> {
        let record = &self.records[service.index()];
        if record.state.is_up() || record.open {
            Ok(Verdict::Already)
        } else if record.state == ServiceState::Pending {
            self.refuse_if_a_dependency_is_disabled(service)
        } else {
            Err(Denial::NotRunning)
        }
    }

    fn judge_start(&self, service: ServiceId) -> Result<Verdict, Denial> {
        let record = &self.records[service.index()];
        match record.aim {
            Aim::Stop | Aim::Fail => Ok(Verdict::Accepted),
            Aim::Cycle => Ok(Verdict::Already),
            Aim::Start | Aim::Keep | Aim::Disable => match record.state {
                ServiceState::Restarting { .. } => Ok(Verdict::Accepted),
                state if state.is_up() || record.open => Ok(Verdict::Already),
                _ => self.refuse_if_a_dependency_is_disabled(service),
            },
        }
    }

    fn refuse_if_a_dependency_is_disabled(&self, service: ServiceId) -> Result<Verdict, Denial> {
        let deps = self.config.deps_of(service);
        let disabled = |dep: &Dep| self.records[dep.on.index()].state == ServiceState::Disabled;
        let none_will_do = |dep: &&Dep| {
            let mut others = deps.iter().filter(|other| self.will_do(other, dep));
            self.config.kind(dep).is_required() && others.all(disabled)
        };
        match deps.iter().find(none_will_do) {
            Some(dep) => Err(Denial::DependencyNotRunning(dep.on)),
            None => Ok(Verdict::Accepted),
        }
    }

    fn refuse_sidecar(&self, service: ServiceId) -> Result<(), Denial> {
        match self.module_of(service) {
            Some(module) => Err(Denial::SidecarOf(module)),
            None => Ok(()),
        }
    }

    /// The service whose sidecar this one is.
    pub(crate) fn module_of(&self, service: ServiceId) -> Option<ServiceId> {
        let mut edges = self.dependents[self.dependents_of(service)].iter();
        let is_sidecar = |edge: &&Dependent| edge.kind == DepKind::Sidecar;
        edges.find(is_sidecar).map(|edge| edge.service)
    }

    fn carry_out(&mut self, service: ServiceId, request: Request, sink: &mut dyn Sink) {
        match request {
            Request::Start => self.carry_out_start(service, sink),
            Request::Restart => {
                if self.records[service.index()].state.is_up() {
                    self.end(service, Aim::Cycle, sink);
                } else {
                    self.carry_out_start(service, sink);
                }
            }
            Request::Serve => self.carry_out_serve(service, sink),
            Request::Lookup => self.start(service, false, sink),
            Request::Stop => self.end(service, Aim::Stop, sink),
            Request::Disable => self.end(service, Aim::Disable, sink),
            Request::Enable => {
                let record = &mut self.records[service.index()];
                if record.aim == Aim::Disable {
                    record.aim = Aim::Stop;
                } else {
                    self.enter(service, ServiceState::Pending, None, sink);
                }
            }
        }
    }

    fn carry_out_serve(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        self.want(service);
        if self.records[service.index()].state.is_up() {
            self.reopen(service, sink);
        } else if self.judge_start(service) == Ok(Verdict::Accepted) {
            self.carry_out_start(service, sink);
        }
    }

    fn carry_out_start(&mut self, service: ServiceId, sink: &mut dyn Sink) {
        let record = &mut self.records[service.index()];
        record.deliberate = true;
        if let ServiceState::Restarting { until } = &mut record.state {
            // The delay ends now, and a stop that was not carried out is called off; the limits of restarts stay.
            *until = self.now;
            self.timers.disarm(service);
        } else if record.aim.is_end() {
            return self.end(service, Aim::Cycle, sink);
        }
        self.start(service, true, sink);
    }

    fn end(&mut self, service: ServiceId, aim: Aim, sink: &mut dyn Sink) {
        self.aim(service, aim, Reason::Requested, sink);
        let shared = if aim == Aim::Cycle { Aim::Cycle } else { Aim::Stop };
        self.share_fate(service, shared, sink);
    }
}
