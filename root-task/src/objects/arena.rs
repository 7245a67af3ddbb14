// SPDX-License-Identifier: BSD-2-Clause
//! Init's heap: one arena, sized from the plan, filled during the boot and sealed afterwards (SPEC B-3, I-1).
//!
//! Nothing is ever given back, except that the newest block may shrink or grow in place. After [`seal`] any
//! allocation fails, which is a bug in Init and ends at the last-gasp thread.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What is free of the arena.
struct Arena {
    next: AtomicUsize,
    end: AtomicUsize,
}

static ARENA: Arena = Arena { next: AtomicUsize::new(0), end: AtomicUsize::new(0) };

/// The root task's global allocator: the arena, once it is open.
pub struct Heap;

/// Hands the arena its memory.
///
/// # Safety
/// `start..end` is mapped, writable, used by nobody else, and stays so.
pub unsafe fn open(start: usize, end: usize) {
    ARENA.next.store(start, Relaxed);
    ARENA.end.store(end, Relaxed);
}

/// No allocation from here on.
pub fn seal() {
    ARENA.end.store(0, Relaxed);
}

// SAFETY: blocks never overlap, because `next` only moves past what was handed out and Init has one thread that
// allocates; every block lies in the memory that `open`'s caller vouched for.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start = ARENA.next.load(Relaxed).next_multiple_of(layout.align());
        match start.checked_add(layout.size()) {
            Some(end) if end <= ARENA.end.load(Relaxed) => {
                ARENA.next.store(end, Relaxed);
                core::ptr::with_exposed_provenance_mut(start)
            }
            _ => null_mut(),
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let start = block.expose_provenance();
        if start + layout.size() == ARENA.next.load(Relaxed) {
            ARENA.next.store(start, Relaxed);
        }
    }
}
