// SPDX-License-Identifier: BSD-2-Clause
//! What the machine is told before it begins: services, their dependencies, layers, boot parameters.
//!
//! The rule that the rest leans on: **a service's index is its place in the start order** (SPEC C-3). Layers never
//! go down along it and a dependency always comes before its dependent, so there are no cycles, a layer is a
//! contiguous range, and the reverse of the order is a safe order to stop in, however often something was restarted.
//! The compiler makes plans so; [`Config::check`] refuses any other instead of hanging on it.

use core::fmt;

use crate::spec::{
    Dep, DepKind, LayerSpec, OnExhausted, Overload, Policy, Probe, Provider, Readiness, ServiceId,
    ServiceSpec, StartMode, Storm,
};
use crate::time::Duration;

/// Everything that the machine knows of the system.
#[derive(Clone, Copy, Debug)]
pub struct Config<'a> {
    /// In start order.
    pub services: &'a [ServiceSpec],
    pub deps: &'a [Dep],
    pub layers: &'a [LayerSpec],
    /// Services of which one at a time serves what others require (SPEC S-2); in each group the preferred one first.
    pub providers: &'a [Provider],
    /// `false`: one service after the other (SPEC C-5). Restarts and what is looked up do not wait in that line.
    pub parallel: bool,
    /// Applied to every timeout and budget (SPEC B-4), not to intervals and delays; 100 is the plan's own.
    pub timeout_scale_percent: u32,
    /// This one is created but not resumed, so that it can be looked at (SPEC B-4).
    pub hold: Option<ServiceId>,
    /// In a recovery boot: which services there are, one entry per service; the others are Disabled, and soft edges
    /// are optional (SPEC Q-2).
    pub recovery: Option<&'a [bool]>,
    pub storm: Option<Storm>,
    pub overload: Option<Overload>,
    /// Started at a panic when everything else is gone, told to stop when it is ready, and waited for (SPEC L-8).
    pub panic_module: Option<ServiceId>,
}

impl Default for Config<'_> {
    fn default() -> Self {
        Self {
            services: &[],
            deps: &[],
            layers: &[],
            providers: &[],
            parallel: true,
            timeout_scale_percent: 100,
            hold: None,
            recovery: None,
            storm: None,
            overload: None,
            panic_module: None,
        }
    }
}

/// Why a [`Config`], or the storage given for it, is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// More services than a [`ServiceId`] can name.
    TooManyServices,
    /// The service's range of dependencies lies outside the shared slice.
    DepRange(ServiceId),
    /// The service depends on itself, on a later one, or on one that does not exist.
    DepOrder(ServiceId),
    /// The service stands behind one of a higher layer.
    LayerOrder(ServiceId),
    /// The service to hold does not exist.
    Hold(ServiceId),
    /// A scale of zero would let every start time out.
    TimeoutScale,
    /// A probe without an interval, or a call without a channel.
    Health(ServiceId),
    /// Restarts without a window, a back-off that shrinks, or an endless retry without a delay.
    Restart(ServiceId),
    /// The fallback is missing, does not exist, or is the service itself.
    Fallback(ServiceId),
    /// The sidecar has two modules, a sidecar of its own, or another start mode than its module.
    Sidecar(ServiceId),
    /// The provider does not exist, or is listed twice.
    Provider(ServiceId),
    /// The recovery set has not one entry per service.
    RecoverySet,
    /// A storm of no restarts or in no time.
    Storm,
    /// The service awaits its program and does not start on demand.
    Program(ServiceId),
    /// The panic module does not exist, is not on demand, has no readiness, awaits its program, or requires another.
    PanicModule(ServiceId),
    /// The caller's storage is too small for this many services, edges or restarts.
    Storage,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyServices => write!(f, "more services than can be numbered"),
            Self::DepRange(s) => write!(f, "dependencies of service {} lie outside the plan's", s.0),
            Self::DepOrder(s) => write!(f, "service {} comes before one that it depends on", s.0),
            Self::LayerOrder(s) => write!(f, "service {} comes after one of a higher layer", s.0),
            Self::Hold(s) => write!(f, "service {}, which is to be held, does not exist", s.0),
            Self::TimeoutScale => write!(f, "timeouts are scaled to nothing"),
            Self::Health(s) => write!(f, "service {} cannot be probed as planned", s.0),
            Self::Restart(s) => write!(f, "service {} cannot be restarted as planned", s.0),
            Self::Fallback(s) => write!(f, "service {} has no fallback to start", s.0),
            Self::Sidecar(s) => write!(f, "service {} cannot be a sidecar", s.0),
            Self::Provider(s) => write!(f, "service {} cannot be one of several providers", s.0),
            Self::RecoverySet => write!(f, "the recovery set does not fit the services"),
            Self::Storm => write!(f, "a storm guard that no restart could pass"),
            Self::Program(s) => write!(f, "service {} starts before it has a program", s.0),
            Self::PanicModule(s) => write!(f, "service {} cannot be the panic module", s.0),
            Self::Storage => write!(f, "storage too small for the plan"),
        }
    }
}

impl core::error::Error for ConfigError {}

impl<'a> Config<'a> {
    /// Refuses what the machine could not carry through. O(services + edges). That a sidecar has one module, and a
    /// provider one group, is checked by [`crate::Machine::new`], which has these the other way round.
    pub fn check(&self) -> Result<(), ConfigError> {
        // The last number is the machine's mark for "none".
        if self.services.len() >= usize::from(u16::MAX) {
            return Err(ConfigError::TooManyServices);
        }
        if self.timeout_scale_percent == 0 {
            return Err(ConfigError::TimeoutScale);
        }
        if let Some(held) = self.hold
            && held.index() >= self.services.len()
        {
            return Err(ConfigError::Hold(held));
        }
        if self.recovery.is_some_and(|set| set.len() != self.services.len()) {
            return Err(ConfigError::RecoverySet);
        }
        if self.storm.is_some_and(|storm| storm.restarts == 0 || storm.window == Duration::ZERO) {
            return Err(ConfigError::Storm);
        }
        let mut layer = 0;
        for (service, spec) in self.ids().zip(self.services) {
            if spec.layer < layer {
                return Err(ConfigError::LayerOrder(service));
            }
            layer = spec.layer;
            self.check_edges(service, spec)?;
            self.check_policies(service, spec)?;
        }
        self.panic_module.map_or(Ok(()), |module| self.check_panic_module(module))
    }

    fn check_edges(&self, service: ServiceId, spec: &ServiceSpec) -> Result<(), ConfigError> {
        let start = spec.deps.start as usize;
        let deps = start
            .checked_add(usize::from(spec.deps.len))
            .and_then(|end| self.deps.get(start..end))
            .ok_or(ConfigError::DepRange(service))?;
        for dep in deps {
            if dep.on >= service {
                return Err(ConfigError::DepOrder(service));
            }
            if dep.kind == DepKind::Sidecar {
                let has_own = self.deps_of(dep.on).iter().any(|dep| dep.kind == DepKind::Sidecar);
                if has_own || dep.soft || dep.shared || self.spec(dep.on).start != spec.start {
                    return Err(ConfigError::Sidecar(dep.on));
                }
            }
        }
        Ok(())
    }

    fn check_policies(&self, service: ServiceId, spec: &ServiceSpec) -> Result<(), ConfigError> {
        let (health, restart) = (&spec.health, &spec.restart);
        let mute = health.probe == Probe::Call && spec.readiness == Readiness::None;
        if health.probe != Probe::None && (mute || health.interval == Duration::ZERO) {
            return Err(ConfigError::Health(service));
        }
        if restart.policy != Policy::Never {
            let endless = restart.on_exhausted == OnExhausted::RetryForever;
            if restart.backoff_percent < 100
                || (restart.max > 0 && restart.window == Duration::ZERO)
                || (endless && restart.max_delay == Duration::ZERO)
            {
                return Err(ConfigError::Restart(service));
            }
        }
        let nowhere = |to: ServiceId| to == service || to.index() >= self.services.len();
        if spec.fallback.map_or(restart.on_exhausted == OnExhausted::Fallback, nowhere) {
            return Err(ConfigError::Fallback(service));
        }
        if spec.awaits_program && spec.start != StartMode::OnDemand {
            return Err(ConfigError::Program(service));
        }
        Ok(())
    }

    fn check_panic_module(&self, module: ServiceId) -> Result<(), ConfigError> {
        let spec = self.services.get(module.index()).ok_or(ConfigError::PanicModule(module))?;
        if spec.start != StartMode::OnDemand
            || spec.readiness == Readiness::None
            || spec.awaits_program
            || self.deps_of(module).iter().any(|dep| dep.kind.is_required())
        {
            return Err(ConfigError::PanicModule(module));
        }
        Ok(())
    }

    /// How long [`crate::Storage::history`] has to be.
    pub fn history_len(&self) -> usize {
        let storm = self.storm.map_or(0, |storm| usize::from(storm.restarts));
        storm + self.services.iter().map(|spec| usize::from(spec.restart.remembered())).sum::<usize>()
    }

    pub(crate) fn ids(&self) -> impl DoubleEndedIterator<Item = ServiceId> + use<> {
        (0..self.services.len() as u16).map(ServiceId)
    }

    #[inline]
    pub(crate) fn spec(&self, service: ServiceId) -> &'a ServiceSpec {
        &self.services[service.index()]
    }

    pub(crate) fn deps_of(&self, service: ServiceId) -> &'a [Dep] {
        let range = self.spec(service).deps;
        &self.deps[range.start as usize..][..usize::from(range.len)]
    }

    /// What the edge means in this boot.
    pub(crate) fn kind(&self, dep: &Dep) -> DepKind {
        if dep.soft && self.recovery.is_some() { DepKind::Optional } else { dep.kind }
    }

    /// Whether the service is part of this boot at all.
    pub(crate) fn is_selected(&self, service: ServiceId) -> bool {
        self.recovery.is_none_or(|set| set[service.index()])
    }

    /// Whether the boot starts it.
    pub(crate) fn boots(&self, service: ServiceId) -> bool {
        self.spec(service).start == StartMode::Eager && self.is_selected(service)
    }

    pub(crate) fn budget_of(&self, layer: u8) -> Option<Duration> {
        let spec = self.layers.iter().find(|spec| spec.number == layer)?;
        Some(self.scaled(spec.budget?))
    }

    pub(crate) fn scaled(&self, timeout: Duration) -> Duration {
        timeout.scaled(self.timeout_scale_percent)
    }
}
