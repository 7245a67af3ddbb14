// SPDX-License-Identifier: BSD-2-Clause
//! Calls to the Supervisor and to other services.

use partenza_interfaces::{Message, ServiceError};
use partenza_protocol::{Code, decode, encode};
use sel4_microkit::{Channel, MessageInfo, with_msg_bytes, with_msg_bytes_mut};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes of a message register.
const WORD: usize = 8;

/// The other end of a channel that can be called.
///
/// All methods fail with the code that was answered, [`ServiceError::NoSuchChannel`] where the plan lets nothing be
/// called on the channel, or [`ServiceError::Malformed`] for an answer that is not what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    channel: Channel,
}

impl Peer {
    #[must_use]
    pub const fn new(channel: Channel) -> Self {
        Self { channel }
    }

    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// Asks a question.
    ///
    /// # Errors
    /// See [`Peer`].
    pub fn ask<Q: Serialize, A: DeserializeOwned>(&self, label: u64, question: &Q) -> Result<A, Code> {
        let used = put(question)?;
        let length = self.call(label, used)?;
        answer(length)
    }

    /// Asks a question that has no payload.
    ///
    /// # Errors
    /// See [`Peer`].
    pub fn get<A: DeserializeOwned>(&self, label: u64) -> Result<A, Code> {
        let length = self.call(label, 0)?;
        answer(length)
    }

    /// Says something that has an empty answer.
    ///
    /// # Errors
    /// See [`Peer`].
    pub fn tell<Q: Serialize>(&self, label: u64, what: &Q) -> Result<(), Code> {
        let used = put(what)?;
        self.call(label, used).map(|_| ())
    }

    /// Says something that has neither payload nor answer.
    ///
    /// # Errors
    /// See [`Peer`].
    pub fn signal(&self, label: u64) -> Result<(), Code> {
        self.call(label, 0).map(|_| ())
    }

    /// Sends a message; the answer takes its place. For answers that borrow.
    ///
    /// # Errors
    /// See [`Peer`]; the message is then empty.
    pub fn exchange(&self, label: u64, message: &mut Message) -> Result<(), Code> {
        let used = fill(message);
        message.clear();
        let length = self.call(label, used)?;
        with_msg_bytes(|bytes| message.fill(bytes.get(..length).unwrap_or(&[])));
        Ok(())
    }

    /// Calls with the first `bytes` of the message registers; gives the length of the answer in bytes.
    #[inline(never)]
    fn call(&self, label: u64, bytes: usize) -> Result<usize, Code> {
        if !self.channel.can_call() {
            return Err(ServiceError::NoSuchChannel.code());
        }
        let answer = self.channel.pp_call(MessageInfo::new(label, bytes.div_ceil(WORD)));
        match answer.label() {
            0 => Ok(answer.count() * WORD),
            code => Err(u16::try_from(code).map_or(ServiceError::Malformed.code(), Code)),
        }
    }
}

/// Writes a value into the message registers and gives its length in bytes.
pub(crate) fn put<T: Serialize>(value: &T) -> Result<usize, Code> {
    with_msg_bytes_mut(|bytes| encode(value, bytes)).map_err(|_| ServiceError::Malformed.code())
}

/// Writes a payload into the message registers and gives its length in bytes.
pub(crate) fn fill(message: &Message) -> usize {
    let payload = message.payload();
    with_msg_bytes_mut(|bytes| match bytes.get_mut(..payload.len()) {
        Some(to) => {
            to.copy_from_slice(payload);
            payload.len()
        }
        None => 0,
    })
}

/// Reads the first `length` bytes of the message registers.
fn answer<A: DeserializeOwned>(length: usize) -> Result<A, Code> {
    with_msg_bytes(|bytes| decode(bytes.get(..length).unwrap_or(&[])))
        .map_err(|_| ServiceError::Malformed.code())
}
