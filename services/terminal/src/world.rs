// SPDX-License-Identifier: BSD-2-Clause
//! The shell's world: the Supervisor, and the services that the terminal has channels to.

use partenza_interfaces::INFO;
use partenza_protocol::startup::Channel;
use partenza_service::{Code, Context, Message, Op, Peer, ServiceError};
use partenza_shell::System;

pub struct World<'a> {
    context: &'a Context,
}

impl<'a> World<'a> {
    pub const fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// The channels that are named by an interface, the Supervisor's left out, and that can be called.
    fn servers(&self) -> impl Iterator<Item = (Channel<'static>, Peer)> {
        let supervisor = self.context.supervisor();
        let context = self.context;
        context
            .startup()
            .channels()
            .filter(|channel| channel.name.contains('/'))
            .filter_map(|channel| Some((channel, context.peer(channel.name).ok()?)))
            .filter(move |(_, peer)| *peer != supervisor && peer.channel().can_call())
    }
}

impl System for World<'_> {
    fn ask(&mut self, op: Op, message: &mut Message) -> Result<(), Code> {
        self.context.supervisor().exchange(op.label(), message)
    }

    fn interface(&self, place: usize) -> Option<&str> {
        self.servers().nth(place).map(|(channel, _)| channel.name)
    }

    fn info(&mut self, place: usize, message: &mut Message) -> Result<(), Code> {
        let (_, server) = self.servers().nth(place).ok_or(ServiceError::NoSuchChannel)?;
        message.clear();
        server.exchange(INFO, message)
    }
}
