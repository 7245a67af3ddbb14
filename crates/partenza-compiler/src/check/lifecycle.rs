// SPDX-License-Identifier: BSD-2-Clause
//! What the target's lifecycle machine could not carry through (SPEC K, L, S-3) or a boot could not start (SPEC C-4,
//! found here, with a place, rather than as a plan that is refused or a service that fails in every boot.

use std::collections::{HashMap, VecDeque};

use partenza_plan::policy::{OnExhausted, Probe, RestartPolicy};
use partenza_plan::{Readiness, Start};

use super::order::Order;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::manifest::start_word;
use crate::resolve::{Dependency, Model};
use crate::source::Span;

/// Checks every service and the recovery set. Findings go to `out`.
pub fn check(model: &Model<'_>, order: &Order, out: &mut Diagnostics) {
    for at in 0..model.services.len() {
        policies(model, at, out);
        sidecar(model, at, out);
        starts(model, order, at, out);
        delivery(model, at, out);
        fallback(model, order, at, out);
    }
    recovery(model, order, out);
    panic(model, order, out);
}

fn policies(model: &Model<'_>, at: usize, out: &mut Diagnostics) {
    let service = &model.services[at];
    let Some(manifest) = service.manifest else { return };
    if let (Probe::Call, Readiness::None, Some(span)) =
        (service.health.probe, service.readiness, manifest.health.span)
    {
        let message = format!("`{}` is to be asked how it is and has `readiness: none`", service.name());
        let help = "write `readiness: signal` or `message`, or let it report by itself: `probe: heartbeat`";
        out.push(Diagnostic::error(Code::Disagree, message).at(span, "nobody listens").help(help));
    }
    let restart = &service.restart;
    let endless = restart.on_exhausted == OnExhausted::RetryForever && restart.policy != RestartPolicy::Never;
    if let Some(span) = manifest.restart.span.filter(|_| endless && restart.max_delay == 0) {
        let message = format!("`{}` is restarted for ever without a pause", service.name());
        let found = Diagnostic::error(Code::Disagree, message).at(span, "once every `max_delay`");
        out.push(found.help("give `restart.max_delay` a time"));
    }
}

/// A sidecar comes and goes with its service, so it starts when that does, and has none of its own.
fn sidecar(model: &Model<'_>, at: usize, out: &mut Diagnostics) {
    let service = &model.services[at];
    let Some(master) = service.sidecar_of else { return };
    let module = &model.services[master];
    let names = module.manifest.map_or(&[][..], |manifest| &manifest.sidecars);
    let span = names.iter().find(|name| name.value == service.name()).map_or(service.pd.span, |n| n.span);
    let mut refuse = |message: String| out.push(Diagnostic::error(Code::BadSidecar, message).at(span, ""));
    if let Some(own) = model.services.iter().find(|other| other.sidecar_of == Some(at)) {
        refuse(format!("the sidecar `{}` has a sidecar of its own, `{}`", service.name(), own.name()));
    }
    if service.start != module.start {
        refuse(format!(
            "the sidecar `{}` starts {}, `{}` starts {}",
            service.name(),
            start_word(service.start),
            module.name(),
            start_word(module.start)
        ));
    }
}

/// A service of the boot cannot start on one that the boot does not start.
fn starts(model: &Model<'_>, order: &Order, at: usize, out: &mut Diagnostics) {
    let service = &model.services[at];
    if service.start != Start::Eager {
        return;
    }
    let required = order.requires[at].iter().filter(|dependency| is_required(order, at, dependency));
    for dependency in required.filter(|dependency| model.services[dependency.on].sidecar_of != Some(at)) {
        let other = &model.services[dependency.on];
        let will_do = choices(order, at, dependency).any(|d| model.services[d.on].start == Start::Eager);
        if !will_do {
            let word = start_word(other.start);
            let message = format!(
                "`{}` starts with the boot and requires `{}`, which starts {word}",
                service.name(),
                other.name()
            );
            let help = format!("start both `eager`, or `{}` {word} as well", service.name());
            let found = Diagnostic::error(Code::NotStarted, message).at(dependency.span, "required here");
            out.push(found.help(help));
        }
    }
}

/// A fallback starts when the service that it stands in for is lost, so it cannot wait for that one.
fn fallback(model: &Model<'_>, order: &Order, at: usize, out: &mut Diagnostics) {
    let service = &model.services[at];
    let Some(fallback) = service.fallback else { return };
    let Some(way) = way(order, fallback, at) else { return };
    let names: Vec<&str> = way.iter().map(|at| model.services[*at].name()).collect();
    let message = format!(
        "the fallback `{}` requires `{}`, which it stands in for",
        model.services[fallback].name(),
        service.name()
    );
    let required = order.requires[fallback].iter().find(|dependency| way.get(1) == Some(&dependency.on));
    let span = required.map_or(model.services[fallback].pd.name.span, |dependency| dependency.span);
    let mut found = Diagnostic::error(Code::BadFallback, message).at(span, "required here");
    if names.len() > 2 {
        found = found.note(format!("{} requires {}", names[0], names[1..].join(", which requires ")));
    }
    out.push(found.help("mark the requirement `optional: true`, or name another fallback"));
}

/// Services from one to another, each of which requires the next and cannot do with another.
fn way(order: &Order, from: usize, to: usize) -> Option<Vec<usize>> {
    let mut before: HashMap<usize, usize> = HashMap::new();
    let mut next = VecDeque::from([from]);
    while let Some(at) = next.pop_front() {
        for dependency in order.requires[at].iter().filter(|d| is_required(order, at, d)) {
            let alone = choices(order, at, dependency).all(|choice| choice.on == dependency.on);
            if !alone || dependency.on == from || before.contains_key(&dependency.on) {
                continue;
            }
            before.insert(dependency.on, at);
            if dependency.on == to {
                let mut way: Vec<usize> =
                    std::iter::successors(Some(to), |at| before.get(at).copied()).collect();
                way.reverse();
                return Some(way);
            }
            next.push_back(dependency.on);
        }
    }
    None
}

/// One whose program comes after the boot can be nothing that others count on before (SPEC D-6).
fn delivery(model: &Model<'_>, at: usize, out: &mut Diagnostics) {
    let service = &model.services[at];
    let Some(span) = service.delivered else { return };
    let mut refuse = |message: String, help: &str| {
        let found = Diagnostic::error(Code::BadDelivery, message).at(span, "comes after the boot");
        out.push(found.help(help));
    };
    if service.start != Start::OnDemand {
        let message =
            format!("`{}` starts {}, before its program is there", service.name(), start_word(service.start));
        refuse(
            message,
            "write `start: on-demand`: it starts when it is asked for, once its program has come",
        );
    }
    if let Some(other) = model.services.iter().find(|other| other.fallback == Some(at)) {
        let message =
            format!("`{}` stands in for `{}`, and may have no program by then", service.name(), other.name());
        refuse(message, "pack it into the image: leave `binary` out");
    }
    if model.config.recovery.panic.as_ref().is_some_and(|name| name.value == service.name()) {
        let message = format!(
            "`{}` is to show why the system went down, and may have no program by then",
            service.name()
        );
        refuse(message, "pack it into the image: leave `binary` out");
    }
}

/// The edges of which one is enough where this one is.
fn choices<'o>(
    order: &'o Order,
    at: usize,
    dependency: &'o Dependency,
) -> impl Iterator<Item = &'o Dependency> {
    let same = |other: &&Dependency| {
        other.on == dependency.on || (other.any_of.is_some() && other.any_of == dependency.any_of)
    };
    order.requires[at].iter().filter(same)
}

/// The strength that the target gives an edge: what restarts with another needs it. Of several that will do, the first
/// stands for all.
fn is_required(order: &Order, at: usize, dependency: &Dependency) -> bool {
    let first = choices(order, at, dependency).next();
    (dependency.required || dependency.restart_with) && first.is_some_and(|first| first.on == dependency.on)
}

fn recovery(model: &Model<'_>, order: &Order, out: &mut Diagnostics) {
    let recovery = &model.config.recovery;
    let attempts = model.config.boot.max_attempts.as_ref();
    match (attempts, recovery.services.first()) {
        (Some(attempts), None) => {
            let message = "a recovery boot would start nothing";
            let found = Diagnostic::error(Code::RecoveryGap, message).at(attempts.span, "asks for them");
            out.push(found.help("name what it starts: `recovery: {services: [...]}`"));
        }
        (None, Some(name)) => {
            let message = "no boot is a recovery boot: `boot.max_attempts` is not set";
            let found = Diagnostic::warning(Code::RecoveryGap, message).at(name.span, "never used");
            out.push(found.help("write `boot: {max_attempts: 3}`"));
        }
        _ => {}
    }
    let edges = recovery
        .soften
        .iter()
        .filter_map(|(from, to)| Some((model.service(&from.value)?, model.service(&to.value)?, from.span)));
    let softened: Vec<(usize, usize, Span)> = edges.collect();
    for (from, to, span) in &softened {
        softens(model, order, (*from, *to), *span, out);
    }
    let set: Vec<(usize, Span)> =
        recovery.services.iter().filter_map(|name| Some((model.service(&name.value)?, name.span))).collect();
    for (at, span) in &set {
        let is_soft = |on| softened.iter().any(|(from, to, _)| (*from, *to) == (*at, on));
        for dependency in order.requires[*at].iter().filter(|dependency| is_required(order, *at, dependency))
        {
            let is_sidecar = model.services[dependency.on].sidecar_of == Some(*at);
            let in_set = |on| set.iter().any(|(other, _)| *other == on);
            if choices(order, *at, dependency).any(|d| in_set(d.on) || is_soft(d.on)) {
                continue;
            }
            let (name, other) = (model.services[*at].name(), model.services[dependency.on].name());
            let message = format!("a recovery boot starts `{name}` and not `{other}`, which it requires");
            let help = if is_sidecar {
                format!("add `{other}` to `recovery.services`")
            } else {
                format!("add `{other}` to `recovery.services`, or write `soften: [{name}->{other}]`")
            };
            let found = Diagnostic::error(Code::RecoveryGap, message).at(*span, "in the recovery set");
            out.push(found.at(dependency.span, "required here").help(help));
        }
    }
}

/// When it has its turn nobody else runs, and what runs until then is not it.
fn panic(model: &Model<'_>, order: &Order, out: &mut Diagnostics) {
    let Some(name) = &model.config.recovery.panic else { return };
    let Some(at) = model.service(&name.value) else { return };
    let service = &model.services[at];
    let mut refuse = |message: &str| {
        let message = format!("`{}` {message}", service.name());
        out.push(Diagnostic::error(Code::BadPanic, message).at(name.span, "is to show why"));
    };
    if service.start != Start::OnDemand {
        refuse("does not start `on-demand`: the boot would start it");
    }
    if service.readiness == Readiness::None {
        refuse("has `readiness: none`: nobody would know when it has shown it");
    }
    if let Some(dependency) = order.requires[at].iter().find(|dependency| is_required(order, at, dependency))
    {
        refuse(&format!("requires `{}`, which is gone by then", model.services[dependency.on].name()));
    }
}

/// What is softened must be a requirement, and no sidecar: that is part of its service.
fn softens(model: &Model<'_>, order: &Order, (from, to): (usize, usize), span: Span, out: &mut Diagnostics) {
    let (name, other) = (model.services[from].name(), model.services[to].name());
    if model.services[to].sidecar_of == Some(from) {
        let message = format!("`{other}` is a sidecar of `{name}`, which does not go without it");
        let found = Diagnostic::error(Code::RecoveryGap, message).at(span, "cannot be softened");
        out.push(found.help(format!("add `{other}` to `recovery.services`")));
    } else if !order.requires[from].iter().any(|d| d.on == to && (d.required || d.restart_with)) {
        let message = format!("`{name}` does not require `{other}`");
        out.push(Diagnostic::warning(Code::RecoveryGap, message).at(span, "softens nothing"));
    }
}
