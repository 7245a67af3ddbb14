// SPDX-License-Identifier: BSD-2-Clause
//! What services of the reference system say to each other.
//!
//! Rules of this crate:
//! * A call is formed as on the supervisor channel: a label, and as payload one version byte and the value in
//!   postcard, padded with zeros to whole message registers ([`partenza_protocol::encode`]).
//! * Labels begin at 64, so that they never meet fault labels: 64 to 79 mean the same on every channel
//!   ([`info::INFO`]), 80 and up belong to the channel's interface.
//! * The answer's label is 0, or the number of a [`partenza_protocol::Code`] and then there is no payload.
//! * Who calls is known by the channel, never from the message. What the caller may do is known by the rights of the
//!   channel ([`error::ServiceError::Denied`]).
//! * An interface is one module here, named in its first line, and a version of it is never changed: a change is
//!   another version.
//! * What of a server needs no seL4 (the hash chain, the rules, the keys) is here too, where the host tests it.
#![no_std]
#![forbid(unsafe_code)]

pub mod blocks;
pub mod capability;
pub mod chain;
pub mod decisions;
pub mod drivers;
pub mod error;
pub mod files;
pub mod info;
pub mod link;
pub mod log;
pub mod mac;
pub mod message;
pub mod process;
pub mod tokens;
pub mod updates;

pub use error::ServiceError;
pub use info::{INFO, Info};
pub use message::Message;
pub use partenza_protocol::text::Text;

/// Bytes of the longest message, request or answer: the message registers of one call.
pub const MAX_MESSAGE: usize = 960;

/// First label that means the same on every channel.
const COMMON: u64 = partenza_protocol::wire::LABEL_BASE;
/// First label of the interfaces' own.
const OWN: u64 = COMMON + 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_at_its_longest_fits_one_message() {
        let mut buffer = [0; MAX_MESSAGE];
        let text = core::str::from_utf8(&[b'x'; info::MAX_TEXT]).unwrap();
        let name = &text[..63];
        let incarnation = partenza_protocol::Incarnation(u32::MAX);
        let info = Info { name, version: name, incarnation, calls: u32::MAX, text };
        partenza_protocol::encode(&info, &mut buffer).unwrap();

        let payload = &[0xff; log::MAX_PAYLOAD];
        let entry = log::Entry { sequence: u32::MAX, author: u8::MAX, payload, hash: log::Hash([0xff; 32]) };
        let slice = log::Slice {
            total: u32::MAX,
            before: log::Hash([0xff; 32]),
            entries: core::iter::repeat_n(entry, log::ENTRIES).collect(),
        };
        partenza_protocol::encode(&slice, &mut buffer).unwrap();

        let driver = drivers::Driver { service: name, class: name, device: name, present: true };
        let list =
            drivers::List { drivers: core::iter::repeat_n(driver, drivers::MAX_ROWS).collect(), total: 9 };
        partenza_protocol::encode(&list, &mut buffer).unwrap();

        let block = blocks::Block { bytes: &[0xff; blocks::BLOCK] };
        partenza_protocol::encode(&block, &mut buffer).unwrap();
    }
}
