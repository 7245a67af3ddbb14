// SPDX-License-Identifier: BSD-2-Clause
//! From `system.xml`, `partenza.yaml`, manifests and ELF files to a checked plan, an archive and an image.
//!
//! The way of a system (one module each): parse ([`sdf`], [`manifest`], [`config`], all with positions) → [`resolve`]
//! (names to ids, interfaces to providers) → [`check`] (order, authority, hardware) → [`layout`] (addresses, slots,
//! untypeds) → [`archive`] → [`image`]. [`compile()`] goes the whole way.
//!
//! Rules of this crate:
//! * It is the only place that reads XML, YAML or ELF symbols.
//! * Bad input never panics and never stops at the first error: every finding of every file goes to one
//!   [`Diagnostics`], with a code, a position and a hint.
//! * The same input gives the same bytes.
//! * What depends on a kernel's version is in [`kernel`].
#![forbid(unsafe_code)]

pub mod archive;
pub mod check;
pub mod compile;
pub mod config;
pub mod diagnostic;
pub mod elf;
pub mod extensions;
pub mod image;
pub mod kernel;
pub mod kinds;
pub mod layout;
pub mod manifest;
pub mod numbers;
pub mod parameters;
pub mod resolve;
pub mod schema;
pub mod sdf;
pub mod source;
pub mod yaml;

/// The version of the specification that `partenza:` of each file names.
pub const SPECIFICATION: &str = "1.0";

pub use compile::{Compiled, Memory, Options, Packed, compile};
pub use diagnostic::{Code, Diagnostic, Diagnostics, Severity};
pub use kernel::Kernel;
pub use source::{FileId, Sources, Span, Spanned};
