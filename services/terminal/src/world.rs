// SPDX-License-Identifier: BSD-2-Clause
//! The shell's world: the Supervisor, and the services that the terminal has channels to.

use partenza_interfaces::INFO;
use partenza_service::{Code, Context, Message, Op, Peer, ServiceError};
use partenza_shell::System;
use sel4_microkit::{Channel, MAX_CHANNELS, slots};

pub struct World<'a> {
    context: &'a Context,
}

impl<'a> World<'a> {
    pub const fn new(context: &'a Context) -> Self {
        Self { context }
    }
}

impl System for World<'_> {
    fn ask(&mut self, op: Op, message: &mut Message) -> Result<(), Code> {
        self.context.supervisor().exchange(op.label(), message)
    }

    fn name(&self) -> &str {
        self.context.name()
    }

    fn info(&mut self, cptr: u64, message: &mut Message) -> Result<(), Code> {
        let id = cptr.checked_sub(slots::BASE_OUTPUT_ENDPOINT).map(|id| id as usize);
        let id = id.filter(|id| *id < MAX_CHANNELS).ok_or(ServiceError::NoSuchChannel)?;
        message.clear();
        Peer::new(Channel::new(id)).exchange(INFO, message)
    }
}
