// SPDX-License-Identifier: BSD-2-Clause
//! Where scenes are played, and what several of them look at.

use std::time::Duration;

use partenza_compiler::{Compiled, Diagnostics, Sources};
use partenza_lab::log::Log;
use partenza_lab::machine::{Machine, Outcome, Trouble};
use partenza_lab::system::System;
use partenza_protocol::Code;
use partenza_protocol::event::{BootState, Event};

use super::items::Item;
use crate::Unable;
use crate::image::{Ground, errors};
use crate::sheet::Sheet;

/// How long a machine may run on the host.
pub(super) const DEADLINE: Duration = Duration::from_secs(90);

/// Why a scene ended early.
pub(super) enum Stop {
    Unable(Unable),
    /// The machine did not do what was waited for.
    Trouble(Trouble),
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Host { .. } => Stop::Unable(trouble.into()),
            Trouble::Off { .. } | Trouble::Deadline { .. } | Trouble::Halted { .. } => Stop::Trouble(trouble),
        }
    }
}

impl From<Unable> for Stop {
    fn from(unable: Unable) -> Self {
        Stop::Unable(unable)
    }
}

/// Where scenes are played.
pub(super) struct Stage<'a> {
    pub(super) ground: &'a Ground,
    pub(super) parameters: &'a [(String, String)],
}

impl Stage<'_> {
    /// A machine that boots the system; it goes off by itself when its boot fails.
    pub(super) fn machine(&self, name: &str, system: &System) -> Result<Machine, Unable> {
        self.compiled(name, system).map(|(machine, _)| machine)
    }

    /// The same, and what was compiled for it.
    pub(super) fn compiled(&self, name: &str, system: &System) -> Result<(Machine, Compiled), Unable> {
        let dir = self.ground.folder(name)?;
        system.write(&dir).map_err(|error| Unable(format!("{}: {error}", dir.display())))?;
        let mut sources = Sources::default();
        let mut found = Diagnostics::default();
        let compiled = self.ground.compile(&dir, &mut sources, &mut found);
        let image = match &compiled {
            Some(compiled) => self.ground.image(compiled, name, &mut found)?,
            None => None,
        };
        let Some((image, compiled)) = image.zip(compiled) else {
            let list: Vec<String> = errors(&found, &sources).map(|(_, line)| line).collect();
            return Err(Unable(format!("the scene `{name}` does not compile:\n{}", list.join("\n"))));
        };
        Ok((self.with_parameters(self.ground.machine(&image)), compiled))
    }

    pub(super) fn with_parameters(&self, machine: Machine) -> Machine {
        let machine = machine.deadline(DEADLINE).parameter("verify", "on");
        self.parameters.iter().fold(machine, |machine, (name, value)| machine.parameter(name, value))
    }
}

pub(super) fn is_up(log: &Log) -> bool {
    log.reached(BootState::SupervisorMode)
}

/// Judges what every run that ends in order must show: the line is whole, codes have texts, the last word is said.
pub(super) fn ends_well(outcome: &Outcome, sheet: &mut Sheet<Item>) {
    let whole = outcome.log.whole();
    let records = outcome.log.records.len();
    sheet.aspect(
        Item::I6,
        whole.is_ok(),
        whole.err().unwrap_or_else(|| format!("{records} records without a gap")),
    );
    codes_are_known(&outcome.log, sheet);
    let last = outcome.log.events().next_back() == Some(&Event::Finished);
    let seen = outcome
        .code
        .map_or_else(|| "the machine did not go off".to_owned(), |code| format!("QEMU ended with {code}"));
    sheet.aspect(Item::M2, last && outcome.code == Some(0), seen);
}

/// SPEC H-1.
pub(super) fn codes_are_known(log: &Log, sheet: &mut Sheet<Item>) {
    let code = |event: &Event<'_>| match event {
        Event::Degraded { code, .. }
        | Event::Failed { code, .. }
        | Event::Disabled { code, .. }
        | Event::Restarting { code, .. }
        | Event::RestartLimitReached { code, .. }
        | Event::Emergency { code, .. }
        | Event::Unhealthy { code, .. }
        | Event::BootFailed { code, .. }
        | Event::DeliveryRefused { code, .. }
        | Event::KernelRefused { code, .. }
        | Event::InitError { code, .. } => Some(*code),
        _ => None,
    };
    let mut codes: Vec<Code> = log.events().filter_map(code).collect();
    codes.sort();
    codes.dedup();
    let unknown: Vec<String> = codes
        .iter()
        .filter(|code| code.words().is_none_or(|(text, hint)| text.is_empty() || hint.is_empty()))
        .map(Code::to_string)
        .collect();
    if !unknown.is_empty() {
        sheet.fail(Item::H1, format!("no text or hint: {}", unknown.join(", ")));
    } else if !codes.is_empty() {
        sheet.aspect(Item::H1, true, format!("{} to {}", codes[0], codes[codes.len() - 1]));
    }
}

/// A time in words.
pub(super) fn micros(time: Option<u64>) -> String {
    time.map_or_else(|| "no time".to_owned(), |us| format!("{us} us"))
}

/// Whether these follow each other in the story, with whatever in between.
pub(super) fn in_order(story: &[String], wanted: &[&str]) -> bool {
    let mut rest = story.iter();
    wanted.iter().all(|deed| rest.any(|seen| seen == deed))
}
