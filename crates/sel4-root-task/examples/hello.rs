// SPDX-License-Identifier: BSD-2-Clause
//! The smallest root task.
#![no_std]
#![no_main]

use sel4_root_task::{Never, root_task};

#[root_task]
fn main(bootinfo: &sel4::BootInfoPtr) -> sel4::Result<Never> {
    sel4::debug_println!("hello: {} untypeds", bootinfo.untyped_list().len());
    sel4::init_thread::suspend_self()
}
