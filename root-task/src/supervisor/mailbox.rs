// SPDX-License-Identifier: BSD-2-Clause
//! Messages in and out, held outside the IPC buffer: every invocation of Init's may overwrite that.

use partenza_plan::ServiceId;
use partenza_protocol::Incarnation;
use sel4::{MessageInfo, NUM_FAST_MESSAGE_REGISTERS as FAST, NUM_MESSAGE_REGISTERS, RecvWithMRs, Word};

/// Bytes of the longest message.
pub const MAX_BYTES: usize = NUM_MESSAGE_REGISTERS * size_of::<Word>();

/// The payload of the message that is being handled.
pub struct Inbox {
    bytes: [u8; MAX_BYTES],
    len: usize,
    /// Of its sender, when it came.
    pub incarnation: Incarnation,
}

impl Default for Inbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Inbox {
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: [0; MAX_BYTES], len: 0, incarnation: Incarnation(0) }
    }

    /// Copies a message that was just received from this incarnation of its sender.
    pub fn fill(&mut self, message: &RecvWithMRs, incarnation: Incarnation) {
        self.incarnation = incarnation;
        let words = message.info.length();
        self.len = words * size_of::<Word>();
        let (head, tail) = self.bytes[..self.len].split_at_mut(words.min(FAST) * size_of::<Word>());
        for (to, word) in head.chunks_exact_mut(size_of::<Word>()).zip(message.msg) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        if !tail.is_empty() {
            sel4::with_ipc_buffer(|buffer| {
                let from = FAST * size_of::<Word>();
                tail.copy_from_slice(&buffer.msg_bytes()[from..from + tail.len()]);
            });
        }
    }

    /// A message that came over another way, at most [`MAX_BYTES`].
    pub fn fill_with(&mut self, fill: impl FnOnce(&mut [u8; MAX_BYTES]) -> usize) {
        self.len = fill(&mut self.bytes).min(MAX_BYTES);
    }

    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// The answer that goes out when Init next waits.
pub struct Outbox {
    pub bytes: [u8; MAX_BYTES],
    pending: Option<(ServiceId, MessageInfo)>,
}

impl Default for Outbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Outbox {
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: [0; MAX_BYTES], pending: None }
    }

    /// `info`'s length in words of `bytes` go to `to`.
    pub fn put(&mut self, to: ServiceId, info: MessageInfo) {
        self.pending = Some((to, info));
    }

    /// The service is gone, and with it the kernel's reply capability.
    pub fn drop_for(&mut self, id: ServiceId) {
        if self.pending.is_some_and(|(to, _)| to == id) {
            self.pending = None;
        }
    }

    /// The pending answer: its words beyond the registers are put into the IPC buffer.
    pub fn take(&mut self) -> Option<(MessageInfo, [Word; FAST])> {
        let (_, info) = self.pending.take()?;
        let used = info.length() * size_of::<Word>();
        let mut words = [0; FAST];
        for (word, from) in words.iter_mut().zip(self.bytes[..used].chunks_exact(size_of::<Word>())) {
            *word = Word::from_le_bytes(from.try_into().unwrap_or_default());
        }
        let fast = FAST * size_of::<Word>();
        if used > fast {
            sel4::with_ipc_buffer_mut(|buffer| {
                buffer.msg_bytes_mut()[fast..used].copy_from_slice(&self.bytes[fast..used]);
            });
        }
        Some((info, words))
    }
}
