// SPDX-License-Identifier: BSD-2-Clause
//! `lookup`, `switch`: who provides an interface, and who shall (SPEC S-2, S-5).

use clap::Args;
use clap_complete::ArgValueCandidates;
use partenza_protocol::error::LookupError;
use partenza_protocol::request::{Found, Lookup, Release, Switch};
use partenza_protocol::{Op, decode};
use partenza_shell::refusal::{LookupRefused, SwitchRefused};
use serde_json::json;

use super::client::{Trouble, refusal};
use super::session::{Form, Session};
use crate::failure::Told;
use crate::{Failure, candidates};

pub const LOOKUP_EXAMPLES: &str = "\
Examples:
  partenza lookup storage/files
      who provides it, in whatever release
  partenza lookup storage/files 1.2 --below 2
      in a release from 1.2 on and before 2";

pub const SWITCH_EXAMPLES: &str = "\
Example:
  partenza switch storage/files ramfs
      the services are those of `providers` in partenza.yaml; one that does not
      run is started, and takes over when it is ready";

#[derive(Args, Clone)]
pub struct LookupArgs {
    /// An interface, as in storage/files
    pub interface: String,
    /// The oldest release that will do
    #[arg(value_name = "VERSION", default_value = "0", value_parser = release)]
    pub at_least: Release,
    /// The first release that is too new
    #[arg(long, value_name = "VERSION", value_parser = release)]
    pub below: Option<Release>,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Args, Clone)]
pub struct SwitchArgs {
    /// An interface of `providers` in partenza.yaml
    pub interface: String,
    /// The service that shall serve it from now on
    #[arg(add = ArgValueCandidates::new(candidates::services))]
    pub provider: String,
    #[command(flatten)]
    pub form: Form,
}

fn release(text: &str) -> Result<Release, String> {
    Release::parse(text).ok_or_else(|| "not a release: write `1`, `1.2` or `1.2.3`".to_owned())
}

pub fn lookup(args: &LookupArgs, session: &mut Session) -> Result<(), Trouble> {
    let question = Lookup { interface: &args.interface, at_least: args.at_least, below: args.below };
    let answer = session.client.ask(Op::Lookup, &question);
    let answer = answer.map_err(|trouble| not_found(trouble, &question))?;
    let found: Found<'_> = decode(&answer)?;
    let value = json!({"interface": args.interface, "provider": found.provider, "version": found.version});
    session.put(
        args.form,
        &value,
        &format!("{} provides {} {}\n", found.provider, args.interface, found.version),
    )
}

/// A refusal that says what was asked for.
fn not_found(trouble: Trouble, question: &Lookup<'_>) -> Trouble {
    let Trouble::Refused(code) = trouble else { return trouble };
    let refused = LookupRefused(code, question);
    let mut told = refusal(code);
    told.text = refused.to_string();
    if refused.depends_on_the_release() {
        told.hint = Some(format!("`partenza lookup {}` takes every release", question.interface));
    }
    Failure::Failed(told).into()
}

pub fn switch(args: &SwitchArgs, session: &mut Session) -> Result<(), Trouble> {
    let SwitchArgs { interface, provider, form } = args;
    let question = Switch { interface, provider };
    let asked = session.client.ask(Op::Switch, &question);
    let asked = asked.map_err(|trouble| match trouble {
        Trouble::Refused(code) if code == LookupError::NotFound.code() => {
            let refused = SwitchRefused(code, &question);
            Failure::Failed(Told::of(code, &refused, refused.hint().unwrap_or_default())).into()
        }
        other => other,
    });
    session.about(provider, asked)?;
    let value = json!({"operation": Op::Switch.name(), "interface": interface, "provider": provider, "outcome": "accepted"});
    session.put(*form, &value, &format!("{provider} serves {interface} now, or as soon as it is ready\n"))
}
