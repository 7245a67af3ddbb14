// SPDX-License-Identifier: BSD-2-Clause
//! A PD's own part of its event loop.

use core::convert::Infallible;
use core::fmt;

use crate::channel::Sender;
use crate::symbols::pd_irqs;
use crate::{Channel, ChannelSet, Child, MessageInfo, slots};

/// What a PD does when something is received. What it does not expect, it panics about.
pub trait Handler {
    /// What ends the PD.
    type Error: fmt::Display;

    /// Channels notified, or interrupts came.
    ///
    /// # Errors
    /// Ends the PD.
    fn notified(&mut self, _channels: ChannelSet) -> Result<(), Self::Error> {
        panic!("unexpected notification")
    }

    /// A client called. The answer's words are [`with_msg_regs_mut`](crate::with_msg_regs_mut).
    ///
    /// # Errors
    /// Ends the PD.
    fn protected(&mut self, _channel: Channel, _msg_info: MessageInfo) -> Result<MessageInfo, Self::Error> {
        panic!("unexpected protected call")
    }

    /// A child faulted. An answer lets it go on (after an exception or an unknown system call,
    /// with the registers that the answer's words name); `None` leaves it where it is.
    ///
    /// # Errors
    /// Ends the PD.
    fn fault(&mut self, _child: Child, _msg_info: MessageInfo) -> Result<Option<MessageInfo>, Self::Error> {
        panic!("unexpected fault of a child")
    }
}

/// Acknowledges what came before there was anybody to, and serves for ever.
pub(crate) fn serve<H: Handler>(handler: &mut H) -> Result<Infallible, H::Error> {
    let input = sel4::cap::Endpoint::from_bits(slots::INPUT);
    let mut irqs = pd_irqs();
    while irqs != 0 {
        let irq = u64::from(irqs.trailing_zeros());
        // A handler that the plan does not give after all leaves the interrupt masked: nothing
        // that this PD could do about it.
        let _ = sel4::cap::IrqHandler::from_bits(slots::BASE_IRQ + irq).irq_handler_ack();
        irqs &= irqs - 1;
    }
    let mut answer: Option<MessageInfo> = None;
    loop {
        let (info, badge) = match answer.take() {
            Some(info) => input.reply_recv(info.into_inner(), ()),
            None => input.recv(()),
        };
        let info = MessageInfo::from_inner(info);
        match Sender::of(badge) {
            Sender::Channels(channels) => handler.notified(channels)?,
            Sender::Caller(channel) => answer = Some(handler.protected(channel, info)?),
            Sender::Child(child) => answer = handler.fault(child, info)?,
        }
    }
}

/// A handler that expects nothing.
pub struct NullHandler(());

impl NullHandler {
    /// The handler.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self(())
    }
}

impl Handler for NullHandler {
    type Error = Infallible;
}
