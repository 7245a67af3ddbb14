// SPDX-License-Identifier: BSD-2-Clause
//! The boot information page. Packed, so most of it is unaligned: fields are read by copy.

use crate::Word;

/// A range of slots.
#[repr(C, packed)]
#[derive(Debug, Clone, Copy)]
struct RawSlotRegion {
    start: Word,
    end: Word,
}

/// One untyped's description.
#[repr(C, packed)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawUntypedDesc {
    paddr: Word,
    padding: [u8; 2],
    size_bits: u8,
    is_device: u8,
}

impl RawUntypedDesc {
    /// Physical address.
    pub fn paddr(&self) -> usize {
        self.paddr as usize
    }

    /// Size, as a power of two, in bytes.
    pub fn size_bits(&self) -> usize {
        usize::from(self.size_bits)
    }

    /// Whether the memory is a device's.
    pub fn is_device(&self) -> bool {
        self.is_device != 0
    }
}

/// The page that the kernel hands to the root task.
#[repr(C, packed)]
#[derive(Debug)]
pub struct RawBootInfo {
    extra_len: Word,
    node_id: Word,
    num_nodes: Word,
    num_iopt_levels: Word,
    ipc_buffer: Word,
    empty: RawSlotRegion,
    shared_frames: RawSlotRegion,
    user_image_frames: RawSlotRegion,
    user_image_paging: RawSlotRegion,
    io_space_caps: RawSlotRegion,
    extra_bi_pages: RawSlotRegion,
    init_thread_cnode_size_bits: u8,
    init_thread_domain: Word,
    /// Its meaning is the architecture's: see its ABI module.
    pub(in crate::abi) arch_info: Word,
    untyped: RawSlotRegion,
    untyped_list: [RawUntypedDesc; RawBootInfo::MAX_UNTYPEDS],
}

/// A region as a range of slot numbers.
fn range(region: RawSlotRegion) -> core::ops::Range<usize> {
    let RawSlotRegion { start, end } = region;
    start as usize..end as usize
}

impl RawBootInfo {
    /// Room in the untyped list.
    pub const MAX_UNTYPEDS: usize = sel4_config::sel4_cfg_usize!(MAX_NUM_BOOTINFO_UNTYPED_CAPS);

    /// Bytes of additional boot information after this page.
    pub fn extra_len(&self) -> usize {
        self.extra_len as usize
    }

    /// Address of the IPC buffer.
    pub fn ipc_buffer(&self) -> usize {
        self.ipc_buffer as usize
    }

    /// Slots that are free.
    pub fn empty(&self) -> core::ops::Range<usize> {
        range(self.empty)
    }

    /// Frames of the root task's image, in the order of its addresses.
    pub fn user_image_frames(&self) -> core::ops::Range<usize> {
        range(self.user_image_frames)
    }

    /// Translation tables of the root task's image.
    pub fn user_image_paging(&self) -> core::ops::Range<usize> {
        range(self.user_image_paging)
    }

    /// Frames of the additional boot information.
    pub fn extra_bi_pages(&self) -> core::ops::Range<usize> {
        range(self.extra_bi_pages)
    }

    /// Slots of the initial CNode, as a power of two.
    pub fn init_thread_cnode_size_bits(&self) -> usize {
        usize::from(self.init_thread_cnode_size_bits)
    }

    /// The root task's domain.
    pub fn init_thread_domain(&self) -> usize {
        self.init_thread_domain as usize
    }

    /// Slots of the untypeds.
    pub fn untyped(&self) -> core::ops::Range<usize> {
        range(self.untyped)
    }

    /// The untypeds' descriptions: at most as many as there is room for, whatever the region says.
    pub fn untyped_list(&self) -> &[RawUntypedDesc] {
        let count = self.untyped().len().min(Self::MAX_UNTYPEDS);
        &self.untyped_list[..count]
    }
}

const _: () = {
    assert!(size_of::<RawUntypedDesc>() == 12);
    assert!(align_of::<RawBootInfo>() == 1);
    assert!(size_of::<RawBootInfo>() <= 4096);
};
