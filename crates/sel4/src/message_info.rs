// SPDX-License-Identifier: BSD-2-Clause
//! The word that describes a message: label, length, capabilities.

use crate::abi::message_info::{CAPS_UNWRAPPED, EXTRA_CAPS, LABEL, LENGTH};
use crate::{NUM_MESSAGE_REGISTERS, Word};

/// Corresponds to `seL4_MessageInfo_t`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct MessageInfo(Word);

const fn put(value: Word, (shift, width): (u32, u32)) -> Word {
    (value & mask(width)) << shift
}

const fn get(word: Word, (shift, width): (u32, u32)) -> Word {
    (word >> shift) & mask(width)
}

const fn mask(width: u32) -> Word {
    Word::MAX >> (Word::BITS - width)
}

impl MessageInfo {
    /// A message info. Each part is cut to the kernel's width of it: labels to
    /// [`label_width`](Self::label_width) bits, the length to [`NUM_MESSAGE_REGISTERS`].
    #[inline]
    pub const fn new(label: Word, caps_unwrapped: usize, extra_caps: usize, length: usize) -> Self {
        let length = if length > NUM_MESSAGE_REGISTERS { NUM_MESSAGE_REGISTERS } else { length };
        Self(
            put(label, LABEL)
                | put(caps_unwrapped as Word, CAPS_UNWRAPPED)
                | put(extra_caps as Word, EXTRA_CAPS)
                | put(length as Word, LENGTH),
        )
    }

    /// The message info of a word that the kernel gave.
    #[inline]
    pub const fn from_word(word: Word) -> Self {
        Self(word)
    }

    /// The word.
    #[inline]
    pub const fn into_word(self) -> Word {
        self.0
    }

    /// The label: an operation, an invocation, a fault's kind, an error.
    #[inline]
    pub const fn label(&self) -> Word {
        get(self.0, LABEL)
    }

    /// Bits in a label.
    pub const fn label_width() -> usize {
        LABEL.1 as usize
    }

    /// Which of the message's capabilities were unwrapped, as a bit set.
    #[inline]
    pub const fn caps_unwrapped(&self) -> usize {
        get(self.0, CAPS_UNWRAPPED) as usize
    }

    /// Capabilities in the message.
    #[inline]
    pub const fn extra_caps(&self) -> usize {
        get(self.0, EXTRA_CAPS) as usize
    }

    /// Words in the message. Never more than [`NUM_MESSAGE_REGISTERS`], whatever was received.
    #[inline]
    pub const fn length(&self) -> usize {
        let length = get(self.0, LENGTH) as usize;
        if length > NUM_MESSAGE_REGISTERS { NUM_MESSAGE_REGISTERS } else { length }
    }
}

impl From<MessageInfoBuilder> for MessageInfo {
    fn from(builder: MessageInfoBuilder) -> Self {
        builder.build()
    }
}

/// Builds a [`MessageInfo`] part by part; what is not named is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MessageInfoBuilder {
    label: Word,
    caps_unwrapped: usize,
    extra_caps: usize,
    length: usize,
}

impl MessageInfoBuilder {
    /// The message info.
    #[inline]
    pub const fn build(self) -> MessageInfo {
        MessageInfo::new(self.label, self.caps_unwrapped, self.extra_caps, self.length)
    }

    /// Sets the label.
    #[must_use]
    #[inline]
    pub const fn label(self, label: Word) -> Self {
        Self { label, ..self }
    }

    /// Sets the unwrapped capabilities.
    #[must_use]
    #[inline]
    pub const fn caps_unwrapped(self, caps_unwrapped: usize) -> Self {
        Self { caps_unwrapped, ..self }
    }

    /// Sets the number of capabilities.
    #[must_use]
    #[inline]
    pub const fn extra_caps(self, extra_caps: usize) -> Self {
        Self { extra_caps, ..self }
    }

    /// Sets the number of words.
    #[must_use]
    #[inline]
    pub const fn length(self, length: usize) -> Self {
        Self { length, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_touch_each_other() {
        let info = MessageInfo::new(39, 5, 3, 100);
        assert_eq!((info.label(), info.caps_unwrapped(), info.extra_caps(), info.length()), (39, 5, 3, 100));
        assert_eq!(MessageInfo::from_word(info.into_word()), info);
        let built = MessageInfoBuilder::default().label(7).length(2).build();
        assert_eq!(built, MessageInfo::new(7, 0, 0, 2));
    }

    #[test]
    fn what_is_too_wide_is_cut() {
        let label = 1 << MessageInfo::label_width();
        assert_eq!(MessageInfo::new(label | 5, 0, 0, 0).label(), 5);
        assert_eq!(MessageInfo::new(0, 0, 0, 127).length(), NUM_MESSAGE_REGISTERS);
        assert_eq!(MessageInfo::from_word(0x7f).length(), NUM_MESSAGE_REGISTERS);
    }
}
