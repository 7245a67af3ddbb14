// SPDX-License-Identifier: BSD-2-Clause
//! Checks of the whole system, once names are resolved (SPEC P-1).

pub mod authority;
pub mod budget;
pub mod children;
pub mod exclusive;
pub mod lifecycle;
pub mod names;
pub mod order;
pub mod providers;
pub mod target;
