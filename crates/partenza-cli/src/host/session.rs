// SPDX-License-Identifier: BSD-2-Clause
//! What the commands share: the conversation, names of services, how the output looks.

use clap::Args;
use partenza_analysis::text::{Paint, Tone};
use partenza_compiler::diagnostic::suggest;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::ServiceState;
use serde_json::Value;

use super::client::{Client, Trouble, refusal};
use crate::Failure;
use crate::events::{Narrator, Weight};
use crate::output;

/// How the answer is written.
#[derive(Args, Clone, Copy, Default)]
pub struct Form {
    /// The answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// From where a command is given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Command,
    Console,
}

pub struct Session {
    pub client: Client,
    pub paint: Paint,
    pub place: Place,
}

impl Session {
    pub fn new(client: Client, place: Place) -> Self {
        Self { client, paint: output::paint(), place }
    }

    /// For telling events, with the services' names.
    pub fn narrator(&mut self) -> Result<Narrator, Trouble> {
        Ok(Narrator::new(self.client.list()?.into_iter().map(|service| service.name).collect()))
    }

    /// `asked`, with the nearest name added when no service is called `name`.
    pub fn about<T>(&mut self, name: &str, asked: Result<T, Trouble>) -> Result<T, Trouble> {
        match asked {
            Err(Trouble::Refused(code)) if code == SupervisorError::NoSuchService.code() => {
                let services = self.client.list()?;
                let help = suggest(name, services.iter().map(|service| service.name.as_str()));
                let help = help.map_or(String::new(), |help| format!("; {help}"));
                let mut told = refusal(code);
                told.text = format!("{}: `{name}`{help}", told.text);
                Err(Failure::Failed(told).into())
            }
            other => other,
        }
    }

    /// A text for people, or a value for programs.
    pub fn put(&self, form: Form, value: &Value, text: &str) -> Result<(), Trouble> {
        Ok(if form.json { output::json(value.clone()) } else { output::text(text) }?)
    }
}

/// The looks of a state.
pub fn tone(state: ServiceState) -> Tone {
    match state {
        ServiceState::Running => Tone::Good,
        ServiceState::Crashed | ServiceState::Failed | ServiceState::Unhealthy => Tone::Bad,
        ServiceState::Degraded | ServiceState::Restarting | ServiceState::Stopping => Tone::Hot,
        ServiceState::Pending | ServiceState::Starting => Tone::Normal,
        ServiceState::Stopped | ServiceState::Disabled => Tone::Faint,
    }
}

/// The looks of an event.
pub fn event_tone(weight: Weight) -> Tone {
    match weight {
        Weight::Detail => Tone::Faint,
        Weight::Plain => Tone::Normal,
        Weight::Good => Tone::Good,
        Weight::Warning => Tone::Hot,
        Weight::Error => Tone::Bad,
    }
}
