// SPDX-License-Identifier: BSD-2-Clause
//! Address spaces: pages, translation tables, ASIDs.
//!
//! Addresses are those of the address space named, and multiples of the page's or table's size.

use super::{Call, depth_word};
use crate::arch::label;
use crate::{
    AbsoluteCPtr, CPtrBits, Cap, CapRights, CapTypeForFrameObject, InvocationContext, IpcBuffer, MessageInfo,
    Result, VmAttributes, Word, abi, cap,
};

impl<T: CapTypeForFrameObject, C: InvocationContext> Cap<T, C> {
    /// Corresponds to `seL4_…_Page_Map`. The capability then knows its mapping; a second
    /// mapping of the frame takes a copy of the capability.
    #[inline]
    pub fn frame_map(
        self,
        vspace: cap::VSpace,
        vaddr: usize,
        rights: CapRights,
        attrs: VmAttributes,
    ) -> Result<()> {
        self.invoke(|bits, buffer| {
            Call::new(bits, label::PAGE_MAP).with_caps(
                buffer,
                [vspace.bits()],
                [vaddr as Word, rights.into_word(), attrs.into_word()],
            )
        })
    }

    /// Changes the rights and attributes of a mapped frame, at the address that it is mapped at.
    /// An extension to rust-sel4: later kernels do it by mapping again.
    #[inline]
    pub fn frame_remap(
        self,
        vspace: cap::VSpace,
        vaddr: usize,
        rights: CapRights,
        attrs: VmAttributes,
    ) -> Result<()> {
        self.invoke(|bits, buffer| {
            let (rights, attrs) = (rights.into_word(), attrs.into_word());
            abi::page_remap(buffer, bits, vspace.bits(), vaddr, rights, attrs)
        })
    }

    /// Corresponds to `seL4_…_Page_Unmap`. A frame that is not mapped is no error.
    #[inline]
    pub fn frame_unmap(self) -> Result<()> {
        let call = Call::new(self.bits(), label::PAGE_UNMAP);
        let info = MessageInfo::new(label::PAGE_UNMAP.into(), 0, 0, 0);
        let reply = call.trap(info, [0; 4]);
        // For a frame that is not mapped the kernel may write no answer: what comes back then is
        // the request itself.
        if reply.info == info.into_word() {
            return Ok(());
        }
        call.check(reply).map(drop)
    }

    /// Corresponds to `seL4_…_Page_GetAddress`: the frame's physical address.
    #[inline]
    pub fn frame_get_address(self) -> Result<usize> {
        let answer = Call::new(self.bits(), label::PAGE_GET_ADDRESS).short([])?;
        Ok(answer[0] as usize)
    }
}

/// Maps a translation table at an address; the label says of which level.
#[inline(always)]
pub(crate) fn table_map(
    buffer: &mut IpcBuffer,
    table: CPtrBits,
    label: u32,
    vspace: cap::VSpace,
    vaddr: usize,
    attr: VmAttributes,
) -> Result<()> {
    Call::new(table, label).with_caps(buffer, [vspace.bits()], [vaddr as Word, attr.into_word()])
}

impl<C: InvocationContext> cap::AsidPool<C> {
    /// Corresponds to `seL4_…_ASIDPool_Assign`: before anything is mapped in the address space.
    #[inline]
    pub fn asid_pool_assign(self, vspace: cap::VSpace) -> Result<()> {
        self.invoke(|bits, buffer| {
            Call::new(bits, label::ASID_POOL_ASSIGN).with_caps(buffer, [vspace.bits()], [])
        })
    }
}

impl<C: InvocationContext> cap::AsidControl<C> {
    /// Corresponds to `seL4_…_ASIDControl_MakePool`: the untyped is
    /// [`ObjectBlueprint::asid_pool`](crate::ObjectBlueprint::asid_pool).
    pub fn asid_control_make_pool(self, untyped: cap::Untyped, dst: &AbsoluteCPtr) -> Result<()> {
        self.invoke(|bits, buffer| {
            Call::new(bits, label::ASID_CONTROL_MAKE_POOL).with_caps(
                buffer,
                [untyped.bits(), dst.root().bits()],
                [dst.path().bits(), depth_word(dst.path())],
            )
        })
    }
}
