// SPDX-License-Identifier: BSD-2-Clause
//! What the kernel tells the root task (SPEC B-1). Values are given as they are; whether they are
//! possible is for the root task to check (SPEC B-2).

use core::ops::{Deref, Range};

use crate::abi::{RawBootInfo, RawUntypedDesc};
use crate::init_thread::SlotRegion;
use crate::{FrameObjectType, IpcBuffer, cap_type};

/// The boot information, and what follows it.
#[derive(Debug)]
#[repr(transparent)]
pub struct BootInfoPtr {
    ptr: *const BootInfo,
}

impl BootInfoPtr {
    /// The boot information at an address.
    ///
    /// # Safety
    /// The kernel must have put it there, for as long as the program runs.
    pub const unsafe fn new(ptr: *const BootInfo) -> Self {
        Self { ptr }
    }

    /// The address.
    pub const fn ptr(&self) -> *const BootInfo {
        self.ptr
    }

    /// The additional boot information, chunk by chunk.
    pub fn extra(&self) -> BootInfoExtraIter<'_> {
        let start = self.ptr.cast::<u8>().wrapping_add(FrameObjectType::GRANULE.bytes());
        // SAFETY: the kernel maps `extra_len` bytes after the first page (`BootInfoPtr::new`).
        BootInfoExtraIter { rest: unsafe { core::slice::from_raw_parts(start, self.extra_len()) } }
    }

    /// Bytes from the start of the boot information to the end of what follows it.
    pub fn footprint_size(&self) -> usize {
        FrameObjectType::GRANULE.bytes() + self.extra_len()
    }
}

impl Deref for BootInfoPtr {
    type Target = BootInfo;

    fn deref(&self) -> &BootInfo {
        // SAFETY: see `BootInfoPtr::new`; the type has no alignment and no invalid values.
        unsafe { &*self.ptr }
    }
}

/// Corresponds to `seL4_BootInfo`.
#[derive(Debug)]
#[repr(transparent)]
pub struct BootInfo(pub(crate) RawBootInfo);

impl BootInfo {
    fn extra_len(&self) -> usize {
        self.0.extra_len()
    }

    /// The IPC buffer's address.
    pub fn ipc_buffer(&self) -> *mut IpcBuffer {
        core::ptr::with_exposed_provenance_mut(self.0.ipc_buffer())
    }

    /// Slots that are free.
    pub fn empty(&self) -> SlotRegion<cap_type::Null> {
        SlotRegion::from_range(self.0.empty())
    }

    /// Frames of the root task's image, in the order of its addresses: one for every page from the
    /// image's first to its last, holes between segments included.
    pub fn user_image_frames(&self) -> SlotRegion<cap_type::Granule> {
        SlotRegion::from_range(self.0.user_image_frames())
    }

    /// Translation tables of the root task's image.
    pub fn user_image_paging(&self) -> SlotRegion<cap_type::Unspecified> {
        SlotRegion::from_range(self.0.user_image_paging())
    }

    /// Frames of the additional boot information.
    pub fn extra_bi_pages(&self) -> SlotRegion<cap_type::Granule> {
        SlotRegion::from_range(self.0.extra_bi_pages())
    }

    /// Slots of the initial CNode, as a power of two.
    pub fn init_thread_cnode_size_bits(&self) -> usize {
        self.0.init_thread_cnode_size_bits()
    }

    /// The root task's domain.
    pub fn init_thread_domain(&self) -> usize {
        self.0.init_thread_domain()
    }

    /// Slots of the untypeds.
    pub fn untyped(&self) -> SlotRegion<cap_type::Untyped> {
        SlotRegion::from_range(self.0.untyped())
    }

    /// The untypeds' descriptions, in the order of their slots.
    pub fn untyped_list(&self) -> &[UntypedDesc] {
        let list = self.0.untyped_list();
        // SAFETY: `UntypedDesc` is a transparent wrapper.
        unsafe { core::slice::from_raw_parts(list.as_ptr().cast(), list.len()) }
    }

    /// Indices of the untypeds that are ordinary memory, if they lie together.
    pub fn kernel_untyped_range(&self) -> Range<usize> {
        self.range_of(false)
    }

    /// Indices of the untypeds that are device memory, if they lie together.
    pub fn device_untyped_range(&self) -> Range<usize> {
        self.range_of(true)
    }

    fn range_of(&self, device: bool) -> Range<usize> {
        let list = self.untyped_list();
        let is = |untyped: &UntypedDesc| untyped.is_device() == device;
        let start = list.iter().position(is).unwrap_or(list.len());
        let len = list[start..].iter().take_while(|untyped| is(untyped)).count();
        start..start + len
    }
}

/// Corresponds to `seL4_UntypedDesc`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct UntypedDesc(RawUntypedDesc);

impl UntypedDesc {
    /// Physical address.
    pub fn paddr(&self) -> usize {
        self.0.paddr()
    }

    /// Size, as a power of two, in bytes.
    pub fn size_bits(&self) -> usize {
        self.0.size_bits()
    }

    /// Whether the memory is a device's: not cleared, no kernel objects in it.
    pub fn is_device(&self) -> bool {
        self.0.is_device()
    }
}

/// A chunk of additional boot information.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootInfoExtra<'a> {
    /// The kernel's number of the chunk's kind: 0 padding, 1 VBE, 2 memory map, 3 ACPI RSDP,
    /// 4 framebuffer, 5 TSC frequency, 6 device tree.
    pub id: u64,
    /// The chunk's bytes, without its header.
    pub content: &'a [u8],
}

/// Iterates over the additional boot information. Ends at a chunk that does not fit.
#[derive(Debug, Clone)]
pub struct BootInfoExtraIter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for BootInfoExtraIter<'a> {
    type Item = BootInfoExtra<'a>;

    fn next(&mut self) -> Option<BootInfoExtra<'a>> {
        let (id, after) = self.rest.split_first_chunk::<8>()?;
        let (len, _) = after.split_first_chunk::<8>()?;
        let len = usize::try_from(u64::from_ne_bytes(*len)).ok()?;
        let content = self.rest.get(16..len)?;
        self.rest = &self.rest[len..];
        Some(BootInfoExtra { id: u64::from_ne_bytes(*id), content })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_that_do_not_fit_end_the_extras() {
        let mut bytes = Vec::new();
        for word in [5u64, 20] {
            bytes.extend(word.to_ne_bytes());
        }
        bytes.extend([1, 2, 3, 4]);
        for word in [1u64, 400] {
            bytes.extend(word.to_ne_bytes());
        }
        let chunks: Vec<_> = BootInfoExtraIter { rest: &bytes }.collect();
        assert_eq!(chunks, [BootInfoExtra { id: 5, content: &[1, 2, 3, 4] }]);
    }
}
