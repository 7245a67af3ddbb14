// SPDX-License-Identifier: BSD-2-Clause
//! Which IPC buffer an invocation uses.
//!
//! Each thread has its own. The program's first thread sets its buffer once and every capability
//! then uses it without being told. A second thread gives its own: `cap.with(&mut buffer)`.

use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use crate::IpcBuffer;

/// Gives an invocation its IPC buffer.
pub trait InvocationContext {
    /// Runs `f` with the buffer.
    fn with_context<T>(&mut self, f: impl FnOnce(&mut IpcBuffer) -> T) -> T;
}

impl InvocationContext for &mut IpcBuffer {
    #[inline(always)]
    fn with_context<T>(&mut self, f: impl FnOnce(&mut IpcBuffer) -> T) -> T {
        f(self)
    }
}

/// The first thread's buffer; null until it is set, and while it is borrowed.
static IPC_BUFFER: AtomicPtr<IpcBuffer> = AtomicPtr::new(null_mut());

/// The program's own buffer, set by [`set_ipc_buffer`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImplicitInvocationContext;

impl InvocationContext for ImplicitInvocationContext {
    #[inline(always)]
    fn with_context<T>(&mut self, f: impl FnOnce(&mut IpcBuffer) -> T) -> T {
        with_ipc_buffer_mut(f)
    }
}

/// The context of a capability that was not given one.
pub type NoExplicitInvocationContext = ImplicitInvocationContext;

/// Sets the first thread's buffer, once, before its first invocation.
pub fn set_ipc_buffer(ipc_buffer: &'static mut IpcBuffer) {
    IPC_BUFFER.store(ipc_buffer, Relaxed);
}

/// Runs `f` with the first thread's buffer.
///
/// # Panics
/// When no buffer is set, or it is borrowed already.
#[inline]
pub fn with_ipc_buffer<T>(f: impl FnOnce(&IpcBuffer) -> T) -> T {
    with_ipc_buffer_mut(|buffer| f(buffer))
}

/// Runs `f` with the first thread's buffer, exclusively.
///
/// # Panics
/// When no buffer is set, or it is borrowed already.
#[inline]
pub fn with_ipc_buffer_mut<T>(f: impl FnOnce(&mut IpcBuffer) -> T) -> T {
    // Taking the pointer out is both checks in one. Only the first thread uses this buffer, so
    // nothing happens between the load and the store.
    let buffer = IPC_BUFFER.load(Relaxed);
    if buffer.is_null() {
        not_available();
    }
    IPC_BUFFER.store(null_mut(), Relaxed);
    // SAFETY: it came from a `&'static mut`, and nobody else finds it until it is put back.
    let result = f(unsafe { &mut *buffer });
    IPC_BUFFER.store(buffer, Relaxed);
    result
}

#[cold]
#[inline(never)]
fn not_available() -> ! {
    panic!("IPC buffer not set, or borrowed already")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_borrowed_buffer_is_not_lent_again() {
        set_ipc_buffer(Box::leak(Box::default()));
        with_ipc_buffer_mut(|buffer| buffer.msg_regs_mut()[5] = 7);
        assert_eq!(with_ipc_buffer(|buffer| buffer.msg_regs()[5]), 7);
        let nested =
            std::panic::catch_unwind(|| with_ipc_buffer(|_| with_ipc_buffer(|buffer| buffer.user_data())));
        assert!(nested.is_err());
    }
}
