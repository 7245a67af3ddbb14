// SPDX-License-Identifier: BSD-2-Clause
//! The kernel's window, and what the kernel is entered with.

use core::cell::UnsafeCell;

use partenza_loader::parameters::{Parameters, RAM};

/// What seL4 5.0.0 finds in its registers, after the address of its entry; `entry.S` knows the order.
#[repr(C)]
pub struct Handoff {
    entry: u64,
    user_start: u64,
    user_end: u64,
    /// Physical minus virtual address of the root task.
    offset: u64,
    user_entry: u64,
}

const ENTRIES: usize = 512;

/// One table of each level; the last maps 1 GiB in blocks of 2 MiB. The kernel makes its own from them once it runs.
#[repr(C, align(4096))]
struct Tables {
    level_0: [u64; ENTRIES],
    level_1: [u64; ENTRIES],
    level_2: [u64; ENTRIES],
}

#[repr(transparent)]
struct Shared<T>(UnsafeCell<T>);

// SAFETY: one processor runs the loader, with interrupts masked.
unsafe impl<T> Sync for Shared<T> {}

/// Behind TTBR1_EL1 since `entry.S`; empty until [`hand_over`].
#[unsafe(no_mangle)]
static KERNEL_TABLES: Shared<Tables> =
    Shared(UnsafeCell::new(Tables { level_0: [0; ENTRIES], level_1: [0; ENTRIES], level_2: [0; ENTRIES] }));

static HANDOFF: Shared<Handoff> =
    Shared(UnsafeCell::new(Handoff { entry: 0, user_start: 0, user_end: 0, offset: 0, user_entry: 0 }));

/// A table one level down.
const TABLE: u64 = 3;
/// 2 MiB of write-back memory: access flag, inner shareable, MAIR index 4, block.
const BLOCK: u64 = 0x711;
const BLOCK_BITS: u32 = 21;

/// Maps the window's first GiB and gives what the kernel is entered with. `user_end` is where the root task ends, its device tree
/// included.
pub fn hand_over(parameters: &Parameters, user_end: u64) -> *const Handoff {
    let index = |shift: u32| (parameters.kernel_window >> shift) as usize % ENTRIES;
    // SAFETY: called once, and nothing else refers to the two.
    let (tables, handoff) = unsafe { (&mut *KERNEL_TABLES.0.get(), &mut *HANDOFF.0.get()) };
    // The identity map makes addresses of tables physical ones.
    tables.level_0[index(39)] = tables.level_1.as_ptr().addr() as u64 | TABLE;
    tables.level_1[index(30)] = tables.level_2.as_ptr().addr() as u64 | TABLE;
    for (number, entry) in tables.level_2.iter_mut().enumerate() {
        *entry = RAM + ((number as u64) << BLOCK_BITS) | BLOCK;
    }
    *handoff = Handoff {
        entry: parameters.kernel_entry,
        user_start: parameters.user_start,
        user_end,
        offset: parameters.user_start.wrapping_sub(parameters.user_virtual),
        user_entry: parameters.user_entry,
    };
    handoff
}
