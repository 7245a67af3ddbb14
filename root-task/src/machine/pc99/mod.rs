// SPDX-License-Identifier: BSD-2-Clause
//! A PC with an IOAPIC: TSC, HPET or PIT, 16550 UARTs, CMOS RAM, QEMU's fw_cfg.

pub mod boot_attempts;
pub mod clock;
mod comparator;
pub mod entropy;
pub mod fw_cfg;
mod jitter;
pub mod power;
pub mod uart;
