// SPDX-License-Identifier: BSD-2-Clause
//! Boots small systems in QEMU on the real kernel and judges them by what they say on the event line.
//!
//! A case writes a [`system::System`] to a folder, has `partenza pack` make an image of it, runs it on a
//! [`machine::Machine`] and asks its [`log::Log`] questions; `partenza-lab` has what it shares with `partenza
//! conformance`. Rules:
//! * Events decide, never the console's text; except where Init ends before there is an event line: there the code
//!   `PZ-E01xx` on the console decides. And except on AArch64, where no root task has an event line yet ([`aarch64`]).
//! * Every run has a deadline. What was seen until then is part of the failure.
//! * What a case needs and does not find is a failure that says how to get it, never a skip.
//! * A run under [`machine::Pace::Counted`] is the same in every repetition, however busy the host is.
#![forbid(unsafe_code)]

pub mod aarch64;
pub mod bench;
pub mod command;
pub mod guest;
pub mod image;
pub mod machine;
pub mod soak;
pub mod tools;

pub use partenza_lab::{ask, log, system};
