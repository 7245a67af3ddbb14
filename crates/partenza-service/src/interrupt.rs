// SPDX-License-Identifier: BSD-2-Clause
//! Interrupts of a driver.

use sel4_microkit::Channel;

/// An interrupt that came. It is masked until it is acknowledged, which happens when this is dropped.
///
/// When to acknowledge depends on the trigger that system.xml names:
/// * `level`: after the device was served, so keep it to the end of [`Service::interrupt`](crate::Service::interrupt).
///   Acknowledged while the device still holds its line, the interrupt comes again at once, for nothing.
/// * `edge`: before the device is looked at. The interrupt controller forgets an edge that comes while the interrupt is
///   masked, so one between the last look and the acknowledgement would be lost. Call [`Interrupt::acknowledge`] first.
#[derive(Debug)]
#[must_use = "dropped at once, it is acknowledged before the device is served"]
pub struct Interrupt {
    channel: Channel,
}

impl Interrupt {
    /// The one that came on this channel, if the channel is an interrupt. A peer's channel has no handler, and the kernel
    /// is not asked about it: beyond the last slot of a CSpace the answer is a fault.
    pub(crate) fn on(channel: Channel) -> Option<Self> {
        // Not `then_some`: it would make one in either case, and drop, that is acknowledge, the one that is none.
        if channel.is_irq() { Some(Self { channel }) } else { None }
    }

    /// Which one: the `id` of its `<irq>` in system.xml, which a service learns from a variable of its own.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// Lets it come again from here on.
    pub fn acknowledge(self) {}
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        // The plan gave the handler, and nothing takes it away while the service lives.
        let _ = self.channel.irq_ack();
    }
}
