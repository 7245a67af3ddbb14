// SPDX-License-Identifier: BSD-2-Clause
//! seL4 5.x on AArch64, without MCS.
//!
//! Read from that kernel's libsel4 and its source; where the two differ the kernel counts.

mod fault;
mod registers;
mod trap;

pub use super::v5::*;
pub use fault::{
    UNKNOWN_SYSCALL_WORDS, bytes_behind, exception_cause, unknown_syscall, vm_fault_cause, vm_fault_is_write,
};
pub use registers::RawUserContext;
pub use trap::trap;

/// The name of this module, as the ABI note carries it.
pub const NAME: &str = "v5_aarch64";

/// Usable bits of the address in a VM fault: all.
pub const VM_FAULT_ADDRESS_BITS: usize = 64;

/// The first address that is not the user's.
pub const USER_TOP: usize = 0x0001_0000_0000_0000;

/// The instruction that makes a system call (`svc #0`): what a thread in one stands at.
pub const SYSCALL_INSTRUCTION: [u8; 4] = [0x01, 0x00, 0x00, 0xd4];

/// Mapping attributes (`seL4_ARM_VMAttributes`). Without the first bit memory is Device-nGnRnE, where accesses must be
/// aligned: there is no uncached ordinary memory.
pub mod vm_attributes {
    use crate::Word;

    const CACHEABLE: Word = 1;
    /// Has no effect on AArch64, and is part of the kernel's own default.
    const PARITY: Word = 2;
    pub const DEFAULT: Word = CACHEABLE | PARITY;
    pub const CACHE_DISABLED: Word = 0;
    pub const EXECUTE_NEVER: Word = 4;
}

/// Numbers of object types, in the order of the kernel's enumerations (`api_object`, `_mode_object`, `_object`).
pub mod object_type {
    use crate::Word;

    pub const UNTYPED: Word = 0;
    pub const TCB: Word = 1;
    pub const ENDPOINT: Word = 2;
    pub const NOTIFICATION: Word = 3;
    pub const CNODE: Word = 4;
    pub const HUGE_PAGE: Word = 5;
    pub const PUD: Word = 6;
    pub const PGD: Word = 7;
    pub const SMALL_PAGE: Word = 8;
    pub const LARGE_PAGE: Word = 9;
    pub const PT: Word = 10;
    pub const PD: Word = 11;
}
