// SPDX-License-Identifier: BSD-2-Clause
//! AArch64, with the names that seL4 and rust-sel4 have for it; tables have those of seL4 5.0.0.

#[cfg(all(sel4_abi = "v5_aarch64", sel4_cfg = "PLAT_QEMU_ARM_VIRT"))]
pub mod control;
mod invocations;
pub mod object;

crate::cptr::declare_cap_types! {
    /// A page of 4 KiB.
    SmallPage,
    /// A page of 2 MiB.
    LargePage,
    /// A page of 1 GiB.
    HugePage,
    /// The root of an address space: a page global directory.
    PGD,
    /// The second level of translation tables: a page upper directory.
    PUD,
    /// The third level of translation tables: a page directory.
    PD,
    /// The last level of translation tables.
    PT,
    ---
    /// The root of an address space.
    VSpace = PGD,
    /// The smallest page.
    Granule = SmallPage,
}

/// Slots of the initial CNode that this architecture has beside the others: none.
pub mod slot {}

/// Labels of the invocations that every architecture has, under a name of its own each.
pub(crate) mod label {
    use crate::sys::label;

    pub const PAGE_MAP: u32 = label::ARMPageMap;
    pub const PAGE_REMAP: u32 = label::ARMPageRemap;
    pub const PAGE_UNMAP: u32 = label::ARMPageUnmap;
    pub const PAGE_GET_ADDRESS: u32 = label::ARMPageGetAddress;
    pub const ASID_POOL_ASSIGN: u32 = label::ARMASIDPoolAssign;
    pub const ASID_CONTROL_MAKE_POOL: u32 = label::ARMASIDControlMakePool;
}

#[cfg(test)]
mod tests {
    use crate::sys::label;

    /// Read off a kernel that was booted and invoked, in this project's configuration of it.
    #[cfg(all(sel4_cfg = "VERSION=5.0.0", sel4_cfg = "MAX_NUM_NODES=1"))]
    #[test]
    fn generated_numbers_are_those_that_the_kernel_answers_to() {
        assert_eq!(
            [
                label::ARMPageUpperDirectoryMap,
                label::ARMPageDirectoryMap,
                label::ARMPageTableMap,
                label::ARMPageMap
            ],
            [32, 34, 36, 38]
        );
        assert_eq!([label::ARMPageCleanInvalidate_Data, label::ARMASIDPoolAssign], [43, 47]);
        assert_eq!(label::NAMES[label::ARMPageUnmap as usize], "ARMPageUnmap");
    }
}
