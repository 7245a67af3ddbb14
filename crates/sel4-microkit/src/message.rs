// SPDX-License-Identifier: BSD-2-Clause
//! Messages of protected calls and of children's faults.

use sel4::{Fault, Word};

/// A message's label.
pub type MessageLabel = Word;

/// A word of a message.
pub type MessageRegisterValue = Word;

/// Corresponds to `microkit_msginfo`: a label and a number of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct MessageInfo {
    inner: sel4::MessageInfo,
}

impl MessageInfo {
    /// A message of `count` words. Labels are cut to [`label_width`](Self::label_width) bits.
    #[inline]
    pub const fn new(label: MessageLabel, count: usize) -> Self {
        Self { inner: sel4::MessageInfo::new(label, 0, 0, count) }
    }

    /// The message of the kernel's word.
    #[inline]
    pub const fn from_inner(inner: sel4::MessageInfo) -> Self {
        Self { inner }
    }

    /// The kernel's word.
    #[inline]
    pub const fn into_inner(self) -> sel4::MessageInfo {
        self.inner
    }

    /// The label.
    #[inline]
    pub const fn label(&self) -> MessageLabel {
        self.inner.label()
    }

    /// Bits in a label.
    pub const fn label_width() -> usize {
        sel4::MessageInfo::label_width()
    }

    /// Words in the message.
    #[inline]
    pub const fn count(&self) -> usize {
        self.inner.length()
    }

    /// Of a child's fault, as long as its words are in the registers: bytes by which the child stands behind the
    /// instruction that faulted: 1 after a breakpoint on x86_64, else 0.
    pub fn bytes_behind(&self) -> u8 {
        const NUMBER: usize = 3;
        sel4::abi::bytes_behind(self.label(), with_msg_regs(|words| words[NUMBER]))
    }

    /// The message as a child's fault, if it is one.
    pub fn fault(&self) -> Option<Fault> {
        sel4::with_ipc_buffer(|buffer| Fault::new(buffer, &self.inner))
    }
}

impl Default for MessageInfo {
    fn default() -> Self {
        Self::new(0, 0)
    }
}

/// Runs `f` with the message's words.
#[inline]
pub fn with_msg_regs<T>(f: impl FnOnce(&[MessageRegisterValue]) -> T) -> T {
    sel4::with_ipc_buffer(|buffer| f(buffer.msg_regs()))
}

/// Runs `f` with the message's words.
#[inline]
pub fn with_msg_regs_mut<T>(f: impl FnOnce(&mut [MessageRegisterValue]) -> T) -> T {
    sel4::with_ipc_buffer_mut(|buffer| f(buffer.msg_regs_mut()))
}

/// Runs `f` with the message as bytes.
#[inline]
pub fn with_msg_bytes<T>(f: impl FnOnce(&[u8]) -> T) -> T {
    sel4::with_ipc_buffer(|buffer| f(buffer.msg_bytes()))
}

/// Runs `f` with the message as bytes.
#[inline]
pub fn with_msg_bytes_mut<T>(f: impl FnOnce(&mut [u8]) -> T) -> T {
    sel4::with_ipc_buffer_mut(|buffer| f(buffer.msg_bytes_mut()))
}

/// Corresponds to `microkit_mr_set`.
///
/// # Panics
/// When a message has no such word.
#[inline]
pub fn set_mr(i: usize, value: MessageRegisterValue) {
    with_msg_regs_mut(|regs| regs[i] = value);
}

/// Corresponds to `microkit_mr_get`.
///
/// # Panics
/// When a message has no such word.
#[inline]
pub fn get_mr(i: usize) -> MessageRegisterValue {
    with_msg_regs(|regs| regs[i])
}
