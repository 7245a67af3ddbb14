// SPDX-License-Identifier: BSD-2-Clause
//! What the machine is told before it begins: services, their dependencies, layers, boot parameters.
//!
//! The rule that the rest leans on: **a service's index is its place in the start order** (SPEC C-3). Layers never
//! go down along it and a dependency always comes before its dependent, so there are no cycles, a layer is a
//! contiguous range, and the reverse of the order is a safe order to stop in, however often something was restarted.
//! The compiler makes plans so; [`Config::check`] refuses any other instead of hanging on it.

use core::fmt;

use crate::time::Duration;

/// A service, by its place in the plan's start order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId(pub u16);

impl ServiceId {
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// When a service is started (SPEC C-6). Only `Eager` ones are part of the boot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StartMode {
    /// In its layer, during boot.
    #[default]
    Eager,
    /// After the boot is complete.
    Deferred,
    /// When first looked up or asked for.
    OnDemand,
}

/// How a service says that it is ready (SPEC G-1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Readiness {
    /// It does not: it counts as running from its first instruction, and has no channel on which to be asked to stop.
    #[default]
    None,
    /// By a notification.
    Signal,
    /// By a handshake and a `ServiceReady` message.
    Message,
}

/// One edge of the dependency graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dep {
    pub on: ServiceId,
    /// A service is not started without a dependency that it requires; an optional one only orders the start.
    pub required: bool,
}

/// A service's part of the shared slice [`Config::deps`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DepRange {
    pub start: u32,
    pub len: u16,
}

/// One service, as planned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ServiceSpec {
    pub layer: u8,
    /// Its failure during boot is the boot's failure (SPEC E-2).
    pub critical: bool,
    pub start: StartMode,
    pub deps: DepRange,
    pub readiness: Readiness,
    /// From the first instruction to ready.
    pub startup_timeout: Duration,
    /// From the directive `PrepareStop` to its answer.
    pub prepare_timeout: Duration,
    /// From the directive `Stop` to its answer.
    pub stop_timeout: Duration,
}

/// What is said of a layer as a whole. A layer that is not listed has no budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LayerSpec {
    pub number: u8,
    /// Exceeding it is reported (SPEC R-1), nothing more.
    pub budget: Option<Duration>,
}

/// Everything that the machine knows of the system.
#[derive(Clone, Copy, Debug)]
pub struct Config<'a> {
    /// In start order.
    pub services: &'a [ServiceSpec],
    pub deps: &'a [Dep],
    pub layers: &'a [LayerSpec],
    /// `false`: one service after the other (SPEC C-5).
    pub parallel: bool,
    /// Applied to every timeout and budget (SPEC B-4); 100 is the plan's own.
    pub timeout_scale_percent: u32,
    /// This one is created but not resumed, so that it can be looked at (SPEC B-4).
    pub hold: Option<ServiceId>,
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
    /// The caller's storage is too small for this many services or edges.
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
            Self::Storage => write!(f, "storage too small for the plan"),
        }
    }
}

impl core::error::Error for ConfigError {}

impl<'a> Config<'a> {
    /// Refuses what the machine could not carry through. O(services + edges).
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
        let mut layer = 0;
        for (service, spec) in self.ids().zip(self.services) {
            if spec.layer < layer {
                return Err(ConfigError::LayerOrder(service));
            }
            layer = spec.layer;
            let start = spec.deps.start as usize;
            let deps = start
                .checked_add(usize::from(spec.deps.len))
                .and_then(|end| self.deps.get(start..end))
                .ok_or(ConfigError::DepRange(service))?;
            if deps.iter().any(|dep| dep.on >= service) {
                return Err(ConfigError::DepOrder(service));
            }
        }
        Ok(())
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = ServiceId> + use<> {
        (0..self.services.len() as u16).map(ServiceId)
    }

    pub(crate) fn spec(&self, service: ServiceId) -> &'a ServiceSpec {
        &self.services[service.index()]
    }

    pub(crate) fn deps_of(&self, service: ServiceId) -> &'a [Dep] {
        let range = self.spec(service).deps;
        &self.deps[range.start as usize..][..usize::from(range.len)]
    }

    pub(crate) fn budget_of(&self, layer: u8) -> Option<Duration> {
        let spec = self.layers.iter().find(|spec| spec.number == layer)?;
        Some(self.scaled(spec.budget?))
    }

    pub(crate) fn scaled(&self, timeout: Duration) -> Duration {
        timeout.scaled(self.timeout_scale_percent)
    }
}
