// SPDX-License-Identifier: BSD-2-Clause
//! Raw locks for [`lock_api::Mutex`].
//!
//! - [`RawNotificationMutex`]: between threads of one program; who waits sleeps on a notification.
//! - [`PanickingRawMutex`]: for a program of one thread, where a lock that is taken already can
//!   only be a mistake, and waiting for it would be for ever.
#![cfg_attr(not(test), no_std)]
#![warn(missing_docs)]

pub use lock_api;

mod notification;
mod panicking;

pub use notification::RawNotificationMutex;
pub use panicking::PanickingRawMutex;

/// A mutex for a program of one thread.
pub type SingleThreadedMutex<T> = lock_api::Mutex<PanickingRawMutex, T>;
