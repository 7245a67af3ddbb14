// SPDX-License-Identifier: BSD-2-Clause
//! Partenza's root task: Init while it boots the system, the Supervisor afterwards.
//!
//! Folders are floors. Each may use those above it in this table, and no other; a test holds it (`make circles`).
//!
//! | folder | concern |
//! |---|---|
//! | `machine` | the hardware: clock, UARTs, power, randomness |
//! | `objects` | Init's own kernel objects: slots, untypeds, mappings, heap |
//! | `service` | one service's objects: made, looked at, changed, taken back |
//! | `events` | the ring of events, the console, the event line |
//! | `system` | the services of the running system: what is known of each |
//! | `calls` | calls between services: who serves which endpoint |
//! | `supervisor` | the loop: messages, faults, deadlines, actions |
//! | `boot` | from the kernel's hand-over to the loop; Init's own end |
#![no_std]

extern crate alloc;

mod boot;
mod calls;
mod events;
mod machine;
mod objects;
mod service;
mod supervisor;
mod system;

pub use objects::arena::Heap;

/// Boots the system and supervises it.
pub fn start(bootinfo: &sel4::BootInfoPtr) -> ! {
    boot::init::start(bootinfo)
}
