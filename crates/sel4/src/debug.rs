// SPDX-License-Identifier: BSD-2-Clause
//! Debug calls. A kernel without them takes such a call for a fault, so where the kernel has not
//! the call, what only tells (printing, naming) does nothing, and what asks or acts does not exist.

use core::fmt;

#[cfg(sel4_cfg = "DEBUG_BUILD")]
use crate::sys::{Kind, Registers, number, syscall};
#[cfg(sel4_cfg = "DEBUG_BUILD")]
use crate::{Cap, CapType, NUM_MESSAGE_REGISTERS, Word};
use crate::{InvocationContext, cap};

/// Whether [`debug_print!`](crate::debug_print) prints: the kernel has a debug console.
pub const PRINTS: bool = cfg!(all(sel4_cfg = "PRINTING", sel4_cfg = "DEBUG_BUILD"));

#[cfg(sel4_cfg = "DEBUG_BUILD")]
#[inline(always)]
fn debug(number: i64, argument: Word) -> Word {
    let input = Registers { cap_or_badge: argument, ..Registers::default() };
    // SAFETY: a debug call prints, names a thread by the IPC buffer's text, or halts the machine.
    unsafe { syscall(Kind::Debug, number, input) }.cap_or_badge
}

/// What kind of capability is in a slot. An extension to rust-sel4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Identity {
    Empty,
    Endpoint,
    Notification,
    Tcb,
    IrqHandler,
    /// A range of I/O ports, where the architecture has them.
    IoPort,
    /// The kernel's number of another type.
    Other(u32),
}

/// What is in a slot of the caller's own CSpace; `None` on a kernel that does not tell.
#[must_use]
pub fn identity(cptr: crate::CPtr) -> Option<Identity> {
    #[cfg(sel4_cfg = "DEBUG_BUILD")]
    {
        use crate::abi::cap_number;
        Some(match debug(number::DebugCapIdentify, cptr.bits()) as u32 {
            0 => Identity::Empty,
            cap_number::ENDPOINT => Identity::Endpoint,
            cap_number::NOTIFICATION => Identity::Notification,
            cap_number::TCB => Identity::Tcb,
            cap_number::IRQ_HANDLER => Identity::IrqHandler,
            #[cfg(sel4_cfg = "ARCH_X86")]
            crate::abi::IO_PORT_NUMBER => Identity::IoPort,
            other => Identity::Other(other),
        })
    }
    #[cfg(not(sel4_cfg = "DEBUG_BUILD"))]
    {
        let _ = cptr;
        None
    }
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

impl<C: InvocationContext> cap::Tcb<C> {
    /// Corresponds to `seL4_DebugNameThread`; nothing on a kernel without it. The name is cut to
    /// what the kernel takes.
    pub fn debug_name(self, name: &[u8]) {
        #[cfg(sel4_cfg = "DEBUG_BUILD")]
        self.invoke(|bits, buffer| {
            let room = NUM_MESSAGE_REGISTERS * size_of::<Word>() - 1;
            let name = &name[..name.len().min(room)];
            let bytes = buffer.msg_bytes_mut();
            bytes[..name.len()].copy_from_slice(name);
            bytes[name.len()] = 0;
            debug(number::DebugNameThread, bits);
        });
        #[cfg(not(sel4_cfg = "DEBUG_BUILD"))]
        let _ = name;
    }
}

/// Corresponds to `seL4_DebugPutChar`; nothing on a kernel without debug console.
#[inline]
pub fn debug_put_char(c: u8) {
    #[cfg(all(sel4_cfg = "PRINTING", sel4_cfg = "DEBUG_BUILD"))]
    debug(number::DebugPutChar, c.into());
    #[cfg(not(all(sel4_cfg = "PRINTING", sel4_cfg = "DEBUG_BUILD")))]
    let _ = c;
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

/// Prints to the kernel's debug console; where it has none, nothing, and nothing is formatted.
#[macro_export]
macro_rules! debug_print {
    ($($arg:tt)*) => {
        if $crate::debug::PRINTS {
            $crate::debug::print(format_args!($($arg)*))
        }
    };
}

/// [`debug_print!`], and a line's end.
#[macro_export]
macro_rules! debug_println {
    () => { $crate::debug_print!("\n") };
    ($($arg:tt)*) => { $crate::debug_print!("{}\n", format_args!($($arg)*)) };
}
