// SPDX-License-Identifier: BSD-2-Clause
//! A request as the frame that goes over the event line.

use partenza_protocol::frame::{Body, MAX_FRAME, MAX_PAYLOAD, Message, frame};
use partenza_protocol::request::Target;
use partenza_protocol::{Op, encode};
use serde::Serialize;

/// An operation with its payload.
pub struct Request<'a> {
    op: Op,
    what: &'a str,
    payload: Vec<u8>,
}

impl<'a> Request<'a> {
    /// One without payload.
    #[must_use]
    pub fn plain(op: Op) -> Self {
        Self { op, what: "", payload: Vec::new() }
    }

    /// One that is about a service.
    #[must_use]
    pub fn about(op: Op, name: &'a str) -> Self {
        Self { what: name, ..Self::with(op, &Target { name }) }
    }

    /// One with any payload; what no message holds goes out empty, and is refused as malformed.
    #[must_use]
    pub fn with(op: Op, value: &impl Serialize) -> Self {
        let mut buffer = [0; MAX_PAYLOAD];
        let used = encode(value, &mut buffer).unwrap_or(0);
        Self { op, what: "", payload: buffer[..used].to_vec() }
    }

    pub(crate) fn what(&self) -> String {
        format!("`{} {}`", self.op.name(), self.what)
    }

    pub(crate) fn frame(&self, tag: u8) -> Vec<u8> {
        let mut out = [0; MAX_FRAME];
        let message = Message { tag, label: self.op.label() as u16, payload: &self.payload };
        let used = frame(Body::Request(message), &mut out).unwrap_or(0);
        out[..used].to_vec()
    }
}
