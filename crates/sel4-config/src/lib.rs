// SPDX-License-Identifier: BSD-2-Clause
//! The configuration of the kernel that is built for.
//!
//! Keys are the kernel's, without `CONFIG_`. Macros as in rust-sel4: [`sel4_cfg_bool!`],
//! [`sel4_cfg_str!`], [`sel4_cfg_usize!`] take a key and give a literal; an unknown key does not
//! compile. [`sel4_cfg_if!`] chooses items by one boolean key. Attributes are plain `cfg`s: a
//! crate whose build script calls `sel4_build::Kernel::emit_cfgs` writes
//! `#[cfg(sel4_cfg = "PRINTING")]` or `#[cfg(sel4_cfg = "PLAT=pc99")]`.
//!
//! ```
//! sel4_config::sel4_cfg_if! {
//!     if #[sel4_cfg(PRINTING)] { const LOUD: bool = true; } else { const LOUD: bool = false; }
//! }
//! assert_eq!(LOUD, sel4_config::sel4_cfg_bool!(PRINTING));
//! assert_eq!(sel4_config::sel4_cfg_usize!(WORD_SIZE), 64);
//! ```
#![no_std]
#![forbid(unsafe_code)]

include!(concat!(env!("OUT_DIR"), "/config.rs"));

/// One of two groups of items.
#[doc(hidden)]
#[macro_export]
macro_rules! __sel4_cfg_pick {
    (true { $($t:tt)* } { $($e:tt)* }) => { $($t)* };
    (false { $($t:tt)* } { $($e:tt)* }) => { $($e)* };
}
