// SPDX-License-Identifier: BSD-2-Clause
//! User-level library for seL4: rust-sel4's names and semantics, a subset, on stable Rust.
//!
//! - [`Cap`], [`cap`], [`cap_type`], [`CPtr`], [`AbsoluteCPtr`]: typed capabilities and slots.
//! - [`ObjectBlueprint`], [`cap::Untyped::untyped_retype`]: making objects.
//! - [`MessageInfo`], [`IpcBuffer`], the methods of [`Cap`]: messages.
//! - [`BootInfoPtr`], [`init_thread`]: what the root task finds.
//! - [`Fault`]: what a fault handler receives.
//! - [`sys`]: the one module through which every system call goes, and its counters.
//! - [`abi`]: facts of the kernel that is built for; the only place where kernels differ.
//!
//! Rules the crate keeps:
//! - A call that fits in registers touches no memory, so it works while the IPC buffer is
//!   borrowed, in a panic handler, and in a thread that has no buffer.
//! - An argument that this kernel would silently cut or halt on is an [`Error`] instead.
//! - Where the kernel has no debug calls, printing is nothing and the others do not exist.
//!
//! `README.md` beside this crate lists the differences to rust-sel4.
#![cfg_attr(not(test), no_std)]
#![warn(missing_docs)]

pub use sel4_config::{self as config, sel4_cfg_bool, sel4_cfg_if, sel4_cfg_str, sel4_cfg_usize};

#[allow(missing_docs)]
pub mod abi;
mod arch;
mod boot_info;
mod cap_rights;
mod cnode_cap_data;
mod cptr;
pub mod debug;
mod error;
pub mod fault;
pub mod init_thread;
mod invocation_context;
pub mod invocations;
mod ipc_buffer;
mod message_info;
mod object;
pub mod sys;
mod syscalls;
mod user_context;
mod vm_attributes;

#[cfg(all(sel4_abi = "v5_aarch64", sel4_cfg = "PLAT_QEMU_ARM_VIRT"))]
pub use arch::control::{PlatformControl, Trigger};
pub use arch::object::*;
pub use boot_info::{BootInfo, BootInfoExtra, BootInfoExtraIter, BootInfoPtr, UntypedDesc};
pub use cap_rights::{CapRights, CapRightsBuilder};
pub use cnode_cap_data::CNodeCapData;
pub use cptr::{AbsoluteCPtr, CPtr, CPtrBits, CPtrWithDepth, Cap, CapType, HasCPtrWithDepth, cap, cap_type};
pub use debug::{DebugWrite, debug_put_char};
#[cfg(sel4_cfg = "DEBUG_BUILD")]
pub use debug::{debug_halt, debug_snapshot};
pub use error::{Error, FailedLookup, FailureDetails, Result, last_failure};
pub use fault::{
    CapFault, ExceptionCause, Fault, LookupFailure, NullFault, UnknownSyscall, UserException, VmFault,
    VmFaultCause,
};
pub use invocation_context::{
    ImplicitInvocationContext, InvocationContext, NoExplicitInvocationContext, set_ipc_buffer,
    with_ipc_buffer, with_ipc_buffer_mut,
};
pub use ipc_buffer::IpcBuffer;
pub use message_info::{MessageInfo, MessageInfoBuilder};
pub use object::{
    CapTypeForFrameObject, CapTypeForObject, CapTypeForObjectOfFixedSize, CapTypeForObjectOfVariableSize,
    FrameObjectType, ObjectBlueprint, ObjectType,
};
pub use syscalls::{
    Badge, CallWithMRs, ConveysReplyAuthority, FastMessages, RecvWithMRs, ReplyAuthority, reply,
    reply_with_mrs, r#yield,
};
pub use user_context::UserContext;
pub use vm_attributes::VmAttributes;

pub use abi::{BADGE_BITS, NUM_FAST_MESSAGE_REGISTERS, WORD_SIZE};

/// A machine word.
pub type Word = u64;

/// Words in a message.
pub const NUM_MESSAGE_REGISTERS: usize = 120;

/// Capabilities in a message.
pub const NUM_EXTRA_CAPS: usize = 3;
