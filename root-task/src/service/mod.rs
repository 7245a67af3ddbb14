// SPDX-License-Identifier: BSD-2-Clause
//! One service: its objects are made, looked at, changed and taken back here, and nowhere else (SPEC D). Nothing here decides.

pub mod arguments;
pub mod capabilities;
pub mod capability_kinds;
pub mod executor;
pub mod fault_report;
pub mod inspect;
pub mod make;
pub mod page_contents;
#[cfg(feature = "tamper")]
pub mod tamper;
pub mod threads;
