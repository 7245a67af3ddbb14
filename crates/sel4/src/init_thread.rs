// SPDX-License-Identifier: BSD-2-Clause
//! The root task's own capabilities.

use core::marker::PhantomData;
use core::ops::Range;

use crate::{CPtr, CPtrBits, Cap, CapType, cap_type};

/// A slot of the initial CNode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot<T: CapType = cap_type::Unspecified> {
    index: usize,
    _phantom: PhantomData<T>,
}

impl<T: CapType> Slot<T> {
    /// The slot with this number.
    pub const fn from_index(index: usize) -> Self {
        Self { index, _phantom: PhantomData }
    }

    /// The slot's number.
    pub const fn index(&self) -> usize {
        self.index
    }

    /// The slot's CPtr, as a word.
    pub const fn cptr_bits(&self) -> CPtrBits {
        self.index as CPtrBits
    }

    /// The slot's CPtr.
    pub const fn cptr(&self) -> CPtr {
        CPtr::from_bits(self.cptr_bits())
    }

    /// The slot's capability.
    pub const fn cap(&self) -> Cap<T> {
        self.cptr().cast()
    }

    /// The same slot, for another type of capability.
    pub const fn cast<T1: CapType>(&self) -> Slot<T1> {
        Slot::from_index(self.index)
    }

    /// The same slot, for no particular type.
    pub const fn upcast(&self) -> Slot {
        self.cast()
    }
}

impl Slot {
    /// The same slot, for type `T`.
    pub const fn downcast<T: CapType>(&self) -> Slot<T> {
        self.cast()
    }
}

/// Slots of the initial CNode, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotRegion<T: CapType> {
    range: Range<usize>,
    _phantom: PhantomData<T>,
}

impl<T: CapType> SlotRegion<T> {
    /// The region of these slot numbers.
    pub const fn from_range(range: Range<usize>) -> Self {
        Self { range, _phantom: PhantomData }
    }

    /// The first slot's number.
    pub const fn start(&self) -> usize {
        self.range.start
    }

    /// The number after the last slot's.
    pub const fn end(&self) -> usize {
        self.range.end
    }

    /// The slots' numbers.
    pub const fn range(&self) -> Range<usize> {
        self.start()..self.end()
    }

    /// How many slots.
    pub const fn len(&self) -> usize {
        self.range.end.saturating_sub(self.range.start)
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `i`th slot.
    ///
    /// # Panics
    /// When there is none.
    pub fn index(&self, i: usize) -> Slot<T> {
        assert!(i < self.len(), "slot beyond its region");
        Slot::from_index(self.range.start + i)
    }
}

/// The slots that the kernel fills.
pub mod slot {
    use super::{Slot, cap_type};
    use crate::abi::init_slot;
    #[allow(unused_imports, reason = "an architecture may have no slots of its own")]
    pub use crate::arch::slot::*;

    macro_rules! slots {
        ($($(#[$doc:meta])* $name:ident: $ty:ident,)*) => {
            $(
                $(#[$doc])*
                pub const $name: Slot<cap_type::$ty> = Slot::from_index(init_slot::$name);
            )*
        };
    }

    slots! {
        /// No capability.
        NULL: Null,
        /// The root task's thread.
        TCB: Tcb,
        /// The initial CNode.
        CNODE: CNode,
        /// The root task's address space.
        VSPACE: VSpace,
        /// Authority over interrupts.
        IRQ_CONTROL: IrqControl,
        /// Authority over ASID pools.
        ASID_CONTROL: AsidControl,
        /// The initial ASID pool.
        ASID_POOL: AsidPool,
        /// The boot information's page.
        BOOT_INFO_FRAME: Granule,
        /// The IPC buffer's page.
        IPC_BUFFER: Granule,
        /// Authority over domains.
        DOMAIN_SET: DomainSet,
    }
}

/// Suspends the root task's first thread.
pub fn suspend_self() -> ! {
    loop {
        // There is nobody to tell of a failure, and nothing else to do.
        let _ = slot::TCB.cap().tcb_suspend();
    }
}
