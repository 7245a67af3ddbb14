// SPDX-License-Identifier: BSD-2-Clause
//! What an invocation answers when it fails.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::sys::{Registers, label};
use crate::{CPtr, LookupFailure, MessageInfo, Word};

/// The result of an invocation.
pub type Result<T> = core::result::Result<T, Error>;

/// Corresponds to `seL4_Error`. The words that the kernel adds are in [`last_failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Error {
    /// An argument is not valid.
    InvalidArgument = 1,
    /// A capability is not one that can be used so.
    InvalidCapability = 2,
    /// The operation is not possible on this capability.
    IllegalOperation = 3,
    /// An argument is out of range: the kernel's finding, or this library's where the kernel
    /// would cut the argument or halt (a badge wider than [`BADGE_BITS`](crate::BADGE_BITS)).
    RangeError = 4,
    /// An argument is not aligned.
    AlignmentError = 5,
    /// A CPtr could not be resolved.
    FailedLookup = 6,
    /// The message was too short.
    TruncatedMessage = 7,
    /// The slot is not empty.
    DeleteFirst = 8,
    /// The object has children.
    RevokeFirst = 9,
    /// The untyped is too small.
    NotEnoughMemory = 10,
    /// The answer is none of the kernel's: the capability was an endpoint, and its server
    /// answered. Not in rust-sel4, which panics.
    UnexpectedReply = 0xffff,
}

impl Error {
    /// The error of a reply's label; `None` when it is success.
    pub const fn from_label(label: Word) -> Option<Self> {
        Some(match label {
            0 => return None,
            1 => Self::InvalidArgument,
            2 => Self::InvalidCapability,
            3 => Self::IllegalOperation,
            4 => Self::RangeError,
            5 => Self::AlignmentError,
            6 => Self::FailedLookup,
            7 => Self::TruncatedMessage,
            8 => Self::DeleteFirst,
            9 => Self::RevokeFirst,
            10 => Self::NotEnoughMemory,
            _ => Self::UnexpectedReply,
        })
    }

    /// The variant's name, without the formatting code of `Debug`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidArgument => "InvalidArgument",
            Self::InvalidCapability => "InvalidCapability",
            Self::IllegalOperation => "IllegalOperation",
            Self::RangeError => "RangeError",
            Self::AlignmentError => "AlignmentError",
            Self::FailedLookup => "FailedLookup",
            Self::TruncatedMessage => "TruncatedMessage",
            Self::DeleteFirst => "DeleteFirst",
            Self::RevokeFirst => "RevokeFirst",
            Self::NotEnoughMemory => "NotEnoughMemory",
            Self::UnexpectedReply => "UnexpectedReply",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seL4_{}", self.name())
    }
}

impl core::error::Error for Error {}

/// The last invocation that failed in this program, with what the kernel said about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureDetails {
    /// The capability that was invoked.
    pub cptr: CPtr,
    /// The invocation's label.
    pub label: u32,
    /// The error.
    pub error: Error,
    words: [Word; 4],
}

/// What a failed lookup concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailedLookup {
    /// Whether the source was looked up, not the destination.
    pub source: bool,
    /// Where the lookup ended.
    pub failure: LookupFailure,
}

impl FailureDetails {
    /// The invocation's name.
    pub fn invocation(&self) -> &'static str {
        label::NAMES.get(self.label as usize).copied().unwrap_or("?")
    }

    /// For [`Error::InvalidArgument`] and [`Error::InvalidCapability`]: which one, from 0.
    pub const fn index(&self) -> Option<usize> {
        match self.error {
            Error::InvalidArgument | Error::InvalidCapability => Some(self.words[0] as usize),
            _ => None,
        }
    }

    /// For [`Error::RangeError`]: the smallest and largest value allowed.
    pub const fn range(&self) -> Option<(Word, Word)> {
        match self.error {
            Error::RangeError => Some((self.words[0], self.words[1])),
            _ => None,
        }
    }

    /// For [`Error::NotEnoughMemory`]: the bytes that are left.
    pub const fn bytes_left(&self) -> Option<Word> {
        match self.error {
            Error::NotEnoughMemory => Some(self.words[0]),
            _ => None,
        }
    }

    /// For [`Error::FailedLookup`]: what was looked up. Its last word, for a guard mismatch, is
    /// beyond the registers and given as 0.
    pub const fn lookup(&self) -> Option<FailedLookup> {
        match self.error {
            Error::FailedLookup => Some(FailedLookup {
                source: self.words[0] != 0,
                failure: LookupFailure::from_words(self.words[1], [self.words[2], self.words[3], 0]),
            }),
            _ => None,
        }
    }
}

impl fmt::Display for FailureDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on cap {}: {}", self.invocation(), self.cptr.bits(), self.error)?;
        match (self.index(), self.range(), self.bytes_left(), self.lookup()) {
            (Some(index), ..) => write!(f, " (number {index})"),
            (_, Some((min, max)), ..) => write!(f, " ({min} to {max})"),
            (_, _, Some(bytes), _) => write!(f, " ({bytes} bytes left)"),
            (.., Some(lookup)) => {
                let which = if lookup.source { "source" } else { "destination" };
                write!(f, " ({which}: {:?})", lookup.failure)
            }
            _ => Ok(()),
        }
    }
}

/// The words of the last failure: CPtr, label, answer's label, and what the kernel added. Atomics,
/// so that a second thread of the program may fail as well; of two at once, either is kept or, at
/// worst, a mixture: it is for reports only.
static LAST_FAILURE: [AtomicU64; 7] = [const { AtomicU64::new(0) }; 7];

/// The last invocation that failed, for a report. Of the program, not of a thread.
pub fn last_failure() -> Option<FailureDetails> {
    let [cptr, label, answer, words @ ..] =
        core::array::from_fn::<Word, 7, _>(|i| LAST_FAILURE[i].load(Relaxed));
    let error = Error::from_label(answer)?;
    Some(FailureDetails { cptr: CPtr::from_bits(cptr), label: label as u32, error, words })
}

/// Turns a reply that is not success into its error, and remembers it.
#[cold]
#[inline(never)]
pub(crate) fn failed(cptr: CPtr, label: u32, reply: Registers) -> Error {
    let answer = MessageInfo::from_word(reply.info).label();
    let [a, b, c, d] = reply.mrs;
    for (to, word) in LAST_FAILURE.iter().zip([cptr.bits(), label.into(), answer, a, b, c, d]) {
        to.store(word, Relaxed);
    }
    Error::from_label(answer).unwrap_or(Error::UnexpectedReply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_is_its_error() {
        assert_eq!(Error::from_label(0), None);
        for label in 1..=10 {
            assert_eq!(Error::from_label(label).map(|e| e as Word), Some(label));
        }
        assert_eq!(Error::from_label(39), Some(Error::UnexpectedReply));
    }

    #[test]
    fn a_failure_tells_what_the_kernel_said() {
        let reply = |label, mrs| Registers {
            cap_or_badge: 0,
            info: MessageInfo::new(label, 0, 0, 4).into_word(),
            mrs,
        };
        let cptr = CPtr::from_bits(7);
        failed(cptr, label::UntypedRetype, reply(10, [4096, 0, 0, 0]));
        let text = last_failure().map(|failure| failure.to_string());
        assert_eq!(text.as_deref(), Some("UntypedRetype on cap 7: seL4_NotEnoughMemory (4096 bytes left)"));
        failed(cptr, label::CNodeMint, reply(6, [1, 2, 3, 0]));
        let lookup = last_failure().and_then(|failure| failure.lookup());
        assert_eq!(
            lookup,
            Some(FailedLookup { source: true, failure: LookupFailure::MissingCapability { bits_left: 3 } })
        );
    }
}
