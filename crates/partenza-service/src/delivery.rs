// SPDX-License-Identifier: BSD-2-Clause
//! Handing over the program of another service, which was packed without it (SPEC D-6).

use partenza_protocol::request::{Deliver, MAX_DELIVERED};
use partenza_protocol::{Code, Op};

use crate::{Context, Peer};

/// A program on its way, from its first byte to its last. It takes `deliver` among the service's supervisor grants.
///
/// The plan knows the program by its length and hash, so whatever else comes is refused, and nothing of it ever runs. A
/// delivery ends with the first refusal, with this incarnation, or when it stands still for 5 s and another begins; then a
/// new one begins with the first byte. The Supervisor hashes what it gets, so it slows down who delivers much at once:
/// do it when ready, not before.
pub struct Delivery<'a> {
    supervisor: Peer,
    service: &'a str,
    offset: u32,
}

impl<'a> Delivery<'a> {
    /// The program of `service`; nothing is sent yet.
    #[must_use]
    pub fn of(context: &Context, service: &'a str) -> Self {
        Self { supervisor: context.supervisor(), service, offset: 0 }
    }

    /// The next bytes, which are not the last.
    ///
    /// # Errors
    /// [`partenza_protocol::error::DeliveryError`]'s codes, or the Supervisor's refusal.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Code> {
        bytes.chunks(MAX_DELIVERED).try_for_each(|piece| self.send(piece, false))
    }

    /// The last bytes, at least one. When this returns well, the service can be started.
    ///
    /// # Errors
    /// As [`Delivery::write`].
    pub fn finish(mut self, bytes: &[u8]) -> Result<(), Code> {
        let (rest, last) = bytes.split_at(bytes.len().saturating_sub(1) / MAX_DELIVERED * MAX_DELIVERED);
        self.write(rest)?;
        self.send(last, true)
    }

    fn send(&mut self, bytes: &[u8], last: bool) -> Result<(), Code> {
        let Self { supervisor, service, offset } = *self;
        supervisor.tell(Op::Deliver.label(), &Deliver { service, offset, bytes, last })?;
        self.offset += bytes.len() as u32;
        Ok(())
    }
}
