// SPDX-License-Identifier: BSD-2-Clause
//! The page that carries what does not fit in registers.

use crate::{AbsoluteCPtr, NUM_EXTRA_CAPS, NUM_MESSAGE_REGISTERS, Word, cap};

/// Corresponds to `seL4_IPCBuffer`: 1024 bytes, aligned to their size.
#[derive(Debug)]
#[repr(C, align(1024))]
pub struct IpcBuffer {
    tag: Word,
    msg: [Word; NUM_MESSAGE_REGISTERS],
    user_data: Word,
    caps_or_badges: [Word; NUM_EXTRA_CAPS],
    receive_cnode: Word,
    receive_index: Word,
    receive_depth: Word,
}

const _: () = assert!(size_of::<IpcBuffer>() == 1024);

impl IpcBuffer {
    /// The message's words. The first [`NUM_FAST_MESSAGE_REGISTERS`](crate::NUM_FAST_MESSAGE_REGISTERS)
    /// hold the message only after a call that does not return them in registers.
    pub const fn msg_regs(&self) -> &[Word] {
        &self.msg
    }

    /// The message's words.
    pub const fn msg_regs_mut(&mut self) -> &mut [Word] {
        &mut self.msg
    }

    /// The message as bytes.
    pub const fn msg_bytes(&self) -> &[u8] {
        // SAFETY: words are valid bytes, the length is the array's.
        unsafe { core::slice::from_raw_parts(self.msg.as_ptr().cast(), size_of_val(&self.msg)) }
    }

    /// The message as bytes.
    pub const fn msg_bytes_mut(&mut self) -> &mut [u8] {
        let bytes = size_of_val(&self.msg);
        // SAFETY: any bytes are valid words, the length is the array's, the borrow is exclusive.
        unsafe { core::slice::from_raw_parts_mut(self.msg.as_mut_ptr().cast(), bytes) }
    }

    /// A word that the kernel leaves alone.
    pub const fn user_data(&self) -> Word {
        self.user_data
    }

    /// Sets the word that the kernel leaves alone.
    pub const fn set_user_data(&mut self, data: Word) {
        self.user_data = data;
    }

    /// CPtrs to send, or badges of received capabilities.
    pub const fn caps_or_badges(&self) -> &[Word] {
        &self.caps_or_badges
    }

    /// CPtrs to send, or badges of received capabilities.
    pub const fn caps_or_badges_mut(&mut self) -> &mut [Word] {
        &mut self.caps_or_badges
    }

    /// Where a received capability goes.
    pub fn recv_slot(&self) -> AbsoluteCPtr {
        cap::CNode::from_bits(self.receive_cnode)
            .absolute_cptr_from_bits_with_depth(self.receive_index, self.receive_depth as usize)
    }

    /// Sets where a received capability goes.
    pub fn set_recv_slot(&mut self, slot: &AbsoluteCPtr) {
        self.receive_cnode = slot.root().bits();
        self.receive_index = slot.path().bits();
        self.receive_depth = slot.path().depth() as Word;
    }
}

impl Default for IpcBuffer {
    fn default() -> Self {
        Self {
            tag: 0,
            msg: [0; NUM_MESSAGE_REGISTERS],
            user_data: 0,
            caps_or_badges: [0; NUM_EXTRA_CAPS],
            receive_cnode: 0,
            receive_index: 0,
            receive_depth: 0,
        }
    }
}
