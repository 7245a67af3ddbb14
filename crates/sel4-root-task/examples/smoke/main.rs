// SPDX-License-Identifier: BSD-2-Clause
//! Holds the library against the real kernel: every kind of invocation once, its results looked
//! at, on debug and release kernels alike. Prints a line per check to COM1 and powers the machine
//! off (QEMU exits with 0), or names the check that failed and exits QEMU with 33.
//!
//! `qemu-system-x86_64 -machine q35 -cpu qemu64,+fsgsbase -m 128 -kernel kernel32.elf -initrd smoke
//! -display none -serial stdio -nodefaults -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=4`
#![no_std]
#![no_main]

mod console;
mod memory;
mod objects;
mod threads;

use console::Console;
use sel4::init_thread::slot;
use sel4::{AbsoluteCPtr, CPtr, Cap, CapType, ObjectBlueprint, cap};
use sel4_root_task::{Never, root_task};

/// Where the checks get memory and slots: one untyped, and slots one after the other.
pub struct Kit {
    untyped: cap::Untyped,
    next_slot: usize,
    pub console: Console,
}

impl Kit {
    /// A free slot.
    pub fn slot(&mut self) -> CPtr {
        self.next_slot += 1;
        CPtr::from_bits(self.next_slot as u64 - 1)
    }

    /// A new object.
    pub fn make<T: CapType>(&mut self, blueprint: ObjectBlueprint) -> sel4::Result<Cap<T>> {
        let slot = self.slot();
        self.make_at(self.untyped, blueprint, slot)?;
        Ok(slot.cast())
    }

    /// A new object out of an untyped, at a slot.
    pub fn make_at(&self, untyped: cap::Untyped, blueprint: ObjectBlueprint, at: CPtr) -> sel4::Result<()> {
        let root = slot::CNODE.cap().absolute_cptr_for_self();
        untyped.untyped_retype(&blueprint, &root, at.bits() as usize, 1)
    }
}

/// The slot of a CPtr in the initial CNode.
pub fn at(cptr: CPtr) -> AbsoluteCPtr {
    slot::CNODE.cap().absolute_cptr(cptr)
}

#[root_task(stack_size = 64 * 1024)]
fn main(bootinfo: &sel4::BootInfoPtr) -> sel4::Result<Never> {
    sel4_root_task::panicking::set_hook(console::panicked);
    let console = Console::open(CPtr::from_bits(bootinfo.empty().start() as u64))?;
    let ram = bootinfo.kernel_untyped_range();
    let smallest = ram
        .filter(|i| bootinfo.untyped_list()[*i].size_bits() >= 20)
        .min_by_key(|i| bootinfo.untyped_list()[*i].size_bits());
    let Some(smallest) = smallest else { panic!("no RAM") };
    let mut kit = Kit {
        untyped: bootinfo.untyped().index(smallest).cap(),
        next_slot: bootinfo.empty().start() + 1,
        console,
    };

    let before = sel4::sys::counters::read();
    check!(kit, "boot information", bootinfo.tsc_mhz().is_some_and(|mhz| mhz > 0));
    memory::image(&mut kit, bootinfo)?;
    memory::pages(&mut kit)?;
    objects::slots(&mut kit)?;
    objects::errors(&mut kit)?;
    objects::interrupts(&mut kit)?;
    threads::messages(&mut kit)?;
    threads::faults(&mut kit)?;
    objects::reuse(&mut kit)?;

    let counted = sel4::sys::counters::read().since(&before);
    kit.console.print(format_args!("{} system calls:", counted.total()));
    for (name, count) in counted.kinds().chain(counted.invocations()) {
        kit.console.print(format_args!(" {name} {count}"));
    }
    kit.console.print(format_args!("\nall checks hold\n"));
    kit.console.power_off()
}
