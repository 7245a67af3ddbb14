// SPDX-License-Identifier: BSD-2-Clause
//! `authority`: who can reach what, and how (SPEC F-9).

use std::path::PathBuf;

use clap::Args;
use partenza_analysis::authority::{self as analysis, Graph, Node, Relation, Rule};
use partenza_compiler::diagnostic::suggest;
use serde_json::Value;

use crate::output::{paint, text};
use crate::system::{CompileArgs, Loaded};
use crate::{Failure, output};

pub const EXAMPLES: &str = "\
Examples:
  partenza authority
      every service: what it does to whom, and whom it reaches in the end
  partenza authority --from terminal
      everything that terminal reaches, with the shortest way
  partenza authority --to COM1
      who reaches a device (a service, a region, `irq 4`, a port) and how
  partenza authority --why terminal keys
      the way from one to the other, drawn
  partenza authority --deny 'terminal -> keys'
      exit code 1 and the way, if there is one

A way is as long as it is: every service is taken to pass on what it can.
Computed from the compiled plan's capabilities and rights.";

#[derive(Args, Clone)]
pub struct AuthorityArgs {
    /// A system's directory, an archive or an image
    #[arg(value_name = "SYSTEM", default_value = ".")]
    pub what: PathBuf,
    #[command(flatten)]
    pub compile: CompileArgs,
    /// Everything that this service or region reaches
    #[arg(long, value_name = "NAME", group = "question")]
    pub from: Option<String>,
    /// Every service that reaches this service, region or device
    #[arg(long, value_name = "NAME", group = "question")]
    pub to: Option<String>,
    /// The way from one to the other
    #[arg(long, num_args = 2, value_names = ["A", "B"], group = "question")]
    pub why: Vec<String>,
    /// Fail if there is a way; may be given more than once
    #[arg(long, value_name = "A -> B", group = "question", value_parser = rule)]
    pub deny: Vec<Rule>,
    /// Count what a server tells its clients, too: where knowledge can go, not only who can act
    #[arg(long)]
    pub flow: bool,
    /// The answer as JSON
    #[arg(long)]
    pub json: bool,
}

fn rule(text: &str) -> Result<Rule, String> {
    Rule::deny(text)
        .map_err(|_| "expected two names with an arrow between, as in `terminal -> keys`".to_owned())
}

pub fn authority(args: &AuthorityArgs) -> Result<(), Failure> {
    let loaded = Loaded::load(&args.what, &args.compile)?;
    let plan = loaded.source()?.plan();
    let graph = Graph::new(&plan, if args.flow { Relation::Tells } else { Relation::Acts });
    if !args.deny.is_empty() {
        return deny(args, &graph);
    }
    let find = |name: &str| find(&graph, name);
    let (json, shown): (Value, String) = match (&args.from, &args.to, args.why.as_slice()) {
        (Some(name), ..) => {
            let node = find(name)?;
            (analysis::from_json(&graph, node), analysis::from(&graph, node, paint()))
        }
        (None, Some(name), _) => {
            let node = find(name)?;
            (analysis::to_json(&graph, node), analysis::to(&graph, node, paint()))
        }
        (None, None, [a, b]) => {
            let (a, b) = (find(a)?, find(b)?);
            (analysis::path_json(&graph, a, b), analysis::why(&graph, a, b, paint()))
        }
        (None, None, _) => (analysis::overview_json(&graph), analysis::overview(&graph, paint())),
    };
    if args.json { output::json(json) } else { text(&shown) }
}

fn deny(args: &AuthorityArgs, graph: &Graph<'_, '_>) -> Result<(), Failure> {
    let found = analysis::evaluate(graph, &args.deny).map_err(|unknown| {
        let texts: Vec<String> = unknown.iter().map(|u| no_such(graph, &u.name)).collect();
        Failure::environment(texts.join("\npartenza: "))
    })?;
    if args.json {
        output::json(analysis::violations_json(graph, &args.deny, &found))?;
    } else {
        text(&analysis::violations(graph, &args.deny, &found, paint()))?;
    }
    if found.is_empty() { Ok(()) } else { Err(Failure::Problems) }
}

fn find(graph: &Graph<'_, '_>, name: &str) -> Result<Node, Failure> {
    graph.find(name).ok_or_else(|| Failure::environment(no_such(graph, name)))
}

fn no_such(graph: &Graph<'_, '_>, name: &str) -> String {
    let plan = graph.names.plan;
    let services = plan.services.iter().map(|service| service.name);
    let known: Vec<&str> = services.chain(plan.regions.iter().map(|region| region.name)).collect();
    let help = suggest(name, known.iter().copied()).map_or(String::new(), |help| format!("; {help}"));
    format!("no service, region or device is called `{name}`{help}")
}
