// SPDX-License-Identifier: BSD-2-Clause
//! Partenza's root task: Init while it boots the system, the Supervisor afterwards.
//!
//! | file | concern |
//! |---|---|
//! | `init` | from the kernel's hand-over to the loop, in the order of SPEC B-3 |
//! | `lifecycle` | the plan in the lifecycle machine's terms |
//! | `attempts` | failed boots, counted over resets (SPEC Q) |
//! | `handoff` | validation of what the kernel handed over (SPEC B-1, B-2) |
//! | `supervisor` | the one loop: wait, decode, step, perform |
//! | `control`, `requests`, `spawn` | what services say and ask (SPEC G, I-4) |
//! | `notices`, `journal`, `ring`, `console`, `line`, `subscribers` | what happened, where that is kept and shown, who is told (SPEC I-6); the host's line |
//! | `executor`, `page`, `grants` | makes and unmakes services: the only place that creates their objects (SPEC D) |
//! | `delivery` | programs that come after the boot (SPEC D-6) |
//! | `inspect` | what services have: registers, slots, memory that came back |
//! | `system`, `pool`, `devices`, `window`, `cspace` | objects that outlive services; memory; Init's own spaces |
//! | `audit` | what each service really holds, compared with the plan (SPEC F-8) |
//! | `tamper` | for tests alone: something for an audit to find |
//! | `throttle` | the request budget: who is over it waits for the end of the period (SPEC S-4) |
//! | `waiting` | services that wait for another to be up (SPEC C-6, J-4) |
//! | `callers` | calls to servers that died (SPEC J-4) |
//! | `children` | parents, and faults of their children (SPEC J-3) |
//! | `former` | clients of providers that were switched away and died (SPEC J-4) |
//! | `providers` | who serves which endpoint, hand-over, lookups (SPEC S-2, S-5) |
//! | `faults`, `gasp` | faults of services (SPEC J-1) and of Init itself (SPEC B-6) |
//! | `clock`, `comparator`, `uart`, `fw_cfg`, `power`, `entropy`, `jitter` | the machine |
#![no_std]

extern crate alloc;

mod account;
mod arena;
mod attempts;
mod audit;
mod callers;
mod children;
mod clock;
mod comparator;
mod console;
mod control;
mod cspace;
mod delivery;
mod devices;
mod early;
mod entropy;
mod executor;
mod faults;
mod former;
mod fw_cfg;
mod gasp;
mod grants;
mod handoff;
mod init;
mod inspect;
mod jitter;
mod journal;
mod lifecycle;
mod line;
mod mailbox;
mod notices;
mod pace;
mod page;
mod parameters;
mod pool;
mod power;
mod providers;
mod refused;
mod requests;
mod ring;
mod services;
mod spawn;
mod subscribers;
mod supervisor;
mod system;
#[cfg(feature = "tamper")]
mod tamper;
mod throttle;
mod uart;
mod waiting;
mod window;

use core::alloc::{GlobalAlloc, Layout};

use arena::Arena;

static ARENA: Arena = Arena::empty();

/// The root task's global allocator: the arena, once it is open.
pub struct Heap;

// SAFETY: passes everything on to the arena, which keeps the contract.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's.
        unsafe { ARENA.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's.
        unsafe { ARENA.dealloc(block, layout) }
    }
}

/// Boots the system and supervises it.
pub fn start(bootinfo: &sel4::BootInfoPtr) -> ! {
    init::start(bootinfo)
}
