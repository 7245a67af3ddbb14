// SPDX-License-Identifier: BSD-2-Clause
//! Copying, minting, moving, deleting and revoking capabilities.

use super::{Call, depth_word};
use crate::sys::label;
use crate::{
    AbsoluteCPtr, BADGE_BITS, Badge, CNodeCapData, CapRights, Error, InvocationContext, Result, Word,
};

impl<C: InvocationContext> AbsoluteCPtr<C> {
    /// Corresponds to `seL4_CNode_Revoke`: deletes all that was derived from this capability, and
    /// for an untyped gives back its memory.
    #[inline]
    pub fn revoke(self) -> Result<()> {
        self.on_slot(label::CNodeRevoke)
    }

    /// Corresponds to `seL4_CNode_Delete`. Deleting an empty slot is no error.
    #[inline]
    pub fn delete(self) -> Result<()> {
        self.on_slot(label::CNodeDelete)
    }

    /// Corresponds to `seL4_CNode_CancelBadgedSends`.
    #[inline]
    pub fn cancel_badged_sends(self) -> Result<()> {
        self.on_slot(label::CNodeCancelBadgedSends)
    }

    /// Corresponds to `seL4_CNode_SaveCaller`: puts the right to answer the last caller here.
    #[inline]
    pub fn save_caller(self) -> Result<()> {
        self.on_slot(label::CNodeSaveCaller)
    }

    /// Corresponds to `seL4_CNode_Copy`.
    #[inline]
    pub fn copy(self, src: &AbsoluteCPtr, rights: CapRights) -> Result<()> {
        self.invoke(|cnode, path, buffer| {
            Call::new(cnode, label::CNodeCopy).with_caps(
                buffer,
                [src.root().bits()],
                [
                    path.bits(),
                    depth_word(&path),
                    src.path().bits(),
                    depth_word(src.path()),
                    rights.into_word(),
                ],
            )
        })
    }

    /// Corresponds to `seL4_CNode_Mint`, for a badge.
    ///
    /// # Errors
    /// [`Error::RangeError`], without a system call, when the badge has more than
    /// [`BADGE_BITS`] bits: the kernel would cut it, or halt.
    #[inline]
    pub fn mint(self, src: &AbsoluteCPtr, rights: CapRights, badge: Badge) -> Result<()> {
        self.mint_word(src, rights, checked_badge(badge)?)
    }

    /// [`mint`](Self::mint), for a CNode's guard. An extension to rust-sel4, whose guard word is
    /// a badge to `mint`.
    #[inline]
    pub fn mint_cnode(self, src: &AbsoluteCPtr, rights: CapRights, guard: CNodeCapData) -> Result<()> {
        self.mint_word(src, rights, guard.into_word())
    }

    /// Corresponds to `seL4_CNode_Move`.
    #[inline]
    pub fn move_(self, src: &AbsoluteCPtr) -> Result<()> {
        self.invoke(|cnode, path, buffer| {
            Call::new(cnode, label::CNodeMove).with_caps(
                buffer,
                [src.root().bits()],
                [path.bits(), depth_word(&path), src.path().bits(), depth_word(src.path())],
            )
        })
    }

    /// Corresponds to `seL4_CNode_Mutate`: moves, and sets a CNode's guard.
    ///
    /// # Errors
    /// [`Error::RangeError`] as [`mint`](Self::mint).
    #[inline]
    pub fn mutate(self, src: &AbsoluteCPtr, badge: Badge) -> Result<()> {
        let badge = checked_badge(badge)?;
        self.invoke(|cnode, path, buffer| {
            Call::new(cnode, label::CNodeMutate).with_caps(
                buffer,
                [src.root().bits()],
                [path.bits(), depth_word(&path), src.path().bits(), depth_word(src.path()), badge],
            )
        })
    }

    #[inline]
    fn on_slot(self, label: u32) -> Result<()> {
        let path = self.path();
        Call::new(self.root().bits(), label).short([path.bits(), depth_word(path)]).map(drop)
    }

    #[inline]
    fn mint_word(self, src: &AbsoluteCPtr, rights: CapRights, word: Word) -> Result<()> {
        self.invoke(|cnode, path, buffer| {
            Call::new(cnode, label::CNodeMint).with_caps(
                buffer,
                [src.root().bits()],
                [
                    path.bits(),
                    depth_word(&path),
                    src.path().bits(),
                    depth_word(src.path()),
                    rights.into_word(),
                    word,
                ],
            )
        })
    }
}

const fn checked_badge(badge: Badge) -> Result<Badge> {
    if badge >> (BADGE_BITS - 1) > 1 { Err(Error::RangeError) } else { Ok(badge) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_wider_than_the_kernels_is_refused() {
        let widest = Badge::MAX >> (Badge::BITS as usize - BADGE_BITS);
        assert_eq!(checked_badge(widest), Ok(widest));
        assert_eq!(checked_badge(0), Ok(0));
        if BADGE_BITS < Badge::BITS as usize {
            assert_eq!(checked_badge(widest + 1), Err(Error::RangeError));
            assert_eq!(checked_badge(Badge::MAX), Err(Error::RangeError));
        }
    }
}
