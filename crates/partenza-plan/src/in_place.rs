// SPDX-License-Identifier: BSD-2-Clause
//! A plan as bytes: written on the host, read where it lies.
//!
//! The form is rkyv's: records of fixed layout, lists and texts by offsets relative to where they are named, the plan's own
//! record at the end. [`ArchivedPlan::access`] looks at every field once: each offset leads to a place inside, no two things
//! overlap, each enum and `bool` has a value of its own, text is UTF-8. After that the types are used as they lie. What a
//! number may be is for [`ArchivedPlan::check`].

use rkyv::Deserialize;
use rkyv::rancor::{Failure, Infallible, Panic, Strategy};
use rkyv::util::AlignedVec;

use crate::check::InvalidPlan;
use crate::plan::{ArchivedBoot, ArchivedPlan, ArchivedPlatform, Boot, Plan, Platform};
use crate::text::Texts;

/// The plan's bytes cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedPlan;

impl<'a> Plan<'a> {
    /// The plan as the host works with it; its texts are those in `bytes`.
    ///
    /// # Errors
    /// The bytes are not a plan of [`crate::FORMAT`].
    pub fn decode(bytes: &'a [u8]) -> Result<Self, MalformedPlan> {
        // In a file they may lie anywhere.
        let mut copy = AlignedVec::<16>::with_capacity(bytes.len());
        copy.extend_from_slice(bytes);
        let mut texts = Texts { bytes, copy: copy.as_ptr().addr() };
        ArchivedPlan::access(&copy)?.deserialize(&mut texts).map_err(|Failure| MalformedPlan)
    }

    /// # Panics
    /// Never: it fails for want of memory at most.
    #[must_use]
    pub fn encode(&self) -> AlignedVec {
        let encoded: Result<_, Panic> = rkyv::to_bytes(self);
        encoded.expect("plan types always encode")
    }

    /// [`ArchivedPlan::check`], of what the target would get.
    ///
    /// # Errors
    /// See [`InvalidPlan`].
    ///
    /// # Panics
    /// Never: what was just encoded can be read.
    pub fn check(&self, archive_len: usize, store_len: usize) -> Result<(), InvalidPlan> {
        let bytes = self.encode();
        ArchivedPlan::access(&bytes).expect("an encoded plan").check(archive_len, store_len)
    }
}

impl ArchivedPlan<'_> {
    /// The plan in `bytes`, which begin at a multiple of 8. Takes no memory.
    ///
    /// # Errors
    /// They are none of [`crate::FORMAT`].
    pub fn access(bytes: &[u8]) -> Result<&Self, MalformedPlan> {
        rkyv::api::low::access(bytes).map_err(|Failure| MalformedPlan)
    }
}

impl ArchivedBoot {
    /// As numbers and options that can be changed.
    #[must_use]
    pub fn unpack(&self) -> Boot {
        let Ok(boot) = self.deserialize(Strategy::<(), Infallible>::wrap(&mut ()));
        boot
    }
}

impl ArchivedPlatform {
    /// As numbers.
    #[must_use]
    pub fn unpack(&self) -> Platform {
        let Ok(platform) = self.deserialize(Strategy::<(), Infallible>::wrap(&mut ()));
        platform
    }
}
