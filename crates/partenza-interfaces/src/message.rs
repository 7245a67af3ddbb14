// SPDX-License-Identifier: BSD-2-Clause
//! A payload on its way: what one call carries, in whole message registers.

use partenza_protocol::{MalformedMessage, decode, encode, wire};
use serde::{Deserialize, Serialize};

use crate::MAX_MESSAGE;

/// Room for one payload. Holds either nothing or whole 8-byte words.
pub struct Message {
    bytes: [u8; MAX_MESSAGE],
    used: usize,
}

impl Message {
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: [0; MAX_MESSAGE], used: 0 }
    }

    /// Nothing: the payload of a call that needs none.
    pub fn clear(&mut self) {
        self.used = 0;
    }

    /// Replaces the payload by `value`.
    ///
    /// # Errors
    /// It does not fit; the message is then empty.
    pub fn put<T: Serialize>(&mut self, value: &T) -> Result<(), MalformedMessage> {
        self.used = 0;
        self.used = encode(value, &mut self.bytes)?.next_multiple_of(8);
        Ok(())
    }

    /// Replaces the payload by bytes that came in a message; what does not fit or fill a word is cut off.
    pub fn fill(&mut self, payload: &[u8]) {
        let used = payload.len().min(MAX_MESSAGE) & !7;
        if let (Some(to), Some(from)) = (self.bytes.get_mut(..used), payload.get(..used)) {
            to.copy_from_slice(from);
            self.used = used;
        }
    }

    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or(&[])
    }

    /// Reads the payload as what [`Message::put`] wrote.
    ///
    /// # Errors
    /// It is something else.
    pub fn get<'a, T: Deserialize<'a>>(&'a self) -> Result<T, MalformedMessage> {
        decode(self.payload())
    }

    /// Reads a value that is followed by records; returns what is left.
    ///
    /// # Errors
    /// It is something else.
    pub fn get_prefix<'a, T: Deserialize<'a>>(&'a self) -> Result<(T, &'a [u8]), MalformedMessage> {
        wire::decode_prefix(self.payload())
    }
}

impl Default for Message {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_got_and_travels_in_whole_words() {
        let mut message = Message::new();
        assert!(message.payload().is_empty());
        message.put(&("name", 7u32)).unwrap();
        assert_eq!(message.payload().len(), 8);
        let mut other = Message::new();
        other.fill(message.payload());
        assert_eq!(other.get(), Ok(("name", 7u32)));
        other.clear();
        assert_eq!(other.get::<u32>(), Err(MalformedMessage));
    }

    #[test]
    fn what_does_not_fit_leaves_nothing() {
        let mut message = Message::new();
        message.put(&1u8).unwrap();
        assert!(message.put(&core::str::from_utf8(&[b'x'; MAX_MESSAGE]).unwrap()).is_err());
        assert!(message.payload().is_empty());
        message.fill(&[1; MAX_MESSAGE + 100]);
        assert_eq!(message.payload().len(), MAX_MESSAGE);
    }
}
