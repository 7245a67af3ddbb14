// SPDX-License-Identifier: BSD-2-Clause
//! The frame of a root task: entry, stack, panic handling.
//!
//! ```ignore
//! #![no_std]
//! #![no_main]
//!
//! use sel4_root_task::{Never, root_task};
//!
//! #[root_task(stack_size = 64 * 1024)]
//! fn main(bootinfo: &sel4::BootInfoPtr) -> sel4::Result<Never> {
//!     sel4::debug_println!("{} untypeds", bootinfo.untyped_list().len());
//!     sel4::init_thread::suspend_self()
//! }
//! ```
//!
//! The function's result is `!`, [`Never`], or a `Result` of one of them with a `Debug` error.
//! `heap_size` is not an argument: a root task that wants a heap brings its own global allocator.
//! Built with `support/sel4-target.toml`.
#![no_std]
#![warn(missing_docs)]

mod entry;
pub mod panicking;
mod termination;

pub use entry::{image, stack};
pub use sel4_runtime::fault as abort;
pub use sel4_runtime_macros::root_task;
pub use termination::{Never, Termination};

/// Bytes of stack where the attribute names none.
pub const DEFAULT_STACK_SIZE: usize = 64 * 1024;

/// What `#[root_task]` stands for.
#[doc(hidden)]
#[macro_export]
macro_rules! declare_root_task {
    { main = $main:expr, $(stack_size = $stack_size:expr $(,)?)? } => {
        $crate::_private::sel4_runtime::declare_abi_note!(RootTask);

        const _: () = {
            const SIZE: usize =
                $crate::_private::first(&[$($stack_size,)? $crate::DEFAULT_STACK_SIZE]);

            #[unsafe(export_name = "__sel4_root_task_stack")]
            static STACK: $crate::_private::sel4_runtime::Stack<SIZE> =
                $crate::_private::sel4_runtime::Stack::new();

            #[unsafe(export_name = "__sel4_root_task_stack_bytes")]
            static STACK_BYTES: usize = SIZE;

            #[unsafe(export_name = "__sel4_root_task_main")]
            fn __sel4_root_task_main(bootinfo: &$crate::_private::sel4::BootInfoPtr) -> ! {
                $crate::_private::run_main($main, bootinfo)
            }
        };
    };
}

#[doc(hidden)]
pub mod _private {
    pub use sel4;
    pub use sel4_runtime;

    pub use crate::entry::run_main;

    /// The first of one or two.
    pub const fn first(sizes: &[usize]) -> usize {
        sizes[0]
    }
}
