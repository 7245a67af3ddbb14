// SPDX-License-Identifier: BSD-2-Clause
//! Time budgets (SPEC P-1, R-1): what the services of a layer may take at worst must fit what the layer may take.
//!
//! At worst every service takes its whole `startup_timeout`. Services of a layer start together, each after those that
//! it requires, so a layer takes as long as its longest chain; with `boot.parallel: false`, as long as all of them.

use super::order::Order;
use crate::config::budget;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::numbers::show_duration;
use crate::resolve::{Model, Service};
use partenza_plan::Start;

/// Checks every layer. Findings go to `out`.
pub fn check(model: &Model<'_>, order: &Order, out: &mut Diagnostics) {
    let parameters = &model.config.boot.parameters;
    let parallel = parameters.parallel.or(model.config.boot.parallel).unwrap_or(true);
    let mut layers: Vec<u8> = model.services.iter().filter(|s| counts(s)).map(|s| s.layer).collect();
    layers.sort_unstable();
    layers.dedup();
    for layer in layers {
        let chain = if parallel { longest(model, order, layer) } else { all(model, order, layer) };
        let worst: u64 = chain.iter().map(|at| model.services[*at].startup_timeout).sum();
        let (allowed, written) = budget(&model.config.boot, layer);
        if worst > allowed {
            report(model, layer, &chain, worst, (allowed, written), out);
        }
    }
}

/// Whether a layer waits for a service. A plain PD counts as ready when it is started.
fn counts(service: &Service<'_>) -> bool {
    service.manifest.is_some() && !service.layer_missing && service.start == Start::Eager
}

fn all(model: &Model<'_>, order: &Order, layer: u8) -> Vec<usize> {
    let here = |at: &usize| counts(&model.services[*at]) && model.services[*at].layer == layer;
    order.services.iter().copied().filter(here).collect()
}

/// The chain that takes longest, first to start first.
fn longest(model: &Model<'_>, order: &Order, layer: u8) -> Vec<usize> {
    let members = all(model, order, layer);
    let mut best: Vec<Option<(u64, Option<usize>)>> = vec![None; model.services.len()];
    // In boot order, so what a service requires has its time already.
    for at in &members {
        let before = order.requires[*at].iter().filter_map(|d| Some((best[d.on]?.0, d.on)));
        let before = before.max_by_key(|(time, _)| *time);
        let time = before.map_or(0, |(time, _)| time) + model.services[*at].startup_timeout;
        best[*at] = Some((time, before.map(|(_, on)| on)));
    }
    let mut chain = Vec::new();
    // The first of several that take as long.
    let mut at = members.iter().copied().rev().max_by_key(|at| best[*at].map(|(time, _)| time));
    while let Some(here) = at {
        chain.push(here);
        at = best[here].and_then(|(_, before)| before);
    }
    chain.reverse();
    chain
}

fn report(
    model: &Model<'_>,
    layer: u8,
    chain: &[usize],
    worst: u64,
    (allowed, written): (u64, Option<crate::Span>),
    out: &mut Diagnostics,
) {
    let message = format!(
        "layer {layer} may take {} at worst, its budget is {}",
        show_duration(worst),
        show_duration(allowed)
    );
    let names: Vec<&str> = chain.iter().map(|at| model.services[*at].name()).collect();
    let mut found = Diagnostic::warning(Code::BudgetTooSmall, message);
    if let Some(span) = written {
        found = found.at(span, "the budget");
    }
    for at in chain {
        let service = &model.services[*at];
        let Some(manifest) = service.manifest else { continue };
        let span = manifest.startup_timeout_span.unwrap_or(manifest.id.span);
        found = found
            .at(span, format!("`{}` may take {}", service.name(), show_duration(service.startup_timeout)));
    }
    let help = format!(
        "shorten `health.startup_timeout`, or write `boot: {{layers: {{{layer}: {}}}}}` in partenza.yaml",
        show_duration(worst)
    );
    out.push(found.note(format!("one after the other: {}", names.join(" > "))).help(help));
}
