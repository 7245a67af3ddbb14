// SPDX-License-Identifier: BSD-2-Clause
//! The module's life in the machine, and what is judged of each part of it (clauses C-303 to C-306 and C-401 to C-417).
//!
//! Boot, ready; a time in which it is only watched; a restart; a caller that knocks; the system's shutdown. A part that
//! goes wrong ends the trial: what comes behind it would be judged of a module that is not well already.

use std::time::Duration;

use partenza_lab::log::Log;
use partenza_lab::machine::{Machine, Running};
use partenza_plan::policy::Probe;
use partenza_protocol::error::{BootError, SupervisorError};
use partenza_protocol::event::{BootState, Event, Rejection};
use partenza_protocol::{Code, Op, ServiceId};

use super::bench::{Bench, IDLE, KNOCKER};
use super::clauses::Clause;
use super::subject::Subject;
use crate::Unable;
use crate::sheet::Sheet;

/// How long a trial may last on the host.
const DEADLINE: Duration = Duration::from_secs(120);
/// Microseconds for which a module is watched that is not probed.
const WATCH: u64 = 1_000_000;
/// Microseconds for which one is watched at most, however seldom it is probed.
const WATCH_AT_MOST: u64 = 60_000_000;
/// Messages that a module may send a second while nobody wants anything of it but health.
const MESSAGES_A_SECOND: u64 = 1000;
/// Probes that must be answered.
const PROBES: u64 = 3;

/// Clauses about the messages before ready and how they come out.
const START: [Clause; 10] = [
    Clause::Fits,
    Clause::Handshake,
    Clause::ReadyInTime,
    Clause::NoEarlyFault,
    Clause::NoEarlyEnd,
    Clause::Modest,
    Clause::Interfaces,
    Clause::Name,
    Clause::Version,
    Clause::Channel,
];

/// A module on trial.
struct Trial<'a> {
    running: Running,
    id: ServiceId,
    name: &'a str,
    subject: &'a Subject,
    bench: &'a Bench,
}

/// Boots the image and judges the module of that name.
pub fn run(
    machine: &Machine,
    name: &str,
    subject: &Subject,
    bench: &Bench,
    sheet: &mut Sheet<Clause>,
) -> Result<(), Unable> {
    let mut running = machine.clone().deadline(DEADLINE).start()?;
    let booted = |log: &Log| log.reached(BootState::SupervisorMode) || log.has(&Event::Finished);
    running.wait_for("the end of the boot", booted)?;
    let Some(id) = running.log().find(name) else {
        return Err(Unable(format!("the boot ended before `{name}`:\n{}", running.console())));
    };
    let mut trial = Trial { running, id, name, subject, bench };
    trial.start(sheet)?;
    for part in [Trial::watch, Trial::others, Trial::restart, Trial::knock] {
        if sheet.first_failure().is_some() {
            break;
        }
        part(&mut trial, sheet)?;
    }
    trial.stop(sheet)
}

impl Trial<'_> {
    /// Events about the module, from record `from` on.
    fn own(&mut self, from: usize) -> Vec<Event<'static>> {
        let id = self.id;
        self.running.log().events().skip(from).filter(|event| about(event) == Some(id)).cloned().collect()
    }

    fn records(&mut self) -> usize {
        self.running.log().records.len()
    }

    fn start(&mut self, sheet: &mut Sheet<Clause>) -> Result<(), Unable> {
        let own = self.own(0);
        let ready = own.iter().position(|event| matches!(event, Event::Ready { .. }));
        let before = &own[..ready.unwrap_or(own.len())];
        let unknown = before.iter().find_map(|event| match event {
            Event::Rejected {
                why: Rejection::WrongSecret | Rejection::WrongAbi | Rejection::BeforeHello,
                ..
            } => Some(words(event)),
            _ => None,
        });
        if let Some(seen) = unknown {
            sheet.fail(Clause::Handshake, seen);
        } else if ready.is_none() {
            let Some((code, seen)) = own.iter().find_map(failure) else {
                return Err(Unable(format!(
                    "the boot says nothing of `{}`:\n{}",
                    self.name,
                    self.running.log()
                )));
            };
            if code == BootError::DependencyNotRunning.code() {
                let console = self.running.console();
                return Err(Unable(format!("what `{}` requires does not run: {seen}\n{console}", self.name)));
            }
            sheet.fail(at_start(code), seen);
        } else {
            let millis = self.time_to_ready().map_or_else(String::new, |us| format!("ready after {us} us"));
            sheet.pass(Clause::ReadyInTime, millis);
            sheet.pass_rest(&START, "ready was accepted");
            let provided = self.subject.manifest.provides.iter();
            let provided: Vec<&str> = provided.map(|provided| provided.interface.value.as_str()).collect();
            if provided.is_empty() {
                sheet.does_not_apply(Clause::Interfaces, "it provides nothing");
            }
        }
        Ok(())
    }

    fn time_to_ready(&mut self) -> Option<u64> {
        let id = self.id;
        let log = self.running.log();
        let at = |wanted: &Event<'static>| log.records.iter().find(|r| r.event == *wanted).map(|r| r.time);
        Some(at(&Event::Ready { service: id })? - at(&Event::Created { service: id })?)
    }

    /// Whether a service of the lowest priority got to run behind the module.
    fn others(&mut self, sheet: &mut Sheet<Clause>) -> Result<(), Unable> {
        if self.bench.own {
            sheet.does_not_apply(Clause::LetsOthersRun, "the system is the module's own");
            return Ok(());
        }
        let runs = self
            .running
            .log()
            .find(IDLE)
            .is_some_and(|id| self.running.log().has(&Event::Ready { service: id }));
        sheet.judge(
            Clause::LetsOthersRun,
            if runs {
                Ok("a service of priority 1 ran".to_owned())
            } else {
                Err("a service of priority 1 never ran".to_owned())
            },
        );
        Ok(())
    }

    /// A time in which nobody asks it for anything.
    fn watch(&mut self, sheet: &mut Sheet<Clause>) -> Result<(), Unable> {
        let health = self.subject.manifest.health.resolve();
        let time = match health.probe {
            Probe::None => WATCH,
            _ => (PROBES * health.interval + health.timeout + WATCH).min(WATCH_AT_MOST),
        };
        let before = self.messages()?;
        let until = self.running.uptime()?.unwrap_or(0) + time;
        while self.running.uptime()?.is_some_and(|now| now < until) && !self.is_lost() {}
        let own = self.own(0);
        let since = own.iter().position(|event| matches!(event, Event::Ready { .. })).unwrap_or(0);
        let broken = own[since..].iter().find_map(|event| Some((wrong(event)?, event)));
        if let Some((clause, event)) = broken {
            sheet.fail(clause, words(event));
        }
        // One that says that it is not well answers, and may be gone before its messages are counted.
        let unwell = broken.is_some_and(|(clause, _)| clause == Clause::Healthy);
        messages(&own, sheet);
        let seconds = time / 1_000_000;
        sheet.pass(Clause::StaysUp, format!("for {seconds} s"));
        let said = u64::from(self.messages()?.saturating_sub(before));
        let seen = format!("{said} messages in {seconds} s");
        sheet.judge(
            Clause::WithinRate,
            if said > seconds * MESSAGES_A_SECOND { Err(seen.clone()) } else { Ok(seen.clone()) },
        );
        match health.probe {
            Probe::None => {
                for clause in [Clause::AnswersProbes, Clause::Healthy] {
                    sheet.does_not_apply(clause, "the manifest asks for no probe");
                }
            }
            _ if time < PROBES * health.interval => {
                for clause in [Clause::AnswersProbes, Clause::Healthy] {
                    sheet.does_not_apply(
                        clause,
                        format!("it is probed too seldom to be watched for {PROBES} probes"),
                    );
                }
            }
            _ => {
                let answers = said >= PROBES || unwell;
                sheet.judge(Clause::AnswersProbes, if answers { Ok(seen) } else { Err(seen) });
                sheet.pass(Clause::Healthy, "it said that it is well");
            }
        }
        Ok(())
    }

    /// How many messages the Supervisor had of it so far.
    fn messages(&mut self) -> Result<u32, Unable> {
        Ok(self.running.status(self.name, |status| status.messages)?.unwrap_or(0))
    }

    fn is_lost(&mut self) -> bool {
        self.own(0)
            .iter()
            .any(|event| matches!(event, Event::Failed { .. } | Event::RestartLimitReached { .. }))
    }

    fn restart(&mut self, sheet: &mut Sheet<Clause>) -> Result<(), Unable> {
        let from = self.records();
        if let Err(code) = self.running.ask(Op::Restart, self.name)? {
            sheet.fail(Clause::Restarts, format!("`restart` was refused: {code} {}", code.text()));
            return Ok(());
        }
        let id = self.id;
        let decided = |event: &Event<'_>| {
            matches!(event, Event::Ready { service } if *service == id)
                || matches!(event, Event::Failed { service, .. } | Event::RestartLimitReached { service, .. } if *service == id)
        };
        self.running.wait_for("the module again", |log| log.events().skip(from).any(decided))?;
        let own = self.own(from);
        let again = own.iter().any(|event| matches!(event, Event::Ready { .. }));
        let incarnation = own.iter().rev().find_map(|event| match event {
            Event::Starting { incarnation, .. } => Some(incarnation.0),
            _ => None,
        });
        let failed =
            own.iter().find_map(failure).filter(|(code, _)| *code != SupervisorError::Requested.code());
        sheet.judge(
            Clause::Restarts,
            match (again, failed) {
                (true, None) => Ok(format!("ready as incarnation {}", incarnation.unwrap_or(0))),
                (_, Some((_, seen))) => Err(seen),
                (false, None) => Err("it is not ready again".to_owned()),
            },
        );
        Ok(())
    }

    fn knock(&mut self, sheet: &mut Sheet<Clause>) -> Result<(), Unable> {
        if !self.bench.knocks {
            let why = if self.bench.own {
                "the system is the module's own"
            } else {
                "it provides nothing that could be called"
            };
            sheet.does_not_apply(Clause::AnswersCalls, why);
            return Ok(());
        }
        if let Err(code) = self.running.ask(Op::Start, KNOCKER)? {
            return Err(Unable(format!("the caller `{KNOCKER}` cannot be started: {code} {}", code.text())));
        }
        let Some(knocker) = self.running.log().find(KNOCKER) else {
            return Err(Unable(format!("the system has no `{KNOCKER}`")));
        };
        let decided = |event: &Event<'_>| matches!(event, Event::Ready { service } | Event::Failed { service, .. } if *service == knocker);
        self.running.wait_for("the caller", |log| log.events().any(decided))?;
        let log = self.running.log();
        let ready = log.has(&Event::Ready { service: knocker });
        let said = log.lines(KNOCKER).last().map_or("", |(_, text)| *text).to_owned();
        let seen = if said.is_empty() { "the first call is not answered".to_owned() } else { said };
        sheet.judge(Clause::AnswersCalls, if ready { Ok(seen) } else { Err(seen) });
        Ok(())
    }

    /// The whole system goes down, the module in its turn; judged only of one that was well until then.
    fn stop(mut self, sheet: &mut Sheet<Clause>) -> Result<(), Unable> {
        let well = sheet.first_failure().is_none();
        if self.running.log().has(&Event::Finished) || !well {
            return Ok(());
        }
        let from = self.records();
        // Whatever is answered, the events decide.
        let _ = self.running.order(Op::Shutdown)?;
        let id = self.id;
        let outcome = self.running.end();
        let own = outcome.log.events().skip(from).filter(|event| about(event) == Some(id));
        let own: Vec<Event<'static>> = own.cloned().collect();
        if let Some(event) = own.iter().find(|event| matches!(event, Event::Crashed { .. })) {
            sheet.fail(Clause::StopsWell, words(event));
        } else {
            let forced = own.iter().find_map(|event| match event {
                Event::Stopped { forced, .. } => Some(*forced),
                _ => None,
            });
            sheet.judge(
                Clause::StopsWhenAsked,
                match forced {
                    Some(false) => Ok("it stopped by itself".to_owned()),
                    Some(true) => Err("it was stopped by force".to_owned()),
                    None => Err(format!("it never stopped; QEMU's exit code is {:?}", outcome.code)),
                },
            );
            sheet.pass(Clause::StopsWell, "no fault");
        }
        Ok(())
    }
}

/// Rejected messages, whenever they came.
fn messages(own: &[Event<'_>], sheet: &mut Sheet<Clause>) {
    for event in own {
        match event {
            Event::Rejected { why: Rejection::Denied, .. } => sheet.fail(Clause::OnlyGranted, words(event)),
            Event::Rejected { why: Rejection::Muted, .. } => {}
            Event::Rejected { .. } => sheet.fail(Clause::OnceAndWell, words(event)),
            _ => {}
        }
    }
    sheet.pass(Clause::OnlyGranted, "nothing was denied");
    sheet.pass(Clause::OnceAndWell, "nothing was refused");
}

/// Which clause a failed start breaks.
fn at_start(code: Code) -> Clause {
    let table = [
        (BootError::AbiMismatch, Clause::Handshake),
        (BootError::StartupTimeout, Clause::ReadyInTime),
        (BootError::ServiceCrashed, Clause::NoEarlyFault),
        (BootError::ServiceExited, Clause::NoEarlyEnd),
        (BootError::Flooded, Clause::Modest),
        (BootError::InterfaceMismatch, Clause::Interfaces),
        (BootError::NameMismatch, Clause::Name),
        (BootError::VersionMismatch, Clause::Version),
        (BootError::EndpointMismatch, Clause::Channel),
    ];
    table.iter().find(|(error, _)| error.code() == code).map_or(Clause::Fits, |(_, clause)| *clause)
}

/// Why the module was taken down, if this event says so.
fn failure(event: &Event<'static>) -> Option<(Code, String)> {
    match event {
        Event::Failed { code, .. }
        | Event::Restarting { code, .. }
        | Event::RestartLimitReached { code, .. } => Some((*code, words(event))),
        _ => None,
    }
}

/// Which clause an event breaks that comes while the module is only watched.
fn wrong(event: &Event<'_>) -> Option<Clause> {
    match event {
        Event::Degraded { code, .. } | Event::Unhealthy { code, .. } => {
            let table = [
                (SupervisorError::Overload, Clause::WithinRate),
                (SupervisorError::Hung, Clause::AnswersProbes),
                (SupervisorError::NotWell, Clause::Healthy),
            ];
            Some(table.iter().find(|(e, _)| e.code() == *code).map_or(Clause::StaysUp, |(_, clause)| *clause))
        }
        Event::Crashed { .. }
        | Event::Failed { .. }
        | Event::Disabled { .. }
        | Event::Restarting { .. }
        | Event::RestartLimitReached { .. }
        | Event::Stopped { .. } => Some(Clause::StaysUp),
        _ => None,
    }
}

/// The service that an event speaks of.
fn about(event: &Event<'_>) -> Option<ServiceId> {
    match event {
        Event::Starting { service, .. }
        | Event::Created { service }
        | Event::Ready { service }
        | Event::Degraded { service, .. }
        | Event::Recovered { service }
        | Event::Crashed { service, .. }
        | Event::Failed { service, .. }
        | Event::Disabled { service, .. }
        | Event::Rejected { service, .. }
        | Event::Restarting { service, .. }
        | Event::RestartLimitReached { service, .. }
        | Event::Unhealthy { service, .. }
        | Event::Stopping { service }
        | Event::Stopped { service, .. } => Some(*service),
        _ => None,
    }
}

/// An event in words; services other than the module play no part in these.
fn words(event: &Event<'_>) -> String {
    partenza_protocol::event::Words { event, name: |_| "it" }.to_string()
}
