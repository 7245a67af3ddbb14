// SPDX-License-Identifier: BSD-2-Clause
//! A heap inside the image, for a program of one thread.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::{Cell, UnsafeCell};
use core::mem::MaybeUninit;
use core::ptr::{NonNull, null_mut};

use linked_list_allocator::Heap;

/// `N` bytes and an allocator over them. First fit; freeing and allocating take time in proportion
/// to the number of holes.
#[repr(align(16))]
pub struct StaticHeap<const N: usize> {
    memory: UnsafeCell<[MaybeUninit<u8>; N]>,
    heap: UnsafeCell<Heap>,
    ready: Cell<bool>,
}

// SAFETY: used by one thread (`new`).
unsafe impl<const N: usize> Sync for StaticHeap<N> {}

impl<const N: usize> StaticHeap<N> {
    /// An empty heap.
    ///
    /// # Safety
    /// The program must have one thread, or one only that allocates and frees.
    pub const unsafe fn new() -> Self {
        Self {
            memory: UnsafeCell::new([MaybeUninit::uninit(); N]),
            heap: UnsafeCell::new(Heap::empty()),
            ready: Cell::new(false),
        }
    }

    #[allow(clippy::mut_from_ref)]
    fn heap(&self) -> &mut Heap {
        // SAFETY: one thread, and no reference outlives the allocator's methods, which do not
        // call each other.
        let heap = unsafe { &mut *self.heap.get() };
        if !self.ready.replace(true) {
            // SAFETY: the memory is this heap's alone, and it is given once.
            unsafe { heap.init(self.memory.get().cast(), N) };
        }
        heap
    }
}

// SAFETY: what the inner heap gives fits the layout, and is nobody else's until it comes back.
unsafe impl<const N: usize> GlobalAlloc for StaticHeap<N> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.heap().allocate_first_fit(layout).map_or(null_mut(), NonNull::as_ptr)
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        if let Some(ptr) = NonNull::new(ptr) {
            // SAFETY: the caller's: it came from `alloc` with this layout.
            unsafe { self.heap().deallocate(ptr, layout) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_freed_is_given_again() {
        // SAFETY: one thread.
        let heap = unsafe { StaticHeap::<1024>::new() };
        let layout = Layout::new::<[u64; 64]>();
        for _ in 0..100 {
            // SAFETY: allocated and freed with one layout.
            unsafe {
                let half = heap.alloc(layout);
                assert!(!half.is_null() && half.is_aligned());
                assert!(heap.alloc(Layout::new::<[u64; 128]>()).is_null());
                heap.dealloc(half, layout);
            }
        }
    }
}
