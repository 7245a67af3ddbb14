// SPDX-License-Identifier: BSD-2-Clause
//! The rules of `policy:` in partenza.yaml, held against the compiled plan (SPEC F-9): a violation is a finding like any
//! other, with the way drawn.

use partenza_analysis::authority::{Graph, Relation, Rule, draw, evaluate};
use partenza_compiler::config;
use partenza_compiler::diagnostic::suggest;
use partenza_compiler::{Code, Compiled, Diagnostic, Diagnostics};

use crate::output::PLAIN;

/// Judges every rule. Findings go to `out`.
pub fn judge(compiled: &Compiled, out: &mut Diagnostics) {
    if compiled.policy.is_empty() {
        return;
    }
    let plan = compiled.plan();
    let graph = Graph::new(&plan, Relation::Acts);
    let mut unknown = false;
    for written in compiled.policy.iter().flat_map(config::Rule::names) {
        if graph.find(&written.value).is_none() {
            unknown = true;
            let known = plan.services.iter().map(|service| service.name);
            let known = known.chain(plan.regions.iter().map(|region| region.name));
            let message = format!("no service, memory region or device is called `{}`", written.value);
            let found = Diagnostic::error(Code::UnknownTarget, message).at(written.span, "");
            out.push(found.maybe_help(suggest(&written.value, known)));
        }
    }
    let rules: Vec<Rule> = compiled.policy.iter().map(rule).collect();
    let Ok(violations) = evaluate(&graph, &rules) else {
        debug_assert!(unknown, "names were looked up before");
        return;
    };
    for violation in violations {
        let rule = &rules[violation.rule];
        let message = match rule {
            Rule::Deny { from, to } => format!("`{from}` can act on `{to}`: {}", graph.line(&violation.path)),
            Rule::AllowOnly { to, .. } => {
                let who = violation.path.start().map_or_else(String::new, |node| graph.word(node));
                format!("`{who}` is not among those that may act on `{to}`: {}", graph.line(&violation.path))
            }
        };
        let way = draw(&graph, &violation.path, PLAIN);
        let found = Diagnostic::error(Code::PolicyViolated, message);
        let found = found.at(compiled.policy[violation.rule].span(), format!("forbidden: {rule}"));
        out.push(found.note(format!("the way:\n{}", way.trim_end())));
    }
}

fn rule(rule: &config::Rule) -> Rule {
    match rule {
        config::Rule::Deny { from, to, .. } => Rule::Deny { from: from.value.clone(), to: to.value.clone() },
        config::Rule::AllowOnly { to, from, .. } => {
            let from = from.iter().map(|name| name.value.clone()).collect();
            Rule::AllowOnly { to: to.value.clone(), from }
        }
    }
}
