// SPDX-License-Identifier: BSD-2-Clause
//! A lock that nobody waits for.

use core::sync::atomic::{AtomicBool, Ordering};

use lock_api::{GuardNoSend, RawMutex};

/// A lock whose `lock` panics when it is taken.
pub struct PanickingRawMutex {
    taken: AtomicBool,
}

// SAFETY: `try_lock` succeeds only for the one that turns `taken` from false to true, and it
// stays so until that one unlocks.
unsafe impl RawMutex for PanickingRawMutex {
    // An initialiser, of which each lock is a copy: what lock_api asks for.
    #[allow(clippy::declare_interior_mutable_const)]
    const INIT: Self = Self { taken: AtomicBool::new(false) };

    type GuardMarker = GuardNoSend;

    fn lock(&self) {
        assert!(self.try_lock(), "lock taken already in a program of one thread");
    }

    fn try_lock(&self) -> bool {
        !self.taken.swap(true, Ordering::Acquire)
    }

    unsafe fn unlock(&self) {
        self.taken.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use crate::SingleThreadedMutex;

    #[test]
    fn a_taken_lock_is_refused_and_a_returned_one_is_not() {
        let mutex = SingleThreadedMutex::new(1);
        {
            let mut guard = mutex.lock();
            *guard += 1;
            assert!(mutex.try_lock().is_none());
        }
        assert_eq!(*mutex.lock(), 2);
    }

    #[test]
    #[should_panic(expected = "taken already")]
    fn waiting_for_oneself_is_a_panic() {
        let mutex = SingleThreadedMutex::new(());
        let _guard = mutex.lock();
        let _again = mutex.lock();
    }
}
