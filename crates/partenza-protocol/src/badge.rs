// SPDX-License-Identifier: BSD-2-Clause
//! Badges at the Supervisor's endpoint: who speaks, and as what.
//!
//! 28 bits, because that is what the narrowest kernel has: `kind << 25 | service << 9 | argument`.
//! A fault and a request are told apart by the badge, never by the label, which the sender chooses.
//! Badges are set by Init when it mints; a service can neither read nor change its own.

use crate::ServiceId;

/// A badge as the kernel hands it over with a message or a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Badge(pub u64);

/// What a badge says about the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A service speaks on its supervisor channel.
    Control(ServiceId),
    /// The kernel speaks for a service that faulted.
    Fault(ServiceId),
    /// A service called a server that is down; `channel` is its own channel id.
    DeadServer { service: ServiceId, channel: u16 },
    /// Init's own bound notification: timer and interrupts, as a bit set (bits 0 to 24).
    Notification(u32),
    /// No badge that Init ever minted.
    Unknown,
}

const KIND_SHIFT: u32 = 25;
const SERVICE_SHIFT: u32 = 9;
const ARGUMENT_MASK: u64 = (1 << SERVICE_SHIFT) - 1;
const CONTROL: u64 = 1;
const FAULT: u64 = 2;
const DEAD: u64 = 3;
/// Signals are or-ed together by the kernel, so this kind is a bit of its own.
const NOTIFICATION_BIT: u64 = 1 << 27;

impl Badge {
    #[must_use]
    pub const fn control(service: ServiceId) -> Self {
        Self::new(CONTROL, service, 0)
    }

    #[must_use]
    pub const fn fault(service: ServiceId) -> Self {
        Self::new(FAULT, service, 0)
    }

    /// `channel` is the caller's channel id, at most 61.
    #[must_use]
    pub const fn dead_server(service: ServiceId, channel: u16) -> Self {
        Self::new(DEAD, service, channel as u64 & ARGUMENT_MASK)
    }

    /// One source at Init's own notification, 0 to 24.
    #[must_use]
    pub const fn notification(source: u32) -> Self {
        assert!(source < KIND_SHIFT);
        Self(NOTIFICATION_BIT | 1 << source)
    }

    const fn new(kind: u64, service: ServiceId, argument: u64) -> Self {
        Self(kind << KIND_SHIFT | (service.0 as u64) << SERVICE_SHIFT | argument)
    }

    #[must_use]
    pub const fn sender(self) -> Sender {
        if self.0 & NOTIFICATION_BIT != 0 {
            return Sender::Notification((self.0 & ((1 << KIND_SHIFT) - 1)) as u32);
        }
        let service = ServiceId((self.0 >> SERVICE_SHIFT) as u16);
        match self.0 >> KIND_SHIFT {
            CONTROL => Sender::Control(service),
            FAULT => Sender::Fault(service),
            DEAD => Sender::DeadServer { service, channel: (self.0 & ARGUMENT_MASK) as u16 },
            _ => Sender::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_tells_its_sender_again() {
        for id in [0, 1, 499, u16::MAX] {
            let id = ServiceId(id);
            assert_eq!(Badge::control(id).sender(), Sender::Control(id));
            assert_eq!(Badge::fault(id).sender(), Sender::Fault(id));
            assert_eq!(Badge::dead_server(id, 61).sender(), Sender::DeadServer { service: id, channel: 61 });
            assert!(Badge::dead_server(id, 61).0 < 1 << 28);
        }
    }

    #[test]
    fn signals_that_arrive_together_keep_every_source() {
        let both = Badge(Badge::notification(0).0 | Badge::notification(24).0);
        assert_eq!(both.sender(), Sender::Notification(1 | 1 << 24));
        assert!(both.0 < 1 << 28);
    }

    #[test]
    fn badge_zero_is_nobody() {
        assert_eq!(Badge(0).sender(), Sender::Unknown);
    }
}
