// SPDX-License-Identifier: BSD-2-Clause
//! Making objects.

use super::{Call, depth_word};
use crate::sys::label;
use crate::{AbsoluteCPtr, InvocationContext, ObjectBlueprint, Result, Word, cap};

impl<C: InvocationContext> cap::Untyped<C> {
    /// Corresponds to `seL4_Untyped_Retype`: makes `num_objects` (at most
    /// [`RETYPE_FAN_OUT_LIMIT`](crate::abi::RETYPE_FAN_OUT_LIMIT)) objects, their capabilities in
    /// the slots from `dst_offset` of the CNode `dst`.
    ///
    /// The first retype out of an untyped clears all of it.
    #[inline]
    pub fn untyped_retype(
        self,
        blueprint: &ObjectBlueprint,
        dst: &AbsoluteCPtr,
        dst_offset: usize,
        num_objects: usize,
    ) -> Result<()> {
        self.invoke(|bits, buffer| {
            Call::new(bits, label::UntypedRetype).with_caps(
                buffer,
                [dst.root().bits()],
                [
                    blueprint.ty().into_word(),
                    blueprint.api_size_bits().unwrap_or(0) as Word,
                    dst.path().bits(),
                    depth_word(dst.path()),
                    dst_offset as Word,
                    num_objects as Word,
                ],
            )
        })
    }
}
