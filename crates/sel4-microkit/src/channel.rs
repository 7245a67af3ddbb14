// SPDX-License-Identifier: BSD-2-Clause
//! What a PD can reach: channels and children.

use sel4::{BADGE_BITS, Word};

use crate::symbols::{pd_irqs, pd_notifications, pd_pps};
use crate::{MessageInfo, slots};

/// Channels of a PD: ids are below this. Two bits of a badge are flags; the Microkit has 62.
pub const MAX_CHANNELS: usize = BADGE_BITS - 2;

/// The badge bit of a protected call.
const CALL_FLAG: Word = 1 << (BADGE_BITS - 1);
/// The badge bit of a child's fault.
const FAULT_FLAG: Word = 1 << (BADGE_BITS - 2);

/// A panic with a constant message, out of the way of what does not panic. A macro, because a
/// message in a variable would link the formatting code.
macro_rules! refused {
    ($message:literal) => {{
        #[cold]
        #[inline(never)]
        #[track_caller]
        fn refused() -> ! {
            panic!($message)
        }
        refused()
    }};
}

/// A channel to another PD, or an interrupt, by its id in the system description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Channel {
    index: usize,
}

impl Channel {
    /// The channel with this id.
    ///
    /// # Panics
    /// When the id is not below [`MAX_CHANNELS`]; at compile time for a constant.
    pub const fn new(index: usize) -> Self {
        assert!(index < MAX_CHANNELS, "channel id out of range");
        Self { index }
    }

    /// The id.
    pub const fn index(&self) -> usize {
        self.index
    }

    /// Signals the peer.
    ///
    /// # Panics
    /// When the system description does not let this PD.
    #[inline]
    #[track_caller]
    pub fn notify(&self) {
        if !self.can_notify() {
            refused!("notify: not given on this channel");
        }
        self.cap::<sel4::cap_type::Notification>(slots::BASE_OUTPUT_NOTIFICATION).signal();
    }

    /// Acknowledges the interrupt, so that it can come again. One that is level-triggered comes again at once unless the
    /// device was served before; of one that is edge-triggered an edge before this is lost, so look at the device after.
    ///
    /// # Errors
    /// The kernel's.
    ///
    /// # Panics
    /// When the channel is no interrupt.
    #[inline]
    #[track_caller]
    pub fn irq_ack(&self) -> sel4::Result<()> {
        if !self.is_irq() {
            refused!("irq_ack: not given on this channel");
        }
        self.cap::<sel4::cap_type::IrqHandler>(slots::BASE_IRQ).irq_handler_ack()
    }

    /// Calls the peer: message registers there and back are [`with_msg_regs`](crate::with_msg_regs).
    ///
    /// # Panics
    /// When the system description does not let this PD.
    #[inline]
    #[track_caller]
    pub fn pp_call(&self, msg_info: MessageInfo) -> MessageInfo {
        if !self.can_call() {
            refused!("pp_call: not given on this channel");
        }
        let endpoint = self.cap::<sel4::cap_type::Endpoint>(slots::BASE_OUTPUT_ENDPOINT);
        MessageInfo::from_inner(endpoint.call(msg_info.into_inner()))
    }

    /// Whether the channel is an interrupt.
    pub fn is_irq(&self) -> bool {
        pd_irqs() >> self.index & 1 != 0
    }

    /// Whether the peer can be notified.
    pub fn can_notify(&self) -> bool {
        pd_notifications() >> self.index & 1 != 0
    }

    /// Whether the peer can be called.
    pub fn can_call(&self) -> bool {
        pd_pps() >> self.index & 1 != 0
    }

    #[inline(always)]
    fn cap<T: sel4::CapType>(&self, base: u64) -> sel4::Cap<T> {
        sel4::Cap::from_bits(base + self.index as u64)
    }
}

/// A child PD, by its id in the system description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Child {
    index: usize,
}

impl Child {
    /// The child with this id.
    pub const fn new(index: usize) -> Self {
        Self { index }
    }

    /// The id.
    pub const fn index(&self) -> usize {
        self.index
    }

    /// The child's thread.
    pub fn tcb(&self) -> sel4::cap::Tcb {
        sel4::Cap::from_bits(slots::BASE_CHILD_TCB + self.index as u64)
    }
}

/// Channels that notified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelSet(Word);

impl ChannelSet {
    /// Whether a channel is among them.
    pub const fn contains(&self, channel: Channel) -> bool {
        self.0 >> channel.index & 1 != 0
    }

    /// The channels, lowest id first.
    pub const fn iter(&self) -> ChannelSetIter {
        ChannelSetIter(self.0)
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0 == 0
    }
}

/// Iterates over a [`ChannelSet`].
#[derive(Debug, Clone)]
pub struct ChannelSetIter(Word);

impl Iterator for ChannelSetIter {
    type Item = Channel;

    #[inline]
    fn next(&mut self) -> Option<Channel> {
        if self.0 == 0 {
            return None;
        }
        let index = self.0.trailing_zeros() as usize;
        self.0 &= self.0 - 1;
        Some(Channel { index })
    }
}

/// What was received, by its badge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sender {
    /// Notifications.
    Channels(ChannelSet),
    /// A caller.
    Caller(Channel),
    /// A child that faulted.
    Child(Child),
}

impl Sender {
    #[inline(always)]
    pub(crate) const fn of(badge: Word) -> Self {
        if badge & CALL_FLAG != 0 {
            Self::Caller(Channel { index: (badge & !CALL_FLAG) as usize % MAX_CHANNELS })
        } else if badge & FAULT_FLAG != 0 {
            Self::Child(Child { index: (badge & !FAULT_FLAG) as usize })
        } else {
            Self::Channels(ChannelSet(badge))
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    #[test]
    fn the_badge_tells_who_it_is() {
        assert_eq!(Sender::of(CALL_FLAG | 5), Sender::Caller(Channel::new(5)));
        assert_eq!(Sender::of(FAULT_FLAG | 9), Sender::Child(Child::new(9)));
        let Sender::Channels(set) = Sender::of(1 << 3 | 1 << (MAX_CHANNELS - 1)) else {
            panic!("not channels");
        };
        let ids: Vec<_> = set.iter().map(|channel| channel.index()).collect();
        assert_eq!(ids, [3, MAX_CHANNELS - 1]);
        assert!(set.contains(Channel::new(3)) && !set.contains(Channel::new(4)));
    }
}
