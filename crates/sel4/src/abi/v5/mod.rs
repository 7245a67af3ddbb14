// SPDX-License-Identifier: BSD-2-Clause
//! What seL4 5.x without MCS has on every architecture of 64 bits. An ABI module gives it on as its own.

mod boot_info;
mod fault;
mod invoke;

pub use boot_info::{RawBootInfo, RawUntypedDesc};
pub use fault::decode_fault;
pub use invoke::{
    page_remap, tcb_configure, tcb_configure_with_priority, tcb_set_mc_priority, tcb_set_priority,
    tcb_set_sched_params,
};

/// Whether the kernel schedules by scheduling contexts.
pub const MCS: bool = false;

/// Bits in a machine word.
pub const WORD_SIZE: usize = 64;

/// Message registers that are CPU registers.
pub const NUM_FAST_MESSAGE_REGISTERS: usize = 4;

/// Usable bits of a badge. A wider one halts a debug kernel and is cut by a release kernel, so
/// [`AbsoluteCPtr::mint`](crate::AbsoluteCPtr::mint) refuses it.
pub const BADGE_BITS: usize = 28;

/// Most objects that one retype can make.
pub const RETYPE_FAN_OUT_LIMIT: usize = sel4_config::sel4_cfg_usize!(RETYPE_FAN_OUT_LIMIT);

/// Layout of the message info word: (lowest bit, width).
pub mod message_info {
    pub const LENGTH: (u32, u32) = (0, 7);
    pub const EXTRA_CAPS: (u32, u32) = (7, 2);
    pub const CAPS_UNWRAPPED: (u32, u32) = (9, 3);
    pub const LABEL: (u32, u32) = (12, 20);
}

/// Bits of the rights word.
pub mod cap_rights {
    use crate::Word;

    pub const WRITE: Word = 1;
    pub const READ: Word = 2;
    pub const GRANT: Word = 4;
    /// There is no grant-reply: what lets a caller be answered is grant.
    pub const GRANT_REPLY: Word = 0;
}

/// Layout of the word that sets a CNode capability's guard: (lowest bit, width).
pub mod cnode_cap_data {
    pub const GUARD_SIZE: (u32, u32) = (2, 6);
    pub const GUARD: (u32, u32) = (8, 18);
}

/// Labels of fault messages.
pub mod fault_label {
    use crate::Word;

    pub const NULL: Word = 0;
    pub const CAP: Word = 1;
    pub const UNKNOWN_SYSCALL: Word = 2;
    pub const USER_EXCEPTION: Word = 3;
    pub const DEBUG_EXCEPTION: Word = 4;
    pub const VM: Word = 5;
}

/// Address spaces that one ASID pool holds.
pub const ASID_POOL_SLOTS: usize = 512;

/// Sizes of objects, as powers of two, in bytes.
pub mod object_bits {
    pub const SLOT: usize = 5;
    pub const TCB: usize = 11;
    pub const ENDPOINT: usize = 4;
    pub const NOTIFICATION: usize = 5;
    pub const PAGE: usize = 12;
    pub const LARGE_PAGE: usize = 21;
    pub const HUGE_PAGE: usize = 30;
    /// A translation table of any level.
    pub const TABLE: usize = 12;
    pub const ASID_POOL: usize = 12;
    pub const MIN_UNTYPED: usize = 4;
    pub const MAX_UNTYPED: usize = 47;
    /// Address bits that each level of translation tables resolves.
    pub const TABLE_INDEX: usize = 9;
}

/// Slots of the initial CNode that the kernel fills.
pub mod init_slot {
    pub const NULL: usize = 0;
    pub const TCB: usize = 1;
    pub const CNODE: usize = 2;
    pub const VSPACE: usize = 3;
    pub const IRQ_CONTROL: usize = 4;
    pub const ASID_CONTROL: usize = 5;
    pub const ASID_POOL: usize = 6;
    pub const BOOT_INFO_FRAME: usize = 9;
    pub const IPC_BUFFER: usize = 10;
    pub const DOMAIN_SET: usize = 11;
}

/// What `DebugCapIdentify` answers, of the types that a protection domain can hold.
pub mod cap_number {
    pub const ENDPOINT: u32 = 4;
    pub const NOTIFICATION: u32 = 6;
    pub const TCB: u32 = 12;
    pub const IRQ_HANDLER: u32 = 16;
}
