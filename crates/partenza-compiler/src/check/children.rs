// SPDX-License-Identifier: BSD-2-Clause
//! Parents and children (SPEC J-3): a parent is there when its children start, and nobody takes its place.
//!
//! Faults of a child whose parent is not there go to the Supervisor, so what is refused here would hang nobody; but it
//! would not be what system.xml says.

use partenza_plan::Start;

use super::order::layer_span;
use super::providers::groups;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::manifest::start_word;
use crate::resolve::Model;

/// Findings go to `out`.
pub fn check(model: &Model<'_>, out: &mut Diagnostics) {
    let groups = groups(model);
    for (at, child) in model.services.iter().enumerate() {
        let Some(nested) = &child.pd.parent else { continue };
        let Some(of) = model.service(&model.system.pds[nested.pd].name.value) else { continue };
        let parent = &model.services[of];
        let (name, above) = (child.name(), parent.name());
        if parent.layer > child.layer {
            let message = format!(
                "`{name}` (layer {}) is a child of `{above}`, which starts later (layer {})",
                child.layer, parent.layer
            );
            out.push(
                Diagnostic::error(Code::BadParent, message)
                    .at(layer_span(model, of), "starts later")
                    .at(layer_span(model, at), "its child")
                    .help(format!("move `{above}` to layer {} or below", child.layer)),
            );
        } else if rank(parent.start) > rank(child.start) {
            let (early, late) = (start_word(child.start), start_word(parent.start));
            let message = format!(
                "`{name}` has `start: {early}` and is a child of `{above}`, which has `start: {late}`"
            );
            out.push(
                Diagnostic::error(Code::BadParent, message)
                    .at(parent.pd.name.span, "its parent")
                    .at(child.pd.name.span, "the child")
                    .help(format!("write `start: {early}` for `{above}`, too")),
            );
        }
        if let Some(group) = groups.iter().find(|group| group.members.contains(&of)) {
            let message = format!("`{above}` has children, and others may take its place");
            out.push(
                Diagnostic::error(Code::BadParent, message)
                    .at(group.interface.span, "they share one endpoint")
                    .at(child.pd.name.span, "faults of this one come there"),
            );
        }
    }
}

fn rank(start: Start) -> u8 {
    match start {
        Start::Eager => 0,
        Start::Deferred => 1,
        Start::OnDemand => 2,
    }
}
