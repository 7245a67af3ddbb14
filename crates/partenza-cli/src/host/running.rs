// SPDX-License-Identifier: BSD-2-Clause
//! `is-running`: whether the system, or a service, is as it should be, as an exit code for scripts and monitors.
//!
//! What somebody asked for is no fault: a service that was stopped or disabled, or waits to be asked for, is as it should
//! be. What failed, restarts, is degraded or unwell is not, nor is a recovery boot.

use std::fmt::{self, Display, Write};

use clap::Args;
use clap_complete::ArgValueCandidates;
use partenza_analysis::text::Table;
use partenza_protocol::event::{BootState, ServiceState};
use serde_json::json;

use super::ask::Service;
use super::boot::recovery;
use super::client::Trouble;
use super::session::{Form, Session};
use super::status::told;
use crate::{Failure, candidates};

pub const EXAMPLES: &str = "\
Examples:
  partenza is-running
      one word: running, starting, degraded, recovery, stopping or failed;
      then every service that is not as it should be
  partenza is-running --quiet || page-somebody
  partenza is-running network && echo its service runs

Exit code: 0 it runs, 1 it does not, 2 there is no system or no answer.";

#[derive(Args, Clone)]
pub struct RunningArgs {
    /// One service, in place of the system
    #[arg(add = ArgValueCandidates::new(candidates::services))]
    pub name: Option<String>,
    /// Say nothing: the exit code tells
    #[arg(short, long)]
    pub quiet: bool,
    #[command(flatten)]
    pub form: Form,
}

/// How the system is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// As it should be.
    Running,
    /// Its boot is not over.
    Starting,
    /// It runs, but for some service.
    Degraded,
    /// It was booted without what may have made earlier boots fail.
    Recovery,
    Stopping,
    /// Its boot failed, or an emergency ended it.
    Failed,
}

impl Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Running => "running",
            Verdict::Starting => "starting",
            Verdict::Degraded => "degraded",
            Verdict::Recovery => "recovery",
            Verdict::Stopping => "stopping",
            Verdict::Failed => "failed",
        })
    }
}

pub fn is_running(args: &RunningArgs, session: &mut Session) -> Result<(), Trouble> {
    match &args.name {
        Some(name) => service(name, args, session),
        None => system(args, session),
    }
}

fn service(name: &str, args: &RunningArgs, session: &mut Session) -> Result<(), Trouble> {
    let asked = session.client.status(name);
    let service = session.about(name, asked)?;
    let runs = service.state == ServiceState::Running;
    if !args.quiet {
        let value = json!({"name": service.name, "state": service.state, "running": runs});
        session.put(args.form, &value, &format!("{}\n", service.state))?;
    }
    end(runs)
}

fn system(args: &RunningArgs, session: &mut Session) -> Result<(), Trouble> {
    let state = session.client.boot()?.state;
    let mut unwell = Vec::new();
    for listed in session.client.list()? {
        if is_a_fault(listed.state) {
            unwell.push(session.client.status(&listed.name)?);
        }
    }
    let verdict = match state {
        BootState::KernelHandoff | BootState::Initializing | BootState::BootingLayer(_) => Verdict::Starting,
        BootState::ShuttingDown => Verdict::Stopping,
        BootState::BootFailed | BootState::EmergencyStop | BootState::Panic => Verdict::Failed,
        BootState::BootComplete | BootState::SupervisorMode => match recovery(session)? {
            Some(_) => Verdict::Recovery,
            None if unwell.is_empty() => Verdict::Running,
            None => Verdict::Degraded,
        },
    };
    let runs = verdict == Verdict::Running;
    if !args.quiet {
        let rows = unwell.iter().map(|service| {
            let last_error = service.last_error.map(|code| code.to_string());
            json!({"name": service.name, "state": service.state, "last_error": last_error})
        });
        let rows = rows.collect::<Vec<_>>();
        let value = json!({"state": verdict.to_string(), "running": runs, "services": rows});
        session.put(args.form, &value, &text(verdict, &unwell, session))?;
    }
    end(runs)
}

/// Whether a service of this state is not what the plan, or whoever was asked last, wants.
fn is_a_fault(state: ServiceState) -> bool {
    match state {
        ServiceState::Crashed
        | ServiceState::Failed
        | ServiceState::Unhealthy
        | ServiceState::Degraded
        | ServiceState::Restarting => true,
        ServiceState::Pending
        | ServiceState::Starting
        | ServiceState::Running
        | ServiceState::Stopping
        | ServiceState::Stopped
        | ServiceState::Disabled => false,
    }
}

fn text(verdict: Verdict, unwell: &[Service], session: &Session) -> String {
    let mut table = Table::indented(2);
    for service in unwell {
        let error = service.last_error.map_or(String::new(), told);
        table.row([service.name.as_str().into(), service.state.to_string().into(), error.into()]);
    }
    let mut text = String::new();
    // A string takes everything.
    let _ = write!(text, "{verdict}\n{}", table.show(session.paint));
    text
}

/// The answer is told already: what is left is the exit code.
fn end(runs: bool) -> Result<(), Trouble> {
    if runs { Ok(()) } else { Err(Failure::Problems.into()) }
}
