// SPDX-License-Identifier: BSD-2-Clause
//! The loader's program. `entry.S` comes first, makes a stack and an identity map, and calls [`prepare`]; what that gives back
//! it enters the kernel with. Runs at EL1 with all interrupts masked, once.
#![no_std]
#![no_main]

mod kernel;
#[path = "../../sel4-runtime/src/memory.rs"]
mod memory;
mod uart;
#[path = "../../sel4-runtime/src/unwind.rs"]
mod unwind;

use core::fmt::Write;
use core::slice;

use partenza_loader::error::Error;
use partenza_loader::parameters::{MAGIC, PAGE, Parameters, RAM};
use partenza_loader::tree::{self, Machine};

use kernel::Handoff;
use uart::Uart;

core::arch::global_asm!(include_str!("entry.S"));

unsafe extern "C" {
    #[link_name = "parameters"]
    static PARAMETERS: Parameters;
}

/// Prepares everything for the kernel. `tree` is the device tree's address or 0; `conduit` is how firmware is called: 0 not at
/// all, 1 `hvc`, 2 `smc`.
#[unsafe(no_mangle)]
extern "C" fn prepare(tree: u64, conduit: u64) -> *const Handoff {
    // Volatile: the packer wrote it, which the compiler cannot know.
    // SAFETY: in the loader's image, and never written while it runs.
    let parameters = unsafe { (&raw const PARAMETERS).read_volatile() };
    match try_prepare(&parameters, tree, conduit) {
        Ok(handoff) => handoff,
        Err(error) => {
            // Nobody is left to hear of a UART that fails.
            let _ = write!(Uart, "loader: {error}");
            halt()
        }
    }
}

fn try_prepare(parameters: &Parameters, tree: u64, conduit: u64) -> Result<*const Handoff, Error> {
    if parameters.magic != MAGIC || parameters.kernel_entry == 0 {
        return Err(Error::NotPacked);
    }
    // Where QEMU puts it when it starts an ELF file.
    let tree = tree_at(if tree == 0 { RAM } else { tree })?;
    let machine = Machine::read(tree, RAM)?;
    let used = tree::used_size(tree.first_chunk().ok_or(Error::BadDeviceTree)?).min(tree.len());
    let user_end = (parameters.user_end + used as u64).next_multiple_of(PAGE);
    if user_end > machine.ram_end {
        return Err(Error::MemoryTooSmall((user_end - RAM).div_ceil(1 << 20)));
    }
    // SAFETY: RAM, as was just checked, behind everything of the image; the tree itself may overlap it.
    unsafe {
        let copy = parameters.user_end as *mut u8;
        core::ptr::copy(tree.as_ptr(), copy, used);
        tree::set_total_size(slice::from_raw_parts_mut(copy, tree::HEADER), used);
        copy.add(used).write_bytes(0, (user_end - parameters.user_end) as usize - used);
    }
    // SAFETY: variables of the kernel, of a word each, whose addresses the packer found in its symbols.
    unsafe {
        (parameters.ram_end_at as *mut u64).write(machine.ram_end);
        (parameters.psci_conduit_at as *mut u64).write(conduit);
    }
    Ok(kernel::hand_over(parameters, user_end))
}

/// The device tree at an address.
fn tree_at(address: u64) -> Result<&'static [u8], Error> {
    if !address.is_multiple_of(8) || address < RAM {
        return Err(Error::NoDeviceTree);
    }
    // SAFETY: RAM, mapped by `entry.S`; a header and then as many bytes as a tree's says are read, 2 MiB at most. Nothing writes
    // them while the slice is used but the copy, which is the last use.
    unsafe {
        let header = &*(address as *const [u8; tree::HEADER]);
        Ok(slice::from_raw_parts(address as *const u8, tree::total_size(header)?))
    }
}

/// What the memory functions and the prebuilt libraries end in when all is lost.
fn fault() -> ! {
    halt()
}

fn halt() -> ! {
    loop {
        // SAFETY: waits.
        unsafe { core::arch::asm!("wfi", options(nomem, nostack)) }
    }
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let _ = writeln!(Uart, "loader: {info}");
    halt()
}
