// SPDX-License-Identifier: BSD-2-Clause
//! Small systems made in code, booted in QEMU, watched and asked.
//!
//! A [`system::System`] is written to a folder as the three files of a real system; whoever uses this crate makes an
//! image of it. A [`machine::Machine`] boots the image. What it says on the event line is a [`log::Log`], and over the same
//! line the Supervisor is asked ([`machine::Running::ask`]).
//!
//! The tests judge with it (`partenza-tests` panics where something is not as it must be), and so does `partenza
//! conformance` (which reports it). So nothing here panics because of what a machine does.
#![forbid(unsafe_code)]

pub mod ask;
pub mod boot_module;
pub mod line;
pub mod log;
pub mod machine;
pub mod monitor;
mod request;
pub mod system;
