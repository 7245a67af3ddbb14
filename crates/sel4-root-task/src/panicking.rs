// SPDX-License-Identifier: BSD-2-Clause
//! What happens at a panic: a hook, and then a fault, which somebody may be waiting for.

use core::panic::PanicInfo;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

/// Told of a panic. It may not return (halt, reboot); when it does, the thread faults.
pub type PanicHook = fn(&PanicInfo<'_>);

/// The hook, as a pointer that was a [`PanicHook`]; null for the default.
static HOOK: AtomicPtr<()> = AtomicPtr::new(core::ptr::null_mut());

/// Replaces the default hook, which prints to the kernel's debug console.
pub fn set_hook(hook: PanicHook) {
    HOOK.store(hook as *mut (), Relaxed);
}

/// Runs the hook and faults. A panic inside the hook faults at once; one of another thread, after the hook has returned, runs it
/// again.
#[cfg(target_sel4)]
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    use core::sync::atomic::AtomicBool;

    static PANICKING: AtomicBool = AtomicBool::new(false);

    if !PANICKING.swap(true, Relaxed) {
        let hook = HOOK.load(Relaxed);
        if hook.is_null() {
            sel4::debug_println!("root task: {info}");
        } else {
            // SAFETY: not null, so it is what `set_hook` stored.
            let hook: PanicHook = unsafe { core::mem::transmute(hook) };
            hook(info);
        }
        PANICKING.store(false, Relaxed);
    }
    sel4_runtime::fault()
}
