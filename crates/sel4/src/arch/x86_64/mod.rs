// SPDX-License-Identifier: BSD-2-Clause
//! x86_64, with the names that seL4 and rust-sel4 have for it.

mod invocations;
pub mod object;

use crate::{BootInfo, VmAttributes, abi};

crate::cptr::declare_cap_types! {
    /// Authority to issue I/O port ranges.
    IOPortControl,
    /// A range of I/O ports.
    IOPort,
    /// A page of 4 KiB.
    _4k,
    /// A page of 2 MiB.
    LargePage,
    /// The root of an address space.
    PML4,
    /// The second level of translation tables.
    PDPT,
    /// The third level of translation tables.
    PageDirectory,
    /// The last level of translation tables.
    PageTable,
    ---
    /// The root of an address space.
    VSpace = PML4,
    /// The smallest page.
    Granule = _4k,
}

/// Slots of the initial CNode that this architecture has beside the others.
pub mod slot {
    use super::cap_type;
    use crate::abi::arch_slot;
    use crate::init_thread::Slot;

    /// Authority over I/O ports.
    pub const IO_PORT_CONTROL: Slot<cap_type::IOPortControl> = Slot::from_index(arch_slot::IO_PORT_CONTROL);
}

/// Labels of the invocations that every architecture has, under a name of its own each.
pub(crate) mod label {
    use crate::sys::label;

    pub const PAGE_MAP: u32 = label::X86PageMap;
    pub const PAGE_REMAP: u32 = label::X86PageRemap;
    pub const PAGE_UNMAP: u32 = label::X86PageUnmap;
    pub const PAGE_GET_ADDRESS: u32 = label::X86PageGetAddress;
    pub const ASID_POOL_ASSIGN: u32 = label::X86ASIDPoolAssign;
    pub const ASID_CONTROL_MAKE_POOL: u32 = label::X86ASIDControlMakePool;
}

impl VmAttributes {
    /// Writes combined: framebuffers.
    pub const WRITE_COMBINING: Self = Self::from_word(abi::vm_attributes::WRITE_COMBINING);
}

impl BootInfo {
    /// Frequency of the time stamp counter in MHz, where the kernel tells.
    pub fn tsc_mhz(&self) -> Option<u32> {
        self.0.tsc_mhz()
    }
}

#[cfg(test)]
mod tests {
    use crate::sys::label;

    /// Read off a kernel that was booted and invoked, in this project's configuration of it.
    #[cfg(all(sel4_cfg = "VERSION=5.0.0", sel4_cfg = "MAX_NUM_NODES=1", not(sel4_cfg = "VTX")))]
    #[test]
    fn generated_numbers_are_those_that_the_kernel_answers_to() {
        assert_eq!(
            [label::X86PDPTMap, label::X86PageMap, label::X86ASIDPoolAssign, label::X86IOPortIn8],
            [28, 37, 43, 44]
        );
        assert_eq!(label::NAMES[label::X86PageUnmap as usize], "X86PageUnmap");
    }
}
