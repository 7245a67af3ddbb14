// SPDX-License-Identifier: BSD-2-Clause
//! Everything about a kernel that is neither in its XML nor in its configuration.
//!
//! One module per kernel family, chosen by the build script (`cfg(sel4_abi = "…")`); what families of 5.x share is in `v5`. A
//! module gives the same items as `v5_x86_64`: the system call instruction, the layouts of message
//! info, rights and CNode guard words, object types and sizes, initial slots, boot information,
//! fault messages, register sets, and the forms of those invocations that differ. Nothing outside
//! this directory names a kernel version.
//!
//! | module | kernels | state |
//! |---|---|---|
//! | `v5_x86_64` | seL4 5.x, x86_64, non-MCS | here |
//! | `v5_aarch64` | seL4 5.x, AArch64, non-MCS: `svc 0`, number in `x7`, cap `x0`, info `x1`, MRs `x2`-`x5` | here |
//! | `v16_x86_64` | seL4 16.x, x86_64, non-MCS | to come |
//! | `v16_x86_64_mcs` | the same with MCS: own call numbers, reply cap in `r12`, scheduling contexts | to come |
//! | `v16_aarch64` | seL4 16.x, AArch64: registers of a system call as in `v5_aarch64` | to come |
//! | `v16_aarch64_mcs` | the same with MCS: reply cap in `x6` | to come |
//!
//! What a 16 module has to say differently from `v5_x86_64`:
//! - message info: label 52 bits instead of 20; badges 64 bits instead of 28;
//! - rights: bit 3 is grant-reply, which 5.x does not have;
//! - CNode guard word: size in bits 0-5, guard from bit 6;
//! - boot information: aligned, 16-byte untyped descriptors, TSC frequency among the extras;
//! - `TCB_Configure` takes no priorities (they follow in `TCB_SetSchedParams`), on MCS no fault
//!   endpoint either;
//! - `SetPriority`, `SetMCPriority` take an authority; `SetSchedParams` exists;
//! - I/O ports are issued by `IOPortControl_Issue` instead of minted; `Page_Map` remaps;
//! - register set: `fs_base`, `gs_base` instead of `tls_base`; VM fault label 6 on MCS.

mod v5;
#[cfg(sel4_abi = "v5_aarch64")]
mod v5_aarch64;
#[cfg(sel4_abi = "v5_x86_64")]
mod v5_x86_64;

#[cfg(sel4_abi = "v5_aarch64")]
pub use v5_aarch64::*;
#[cfg(sel4_abi = "v5_x86_64")]
pub use v5_x86_64::*;
