// SPDX-License-Identifier: BSD-2-Clause
//! `keys/mac` 1.0.0: authentication codes with keys that never leave the service.
//!
//! Each client and purpose has its own key, so no client can make a code that another's verification accepts.

use blake2::digest::{FixedOutput, KeyInit, Update};
use blake2::{Blake2s256, Blake2sMac256, Digest};
use serde::{Deserialize, Serialize};

use crate::OWN;

/// Payload [`Message`], answer [`Tag`]. Needs the right to write.
pub const SIGN: u64 = OWN;
/// Payload [`Signed`], answer [`Verdict`]. Needs the right to read.
pub const VERIFY: u64 = OWN + 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message<'a> {
    pub purpose: &'a str,
    pub data: &'a [u8],
}

/// Keyed BLAKE2s-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag(pub [u8; 32]);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed<'a> {
    #[serde(borrow)]
    pub message: Message<'a>,
    pub tag: Tag,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    Genuine,
    Forged,
}

/// The root of all keys.
#[derive(Clone, Copy)]
pub struct RootKey([u8; 32]);

impl RootKey {
    /// From 128 unpredictable bits.
    #[must_use]
    pub fn from_entropy(entropy: &[u8; 16]) -> Self {
        let mut hasher = <Blake2s256 as Digest>::new();
        Digest::update(&mut hasher, b"partenza keys/mac root");
        Digest::update(&mut hasher, entropy);
        Self(Digest::finalize(hasher).into())
    }

    /// The code of `message` under the key of `client` and the message's purpose.
    #[must_use]
    pub fn sign(&self, client: &str, message: &Message<'_>) -> Tag {
        let key = keyed(&self.0, &[client.as_bytes(), message.purpose.as_bytes()]);
        Tag(keyed(&key, &[message.data]))
    }

    /// Whether `tag` is the code of `message`; the time it takes does not tell how much of the tag was right.
    #[must_use]
    pub fn verify(&self, client: &str, signed: &Signed<'_>) -> Verdict {
        let expected = self.sign(client, &signed.message);
        let differing = expected.0.iter().zip(&signed.tag.0).fold(0, |differing, (a, b)| differing | (a ^ b));
        if core::hint::black_box(differing) == 0 { Verdict::Genuine } else { Verdict::Forged }
    }
}

/// BLAKE2s-256 of the parts, each with its length before it.
fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Blake2sMac256::new(key.into());
    for part in parts {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part);
    }
    mac.finalize_fixed().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_holds_for_one_client_one_purpose_and_one_message() {
        let root = RootKey::from_entropy(&[7; 16]);
        let message = Message { purpose: "token", data: b"terminal" };
        let tag = root.sign("identity", &message);
        // The same in Python's hashlib.blake2s.
        assert_eq!(tag.0[..8], 0x0723_89ab_8ee6_a40b_u64.to_be_bytes());
        let verify = |client, message| root.verify(client, &Signed { message, tag });
        assert_eq!(verify("identity", message), Verdict::Genuine);
        assert_eq!(verify("terminal", message), Verdict::Forged);
        assert_eq!(verify("identity", Message { purpose: "other", ..message }), Verdict::Forged);
        assert_eq!(verify("identity", Message { data: b"network", ..message }), Verdict::Forged);
        assert_ne!(RootKey::from_entropy(&[8; 16]).sign("identity", &message), tag);
    }

    #[test]
    fn names_cannot_be_shifted_into_purposes() {
        let root = RootKey::from_entropy(&[7; 16]);
        let tag = |client, purpose| root.sign(client, &Message { purpose, data: b"" });
        assert_ne!(tag("ab", "c"), tag("a", "bc"));
    }
}
