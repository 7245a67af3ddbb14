// SPDX-License-Identifier: BSD-2-Clause
//! What follows from the configuration before anything happens: first states, who serves, who is needed, who depends on
//! whom.

use crate::config::{Config, ConfigError};
use crate::record::{Need, Record, Ring};
use crate::spec::{Dep, DepKind, Provider, ServiceId};
use crate::state::{Reason, ServiceState};

/// A reverse edge; the caller provides one per edge of [`Config::deps`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Dependent {
    pub(crate) service: ServiceId,
    pub(crate) kind: DepKind,
    pub(crate) shared: bool,
}

/// Resets the records, and gives each its part of the history behind the storm guard's.
pub(crate) fn prepare(config: &Config<'_>, records: &mut [Record], mut history: u32) {
    for (service, record) in config.ids().zip(records) {
        let capacity = config.spec(service).restart.remembered();
        let boots = config.boots(service);
        *record = Record {
            open: boots,
            decided: !boots,
            ring: Ring { start: history, capacity, ..Ring::default() },
            ..Record::default()
        };
        history += u32::from(capacity);
        let awaits_program = config.spec(service).awaits_program;
        if awaits_program || !config.is_selected(service) {
            record.state = ServiceState::Disabled;
            let reason = if awaits_program { Reason::NotDelivered } else { Reason::NotInRecoverySet };
            record.reason = Some(reason);
        }
    }
}

/// What a critical service requires is needed, what that requires, and what has a needed sidecar.
pub(crate) fn mark_needed(config: &Config<'_>, records: &mut [Record]) {
    // A dependency comes before its dependent, so one walk from the last service to the first finds all but what a module
    // requires whose sidecar turns out to be needed later in the walk.
    while raise_needs(config, records) {}
}

/// One walk. `true`: something is needed that was not, or more.
fn raise_needs(config: &Config<'_>, records: &mut [Record]) -> bool {
    let mut raised = false;
    for service in config.ids().rev() {
        let deps = config.deps_of(service);
        let is_needed =
            |dep: &Dep| dep.kind == DepKind::Sidecar && records[dep.on.index()].need != Need::None;
        if config.spec(service).critical || deps.iter().any(is_needed) {
            raised |= records[service.index()].raise_need(Need::Itself);
        }
        if records[service.index()].need == Need::None {
            continue;
        }
        for dep in deps.iter().filter(|dep| config.kind(dep).is_required()) {
            let need = if dep.shared { Need::AnyProvider } else { Need::Itself };
            raised |= records[dep.on.index()].raise_need(need);
        }
    }
    raised
}

/// Turns the edges round by counting sort: the dependents of one service lie together, in plan order. Counts, by
/// the way, the dependencies whose start has to have an outcome first: those that the boot starts.
pub(crate) fn reverse(
    config: &Config<'_>,
    records: &mut [Record],
    dependents: &mut [Dependent],
) -> Result<(), ConfigError> {
    for service in config.ids() {
        for dep in config.deps_of(service) {
            let on = &mut records[dep.on.index()];
            on.dependents_end += 1;
            if on.open && !(dep.shared && on.stands_by) {
                records[service.index()].unsettled += 1;
            }
        }
    }
    let mut start = 0;
    for record in records.iter_mut() {
        let count = core::mem::replace(&mut record.dependents_end, start);
        start += count;
    }
    for service in config.ids() {
        for dep in config.deps_of(service) {
            let end = &mut records[dep.on.index()].dependents_end;
            dependents[*end as usize] = Dependent { service, kind: config.kind(dep), shared: dep.shared };
            *end += 1;
        }
    }
    let mut start = 0;
    for (service, record) in config.ids().zip(records) {
        let edges = &dependents[start..record.dependents_end as usize];
        start = record.dependents_end as usize;
        if edges.iter().filter(|edge| edge.kind == DepKind::Sidecar).count() > 1 {
            return Err(ConfigError::Sidecar(service));
        }
    }
    Ok(())
}

/// The preferred one of each group serves, until the boot begins.
pub(crate) fn appoint(config: &Config<'_>, records: &mut [Record]) -> Result<(), ConfigError> {
    for Provider { group, service } in config.providers.iter().copied() {
        let record = records.get_mut(service.index()).ok_or(ConfigError::Provider(service))?;
        if record.group.replace(group).is_some() {
            return Err(ConfigError::Provider(service));
        }
        let first = config.providers.iter().find(|provider| provider.group == group);
        record.stands_by = first.is_some_and(|first| first.service != service);
    }
    Ok(())
}
