// SPDX-License-Identifier: BSD-2-Clause
//! Debug calls. A kernel without them takes such a call for a fault, so each function exists only
//! where the kernel has the call, and the macros are nothing where it has not.

#[cfg(sel4_cfg = "DEBUG_BUILD")]
use crate::sys::{Kind, Registers, number, syscall};
#[cfg(sel4_cfg = "DEBUG_BUILD")]
use crate::{Cap, CapType, InvocationContext, NUM_MESSAGE_REGISTERS, Word, cap};

/// Whether [`debug_print!`](crate::debug_print) prints: the kernel has a debug console.
pub const PRINTS: bool = cfg!(all(sel4_cfg = "PRINTING", sel4_cfg = "DEBUG_BUILD"));

#[cfg(sel4_cfg = "DEBUG_BUILD")]
#[inline(always)]
fn debug(number: i64, argument: Word) -> Word {
    let input = Registers { cap_or_badge: argument, ..Registers::default() };
    syscall(Kind::Debug, number, input).cap_or_badge
}

/// Corresponds to `seL4_DebugHalt`: stops the machine.
#[cfg(sel4_cfg = "DEBUG_BUILD")]
pub fn debug_halt() {
    debug(number::DebugHalt, 0);
}

/// Corresponds to `seL4_DebugSnapshot`.
#[cfg(sel4_cfg = "DEBUG_BUILD")]
pub fn debug_snapshot() {
    debug(number::DebugSnapshot, 0);
}

#[cfg(sel4_cfg = "DEBUG_BUILD")]
impl<T: CapType, C> Cap<T, C> {
    /// Corresponds to `seL4_DebugCapIdentify`: the number of the capability's type, 0 for none.
    /// Of the caller's own CSpace only.
    pub fn debug_identify(&self) -> u32 {
        debug(number::DebugCapIdentify, self.bits()) as u32
    }
}

#[cfg(sel4_cfg = "DEBUG_BUILD")]
impl<C: InvocationContext> cap::Tcb<C> {
    /// Corresponds to `seL4_DebugNameThread`. The name is cut to what the kernel takes.
    pub fn debug_name(self, name: &[u8]) {
        self.invoke(|bits, buffer| {
            let room = NUM_MESSAGE_REGISTERS * size_of::<Word>() - 1;
            let name = &name[..name.len().min(room)];
            let bytes = buffer.msg_bytes_mut();
            bytes[..name.len()].copy_from_slice(name);
            bytes[name.len()] = 0;
            debug(number::DebugNameThread, bits);
        });
    }
}

#[cfg(all(sel4_cfg = "PRINTING", sel4_cfg = "DEBUG_BUILD"))]
mod printing {
    use core::fmt;

    use super::debug;
    use crate::sys::number;

    /// Corresponds to `seL4_DebugPutChar`.
    pub fn debug_put_char(c: u8) {
        debug(number::DebugPutChar, c.into());
    }

    /// The kernel's debug console.
    pub struct DebugWrite;

    impl fmt::Write for DebugWrite {
        fn write_str(&mut self, s: &str) -> fmt::Result {
            s.bytes().for_each(debug_put_char);
            Ok(())
        }
    }

    #[doc(hidden)]
    pub fn print(arguments: fmt::Arguments<'_>) {
        // `DebugWrite` does not fail; a `Display` that does has nobody to tell.
        let _ = fmt::write(&mut DebugWrite, arguments);
    }
}

#[cfg(all(sel4_cfg = "PRINTING", sel4_cfg = "DEBUG_BUILD"))]
pub use printing::{DebugWrite, debug_put_char, print};

/// Prints to the kernel's debug console; nothing, and nothing evaluated, where it has none.
#[cfg(all(sel4_cfg = "PRINTING", sel4_cfg = "DEBUG_BUILD"))]
#[macro_export]
macro_rules! debug_print {
    ($($arg:tt)*) => { $crate::debug::print(format_args!($($arg)*)) };
}

/// Prints to the kernel's debug console; nothing, and nothing evaluated, where it has none.
#[cfg(not(all(sel4_cfg = "PRINTING", sel4_cfg = "DEBUG_BUILD")))]
#[macro_export]
macro_rules! debug_print {
    ($($arg:tt)*) => { if false { let _ = format_args!($($arg)*); } };
}

/// [`debug_print!`], and a line's end.
#[macro_export]
macro_rules! debug_println {
    () => { $crate::debug_print!("\n") };
    ($($arg:tt)*) => { $crate::debug_print!("{}\n", format_args!($($arg)*)) };
}
