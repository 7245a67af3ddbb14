// SPDX-License-Identifier: BSD-2-Clause
//! The services of the running system: what is known of each, and what is told of it.

pub mod children;
pub mod codes;
pub mod deliveries;
pub mod entry;
pub mod ids;
pub mod parameters;
pub mod services;
