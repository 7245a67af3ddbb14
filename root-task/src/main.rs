// SPDX-License-Identifier: BSD-2-Clause
//! The root task's binary: entry point, archive location, heap. Everything else is the library.
#![no_std]
#![no_main]

use sel4_root_task::{Never, root_task};

#[global_allocator]
static HEAP: partenza_root_task::Heap = partenza_root_task::Heap;

#[root_task(stack_size = 48 * 1024)]
fn main(bootinfo: &sel4::BootInfoPtr) -> Never {
    partenza_root_task::start(bootinfo)
}
