// SPDX-License-Identifier: BSD-2-Clause
//! State that is too large for the stack: a static that is handed out once.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};

/// Holds a value until the one who takes it.
pub struct TakeCell<T> {
    taken: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached only through the one reference that `take` ever gives.
unsafe impl<T: Send> Sync for TakeCell<T> {}

impl<T> TakeCell<T> {
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self { taken: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    /// The value, the first time.
    ///
    /// # Panics
    /// The second time.
    #[expect(clippy::mut_from_ref, reason = "given once, so it is no second reference")]
    pub fn take(&'static self) -> &'static mut T {
        assert!(!self.taken.swap(true, Ordering::Relaxed), "a static was taken twice");
        // SAFETY: this line is reached once, so this is the only reference.
        unsafe { &mut *self.value.get() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "taken twice")]
    fn a_value_is_given_once() {
        static CELL: TakeCell<u32> = TakeCell::new(7);
        assert_eq!(*CELL.take(), 7);
        CELL.take();
    }
}
