// SPDX-License-Identifier: BSD-2-Clause
//! A lock whose waiters sleep on a notification.

use core::sync::atomic::{AtomicUsize, Ordering};

use lock_api::{GuardNoSend, RawMutex};
use sel4::cap;

/// A lock between threads, with a notification of its own that nobody else signals.
///
/// It counts who holds it or waits. Without contention it makes no system call. Each unlock that
/// leaves waiters signals once, and a signal wakes one of them or is kept for the next.
pub struct RawNotificationMutex {
    notification: cap::Notification,
    holders: AtomicUsize,
}

impl RawNotificationMutex {
    /// A free lock.
    pub const fn new(notification: cap::Notification) -> Self {
        Self { notification, holders: AtomicUsize::new(0) }
    }
}

// SAFETY: of those that raised `holders`, one finds it 0 and holds the lock; each of the others
// waits for a signal, of which each unlock sends exactly one while others are counted. So between
// two unlocks one thread at most comes out of `lock`.
unsafe impl RawMutex for RawNotificationMutex {
    /// A lock without notification, of which a second thread could not wait: make locks with
    /// [`new`](Self::new) and [`lock_api::Mutex::from_raw`].
    #[allow(clippy::declare_interior_mutable_const)]
    const INIT: Self = Self::new(cap::Notification::from_bits(0));

    type GuardMarker = GuardNoSend;

    fn lock(&self) {
        if self.holders.fetch_add(1, Ordering::Acquire) != 0 {
            self.notification.wait();
            core::sync::atomic::fence(Ordering::Acquire);
        }
    }

    fn try_lock(&self) -> bool {
        self.holders.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    unsafe fn unlock(&self) {
        if self.holders.fetch_sub(1, Ordering::Release) != 1 {
            self.notification.signal();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_without_contention_makes_no_system_call() {
        let mutex = lock_api::Mutex::<RawNotificationMutex, _>::from_raw(
            RawNotificationMutex::new(cap::Notification::from_bits(7)),
            1,
        );
        *mutex.lock() += 1;
        let guard = mutex.lock();
        assert_eq!(*guard, 2);
        assert!(mutex.try_lock().is_none());
    }
}
