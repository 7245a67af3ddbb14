// SPDX-License-Identifier: BSD-2-Clause
//! seL4 5.x on x86_64, without MCS.
//!
//! Read from that kernel's libsel4 and its source; where the two differ the kernel counts.

mod fault;
mod ports;
mod registers;
mod trap;

pub use super::v5::*;
pub use fault::{
    UNKNOWN_SYSCALL_WORDS, bytes_behind, exception_cause, unknown_syscall, vm_fault_cause, vm_fault_is_write,
};
pub use ports::ioport_control_issue;
pub use registers::RawUserContext;
pub use trap::trap;

/// The name of this module, as the ABI note carries it.
pub const NAME: &str = "v5_x86_64";

/// Usable bits of the address in a VM fault: the kernel keeps it in 32 bits.
pub const VM_FAULT_ADDRESS_BITS: usize = 32;

/// The first address that is not the user's.
pub const USER_TOP: usize = 0x0000_8000_0000_0000;

/// The instruction that makes a system call: what a thread in one stands at.
pub const SYSCALL_INSTRUCTION: [u8; 2] = [0x0f, 0x05];

/// Mapping attributes (`seL4_X86_VMAttributes`).
pub mod vm_attributes {
    use crate::Word;

    /// There is no execute-never here.
    pub const EXECUTE_NEVER: Word = 0;

    pub const DEFAULT: Word = 0;
    pub const WRITE_THROUGH: Word = 1;
    pub const CACHE_DISABLED: Word = 2;
    pub const WRITE_COMBINING: Word = 4;
}

/// Numbers of object types, in the order of the kernel's enumerations
/// (`api_object`, `_mode_object`, `_object`), which skip what is not configured.
pub mod object_type {
    use crate::Word;

    pub const UNTYPED: Word = 0;
    pub const TCB: Word = 1;
    pub const ENDPOINT: Word = 2;
    pub const NOTIFICATION: Word = 3;
    pub const CNODE: Word = 4;
    pub const PDPT: Word = 5;
    pub const PML4: Word = 6;
    pub const HUGE_PAGE: Word = 7;
    pub const PAGE: Word = HUGE_PAGE + cfg!(sel4_cfg = "HUGE_PAGE") as Word;
    pub const LARGE_PAGE: Word = PAGE + 1;
    pub const PAGE_TABLE: Word = PAGE + 2;
    pub const PAGE_DIRECTORY: Word = PAGE + 3;
}

/// Slots of the initial CNode that only x86 has.
pub mod arch_slot {
    /// The capability to all ports, of which narrower ones are minted.
    pub const IO_PORT_CONTROL: usize = 7;
    pub const IO_SPACE: usize = 8;
}

/// What `DebugCapIdentify` answers of a range of I/O ports.
pub const IO_PORT_NUMBER: u32 = 19;

impl RawBootInfo {
    /// Frequency of the time stamp counter in MHz, where the kernel measured one.
    pub fn tsc_mhz(&self) -> Option<u32> {
        let mhz = self.arch_info;
        u32::try_from(mhz).ok().filter(|mhz| *mhz != 0)
    }
}
