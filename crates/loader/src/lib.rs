// SPDX-License-Identifier: BSD-2-Clause
//! The loader for AArch64: what starts first on the machine and enters seL4's kernel. The crate page is `README.md`.
//!
//! - [`parameters`]: what the packer writes into the loader, one definition for both;
//! - [`tree`]: what the loader wants of the device tree;
//! - [`error`]: why a machine cannot be handed over.
#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod error;
pub mod parameters;
pub mod tree;
