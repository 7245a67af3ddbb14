// SPDX-License-Identifier: BSD-2-Clause
//! The frame of a protection domain (PD): entry, event loop, channels; rust-sel4's names.
//!
//! ```ignore
//! #![no_std]
//! #![no_main]
//!
//! use sel4_microkit::{Channel, ChannelSet, Handler, Infallible, protection_domain};
//!
//! const CLIENT: Channel = Channel::new(3);
//!
//! struct Echo;
//!
//! impl Handler for Echo {
//!     type Error = Infallible;
//!
//!     fn notified(&mut self, channels: ChannelSet) -> Result<(), Infallible> {
//!         if channels.contains(CLIENT) {
//!             CLIENT.notify();
//!         }
//!         Ok(())
//!     }
//! }
//!
//! #[protection_domain]
//! fn init() -> impl Handler {
//!     Echo
//! }
//! ```
//!
//! How a PD is started: its first argument (`rdi`, `x0`) is the address of a read-only startup page or 0
//! ([`startup_page_addr`]), its second (`rsi`, `x1`) that of the IPC buffer, its stack pointer the top of a stack, aligned to
//! 16 bytes. What it finds in its CSpace is in [`slots`]; which channels are there is in the symbols
//! that the tool fills in ([`pd_name`] and the masks behind [`Channel`]). First `init` runs, then
//! every interrupt is acknowledged once, then messages are received for ever.
//!
//! The stack is the loader's; `#[protection_domain(stack_size = 16 * 1024)]` brings one in the image
//! instead. `heap_size = …` (feature `heap`) makes a heap in the image the global allocator.
//!
//! Rules the crate keeps: a PD that does not format does not link the formatting code, on a kernel
//! without debug console not even for panics; nothing
//! allocates unless it asked for a heap; a channel that the plan did not
//! give is a panic that names the operation, not a fault in the kernel's terms.
#![no_std]
#![warn(missing_docs)]

#[macro_use]
mod channel;
mod entry;
mod handler;
#[cfg(sel4_cfg = "ARCH_X86")]
mod io_port;
mod message;
mod panicking;
pub mod slots;
mod symbols;

pub use channel::{Channel, ChannelSet, ChannelSetIter, Child, MAX_CHANNELS};
pub use core::convert::Infallible;
pub use entry::startup_page_addr;
pub use handler::{Handler, NullHandler};
#[cfg(sel4_cfg = "ARCH_X86")]
pub use io_port::IoPort;
pub use message::{
    MessageInfo, MessageLabel, MessageRegisterValue, get_mr, set_mr, with_msg_bytes, with_msg_bytes_mut,
    with_msg_regs, with_msg_regs_mut,
};
pub use panicking::{PANIC_MARK, panic_registers};
pub use sel4::{debug_print, debug_println};
pub use sel4_runtime_macros::protection_domain;
pub use symbols::{pd_is_passive, pd_name, pd_name_bytes};

/// What `#[protection_domain]` stands for.
#[doc(hidden)]
#[macro_export]
macro_rules! declare_protection_domain {
    { init = $init:expr, } => {
        $crate::_private::sel4_runtime::declare_abi_note!(ProtectionDomain);

        const _: () = {
            #[unsafe(no_mangle)]
            fn __sel4_microkit_main() -> ! {
                $crate::_private::run($init())
            }
        };
    };
    { init = $init:expr, $(stack_size = $stack_size:expr,)? heap_size = $heap_size:expr $(,)? } => {
        const _: () = {
            #[global_allocator]
            static HEAP: $crate::_private::sel4_runtime::StaticHeap<{ $heap_size }> =
                // SAFETY: a protection domain has one thread.
                unsafe { $crate::_private::sel4_runtime::StaticHeap::new() };
        };

        $crate::declare_protection_domain! { init = $init, $(stack_size = $stack_size)? }
    };
    { init = $init:expr, stack_size = $stack_size:expr $(,)? } => {
        $crate::_private::sel4_runtime::declare_abi_note!(ProtectionDomain);

        const _: () = {
            static STACK: $crate::_private::sel4_runtime::Stack<{ $stack_size }> =
                $crate::_private::sel4_runtime::Stack::new();

            #[unsafe(no_mangle)]
            fn __sel4_microkit_main() -> ! {
                extern "C" fn on_own_stack() -> ! {
                    $crate::_private::run($init())
                }
                $crate::_private::sel4_runtime::call_on_stack(STACK.top(), on_own_stack)
            }
        };
    };
}

#[doc(hidden)]
pub mod _private {
    pub use sel4_runtime;

    pub use crate::entry::run;
    pub use crate::symbols::PatchedCell;
}
