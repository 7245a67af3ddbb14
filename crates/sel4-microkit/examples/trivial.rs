// SPDX-License-Identifier: BSD-2-Clause
//! The smallest protection domain: answers every call with its own words plus one, and notifies
//! back. Its size is the floor under every service's.
#![no_std]
#![no_main]

use sel4_microkit::{
    Channel, ChannelSet, Handler, Infallible, MessageInfo, protection_domain, with_msg_regs_mut,
};

struct Echo;

impl Handler for Echo {
    type Error = Infallible;

    fn notified(&mut self, channels: ChannelSet) -> Result<(), Infallible> {
        channels.iter().for_each(|channel| channel.notify());
        Ok(())
    }

    fn protected(&mut self, _: Channel, message: MessageInfo) -> Result<MessageInfo, Infallible> {
        with_msg_regs_mut(|words| {
            words.iter_mut().take(message.count()).for_each(|word| *word = word.wrapping_add(1));
        });
        Ok(message)
    }
}

#[protection_domain]
fn init() -> impl Handler {
    Echo
}
