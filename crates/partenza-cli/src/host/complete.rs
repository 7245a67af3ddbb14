// SPDX-License-Identifier: BSD-2-Clause
//! Waits for the end of a boot: BootComplete, or that it failed (SPEC E-1).
//!
//! Asked and listened for at the same time, whichever is first: a boot that was over before shows in the answer, one that
//! ends between question and answer in its event, and one whose event is lost in the answer to the next question. So
//! neither the log nor any one frame is relied on. A system that does not answer yet is asked again; one that goes down
//! may boot again, and is waited for until its line is closed.

use std::time::{Duration, Instant};

use partenza_protocol::event::{BootState, Event, Record};
use partenza_protocol::request::{BootPage, Page};
use partenza_protocol::{Op, decode};

use super::client::Trouble;
use super::session::Session;
use crate::Failure;
use crate::events::{Narrator, What};
use crate::failure::Told;

/// How long after an answer it is asked again, should an event have got lost.
const LOOK: Duration = Duration::from_millis(500);

/// What is known of a boot that is complete, before anything else is asked.
#[derive(Default)]
pub struct Complete {
    /// Microseconds.
    pub took: Option<u64>,
    /// What was told of a recovery boot. None where it is none, and where nobody listened from its beginning.
    pub recovery: Option<String>,
}

/// Until the boot is complete.
pub fn wait(until: Instant, session: &mut Session) -> Result<Complete, Trouble> {
    // Those may be of an earlier boot.
    session.client.forget_events();
    let (mut narrator, mut complete) = (Narrator::default(), Complete::default());
    // The last answer; none as long as it is silent.
    let mut state = None;
    // When the next question is due; none while one is open.
    let mut due = Some(Instant::now());
    loop {
        while let Some(bytes) = session.client.event_at_hand() {
            let told = narrator.decode(&bytes).ok_or(Trouble::Malformed)?;
            if let What::Failed(told) = told.what {
                return Err(failed(told, &bytes, &narrator, session));
            }
            let record: Record<'_> = postcard::from_bytes(&bytes).map_err(|_| Trouble::Malformed)?;
            match record.event {
                Event::BootComplete { micros, .. } => {
                    complete.took = Some(micros);
                    return Ok(complete);
                }
                Event::FailedBoots { recovers: true, .. } => complete.recovery = Some(told.text),
                // Another boot.
                Event::Handoff { .. } => complete = Complete::default(),
                _ => {}
            }
        }
        if due.is_none()
            && let Some(answer) = session.client.answer()
        {
            state = match answer {
                Ok(answer) => {
                    let page: BootPage<'_> = decode(&answer)?;
                    match page.state {
                        BootState::BootComplete | BootState::SupervisorMode => {
                            complete.took = page.complete;
                            return Ok(complete);
                        }
                        BootState::BootFailed | BootState::EmergencyStop | BootState::Panic => {
                            return Err(why(page.state, session));
                        }
                        BootState::KernelHandoff
                        | BootState::Initializing
                        | BootState::BootingLayer(_)
                        | BootState::ShuttingDown => Some(page.state),
                    }
                }
                Err(Trouble::Silent) => None,
                Err(trouble) => return Err(trouble),
            };
            due = Some(Instant::now() + LOOK);
        }
        let now = Instant::now();
        if now >= until {
            return Err(late(state));
        }
        if due.is_some_and(|due| now >= due) {
            session.client.post(Op::BootReport, &Page { from: 0 })?;
            due = None;
        }
        session.client.receive(Some(due.map_or(until, |due| due.min(until))))?;
    }
}

/// What the event says. Whoever was not there when the services were told of asks for their names, while that goes.
fn failed(told: Told, event: &[u8], known: &Narrator, session: &mut Session) -> Trouble {
    let named = known.names().is_empty().then(|| session.narrator().ok()).flatten();
    match named.and_then(|mut names| names.decode(event)).map(|event| event.what) {
        Some(What::Failed(told)) => Failure::Failed(told).into(),
        _ => Failure::Failed(told).into(),
    }
}

/// The system stands in a state that no boot comes out of. Its log tells why, while it answers.
fn why(state: BootState, session: &mut Session) -> Trouble {
    match last_failure(session) {
        Ok(Some(told)) => Failure::Failed(told).into(),
        Ok(None) | Err(_) => {
            let mut told = Told::plain(format_args!("the system is lost: {state}"));
            told.hint = Some("`partenza log -n 20` and the console tell why".to_owned());
            Failure::Failed(told).into()
        }
    }
}

fn last_failure(session: &mut Session) -> Result<Option<Told>, Trouble> {
    let mut narrator = session.narrator()?;
    let (mut from, mut found) = (0, None);
    loop {
        let part = session.client.log(from)?;
        for bytes in &part.records {
            if let Some(What::Failed(told)) = narrator.decode(bytes).map(|event| event.what) {
                found = Some(told);
            }
        }
        if part.records.is_empty() {
            return Ok(found);
        }
        from = part.next;
    }
}

fn late(state: Option<BootState>) -> Trouble {
    let Some(state) = state else { return Trouble::Silent };
    let mut told = Told::plain(format_args!("the time was up, and the boot is not over: {state}"));
    told.hint = Some("`partenza status` shows what it waits for; --timeout TIME waits longer".to_owned());
    Failure::Failed(told).into()
}
