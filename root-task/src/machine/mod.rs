// SPDX-License-Identifier: BSD-2-Clause
//! The hardware of the machine: clock and wake-up, UARTs, power, randomness, boot parameters, bytes that survive a reset.
//! Nothing in it knows a service.
//!
//! One folder per kind of machine, all with the same modules; who uses them names no folder.

#[cfg(target_arch = "x86_64")]
mod pc99;

#[cfg(target_arch = "x86_64")]
pub use pc99::{boot_attempts, clock, entropy, fw_cfg, power, uart};
