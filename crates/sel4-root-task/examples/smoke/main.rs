// SPDX-License-Identifier: BSD-2-Clause
//! Holds the library against the real kernel: every kind of invocation once, its results looked
//! at, on debug and release kernels alike. Prints a line per check to the machine's first serial line, `all checks hold` at the
//! end, and powers the machine off, so that QEMU exits with 0. A check that fails is named, and nothing after it printed; on a
//! PC QEMU then exits with 33. `tests/qemu/smoke.rs` runs it; by hand:
//!
//! `qemu-system-x86_64 -machine q35 -cpu qemu64,+fsgsbase -m 128 -kernel kernel32.elf -initrd smoke
//! -display none -serial stdio -nodefaults -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=4`
#![no_std]
#![no_main]

mod console;
#[cfg_attr(target_arch = "x86_64", path = "pc99.rs")]
#[cfg_attr(target_arch = "aarch64", path = "virt.rs")]
mod machine;
mod memory;
mod objects;
mod threads;

use console::Console;
use machine::Machine;
use sel4::init_thread::slot;
use sel4::{AbsoluteCPtr, CPtr, Cap, CapType, ObjectBlueprint, cap};
use sel4_root_task::{Never, root_task};

/// Where the checks get memory and slots: one untyped, and slots one after the other.
pub struct Kit {
    untyped: cap::Untyped,
    next_slot: usize,
    pub machine: Machine,
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
    let mut next_slot = bootinfo.empty().start();
    let machine = Machine::open(bootinfo, &mut next_slot)?;
    let console = Console::new(machine);
    let ram = bootinfo.kernel_untyped_range();
    let smallest = ram
        .filter(|i| bootinfo.untyped_list()[*i].size_bits() >= 20)
        .min_by_key(|i| bootinfo.untyped_list()[*i].size_bits());
    let Some(smallest) = smallest else { panic!("no RAM") };
    let mut kit = Kit { untyped: bootinfo.untyped().index(smallest).cap(), next_slot, machine, console };

    let before = sel4::sys::counters::read();
    machine::clock(&mut kit, bootinfo);
    memory::functions(&mut kit);
    memory::image(&mut kit, bootinfo)?;
    memory::pages(&mut kit)?;
    objects::slots(&mut kit)?;
    objects::errors(&mut kit)?;
    machine::interrupts(&mut kit)?;
    objects::signals(&mut kit)?;
    threads::messages(&mut kit)?;
    threads::faults(&mut kit)?;
    machine::faults(&mut kit)?;
    objects::reuse(&mut kit)?;

    let counted = sel4::sys::counters::read().since(&before);
    kit.console.print(format_args!("{} system calls:", counted.total()));
    for (name, count) in counted.kinds().chain(counted.invocations()) {
        kit.console.print(format_args!(" {name} {count}"));
    }
    kit.console.print(format_args!("\nall checks hold\n"));
    kit.machine.power_off()
}
