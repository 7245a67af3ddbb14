// SPDX-License-Identifier: BSD-2-Clause
//! A PC: clock and wake-up, UARTs, power, randomness, boot parameters, bytes that survive a reset.

pub mod boot_attempts;
pub mod clock;
pub mod comparator;
pub mod entropy;
pub mod fw_cfg;
pub mod jitter;
pub mod power;
pub mod uart;
