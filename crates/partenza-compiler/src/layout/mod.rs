// SPDX-License-Identifier: BSD-2-Clause
//! Where everything goes: addresses in each address space ([`address`]), slots and untypeds ([`slots`]), each
//! service ([`service`]), the whole ([`plan`]). The sizes that the target computes again come from `partenza_plan::layout`, so both sides agree.

pub mod address;
pub mod grants;
pub mod input;
pub mod patch;
pub mod plan;
pub mod service;
pub mod slots;
