// SPDX-License-Identifier: BSD-2-Clause
//! What an architecture adds to the API under names of its own: page and table types, their capabilities and invocations, and
//! interrupts. One module per architecture; nothing outside this directory and [`abi`](crate::abi) names one.
//!
//! Each gives the same items: `cap_type` and `cap` (with `VSpace`, `Granule`, `LargePage`), `slot`, `label`,
//! `object` with `ObjectTypeArch`, `ObjectTypeSeL4Arch`, `ObjectBlueprintArch`, `ObjectBlueprintSeL4Arch` and
//! `TranslationTableObjectType`, and inherent constants of `ObjectBlueprint` and `VmAttributes`.

#[cfg(sel4_cfg = "ARCH_AARCH64")]
mod aarch64;
#[cfg(sel4_cfg = "ARCH_X86_64")]
mod x86_64;

#[cfg(sel4_cfg = "ARCH_AARCH64")]
pub use aarch64::*;
#[cfg(sel4_cfg = "ARCH_X86_64")]
pub use x86_64::*;
