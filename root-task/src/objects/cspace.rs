// SPDX-License-Identifier: BSD-2-Clause
//! Init's own CSpace: the initial CNode, flat, numbered from its first free slot.
//!
//! The plan fixes every slot (SPEC F-1). Slots 0 to [`own::COUNT`] are Init's; what lies past the plan's last slot is
//! free for objects whose number only the machine tells (arena frames, fillers in device memory).

use sel4::{AbsoluteCPtr, CPtr, Cap, CapType};

/// A slot, counted from the first that the kernel left free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot(pub u32);

impl Slot {
    #[must_use]
    pub const fn plus(self, count: u32) -> Slot {
        Slot(self.0 + count)
    }
}

/// Slots that Init keeps for itself.
pub mod own {
    use super::Slot;

    /// The endpoint on which Init hears everybody.
    pub const ENDPOINT: Slot = Slot(0);
    /// Bound to Init's thread.
    pub const NOTIFICATION: Slot = Slot(1);
    /// Badged for the timer, for the event line.
    pub const TIMER_SIGNAL: Slot = Slot(2);
    pub const EVENTS_SIGNAL: Slot = Slot(3);
    pub const TIMER_IRQ: Slot = Slot(4);
    pub const EVENTS_IRQ: Slot = Slot(5);
    pub const TIMER_FRAME: Slot = Slot(6);
    /// The last-gasp thread (SPEC B-6).
    pub const GASP_TCB: Slot = Slot(7);
    pub const GASP_ENDPOINT: Slot = Slot(8);
    /// A capability that lives for a few system calls.
    pub const SCRATCH: Slot = Slot(9);
    /// A second pool of address space identifiers, where the initial one is too small.
    pub const ASID_UNTYPED: Slot = Slot(10);
    pub const ASID_POOL: Slot = Slot(11);
    pub const CMOS_PORTS: Slot = Slot(20);
    /// The console's ports, where the plan has it elsewhere than at COM1.
    pub const MOVED_CONSOLE_PORTS: Slot = Slot(21);
    /// Memory for objects that live as long as an audit's question.
    pub const AUDIT_UNTYPED: Slot = Slot(19);
    /// I/O ports that are Init's.
    pub const CONSOLE_PORTS: Slot = Slot(12);
    pub const EVENTS_PORTS: Slot = Slot(13);
    pub const POWER_PORTS: Slot = Slot(14);
    pub const RESET_PORTS: Slot = Slot(15);
    pub const KEYBOARD_PORTS: Slot = Slot(16);
    pub const FW_CFG_PORTS: Slot = Slot(17);
    pub const PIT_PORTS: Slot = Slot(18);
    /// Paging of Init's own window: PDPT, PD, then page tables.
    pub const WINDOW_TABLES: Slot = Slot(24);
    pub const COUNT: u32 = 64;
}

/// The free part of the initial CNode.
#[derive(Clone, Copy)]
pub struct CSpace {
    first: usize,
    count: usize,
}

impl CSpace {
    #[must_use]
    pub fn new(empty: core::ops::Range<usize>) -> Self {
        Self { first: empty.start, count: empty.len() }
    }

    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    #[must_use]
    pub fn cptr(&self, slot: Slot) -> CPtr {
        CPtr::from_bits((self.first + slot.0 as usize) as _)
    }

    #[must_use]
    pub fn cap<T: CapType>(&self, slot: Slot) -> Cap<T> {
        self.cptr(slot).cast()
    }

    #[must_use]
    pub fn path(&self, slot: Slot) -> AbsoluteCPtr {
        sel4::init_thread::slot::CNODE.cap().absolute_cptr(self.cptr(slot))
    }

    /// Where `Untyped_Retype` puts what it makes.
    #[must_use]
    pub fn index(&self, slot: Slot) -> usize {
        self.first + slot.0 as usize
    }
}
