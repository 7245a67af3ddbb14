// SPDX-License-Identifier: BSD-2-Clause
//! From the kernel's hand-over to the loop (SPEC B-1 to B-3), and what is told when Init itself ends (SPEC B-6).

pub mod early_console;
pub mod handoff;
pub mod init;
pub mod last_gasp;
pub mod lifecycle_plan;
pub mod objects;
