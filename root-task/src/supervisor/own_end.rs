// SPDX-License-Identifier: BSD-2-Clause
//! Init ends itself as the boot parameter `last-gasp` asks, to try what follows (SPEC B-6).

use crate::system::parameters::LastGasp;

/// Ends that way; returns if that was not the end. `archive` may only be read.
pub fn end_as(way: LastGasp, archive: &[u8]) {
    match way {
        LastGasp::Panic | LastGasp::Twice => panic!("asked for by the boot parameter last-gasp"),
        LastGasp::Fault => write_to(sel4_root_task::stack::guard_page()),
        LastGasp::Exception => exception(),
        LastGasp::Archive => write_to(archive.as_ptr().addr()),
    }
}

/// Writes to an address of Init's own that it may not write to.
fn write_to(address: usize) {
    let place: *mut u8 = core::ptr::with_exposed_provenance_mut(address);
    // SAFETY: the write faults, which is the purpose; if it does not, the boot parameter that asks for it has shown that.
    unsafe { place.write_volatile(0) };
}

/// Makes an instruction that is none.
fn exception() {
    // SAFETY: it faults, which is the purpose, and changes nothing.
    unsafe { core::arch::asm!("ud2", options(nomem, nostack)) };
}
